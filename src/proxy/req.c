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

#include "base/clock.h"
#include "base/must.h"
#include "base/rcu.h"
#include "http/vary.h"
#include "proxy/access.h"
#include "proxy/direct.h"
#include "proxy/held.h"
#include "proxy/fetch.h"
#include "proxy/passwords.h"
#include "proxy/intercept.h"
#include "proxy/pause.h"

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

static enum step
step_key(struct req *r)
{
	struct key_parts parts = { r->scheme, r->hostname, r->port, r->target };

	r->key = key_make(store_secret(r->worker->node->store), &parts, &r->policy->key, &r->head, r->arena);
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

static bool
is_selected(const struct req *r, const struct stored *s)
{
	struct strbuf values = strbuf_in(r->arena, 256);
	struct str names = stored_vary_names(s);

	if (names.n == 0)
		return true;
	vary_values(&r->head, names, &values);
	return !values.over && str_eq(strbuf_str(&values), stored_vary_values(s));
}

void
req_leave_flight(struct req *r)
{
	if (r->in_flight)
		flight_leave(&r->waiter);
	r->in_flight = false;
}

/* A part answers those who asked for it. A request for the whole may share a flight with one for "bytes=0-", and nobody
 * has looked at the If-Range of any but the leader. */
static bool
part_is_wanted(const struct req *r, const struct flight_result *result)
{
	return result->fwd_status != 206 || r->decision.fill || (r->has_range && !head_has(&r->head, HDR_IF_RANGE));
}

/* What another request fetched is an answer to this one where a lookup would have given it: RFC 9111 4. Where it is
 * not, this one goes on at once: by itself where sharing is no use, else to look what there is for it. STEP_JOIN: it is
 * one. */
static enum step
judge_shared(struct req *r, const struct flight_result *result, const struct stored *s)
{
	struct freshness fresh;
	struct meta m;

	stored_meta(s, &m);
	fresh_state(&m, r->policy, r->now.wall_ms, &fresh);
	r->tried = !result->shareable || fresh.ttl_ms <= 0 || !asked_accepts(&r->asked, &fresh) ||
		   !part_is_wanted(r, result);
	if (!r->tried && is_selected(r, s))
		return STEP_JOIN;
	req_leave_flight(r);
	return r->tried ? STEP_FETCH : STEP_LOOKUP;
}

static bool
is_server_error(int status)
{
	return status == 500 || status == 502 || status == 503 || status == 504;
}

/* A part that does not fill the gap which it was asked for: the stored one is out of date, and what the request wants is
 * fetched as if it were not there. What was found, and why it did not do, stays as it was: it is said once. */
static enum step
start_over(struct req *r)
{
	resp_unref(&r->resp);
	store_invalidate(r->worker->node->store, &r->key, r->now.wall_ms);
	if (r->fetch != NULL)
		fetch_leave(&r->fetch);
	req_leave_flight(r);
	req_forget_entry(r);
	r->decision.fill = false;
	r->flight_id.first = r->has_range ? r->range.first : 0;
	r->flight_id.last = r->has_range ? r->range.last : RANGE_UNKNOWN;
	return STEP_FETCH;
}

/* The leave to serve what is stored was given some time ago: it may have run out. */
static bool
may_stand_in(struct req *r, bool answered)
{
	if (r->entry == NULL)
		return false;
	fresh_state(&r->meta, r->policy, r->now.wall_ms, &r->fresh);
	return answered ? stale_stands_in(&r->asked, &r->fresh) : stale_is_bearable(&r->fresh, r->policy);
}

/* The beginning of what it needs passed by before it was woken: others read faster. It goes again, as one that has just
 * come. */
static enum step
go_again(struct req *r)
{
	if (r->fetch != NULL)
		fetch_leave(&r->fetch);
	req_leave_flight(r);
	return STEP_LOOKUP;
}

static enum step
take_response(struct req *r, const struct flight_result *result)
{
	enum step next = r->leads ? STEP_JOIN : judge_shared(r, result, result->resp->head);

	if (next != STEP_JOIN)
		return next;
	if (!flight_still_has(r->waiter.flight, &r->flight_id))
		return go_again(r);
	if (is_server_error(result->fwd_status) && r->decision.stale_if_error && may_stand_in(r, true)) {
		req_verdict_stale_on_error(r, result);
		req_leave_flight(r);
		return STEP_DELIVER;
	}
	r->resp = resp_ref(result->resp);
	if (r->decision.fill && result->fwd_status == 206 && !req_fills(r))
		return start_over(r);
	req_verdict_forwarded(r, result);
	return STEP_DELIVER;
}

/* The stored response, validated. What another request validated may lack bytes that this one needs. */
static enum step
take_entry(struct req *r, const struct flight_result *result)
{
	enum step next = r->leads ? STEP_JOIN : judge_shared(r, result, entry_stored(result->entry));

	if (next != STEP_JOIN)
		return next;
	if (!req_take_entry(r, result->entry)) {
		req_leave_flight(r);
		return STEP_LOOKUP;
	}
	req_verdict_forwarded(r, result);
	req_leave_flight(r);
	return STEP_DELIVER;
}

/* The client who began the fetch may not go where the host leads; another one may. */
static enum step
take_prohibition(struct req *r)
{
	req_leave_flight(r);
	if (r->leads)
		return req_refuse_destination(r);
	r->tried = true;
	return STEP_FETCH;
}

static enum step
take_failure(struct req *r, const struct flight_result *result)
{
	if (result->error == PROXY_ERROR_DESTINATION_IP_PROHIBITED)
		return take_prohibition(r);
	if (r->leads && session_fault(r->session) != FAULT_NONE) { /* it was the request's body that ended it */
		r->fault = session_fault(r->session);
		req_leave_flight(r);
		return req_refuse_fault(r);
	}
	r->details = arena_str(r->arena, result->details);
	r->verdict.alert = result->alert;
	if (r->decision.stale_if_silent && may_stand_in(r, false)) {
		req_verdict_stale_on_error(r, result);
		req_leave_flight(r);
		return STEP_DELIVER;
	}
	r->verdict.asked = result->error != PROXY_ERROR_PROXY_INTERNAL_ERROR;
	r->verdict.fwd_status = result->fwd_status;
	req_leave_flight(r);
	return req_refuse(r, proxy_error_status(result->error), REASON_UPSTREAM_FAILED, result->error, NULL);
}

void
req_note_whom(struct req *r, const struct flight_whom *whom)
{
	if (whom->group.n == 0)
		return;
	r->upstream_group = arena_str(r->arena, whom->group);
	r->upstream_member = arena_str(r->arena, whom->member);
	r->tries_upstream = whom->tries;
	r->hedged = whom->hedged;
	r->direct = whom->direct;
	r->hierarchy = (enum hierarchy)whom->hierarchy;
	r->told_by = (enum told)whom->told;
	r->ask_timed_out = whom->timed_out;
}

/* How long after upstream's head did this request, which waited for another's fetch, get to see it? The round's time
 * will not do: all whom a worker wakes in one round share it. */
static int64_t
woken_after(const struct req *r, const struct flight_result *result)
{
	int64_t entered = r->begun_ns + r->step_ns[STEP_FETCH];

	return r->leads || result->answered_ns < entered ? 0 : clock_now().mono_ns - result->answered_ns;
}

static enum step
step_join(struct req *r)
{
	const struct flight_result *result;

	if (r->switched != NULL)
		return STEP_TUNNEL;
	if (flight_phase(r->waiter.flight) == FLIGHT_WAITING)
		return STEP_WAIT;
	result = flight_result(r->waiter.flight);
	r->upstream_ns = r->now.mono_ns - r->begun_ns;
	r->woken_ns = woken_after(r, result);
	req_note_whom(r, &result->whom);
	if (result->entry != NULL)
		return take_entry(r, result);
	return result->resp != NULL ? take_response(r, result) : take_failure(r, result);
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
	req_leave_flight(r);
	if (r->resp != NULL)
		resp_unref(&r->resp);
	if (r->switched != NULL)
		upconn_drop(&r->switched);
	req_tunnel_stop(r);
	req_forget_entry(r);
	if (r->reading)
		rcu_read_end();
	direct_let_go(&r->direct_host);
	conf_unref(&r->conf);
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
		if (next == STEP_END)
			return; /* r is gone */
		if (next == STEP_WAIT && r->again) {
			r->now = loop_now(r->worker->loop);
			continue;
		}
		if (next == STEP_WAIT)
			break;
		MUST(steps[r->step].successors & 1u << next);
		r->step = next;
		if (UNLIKELY(arena_failed(r->arena)) && !r->replied && next != STEP_ACCOUNT && next != STEP_REFUSE &&
		    (steps[next].successors & TO(REFUSE)))
			r->step = STEP_REFUSE; /* which says so: invariant 3 */
	}
	keep_over_the_wait(r);
	r->running = false;
}
