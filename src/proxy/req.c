/* The life of a request.
 *
 * A step is a function that does its part and returns the next one, or STEP_WAIT after a wake-up was handed to whoever
 * ends the wait: the flight (its fetch has the timer), the session (its connection has one). The driver below checks
 * each successor against tbl/steps.def, stamps the time, and goes on.
 *
 *   parse -> key -> lookup -> decide -> deliver -> account              a hit: one turn of the loop, no lock
 *                                    -> fetch -> join -> deliver        a miss: the fetch runs in fetch.c
 *                                                        -> rest -> deliver    it fell behind: see rest.c
 *
 * Invariants:
 * 1. A request is in exactly one step; only req_run changes it.
 * 2. What was found inside a reader's bracket is pinned before the request waits.
 * 3. All exits pass through account, whatever went wrong.
 */
#include "proxy/req_impl.h"

#include "base/must.h"
#include "base/rcu.h"
#include "proxy/access.h"
#include "proxy/direct.h"
#include "proxy/fetch.h"
#include "proxy/held.h"
#include "proxy/intercept.h"
#include "proxy/passwords.h"
#include "proxy/pause.h"
#include "proxy/plain.h"

#define REJOINS_MAX 4 /* after so many flights that did not fit a request goes alone */

/* --- the steps --- */

static enum step
step_parse(struct req *r)
{
	if (r->scheme.p == NULL) /* else it was understood, and came back because its body is too slow */
		req_find_audience(r);
	if (r->fault != FAULT_NONE)
		return req_refuse_fault(r);
	if (r->timed_out)
		return req_refuse(r, 408, REASON_TIMEOUT, PROXY_ERROR_HTTP_REQUEST_ERROR,
				  "The request did not arrive in time.\n");
	if (!req_understand(r))
		return STEP_REFUSE;
	return access_guards(r->conf, r->listener) ? STEP_ADMIT : req_way(r);
}

static enum step
step_admit(struct req *r)
{
	return req_admit(r);
}

static enum step
step_verify(struct req *r)
{
	return intercept_verify(r);
}

static enum step
refuse_unless_stored(struct req *r)
{
	return req_refuse(r, 504, REASON_ONLY_IF_CACHED, PROXY_ERROR_PROXY_INTERNAL_RESPONSE,
			  "The request allows only a stored response, and none may be used.\n");
}

static struct key
key_of(const struct req *r)
{
	struct key_parts parts = { r->scheme, r->hostname, r->port, r->target };

	if (r->looked != NULL && r->policy == &r->looked->route->policy)
		return (struct key){ r->looked->key.hash, arena_str(r->arena, r->looked->key.text) };
	return key_make(store_secret(r->worker->node->store), &parts, &r->policy->key, &r->head, r->arena);
}

static enum step
step_key(struct req *r)
{
	r->key = key_of(r);
	if (r->key.text.p == NULL)
		return STEP_REFUSE;
	if (asked_looks_up(&r->asked, r->policy))
		return STEP_LOOKUP;
	r->decision = decide(&r->asked, NULL, NULL, r->policy);
	if (r->decision.action == ACT_REFUSE)
		return refuse_unless_stored(r);
	r->flight_id.key = r->key.hash; /* by which purges reach it: the answer to a POST may be stored for GET */
	return STEP_FETCH;
}

static enum step
step_lookup(struct req *r)
{
	req_lookup(r);
	return STEP_DECIDE;
}

static enum step
step_decide(struct req *r)
{
	switch (r->decision.action) {
	case ACT_DELIVER_AND_REFRESH:
		fetch_refresh(r);
		/* fall through */
	case ACT_DELIVER:
		req_verdict_hit(r);
		return STEP_DELIVER;
	case ACT_FETCH:
	case ACT_REVALIDATE:
	case ACT_BYPASS:
		return STEP_FETCH;
	case ACT_REFUSE:
		return refuse_unless_stored(r);
	}
	MUST_NOT_REACH();
}

/* With whom may this request share a fetch? */
static enum flight_join
sharing(const struct req *r)
{
	bool must_validate = r->entry != NULL && r->fresh.must_validate;

	return r->tried ? FLIGHT_ALONE : held_sharing(&r->asked, &r->decision, r->uncacheable, must_validate);
}

void
req_begin_fetch(struct req *r)
{
	struct flight *f = r->waiter.flight;

	if (!fetch_begin(r, &r->fetch))
		flight_fail(&f, PROXY_ERROR_PROXY_INTERNAL_ERROR, 0, (struct flight_whom){ 0 });
}

static enum step
step_fetch(struct req *r)
{
	enum flight_role role;

	r->tries++;
	if (r->tries > REJOINS_MAX)
		r->tried = true;
	role = flight_enter(r->worker->node->flights, &r->flight_id, sharing(r), &r->waiter);
	if (role == FLIGHT_NO_ROOM)
		return req_refuse(r, 503, REASON_OVERLOAD, PROXY_ERROR_PROXY_INTERNAL_ERROR, "Out of memory.\n");
	r->in_flight = true;
	r->leads = role == FLIGHT_LEADS;
	if (r->leads)
		req_begin_fetch(r);
	return STEP_JOIN;
}

void
req_leave_flight(struct req *r)
{
	if (!r->in_flight)
		return;
	r->upstream_group = arena_str(r->arena, r->upstream_group); /* these may be the flight's */
	r->upstream_member = arena_str(r->arena, r->upstream_member);
	r->miss_from = arena_str(r->arena, r->miss_from);
	flight_leave(&r->waiter);
	r->in_flight = false;
}

static enum step
step_join(struct req *r)
{
	if (r->switched != NULL)
		return STEP_TUNNEL;
	if (flight_phase(r->waiter.flight) == FLIGHT_WAITING)
		return STEP_WAIT;
	return req_take(r, flight_result(r->waiter.flight));
}

static enum step
step_purge(struct req *r)
{
	return req_purge(r);
}

static enum step
step_tunnel(struct req *r)
{
	return req_tunnel(r);
}

static enum step
step_refuse(struct req *r)
{
	req_prepare_refusal(r);
	return STEP_DELIVER;
}

static enum step
step_deliver(struct req *r)
{
	return req_deliver(r);
}

static enum step
step_rest(struct req *r)
{
	return req_rest(r);
}

/* The end of a request fits on one screen: stop what produces, tell, give back. */
static enum step
step_account(struct req *r)
{
	struct session *s = r->session;
	bool keep = r->keep && !r->cut;

	task_cancel(&r->wake);
	resolve_cancel(&r->resolving);
	pause_end(&r->pause);
	passwords_cancel(&r->check);
	req_close_piece(r);
	req_tunnel_count(r);
	req_account(r);
	if (r->fetch != NULL)
		fetch_leave(&r->fetch);
	if (r->in_flight)
		flight_leave(&r->waiter);
	if (r->resp != NULL)
		resp_unref(&r->resp);
	if (r->switched != NULL)
		upconn_drop(&r->switched);
	req_tunnel_stop(r);
	req_forget_entry(r);
	if (r->reading)
		rcu_read_end();
	direct_let_go(&r->direct_host);
	conf_let_go(&r->conf, r->worker->index);
	r->magic = 0;
	session_ended(s, keep);
	return STEP_END;
}

/* --- the driver --- */

#define TO(step) (1u << STEP_##step)

static const struct {
	enum step (*run)(struct req *);
	unsigned successors;
} steps[STEP_COUNT] = {
#define STEP(id, name, what, to) [STEP_##id] = { step_##name, (to) },
#include "tbl/steps.def"
#undef STEP
};

static void
keep_over_the_wait(struct req *r)
{
	r->looked = NULL;
	if (!r->reading)
		return;
	if (r->entry != NULL && !r->pinned) {
		entry_pin(r->entry);
		r->pinned = true;
	}
	rcu_read_end();
	r->reading = false;
}

void
req_run(struct req *r)
{
	MUST_OBJ(r, REQ_MAGIC);
	if (r->running) {
		r->again = true;
		return;
	}
	r->running = true;
	r->now = loop_now(r->worker->loop);
	for (;;) {
		enum step next;

		r->again = false;
		r->step_ns[r->step] = r->now.mono_ns - r->begun_ns + 1;
		next = steps[r->step].run(r);
		if (next >= STEP_END) {
			if (next == STEP_END)
				return; /* r is gone */
			if (!r->again)
				break;
			r->now = loop_now(r->worker->loop);
			continue;
		}
		MUST(steps[r->step].successors & 1u << next);
		r->step = next;
		if (UNLIKELY(arena_failed(r->arena)) && !r->replied && next != STEP_ACCOUNT && next != STEP_REFUSE &&
		    (steps[next].successors & TO(REFUSE)))
			r->step = STEP_REFUSE; /* which says so: invariant 3 */
	}
	keep_over_the_wait(r);
	r->running = false;
}
