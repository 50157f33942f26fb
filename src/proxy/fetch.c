/* The life of a fetch.
 *
 *   ask -> pick -> connect -> send -> head -> judge -> body -> finish
 *                    \________ retry ____/              \______ fail
 *
 * It leads a flight, whose only exits are done and fail, and it ends in one of them whatever happens. Revalidation is
 * the same machine with a validator and a 304 ending; a background refresh is one with no follower.
 */
#include "proxy/fetch_impl.h"

#include <errno.h>

#include "base/counter.h"
#include "base/must.h"
#include "peer/limit.h"
#include "proxy/await.h"
#include "proxy/hedge.h"
#include "proxy/whom.h"

/* --- the steps --- */

/* Nobody is there to be asked once more. */
static void
save_what_is_not_spent(struct fetch *f)
{
	if (f->instead)
		limit_unspend(f->group);
	f->instead = false;
}

static enum fetch_step
step_pick(struct fetch *f)
{
	int64_t now = loop_now(f->worker->loop).mono_ns;
	bool better_off;
	struct member *next;

	if (fetch_asks_sibling(f)) /* it has too much to do */
		return fetch_ask_next(f);
	better_off = whom_is_better_off(f, now);
	next = better_off ? NULL : pick_next(&f->pick, f->group, now);

	if (next == NULL && !better_off && f->member == NULL && await_members(f))
		return FETCH_WAIT;
	if (next == NULL && !better_off && f->member == NULL && await_came(f))
		return FETCH_PICK;
	if (next == NULL)
		save_what_is_not_spent(f);
	if (next == NULL && whom_next(f))
		return FETCH_PICK;
	if (next == NULL) /* the one that was asked last stays named */
		return fetch_failed(f, f->error != PROXY_ERROR_NONE ? f->error : PROXY_ERROR_DESTINATION_UNAVAILABLE);
	f->member = next;
	f->asking.by = TOLD_BY_NOBODY;
	f->fresh = f->whom.hedged = false;
	whom_note(f);
	return FETCH_CONNECT;
}

static unsigned
attempts_most(const struct fetch *f)
{
	return fetch_is_direct(f) ? 1 : (unsigned)f->to->retries;
}

/* To the host that CONNECT names: whoever is behind that port may speak anything. */
static bool
leads_straight(const struct fetch *f)
{
	return f->head.method == METHOD_CONNECT && fetch_is_direct(f);
}

/* Asking the kernel whether an idle connection is still good costs as much as a read, and says nothing about the moment
 * after: only for what could not be sent again. */
static enum upconn_wish
wish(const struct fetch *f)
{
	bool repeatable = method_is_idempotent(f->head.method) && f->request_frame.framing == FRAMING_NONE;

	if (f->fresh || leads_straight(f))
		return UPCONN_FRESH;
	return repeatable && f->attempts <= attempts_most(f) ? UPCONN_ANY : UPCONN_PROVED;
}

/* The member has all that it may: another one may have room. */
static enum fetch_step
no_room(struct fetch *f)
{
	member_unclaim(f->group, f->member, loop_now(f->worker->loop).mono_ns);
	if (f->error == PROXY_ERROR_NONE)
		f->error = PROXY_ERROR_CONNECTION_LIMIT;
	return FETCH_PICK;
}

static bool
may_connect(const struct fetch *f)
{
	if (f->group->max_connecting == 0) /* then it is all the same whether one is idle */
		return true;
	return (!f->fresh && upconn_has_idle(f->worker->pool, f->member)) || limit_may_open(f->group, f->member);
}

static bool
may_ask(struct fetch *f)
{
	if (!may_connect(f) || !limit_enter(f->group, f->member))
		return false;
	if (f->instead && !limit_spend_on(f->group, f->member)) {
		limit_leave(f->member);
		return false;
	}
	f->instead = false; /* paid for */
	return true;
}

static enum fetch_step
when_open(struct fetch *f)
{
	if (upconn_ready(f->up))
		return FETCH_SEND;
	f->step = FETCH_SEND; /* where on_opened goes on */
	return FETCH_WAIT;
}

static enum fetch_step
step_connect(struct fetch *f)
{
	if (!may_ask(f))
		return no_room(f);
	if (f->attempts++ > 0)
		counter_add(COUNTER_RETRIES, 1);
	else
		limit_pay(f->group, f->member);
	f->details = STR_NONE; /* of attempts before */
	hedge_begin(f);
	whom_try(f);
	f->up = fetch_open(f, f->member, wish(f), fetch_events(f), f);
	if (f->up == NULL) {
		limit_leave(f->member);
		return fetch_failed(f, PROXY_ERROR_PROXY_INTERNAL_ERROR);
	}
	atomic_fetch_add_explicit(&f->member->requests, 1, memory_order_relaxed);
	return when_open(f);
}

/* Before there is a tunnel nothing has gone through it. */
static bool
may_send_again(const struct fetch *f)
{
	if (f->upload_began || f->in_n > 0)
		return false;
	return method_is_idempotent(f->head.method) || f->head.method == METHOD_CONNECT || f->out_done == 0;
}

static void
note_sent(struct fetch *f)
{
	struct now now = loop_now(f->worker->loop);

	f->sent_ms = now.wall_ms;
	f->sent_ns = now.mono_ns;
}

/* What a sibling holds it gives at once. */
static int64_t
first_byte_limit(const struct fetch *f)
{
	const struct conf_timeouts *t = &f->conf->timeouts;

	return fetch_asks_sibling(f) && t->connect < t->first_byte ? t->connect : t->first_byte;
}

static enum fetch_step
step_send(struct fetch *f)
{
	struct conn *c = upconn_conn(f->up);

	if (leads_straight(f)) {
		fetch_note_peer(f);
		return fetch_tunnel(f);
	}
	if (f->out_done == 0) {
		if (!fetch_write_request(f))
			return fetch_failed(f, PROXY_ERROR_PROXY_INTERNAL_ERROR);
		note_sent(f);
		fetch_note_peer(f);
	}
	while (f->out_done < f->out.n) {
		struct iovec iov = { f->out.p + f->out_done, f->out.n - f->out_done };
		ssize_t n = conn_writev(c, &iov, 1);

		if (n == -EAGAIN) {
			conn_want(c, false, true);
			conn_timer(c, f->conf->timeouts.first_byte);
			return FETCH_WAIT;
		}
		if (n < 0)
			return fetch_lost(f, fetch_broken_off(f, PROXY_ERROR_CONNECTION_TERMINATED));
		f->out_done += (size_t)n;
	}
	conn_want(c, true, false);
	conn_timer(c, first_byte_limit(f));
	if (f->request_frame.framing != FRAMING_NONE)
		return FETCH_HEAD;
	f->step = FETCH_HEAD; /* no answer is there yet: the loop tells when one is */
	return FETCH_WAIT;
}

/* No answer, or one that is none: the member's failure. */
void
fetch_blame_member(struct fetch *f)
{
	member_failed(f->group, f->member, loop_now(f->worker->loop).mono_ns);
	fetch_count_failure(f);
	atomic_fetch_add_explicit(&f->member->status[0], 1, memory_order_relaxed);
}

static enum fetch_step
step_retry(struct fetch *f)
{
	/* Where it was closed, that may have been just its age; a silence is the member's. */
	bool worn = f->up != NULL && upconn_reused(f->up) && f->error != PROXY_ERROR_CONNECTION_READ_TIMEOUT;
	bool again = may_send_again(f);

	fetch_let_go(f, false);
	if (!worn)
		fetch_blame_member(f);
	if (fetch_asks_sibling(f) && (!worn || !again || f->attempts > attempts_most(f)))
		return fetch_ask_disappointed(f);
	if (!worn)
		fetch_ask_broke(f);
	if (!again)
		return FETCH_FAIL;
	if (hedge_take(f))
		return when_open(f);
	f->out_done = 0;
	f->upload_ended = false; /* of an empty body, the end is all that there is to send again */
	f->upload_n = f->upload_done = 0;
	if (f->attempts > attempts_most(f) || (!worn && !limit_spend(f->group)))
		return whom_next(f) ? FETCH_PICK : FETCH_FAIL;
	/* A connection that was just worn is nobody's failure. */
	f->fresh = worn;
	f->instead = !worn;
	return worn ? FETCH_CONNECT : FETCH_PICK;
}

/* --- the end --- */

static enum fetch_step
step_fail(struct fetch *f)
{
	if (f->whom.group.n == 0) /* nobody was picked yet */
		whom_note(f);
	flight_explain(f->flight, f->alert, f->details);
	flight_fail(&f->flight, f->error == PROXY_ERROR_NONE ? PROXY_ERROR_PROXY_INTERNAL_ERROR : f->error,
		    f->fwd_status, f->whom);
	/* Else the flight had it, and has ended it: once nobody could enter any more. */
	if (f->resp != NULL && f->resp->body != NULL && segs_state(f->resp->body) == SEGS_ARRIVING)
		segs_end(f->resp->body, SEGS_CUT);
	return FETCH_END;
}

/* --- the driver --- */

void
fetch_run(struct fetch *f)
{
	static enum fetch_step (*const steps[])(struct fetch *) = {
		[FETCH_ASK] = fetch_ask,   [FETCH_PICK] = step_pick,      [FETCH_CONNECT] = step_connect,
		[FETCH_SEND] = step_send,  [FETCH_HEAD] = fetch_head,      [FETCH_JUDGE] = fetch_judge,
		[FETCH_BODY] = fetch_body, [FETCH_FINISH] = fetch_finish, [FETCH_RETRY] = step_retry,
		[FETCH_FAIL] = step_fail,
	};

	MUST_OBJ(f, FETCH_MAGIC);
	if (f->running) {
		f->again = true;
		return;
	}
	f->running = true;
	for (;;) {
		enum fetch_step next;

		f->again = false;
		next = steps[f->step](f);
		if (next == FETCH_WAIT && !f->again)
			break;
		if (next == FETCH_WAIT)
			continue;
		f->step = next;
		if (next == FETCH_END) {
			f->running = false;
			fetch_fall_silent(f);
			if (!atomic_load(&f->wake.posted)) /* else on_wake does it: the mail is still on its way to f */
				fetch_free(f);
			return;
		}
	}
	f->running = false;
}
