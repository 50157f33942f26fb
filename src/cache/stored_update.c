#include "cache/stored_impl.h"

#include "http/cond.h"
#include "http/date.h"
#include "http/fields.h"

/* ---- what a response without a body says about the stored one ---- */

/* RFC 9111 4.3.4: a 304 with a strong validator speaks of the representation that has the same one, with a weak one of
 * that which corresponds; with none, of the one that it was asked about. */
bool
stored_is_meant(const struct stored *s, const struct head *update)
{
	struct str theirs = head_get(update, HDR_ETAG), ours = stored_field(s, HDR_ETAG);

	if (!etag_valid(theirs) || ours.n == 0)
		return true;
	return etag_is_weak(theirs) ? etag_weak_eq(theirs, ours) : etag_strong_eq(theirs, ours);
}

/* Is a validator that they give another one than ours? */
static bool
differs(const struct stored *s, const struct head *update, enum hdr id)
{
	return head_has(update, id) && !str_eq(head_get(update, id), stored_field(s, id));
}

bool
stored_contradicts(const struct stored *s, uint64_t length, const struct head *update)
{
	uint64_t theirs;

	if (head_has(update, HDR_CONTENT_LENGTH) && length != RANGE_UNKNOWN &&
	    (!str_u64(head_get(update, HDR_CONTENT_LENGTH), &theirs) || theirs != length))
		return true;
	return differs(s, update, HDR_ETAG) || differs(s, update, HDR_LAST_MODIFIED);
}

/* ---- the head that results (RFC 9111 3.2) ---- */

/* Does this field of the update take the stored one's place? Age does, though it is not kept: it belongs to the new
 * meta. */
static bool
updates(const struct head *update, const struct field *f)
{
	unsigned flags = hdr_flags(f->id);

	return !(flags & (HDR_HOP | HDR_TRAIL | HDR_KEEP)) && !field_is_hop(update, f);
}

static bool
same_name(const struct field *a, const struct field *b)
{
	return a->id == b->id && (a->id != HDR_OTHER || str_ieq(field_name(a), field_name(b)));
}

/* The first field of the update that takes the place of `f`, from index `from` on; update->count: there is none. */
static uint32_t
replacement(const struct head *update, const struct field *f, uint32_t from)
{
	for (uint32_t i = from; i < update->count; i++)
		if (same_name(&update->fields[i], f) && updates(update, &update->fields[i]))
			return i;
	return update->count;
}

/* All lines that take the place of `f`; false where the arena is full. */
static bool
add_replacements(struct head *out, const struct head *update, const struct field *f)
{
	for (uint32_t i = replacement(update, f, 0); i < update->count; i = replacement(update, f, i + 1))
		if (!head_add(out, field_name(&update->fields[i]), field_value(&update->fields[i])))
			return false;
	return true;
}

static bool
has(const struct head *h, const struct field *f)
{
	for (uint32_t i = 0; i < h->count; i++)
		if (same_name(&h->fields[i], f))
			return true;
	return false;
}

/* A stored date is not the date of an update that has none: then the time of its receipt is (RFC 9110 6.6.1). */
static bool
outdated(const struct head *update, const struct field *f)
{
	int64_t t;

	return f->id == HDR_DATE && !date_of_field(update, HDR_DATE, &t);
}

static bool
add_stored(struct head *out, const struct head *stored, const struct head *update)
{
	for (uint32_t i = 0; i < stored->count; i++) {
		const struct field *f = &stored->fields[i];

		if (outdated(update, f) || f->id == HDR_PROXY_STATUS) /* which told of another exchange */
			continue;
		if (replacement(update, f, 0) == update->count) {
			if (!head_add(out, field_name(f), field_value(f)))
				return false;
		} else if (!has(out, f) && !add_replacements(out, update, f)) {
			return false;
		}
	}
	return true;
}

static bool
add_new(struct head *out, const struct head *update)
{
	for (uint32_t i = 0; i < update->count; i++) {
		const struct field *f = &update->fields[i];

		if (updates(update, f) && !has(out, f) && !add_replacements(out, update, f))
			return false;
	}
	return true;
}

bool
stored_updated(const struct stored *s, const struct head *update, struct head *out, struct arena *a)
{
	struct head stored;

	if (!stored_head(s, &stored, a))
		return false;
	head_init(out, a);
	out->status = stored.status;
	out->minor = update->minor;
	return add_stored(out, &stored, update) && add_new(out, update);
}
