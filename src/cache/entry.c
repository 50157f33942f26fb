#include "cache/store_impl.h"

#include "base/must.h"
#include "http/cond.h"

/* ---- the body's parts ---- */

static const struct part *
part_at(const struct entry *e, unsigned i)
{
	return (const struct part *)entry_tail(e) + i;
}

struct segs *
entry_segs(const struct entry *e, unsigned i)
{
	return slot_at(e->store->slots, part_at(e, i)->segs);
}

static uint64_t
part_end(const struct entry *e, unsigned i)
{
	return part_at(e, i)->first + segs_length(entry_segs(e, i));
}

/* The first byte at or after `pos` that is missing. */
static uint64_t
missing_from(const struct entry *e, uint64_t pos)
{
	if (e->inlined > 0)
		return pos < e->inlined ? e->inlined : pos;
	for (unsigned i = 0; i < e->parts && part_at(e, i)->first <= pos; i++)
		if (part_end(e, i) > pos)
			pos = part_end(e, i);
	return pos;
}

uint64_t
entry_has(const struct entry *e)
{
	uint64_t n = e->inlined;

	for (unsigned i = 0; i < e->parts; i++)
		n += segs_length(entry_segs(e, i));
	return n;
}

uint64_t
entry_cost(const struct entry *e)
{
	uint64_t n = slot_cost(slot_cap(e->store->slots, e));

	if (!entry_flag(e, ENTRY_PASSED_ON))
		for (unsigned i = 0; i < e->parts; i++)
			n += segs_held(entry_segs(e, i));
	return n;
}

/* ---- what is asked of it ---- */

const struct stored *
entry_stored(const struct entry *e)
{
	MUST_OBJ(e, ENTRY_MAGIC);
	return entry_head(e);
}

void
entry_meta(const struct entry *e, struct meta *out)
{
	MUST_OBJ(e, ENTRY_MAGIC);
	stored_meta(entry_head(e), out);
}

uint64_t
entry_length(const struct entry *e)
{
	MUST_OBJ(e, ENTRY_MAGIC);
	return e->length;
}

bool
entry_takes_part(const struct entry *e, struct str etag, uint64_t complete)
{
	if (complete != RANGE_UNKNOWN && e->length != RANGE_UNKNOWN && complete != e->length)
		return false;
	return etag_strong_eq(stored_field(entry_head(e), HDR_ETAG), etag);
}

bool
entry_is_whole(const struct entry *e)
{
	MUST_OBJ(e, ENTRY_MAGIC);
	return e->length != RANGE_UNKNOWN && missing_from(e, 0) >= e->length;
}

bool
entry_covers(const struct entry *e, uint64_t first, uint64_t last)
{
	MUST_OBJ(e, ENTRY_MAGIC);
	return missing_from(e, first) > last;
}

bool
entry_gap(const struct entry *e, uint64_t from, uint64_t *first, uint64_t *last)
{
	MUST_OBJ(e, ENTRY_MAGIC);
	*first = missing_from(e, from);
	*last = RANGE_UNKNOWN;
	if (e->length != RANGE_UNKNOWN && *first >= e->length)
		return false;
	for (unsigned i = 0; i < e->parts; i++) {
		if (part_at(e, i)->first <= *first)
			continue;
		*last = part_at(e, i)->first - 1;
		break;
	}
	return true;
}

/* ---- life after publication ---- */

static void
give_back(struct entry *e)
{
	struct slots *slots = e->store->slots;

	for (unsigned i = 0; i < e->parts; i++) {
		struct segs *segs = entry_segs(e, i);

		segs_unref(&segs);
	}
	e->magic = 0;
	slot_free(slots, e);
}

/* All readers have left that could have found it. It counts as pinned before its reference goes, so that the last pin,
 * if it goes at this moment, finds it counted. */
static void
leave_index(struct rcu_later *head)
{
	struct entry *e = LIST_OF(head, struct entry, rcu);
	struct store *s = e->store;
	uint64_t cost = entry_cost(e);

	store_count(s, LEVEL_PINNED, cost);
	store_count(s, LEVEL_RETIRED, -cost);
	if (atomic_fetch_and_explicit(&e->refs, ~REFS_INDEX, memory_order_acq_rel) != REFS_INDEX)
		return;
	give_back(e);
	store_count(s, LEVEL_PINNED, -cost);
}

void
entry_discard(struct entry *e)
{
	give_back(e);
}

void
entry_set_aside(struct entry *e)
{
	atomic_store_explicit(&e->refs, 1, memory_order_relaxed);
	store_count_pins(e->store, 1);
	store_count(e->store, LEVEL_PINNED, entry_cost(e));
}

void
entry_retire(struct entry *e)
{
	struct store *s = e->store;

	slot_hide(e);
	store_count(s, LEVEL_ENTRIES, UINT64_MAX);
	store_count(s, LEVEL_BODIES, -entry_has(e));
	store_count(s, LEVEL_RETIRED, entry_cost(e));
	rcu_defer(&e->rcu, leave_index);
}

void
entry_pin(struct entry *e)
{
	MUST_OBJ(e, ENTRY_MAGIC);
	if ((atomic_fetch_add_explicit(&e->refs, 1, memory_order_relaxed) & ~REFS_INDEX) == 0)
		store_count_pins(e->store, 1);
}

void
entry_unpin(struct entry **ep)
{
	struct entry *e = *ep;
	struct store *s;
	uint64_t cost;
	unsigned was;

	if (e == NULL)
		return;
	MUST_OBJ(e, ENTRY_MAGIC);
	*ep = NULL;
	s = e->store;
	was = atomic_fetch_sub_explicit(&e->refs, 1, memory_order_acq_rel);
	MUST((was & ~REFS_INDEX) > 0);
	if ((was & ~REFS_INDEX) == 1)
		store_count_pins(s, UINT64_MAX);
	if (was != 1)
		return;
	cost = entry_cost(e); /* not before: until it left the index its body might have been passed on */
	give_back(e);
	store_count(s, LEVEL_PINNED, -cost);
}

/* The count is exact; the worth may miss one of two hits at once, which changes nothing. */
uint32_t
entry_hit(struct entry *e)
{
	unsigned worth = atomic_load_explicit(&e->worth, memory_order_relaxed);

	MUST_OBJ(e, ENTRY_MAGIC);
	if (worth < WORTH_MAX)
		atomic_store_explicit(&e->worth, (unsigned char)++worth, memory_order_relaxed);
	atomic_store_explicit(&e->priority, evict_priority(e->store, worth, e->weight), memory_order_relaxed);
	return atomic_fetch_add_explicit(&e->hits, 1, memory_order_relaxed) + 1;
}

uint32_t
entry_hits(const struct entry *e)
{
	MUST_OBJ(e, ENTRY_MAGIC);
	return atomic_load_explicit(&e->hits, memory_order_relaxed);
}

/* ---- reading ---- */

struct str
entry_inlined(const struct entry *e)
{
	return e->inlined == 0 ? STR_NONE : str_of((const char *)entry_tail(e), e->inlined);
}

void
entry_reader_init(struct entry_reader *r, const struct entry *e, uint64_t first, uint64_t last)
{
	*r = (struct entry_reader){ .entry = e, .at = first, .end = last + 1 };
	MUST(last >= first && entry_covers(e, first, last));
}

void
entry_reader_fini(struct entry_reader *r)
{
	segs_reader_fini(&r->segs);
}

/* The part that goes on furthest from `at`. */
static unsigned
part_for(const struct entry *e, uint64_t at)
{
	unsigned best = 0;

	for (unsigned i = 0; i < e->parts && part_at(e, i)->first <= at; i++)
		if (part_end(e, i) > part_end(e, best))
			best = i;
	return best;
}

static void
open_part(struct entry_reader *r)
{
	segs_reader_fini(&r->segs);
	r->extent = part_for(r->entry, r->at);
	segs_reader_borrow(&r->segs, entry_segs(r->entry, r->extent), r->at - part_at(r->entry, r->extent)->first);
}

enum segs_read
entry_reader_peek(struct entry_reader *r, struct iovec *iov, int *count)
{
	const struct entry *e = r->entry;
	enum segs_read got;

	MUST_OBJ(e, ENTRY_MAGIC);
	if (r->at == r->end)
		return SEGS_READ_END;
	if (e->inlined > 0) {
		iov[0] = (struct iovec){ (char *)entry_tail(e) + r->at, (size_t)(r->end - r->at) };
		*count = 1;
		return SEGS_READ_DATA;
	}
	if (r->segs.segs == NULL || r->at == part_end(e, r->extent))
		open_part(r);
	got = segs_reader_peek(&r->segs, r->end - r->at, iov, count);
	MUST(got == SEGS_READ_DATA);
	return got;
}

void
entry_reader_took(struct entry_reader *r, size_t n)
{
	MUST(n <= r->end - r->at);
	r->at += n;
	if (r->segs.segs != NULL)
		(void)segs_reader_took(&r->segs, n);
}
