#include "proxy/hedge.h"

#include <errno.h>
#include <stdlib.h>

#include "base/counter.h"
#include "net/timer.h"
#include "peer/limit.h"
#include "proxy/fetch_impl.h"
#include "proxy/whom.h"

#define ROOM 4096 /* for the beginning of a head */

struct hedge {
	struct timer timer;
	struct fetch *fetch; /* NULL: it is over, and the timer alone is left */
	struct member *member;
	struct upconn *up; /* NULL: nobody is asked yet */
	struct strbuf out; /* the request, in the fetch's arena */
	size_t out_done;
	struct now sent; /* when the request began to go */
	char *in;        /* room for the beginning of a head, in the fetch's arena; NULL until it is wanted */
};

static void on_opened(struct upconn *u, void *owner, enum upconn_fault fault, const char *why);
static void on_readable(struct conn *c, void *owner);
static void on_writable(struct conn *c, void *owner);
static void on_expired(struct conn *c, void *owner);

static const struct upconn_events events = { on_opened, { on_readable, on_writable, on_expired } };

static int64_t
now_ns(const struct fetch *f)
{
	return loop_now(f->worker->loop).mono_ns;
}

static void
on_closed(struct timer *t)
{
	free(LIST_OF(t, struct hedge, timer));
}

static void
let_go(struct hedge *h)
{
	if (h->up == NULL)
		return;
	limit_leave(h->member);
	upconn_drop(&h->up);
}

void
hedge_end(struct hedge **hp)
{
	struct hedge *h = *hp;

	if (h == NULL)
		return;
	*hp = NULL;
	let_go(h);
	h->fetch = NULL;
	timer_close(&h->timer, on_closed);
}

/* ---- the two change places ---- */

/* The connection is the fetch's, and so is what was sent over it. */
static void
give(struct hedge *h)
{
	struct fetch *f = h->fetch;

	f->up = h->up;
	f->member = h->member;
	f->out = h->out;
	f->out_done = h->out_done;
	if (h->out_done > 0) { /* else step_send sends, and tells when */
		f->sent_ms = h->sent.wall_ms;
		f->sent_ns = h->sent.mono_ns;
	}
	h->up = NULL;
	f->asking.by = TOLD_BY_NOBODY;
	f->whom.hedged = true;
	fetch_own(f);
	f->asking.by = TOLD_BY_NOBODY; /* this one was nobody's promise */
	whom_note(f);
}

bool
hedge_take(struct fetch *f)
{
	struct hedge *h = f->hedge;

	if (h == NULL || h->up == NULL)
		return false;
	give(h);
	timer_set(&h->timer, f->to->hedge); /* this one may be silent, too */
	return true;
}

static void
win(struct hedge *h, size_t n)
{
	struct fetch *f = h->fetch;

	counter_add(COUNTER_HEDGES_WON, 1);
	member_lost(f->group, f->member, now_ns(f));
	fetch_let_go(f, false);
	give(h);
	f->in = h->in;
	hedge_end(&f->hedge);
	f->in_n = n;
	f->in_cap = ROOM;
	f->in_pos = 0;
	fetch_answers(f);
}

/* ---- asking ---- */

static void ask_next(struct hedge *h);

/* There may be another one yet. */
static void
lose(struct hedge *h)
{
	struct fetch *f = h->fetch;

	if (!upconn_reused(h->up)) {
		member_failed(f->group, h->member, now_ns(f));
		atomic_fetch_add_explicit(&h->member->failures, 1, memory_order_relaxed);
		atomic_fetch_add_explicit(&h->member->status[0], 1, memory_order_relaxed);
	}
	let_go(h);
	ask_next(h);
}

/* As the fetch writes it for its own member. */
static bool
write_request(struct hedge *h)
{
	struct fetch *f = h->fetch;
	struct member *own = f->member;
	struct strbuf out = f->out;
	bool fits;

	f->member = h->member;
	fits = fetch_write_request(f);
	h->out = f->out;
	f->member = own;
	f->out = out;
	return fits;
}

static void
send_on(struct hedge *h)
{
	struct conn *c = upconn_conn(h->up);

	if (h->out_done == 0)
		h->sent = loop_now(h->fetch->worker->loop);
	while (h->out_done < h->out.n) {
		struct iovec iov = { h->out.p + h->out_done, h->out.n - h->out_done };
		ssize_t n = conn_writev(c, &iov, 1);

		if (n == -EAGAIN) {
			conn_want(c, false, true);
			return;
		}
		if (n < 0) {
			lose(h);
			return;
		}
		h->out_done += (size_t)n;
	}
	conn_want(c, true, false);
}

static void
on_opened(struct upconn *u, void *owner, enum upconn_fault fault, const char *why)
{
	struct hedge *h = owner;

	(void)u;
	(void)why;
	if (fault == UPCONN_SHORT)
		let_go(h);
	else if (fault != UPCONN_OK)
		lose(h);
	else
		send_on(h);
}

static void
on_readable(struct conn *c, void *owner)
{
	struct hedge *h = owner;
	ssize_t n;

	if (h->in == NULL) /* there may be many events before a record of TLS is whole */
		h->in = arena_alloc(h->fetch->arena, ROOM);
	n = h->in == NULL ? -ENOMEM : conn_read(c, h->in, ROOM);
	if (n > 0)
		win(h, (size_t)n);
	else if (n != -EAGAIN)
		lose(h);
}

static void
on_writable(struct conn *c, void *owner)
{
	(void)c;
	send_on(owner);
}

static void
on_expired(struct conn *c, void *owner)
{
	(void)c;
	lose(owner);
}

static bool
has_room(const struct fetch *f, struct member *m)
{
	if (!upconn_has_idle(f->worker->pool, m) && !limit_may_open(f->group, m))
		return false;
	if (!limit_enter(f->group, m))
		return false;
	if (limit_spend_spare_on(f->group, m))
		return true;
	limit_leave(m);
	return false;
}

/* Those that have none now are left for where the first fails: more is free for that. */
static struct member *
pick_with_room(struct fetch *f)
{
	struct member *m = pick_next(&f->pick, f->group, now_ns(f)), *other;

	if (m == NULL || has_room(f, m))
		return m;
	other = pick_with_room(f);
	pick_put_back(&f->pick, f->group, m, now_ns(f));
	return other;
}

static void
ask_next(struct hedge *h)
{
	struct fetch *f = h->fetch;

	if (!limit_spend_spare(f->group))
		return;
	h->member = pick_with_room(f);
	if (h->member == NULL) {
		limit_unspend(f->group);
		return;
	}
	h->out_done = 0;
	h->up = fetch_open(f, h->member, UPCONN_ANY, &events, h);
	if (h->up == NULL || !write_request(h)) {
		limit_leave(h->member);
		upconn_drop(&h->up);
		return;
	}
	counter_add(COUNTER_HEDGES, 1);
	whom_try(f);
	atomic_fetch_add_explicit(&h->member->requests, 1, memory_order_relaxed);
	if (upconn_ready(h->up))
		send_on(h);
}

/* The time is over, and no head is there. */
static void
on_time(struct timer *t)
{
	struct hedge *h = LIST_OF(t, struct hedge, timer);

	if (h->up == NULL)
		ask_next(h);
}

void
hedge_begin(struct fetch *f)
{
	bool harmless = f->head.method == METHOD_GET || f->head.method == METHOD_HEAD;
	struct hedge *h;

	if (f->to == NULL || fetch_asks_sibling(f) || f->to->hedge < 0 || f->hedge != NULL || !harmless ||
	    f->request_frame.framing != FRAMING_NONE || f->upgrade)
		return;
	h = calloc(1, sizeof *h);
	if (h == NULL)
		return;
	h->fetch = f;
	f->hedge = h;
	timer_init(&h->timer, f->worker->loop, on_time);
	timer_set(&h->timer, f->to->hedge);
}
