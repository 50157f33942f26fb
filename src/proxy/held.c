#include "proxy/held.h"

#include "base/hash.h"
#include "http/vary.h"

bool
wish_range(const struct head *request, struct range_spec *out)
{
	struct range_set set;

	if (request->method != METHOD_GET || !head_has(request, HDR_RANGE) || head_count(request, HDR_RANGE) != 1)
		return false;
	if (!range_parse(head_get(request, HDR_RANGE), &set) || set.count != 1)
		return false;
	*out = set.spec[0];
	return true;
}

void
held_cond_entry(const struct stored *s, const struct meta *m, struct cond_entry *out)
{
	*out = (struct cond_entry){
		.status = m->flags & META_PARTIAL ? 200 : m->status,
		.etag = m->flags & META_ETAG ? stored_field(s, HDR_ETAG) : STR_NONE,
		.last_modified = m->last_modified,
		.date = m->date,
	};
}

/* ---- bytes ---- */

/* Which bytes the answer needs. RANGE_UNKNOWN for the last: all, and nobody has told how many these are. False: none.
 */
static bool
needed(const struct wish *w, uint64_t length, bool ranged, struct range_run *out)
{
	*out = (struct range_run){ 0, RANGE_UNKNOWN };
	if (length == RANGE_UNKNOWN) {
		if (ranged && w->range.first != RANGE_UNKNOWN)
			*out = (struct range_run){ w->range.first, w->range.last };
		return true;
	}
	if (ranged)
		return range_resolve(w->range, length, out); /* else 416 */
	out->last = length - 1;
	return true;
}

/* May what is missing be asked for by itself? Parts are put together under a strong ETag alone (RFC 9110 15.3.7.3), and
 * nothing weaker goes into If-Range (RFC 9110 13.1.5): the whole is asked for then. Without any validator the part is
 * asked for, and if a part comes, which cannot be known to belong here, the whole after it. */
static bool
may_fill(const struct entry *e, const struct meta *m)
{
	struct str etag = stored_field(entry_stored(e), HDR_ETAG);

	if (!(m->flags & (META_ETAG | META_LAST_MODIFIED)))
		return true;
	return etag_valid(etag) && !etag_is_weak(etag);
}

/* One fetch has to do: where there is a second gap, it brings what lies between the two once more. */
static void
find_gap(const struct entry *e, const struct range_run *need, struct held *out)
{
	out->gap = entry_gap(e, need->first, &out->gap_first, &out->gap_last);
	if (out->gap && (out->gap_last > need->last || !entry_covers(e, out->gap_last + 1, need->last)))
		out->gap_last = need->last;
}

static void
find_coverage(const struct wish *w, const struct entry *e, const struct meta *m, bool ranged, struct held *out)
{
	uint64_t length = entry_length(e);
	struct range_run need;

	if (entry_is_whole(e) || !needed(w, length, ranged, &need)) {
		out->covers = true;
		return;
	}
	out->covers = need.last != RANGE_UNKNOWN && entry_covers(e, need.first, need.last);
	/* Where nobody has told the length of the whole, a part is served for itself, and is not made a whole of. */
	if (!out->covers && length != RANGE_UNKNOWN && may_fill(e, m))
		find_gap(e, &need, out);
}

void
held_weigh(const struct wish *w, const struct entry *e, const struct meta *m, struct held *out)
{
	bool conditional = cond_has_any(w->request), ranged = false;
	struct cond_entry ce;

	out->validator = (m->flags & (META_ETAG | META_LAST_MODIFIED)) != 0;
	out->covers = w->request->method == METHOD_HEAD;
	out->gap = false;
	if (conditional || w->has_range) {
		held_cond_entry(entry_stored(e), m, &ce);
		out->covers |= conditional && cond_not_modified(w->request, &ce);
		ranged = w->has_range && cond_if_range(w->request, &ce);
	}
	if (!out->covers)
		find_coverage(w, e, m, ranged, out);
}

/* ---- fetches in progress ---- */

/* The rule is part of the variant's name: other fields may have the same values. */
static uint64_t
variant_of(const struct head *request, struct str vary_names, struct arena *a)
{
	struct strbuf rule;

	if (vary_names.n == 0)
		return 0;
	rule = strbuf_in(a, 256);
	strbuf_add(&rule, vary_names);
	strbuf_char(&rule, '\n');
	vary_values(request, vary_names, &rule);
	return hash_plain(strbuf_str(&rule)).lo | 1;
}

struct flight_id
held_flight_id(const struct wish *w, const struct key *key, struct str vary_names, const struct decision *d,
	       struct arena *a)
{
	struct flight_id id = { .key = key->hash, .last = RANGE_UNKNOWN };

	id.variant = variant_of(w->request, vary_names, a);
	if (d->fill) {
		id.first = d->gap_first;
		id.last = d->gap_last;
	} else if (w->has_range && d->action == ACT_FETCH) {
		id.first = w->range.first;
		id.last = w->range.last;
	}
	return id;
}

enum flight_join
held_sharing(const struct asked *a, const struct decision *d, bool uncacheable, bool must_validate)
{
	if (d->action == ACT_BYPASS || d->fwd == FWD_METHOD || a->method != METHOD_GET || a->has_body ||
	    (a->cc.bits & CC_NO_STORE) || uncacheable)
		return FLIGHT_ALONE;
	if (must_validate)
		return FLIGHT_ALONE; /* what may answer nobody without being asked about is not worth waiting for */
	return d->reload ? FLIGHT_BEGIN : FLIGHT_JOIN;
}
