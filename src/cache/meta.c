#include "cache/meta.h"

#include "base/clock.h"
#include "http/date.h"
#include "http/fields.h"
#include "http/vary.h"

#define AGE_MAX INT32_MAX /* RFC 9111 1.2.2: what is larger counts as this */

static bool
all_digits(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_digit(s.p[i]))
			return false;
	return s.n > 0;
}

/* Of several members or lines the first counts; one that is no number is ignored (RFC 9111 5.1). */
static uint32_t
age_of(const struct head *response)
{
	struct list_walk w = { 0 };
	struct str first;
	uint64_t age;

	if (!head_has(response, HDR_AGE) || !list_walk(response, HDR_AGE, &w, &first) || !all_digits(first))
		return 0;
	return str_u64(first, &age) && age < AGE_MAX ? (uint32_t)age : AGE_MAX;
}

/* Several lines mean nothing, and so does a date that is none (RFC 9111 4.2.1, 5.3). */
static int64_t
expires_of(const struct head *response)
{
	int64_t t;

	if (!head_has(response, HDR_EXPIRES))
		return META_ABSENT;
	return date_of_field(response, HDR_EXPIRES, &t) ? t : META_INVALID;
}

static uint16_t
flags_of(const struct head *response, const struct head *request)
{
	unsigned flags = 0;

	if (head_has(request, HDR_AUTHORIZATION))
		flags |= META_AUTHORIZED;
	if (request->method == METHOD_POST)
		flags |= META_FROM_POST;
	if (head_has(response, HDR_SET_COOKIE))
		flags |= META_SET_COOKIE;
	if (head_get(response, HDR_ETAG).n > 0)
		flags |= META_ETAG;
	if (vary_is_any(response))
		flags |= META_VARY_ANY;
	if (response->status == 206)
		flags |= META_PARTIAL;
	if (response->minor == 0)
		flags |= META_HTTP_1_0;
	return (uint16_t)flags;
}

void
meta_read(struct meta *m, const struct head *response, const struct head *request, int64_t requested_ms,
	  int64_t received_ms, struct arena *a)
{
	*m = (struct meta){
		.requested_ms = requested_ms,
		.received_ms = received_ms,
		.expires = expires_of(response),
		.last_modified = META_ABSENT,
		.cc = cc_parse(response),
		.age = age_of(response),
		.status = (uint16_t)response->status,
		.flags = flags_of(response, request),
	};
	if (cc_parse_targeted(response, a, &m->targeted))
		m->flags |= META_TARGETED;
	if (date_of_field(response, HDR_LAST_MODIFIED, &m->last_modified))
		m->flags |= META_LAST_MODIFIED;
	if (!date_of_field(response, HDR_DATE, &m->date)) {
		/* RFC 9110 6.6.1: then the time of receipt is its date. */
		m->date = received_ms / MS_PER_S;
		m->flags |= META_DATE_ADDED;
	}
}
