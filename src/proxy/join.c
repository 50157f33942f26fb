/* Step join, once the flight's head is there: what another fetch brought, and whether it answers this request, too.
 * Where it does not, the request goes on at once; what is stored stands in for an answer that failed, where it may. */
#include "base/clock.h"
#include "http/vary.h"
#include "proxy/fetch.h"
#include "proxy/req_impl.h"

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
	r->tried =
	    !result->shareable || fresh.ttl_ms <= 0 || !asked_accepts(&r->asked, &fresh) || !part_is_wanted(r, result);
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

/* A part that does not fill the gap which it was asked for: the stored one is out of date, and what the request wants
 * is fetched as if it were not there. What was found, and why it did not do, stays as it was: it is said once. */
static enum step
start_over(struct req *r)
{
	resp_unref(&r->resp);
	r->told = NULL;
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
	enum proxy_error error = result->error;

	if (error == PROXY_ERROR_DESTINATION_IP_PROHIBITED)
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
	r->verdict.asked = error != PROXY_ERROR_PROXY_INTERNAL_ERROR && result->whom.tries > 0;
	r->verdict.collapsed = req_collapsed(r);
	r->verdict.fwd_status = result->fwd_status;
	req_leave_flight(r); /* which may take the result with it */
	return req_refuse(r, proxy_error_status(error), REASON_UPSTREAM_FAILED, error, NULL);
}

void
req_note_whom(struct req *r, const struct flight_whom *whom)
{
	if (whom->group.n == 0)
		return;
	r->upstream_group = whom->group;
	r->upstream_member = whom->member;
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

enum step
req_take(struct req *r, const struct flight_result *result)
{
	r->upstream_ns = r->now.mono_ns - r->begun_ns;
	r->woken_ns = woken_after(r, result);
	req_note_whom(r, &result->whom);
	if (result->entry != NULL)
		return take_entry(r, result);
	return result->resp != NULL ? take_response(r, result) : take_failure(r, result);
}
