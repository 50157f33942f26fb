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

/* Is the tag among the field's, or the field "*", which any stored response satisfies? */
static bool
lists(const struct head *request, enum hdr id, struct str etag, bool (*eq)(struct str, struct str))
{
	struct list_walk w = { 0 };
	struct str element;

	if (str_eq(head_get(request, id), STR("*")))
		return true;
	while (list_walk(request, id, &w, &element))
		if (eq(element, etag))
			return true;
	return false;
}

/* Does If-Match hold, or where it is absent If-Unmodified-Since (RFC 9110 13.1.1, 13.1.4)? */
static enum cond_result
unchanged(const struct head *request, const struct cond_entry *e)
{
	int64_t since;

	if (head_has(request, HDR_IF_MATCH))
		return lists(request, HDR_IF_MATCH, e->etag, etag_strong_eq) ? COND_TRUE : COND_FAILED;
	if (e->last_modified == NEVER || !date_of_field(request, HDR_IF_UNMODIFIED_SINCE, &since))
		return COND_NONE;
	return e->last_modified <= since ? COND_TRUE : COND_FAILED;
}

/* Is it other than the client's: If-None-Match, or where it is absent If-Modified-Since (RFC 9110 13.1.2, 13.1.3)? */
static enum cond_result
changed(const struct head *request, const struct cond_entry *e)
{
	int64_t modified = e->last_modified == NEVER ? e->date : e->last_modified;
	int64_t since;

	if (head_has(request, HDR_IF_NONE_MATCH))
		return lists(request, HDR_IF_NONE_MATCH, e->etag, etag_weak_eq) ? COND_NOT_MODIFIED : COND_TRUE;
	if (modified == NEVER || !date_of_field(request, HDR_IF_MODIFIED_SINCE, &since))
		return COND_NONE;
	return modified <= since ? COND_NOT_MODIFIED : COND_TRUE;
}

enum cond_result
cond_evaluate(const struct head *request, const struct cond_entry *e)
{
	enum cond_result first, second;

	/* Conditions are about a representation: another answer is given whatever they say (RFC 9110 13.2.1). */
	if (!cond_has_any(request) || e->status < 200 || e->status > 299)
		return COND_NONE;
	first = unchanged(request, e);
	if (first == COND_FAILED)
		return COND_FAILED;
	second = changed(request, e);
	return second == COND_NONE ? first : second;
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
	return head_has(request, HDR_IF_NONE_MATCH) || head_has(request, HDR_IF_MODIFIED_SINCE) ||
	       head_has(request, HDR_IF_MATCH) || head_has(request, HDR_IF_UNMODIFIED_SINCE);
}
