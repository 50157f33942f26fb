#include "http/cond.h"

#include "http/date.h"
#include "http/fields.h"

#define NEVER INT64_MIN

bool
etag_is_weak(struct str tag)
{
	return str_starts(tag, STR("W/"));
}

/* The part that is compared (RFC 9110 8.8.3). */
static struct str
opaque(struct str tag)
{
	return etag_is_weak(tag) ? str_skip(tag, 2) : tag;
}

/* Any visible byte but the quote, obs-text included. */
bool
etag_valid(struct str tag)
{
	tag = opaque(tag);
	if (tag.n < 2 || tag.p[0] != '"' || tag.p[tag.n - 1] != '"')
		return false;
	for (size_t i = 1; i < tag.n - 1; i++) {
		unsigned char c = (unsigned char)tag.p[i];

		if (c <= ' ' || c == '"' || c == 0x7f)
			return false;
	}
	return true;
}

/* RFC 9110 8.8.3.2. */
bool
etag_strong_eq(struct str a, struct str b)
{
	return str_eq(a, b) && etag_valid(a) && !etag_is_weak(a);
}

bool
etag_weak_eq(struct str a, struct str b)
{
	return opaque(a).n > 0 && str_eq(opaque(a), opaque(b));
}

/* Is the tag among those of If-None-Match, or the field "*", which any stored response satisfies? */
static bool
is_listed(const struct head *request, struct str etag)
{
	struct list_walk w = { 0 };
	struct str element;

	if (str_eq(head_get(request, HDR_IF_NONE_MATCH), STR("*")))
		return true;
	while (list_walk(request, HDR_IF_NONE_MATCH, &w, &element))
		if (etag_weak_eq(element, etag))
			return true;
	return false;
}

/* Conditions are about a representation: another answer is given whatever they say (RFC 9110 13.2.1). */
bool
cond_not_modified(const struct head *request, const struct cond_entry *e)
{
	int64_t modified = e->last_modified == NEVER ? e->date : e->last_modified;
	int64_t since;

	if (e->status < 200 || e->status > 299)
		return false;
	if (head_has(request, HDR_IF_NONE_MATCH))
		return is_listed(request, e->etag);
	return modified != NEVER && date_of_field(request, HDR_IF_MODIFIED_SINCE, &since) && modified <= since;
}

/* A date is strong if the response was sent after the second in which it was modified (RFC 9110 8.8.2.2). */
static bool
same_strong_date(struct str text, const struct cond_entry *e)
{
	int64_t seconds;

	return e->last_modified != NEVER && e->date > e->last_modified && date_parse(text, &seconds) &&
	       seconds == e->last_modified;
}

bool
cond_if_range(const struct head *request, const struct cond_entry *e)
{
	const struct field *f = head_first(request, HDR_IF_RANGE);

	if (f == NULL)
		return true;
	if (head_next(request, f) != NULL)
		return false;
	return etag_strong_eq(field_value(f), e->etag) || same_strong_date(field_value(f), e);
}

bool
cond_has_any(const struct head *request)
{
	return head_has(request, HDR_IF_NONE_MATCH) || head_has(request, HDR_IF_MODIFIED_SINCE);
}
