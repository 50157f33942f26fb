#include "peer/upconn.h"

#include <stdlib.h>

#include "base/counter.h"
#include "base/must.h"
#include "net/tls.h"
#include "peer/dial_impl.h"
#include "peer/upconn_impl.h"

static void
free_pool_when_done(struct upconn_pool *p)
{
	if (p->closed && p->lent == 0)
		free(p);
}

/* ---- opening ---- */

static void
end_dialling(struct upconn *u)
{
	if (u->dialling)
		atomic_fetch_sub_explicit(&u->member->connecting, 1, memory_order_relaxed);
	u->dialling = false;
}

static void
count_handshake(const struct conn *c, enum upconn_fault fault)
{
	if (c != NULL)
		counter_add(COUNTER_TLS_HANDSHAKES, 1);
	if (c != NULL && conn_resumed(c))
		counter_add(COUNTER_TLS_RESUMED, 1);
	if (fault == UPCONN_CERTIFICATE || fault == UPCONN_ALERT || fault == UPCONN_TLS)
		counter_add(COUNTER_TLS_FAILURES, 1);
}

static void
on_dialled(void *arg, struct conn *c, enum upconn_fault fault, const char *why)
{
	struct upconn *u = arg;

	end_dialling(u);
	if (u->member->tls != NULL)
		count_handshake(c, fault);
	if (c != NULL) {
		dial_free(&u->dial);
		u->conn = c;
		conn_own(c, &u->ev->io, u->owner);
		atomic_fetch_add_explicit(&u->member->connects, 1, memory_order_relaxed);
	}
	u->ev->opened(u, u->owner, fault, why);
}

static struct upconn *
new_upconn(struct upconn_pool *p)
{
	struct upconn *u = calloc(1, sizeof *u);

	if (u == NULL)
		return NULL;
	u->magic = UPCONN_MAGIC;
	u->pool = p;
	u->dial = dial_new(p->loop, on_dialled, u);
	if (u->dial == NULL) {
		free(u);
		return NULL;
	}
	return u;
}

/* One that will have a place on a shelf. */
static struct upconn *
new_upconn_there(struct upconn_pool *p, const struct member *m)
{
	struct upconn *u = new_upconn(p);

	if (u == NULL || upconn_take_place(u, m))
		return u;
	dial_free(&u->dial);
	free(u);
	return NULL;
}

static bool
may_dial(void *arg, const union addr *to)
{
	const struct upconn *u = arg;

	return u->ev->may_reach(u->owner, to);
}

/* ---- the pool ---- */

struct upconn_pool *
upconn_pool_new(struct loop *l, struct resolver *r, const struct upconn_limits *limits)
{
	struct upconn_pool *p = calloc(1, sizeof *p);

	if (p == NULL)
		return NULL;
	p->magic = POOL_MAGIC;
	p->loop = l;
	p->resolver = r;
	p->limits = *limits;
	for (int i = 0; i < UPCONN_SHELVES; i++)
		list_init(&p->bucket[i]);
	return p;
}

void
upconn_pool_limit(struct upconn_pool *p, const struct upconn_limits *limits)
{
	MUST_OBJ(p, POOL_MAGIC);
	p->limits = *limits;
}

void
upconn_pool_free(struct upconn_pool **pp)
{
	struct upconn_pool *p = *pp;

	if (p == NULL)
		return;
	MUST_OBJ(p, POOL_MAGIC);
	*pp = NULL;
	upconn_discard_idle(p);
	p->closed = true;
	free_pool_when_done(p);
}

/* ---- one connection ---- */

static void
lend(struct upconn *u, struct member *m, const struct upconn_events *ev, void *owner)
{
	u->pool->lent++;
	if (u->member != m) { /* else it is held already */
		member_hold(m);
		member_let_go(&u->member);
		u->member = m;
	}
	upconn_own(u, ev, owner);
}

static void
dial(struct upconn *u)
{
	atomic_fetch_add_explicit(&u->member->connecting, 1, memory_order_relaxed);
	u->dialling = true;
	dial_only(u->dial, u->ev->may_reach == NULL ? NULL : may_dial);
	dial_to(u->dial, u->pool->resolver, u->member, u->pool->limits.connect_ms);
}

struct upconn *
upconn_open(struct upconn_pool *p, struct member *m, enum upconn_wish wish, const struct upconn_events *ev,
	    void *owner)
{
	struct upconn *u;

	MUST_OBJ(p, POOL_MAGIC);
	u = wish == UPCONN_FRESH ? NULL : upconn_take_idle(p, m, wish, ev, owner);
	if (u == NULL)
		u = new_upconn_there(p, m);
	if (u == NULL)
		return NULL;
	lend(u, m, ev, owner);
	if (u->dial != NULL) {
		dial(u);
	} else {
		u->reused = true;
		atomic_fetch_add_explicit(&m->reused, 1, memory_order_relaxed);
	}
	return u;
}

struct upconn *
upconn_open_for(struct upconn_pool *p, struct member *m, const struct upconn_client *c, const struct upconn_events *ev,
		void *owner)
{
	struct upconn *u;

	MUST_OBJ(p, POOL_MAGIC);
	u = new_upconn(p);
	if (u == NULL)
		return NULL;
	u->for_one = true;
	lend(u, m, ev, owner);
	dial_for(u->dial, c);
	dial(u);
	return u;
}

bool
upconn_ready(const struct upconn *u)
{
	MUST_OBJ(u, UPCONN_MAGIC);
	return u->dial == NULL;
}

bool
upconn_reused(const struct upconn *u)
{
	MUST_OBJ(u, UPCONN_MAGIC);
	return u->reused;
}

struct conn *
upconn_conn(struct upconn *u)
{
	MUST_OBJ(u, UPCONN_MAGIC);
	return u->conn;
}

const union addr *
upconn_peer(const struct upconn *u)
{
	MUST_OBJ(u, UPCONN_MAGIC);
	return u->dial == NULL ? conn_peer(u->conn) : dial_peer(u->dial);
}

uint8_t
upconn_alert(const struct upconn *u)
{
	MUST_OBJ(u, UPCONN_MAGIC);
	return u->dial == NULL ? 0 : dial_alert(u->dial);
}

void
upconn_own(struct upconn *u, const struct upconn_events *ev, void *owner)
{
	MUST_OBJ(u, UPCONN_MAGIC);
	u->ev = ev;
	u->owner = owner;
	if (u->dial == NULL)
		conn_own(u->conn, &ev->io, owner);
}

static void
end_loan(struct upconn *u)
{
	struct upconn_pool *p = u->pool;

	upconn_leave_place(u);
	member_let_go(&u->member);
	p->lent--;
	free_pool_when_done(p);
}

void
upconn_keep(struct upconn **up)
{
	struct upconn *u = *up;
	struct upconn_pool *p;

	MUST_OBJ(u, UPCONN_MAGIC);
	MUST(u->dial == NULL);
	p = u->pool;
	/* Bytes behind the response the next request would take for its own; another client would pass for this one. */
	if (u->for_one || member_has_left(u->member) || conn_has_more(u->conn)) {
		upconn_drop(up);
		return;
	}
	if (p->closed) {
		upconn_drop(up);
		return;
	}
	*up = NULL;
	p->lent--;
	upconn_shelve(u);
}

struct conn *
upconn_take(struct upconn **up)
{
	struct upconn *u = *up;
	struct conn *c = u->conn;

	MUST_OBJ(u, UPCONN_MAGIC);
	MUST(u->dial == NULL);
	*up = NULL;
	end_loan(u);
	u->magic = 0;
	free(u);
	return c;
}

void
upconn_drop(struct upconn **up)
{
	struct upconn *u = *up;

	if (u == NULL)
		return;
	MUST_OBJ(u, UPCONN_MAGIC);
	*up = NULL;
	end_dialling(u);
	dial_free(&u->dial);
	conn_close(&u->conn);
	end_loan(u);
	u->magic = 0;
	free(u);
}
