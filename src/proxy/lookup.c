/* The lookup: what is stored for a request, what it is worth now, and whether its bytes cover what is asked. */
#include "base/rcu.h"
#include "http/vary.h"
#include "proxy/req_impl.h"

void
req_forget_entry(struct req *r)
{
	if (r->entry != NULL && r->pinned)
		entry_unpin(&r->entry);
	r->entry = NULL;
	r->pinned = false;
}

void
req_cond_entry(const struct stored *s, const struct meta *m, struct cond_entry *out)
{
	*out = (struct cond_entry){
		.status = m->flags & META_PARTIAL ? 200 : m->status,
		.etag = m->flags & META_ETAG ? stored_field(s, HDR_ETAG) : STR_NONE,
		.last_modified = m->last_modified,
		.date = m->date,
	};
}

/* May what is missing be asked for by itself? Parts are put together under a strong ETag alone (RFC 9110 15.3.7.3), and
 * nothing weaker goes into If-Range (RFC 9110 13.1.5): the whole is asked for then. Without any validator the part is
 * asked for, and if a part comes, which cannot be known to belong here, the whole after it. */
static bool
may_fill(const struct req *r)
{
	struct str etag = stored_field(entry_stored(r->entry), HDR_ETAG);

	if (!(r->meta.flags & (META_ETAG | META_LAST_MODIFIED)))
		return true;
	return etag_valid(etag) && !etag_is_weak(etag);
}

/* Which bytes are missing of what the answer needs, where that is more than a head. */
static void
find_coverage(struct req *r, const struct cond_entry *ce, struct held *h)
{
	uint64_t length = entry_length(r->entry);
	uint64_t first = 0, last = RANGE_UNKNOWN;
	struct range_run run;

	h->covers = true;
	if (entry_is_whole(r->entry))
		return;
	if (r->has_range && cond_if_range(&r->head, ce)) {
		if (length == RANGE_UNKNOWN && r->range.first != RANGE_UNKNOWN) {
			first = r->range.first;
			last = r->range.last;
		} else if (length != RANGE_UNKNOWN && !range_resolve(r->range, length, &run)) {
			return; /* 416 */
		} else if (length != RANGE_UNKNOWN) {
			first = run.first;
			last = run.last;
		}
	} else if (length != RANGE_UNKNOWN) {
		last = length - 1;
	}
	h->covers = last != RANGE_UNKNOWN && entry_covers(r->entry, first, last);
	/* Where nobody has told the length of the whole, a part is served for itself, and is not made a whole of. */
	h->gap = !h->covers && length != RANGE_UNKNOWN && may_fill(r) &&
		 entry_gap(r->entry, first, &h->gap_first, &h->gap_last);
	/* One fetch has to do: where there is a second gap, it brings what lies between the two once more. */
	if (h->gap && (h->gap_last > last || !entry_covers(r->entry, h->gap_last + 1, last)))
		h->gap_last = last;
}

static void
weigh(struct req *r, struct held *h)
{
	struct cond_entry ce;

	entry_meta(r->entry, &r->meta);
	fresh_state(&r->meta, r->policy, r->now.wall_ms, &r->fresh);
	h->fresh = r->fresh;
	h->validator = (r->meta.flags & (META_ETAG | META_LAST_MODIFIED)) != 0;
	if (cond_has_any(&r->head) || r->has_range)
		req_cond_entry(entry_stored(r->entry), &r->meta, &ce);
	h->covers = r->head.method == METHOD_HEAD || (cond_has_any(&r->head) && cond_not_modified(&r->head, &ce));
	if (!h->covers)
		find_coverage(r, &ce, h);
}

bool
req_take_entry(struct req *r, struct entry *e)
{
	struct held held = { 0 };

	req_forget_entry(r);
	entry_pin(e);
	r->entry = e;
	r->pinned = true;
	weigh(r, &held);
	return held.covers;
}

/* The rule is part of the variant's name: other fields may have the same values. */
static void
identify(struct req *r, const struct found *found)
{
	struct flight_id *id = &r->flight_id;

	id->key = r->key.hash;
	id->variant = 0;
	if (found->vary_names.n > 0) {
		struct strbuf rule = strbuf_in(r->arena, 256);

		strbuf_add(&rule, found->vary_names);
		strbuf_char(&rule, '\n');
		vary_values(&r->head, found->vary_names, &rule);
		id->variant = hash_plain(strbuf_str(&rule)).lo | 1;
	}
	id->first = 0;
	id->last = RANGE_UNKNOWN;
	if (r->decision.fill) {
		id->first = r->decision.gap_first;
		id->last = r->decision.gap_last;
	} else if (r->has_range && r->decision.action == ACT_FETCH) {
		id->first = r->range.first;
		id->last = r->range.last;
	}
}

void
req_lookup(struct req *r)
{
	struct found found;
	struct held held = { 0 };

	req_forget_entry(r);
	if (!r->reading) {
		rcu_read_begin();
		r->reading = true;
	}
	store_find(r->worker->node->store, &r->key, &r->head, r->now.wall_ms, &found);
	r->uncacheable = found.uncacheable;
	r->absent_ago_ms = found.absent_ago_ms;
	r->order = found.order;
	if (found.what == FOUND_ENTRY) {
		r->entry = found.entry;
		weigh(r, &held);
	}
	r->decision = decide(&r->asked, &found, found.what == FOUND_ENTRY ? &held : NULL, r->policy);
	if (r->decision.fwd != FWD_NONE || r->decision.action == ACT_DELIVER_AND_REFRESH)
		identify(r, &found);
}
