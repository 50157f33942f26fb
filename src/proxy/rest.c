/* Going on alone: a body whose beginning is with the client, and whose rest has left the window that it was read from
 * (others read faster). The request asks for the rest itself, by Range, and If-Range with a strong validator: so what
 * comes is either the rest of the same representation or nothing that the client gets to see. */
#include "base/must.h"
#include "proxy/fetch.h"
#include "proxy/req_impl.h"

/* RFC 9110 13.1.5: a strong entity tag; where there is none at all, a date that is strong (RFC 9110 8.8.2.2). */
static struct str
validator_of(const struct stored *s, const struct meta *m)
{
	struct str etag = stored_field(s, HDR_ETAG);

	if (etag.n > 0)
		return etag_valid(etag) && !etag_is_weak(etag) ? etag : STR_NONE;
	return m->flags & META_LAST_MODIFIED && m->date > m->last_modified ? stored_field(s, HDR_LAST_MODIFIED)
									   : STR_NONE;
}

/* The bytes that the current piece still lacks, by their place in the whole. */
static void
find_missing(const struct req *r, struct rest *out)
{
	const struct piece *p = &r->pieces[r->piece];
	uint64_t last = p->last == RANGE_UNKNOWN ? r->resp->length - 1 : p->last;

	out->first = r->resp->first + p->first + r->piece_done;
	out->last = r->resp->first + last;
	out->complete = r->resp->complete;
}

static bool
is_known_whole(const struct resp *resp)
{
	return (resp->meta.status == 200 || resp->meta.status == 206) && resp->length != RANGE_UNKNOWN &&
	       resp->complete != RANGE_UNKNOWN;
}

bool
req_may_go_on(struct req *r)
{
	MUST(r->resp != NULL);
	if (r->head.method != METHOD_GET || r->frame.framing != FRAMING_NONE)
		return false;
	if (!is_known_whole(r->resp))
		return false;
	r->rest.validator = validator_of(r->resp->head, &r->resp->meta);
	if (r->rest.validator.n == 0)
		return false;
	find_missing(r, &r->rest);
	return r->rest.first <= r->rest.last && r->rest.last < r->rest.complete;
}

enum step
req_go_on(struct req *r)
{
	if (r->fetch != NULL)
		fetch_leave(&r->fetch);
	req_leave_flight(r);
	return STEP_REST;
}

/* A flight that nobody joins: nobody else lacks just this. */
static void
ask(struct req *r)
{
	struct flight_id id = { r->key.hash, r->flight_id.variant, r->rest.first, r->rest.last };

	if (flight_enter(r->worker->node->flights, &id, FLIGHT_ALONE, &r->waiter) == FLIGHT_NO_ROOM)
		return;
	r->in_flight = r->leads = r->went_on = true;
	req_begin_fetch(r);
}

/* Is it what was asked for, all of it, and of the same representation? A date may be left out (RFC 9110 15.3.7). */
static bool
is_the_rest(const struct rest *rest, const struct resp *resp)
{
	bool by_tag = rest->validator.p[0] == '"';
	struct str told = stored_field(resp->head, by_tag ? HDR_ETAG : HDR_LAST_MODIFIED);
	struct content_range cr;

	if (resp->meta.status != 206 || resp->body == NULL)
		return false;
	if (!content_range_parse(stored_field(resp->head, HDR_CONTENT_RANGE), &cr) || cr.unsatisfied)
		return false;
	if (cr.first != rest->first || cr.last != rest->last || resp->complete != rest->complete)
		return false;
	return str_eq(told, rest->validator) || (!by_tag && told.n == 0);
}

/* What is left of the current piece comes from there. */
static enum step
take(struct req *r, const struct flight_result *result)
{
	struct piece *p = &r->pieces[r->piece];

	req_note_whom(r, &result->whom);
	p->first = 0;
	p->last = r->rest.last - r->rest.first;
	r->rest = (struct rest){ 0 };
	resp_unref(&r->resp);
	r->resp = resp_ref(result->resp);
	return STEP_DELIVER;
}

enum step
req_rest(struct req *r)
{
	const struct flight_result *result;

	if (!r->in_flight)
		ask(r);
	if (!r->in_flight)
		return req_cut(r);
	if (flight_phase(r->waiter.flight) == FLIGHT_WAITING)
		return STEP_WAIT;
	result = flight_result(r->waiter.flight);
	if (result->resp == NULL || !is_the_rest(&r->rest, result->resp))
		return req_cut(r);
	return take(r, result);
}
