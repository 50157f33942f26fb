/* Housekeeping, walking, checking. */
#include "cache/store_impl.h"

#include "base/must.h"

/* What one call looks at, so that it stays short. */
#define TIDY_ENTRIES 256u
#define TIDY_BUCKETS 512u

/* Returns how many entries it has looked at. */
static unsigned
tidy_resource(struct chain *c)
{
	struct entry *next;
	unsigned n = 0;

	for (struct entry *e = c->newest; e != NULL; e = next, n++) {
		enum reason why = store_useless(c->store, e, c->now_ms);

		next = chain_older(e);
		if (why == REASON_NONE)
			continue;
		chain_take(c, e, why, 0);
		store_count(c->store, COUNT_DROPS, why == REASON_DROPPED);
	}
	return n;
}

static unsigned
tidy_bucket(struct store *s, uint64_t bucket, int64_t now_ms)
{
	struct cells *cells;
	unsigned n = 0;

	index_lock(&s->index, bucket);
	cells = index_cells(&s->index, bucket);
	for (uint32_t at = 0; cells != NULL && at < cells->count; at++) {
		struct chain c;

		if (cell_kind(cells_get(cells, at)) != CELL_RESOURCE)
			continue;
		chain_of_cell(&c, s, bucket, at);
		n += tidy_resource(&c);
	}
	if (cells != NULL) {
		ghost_age(cells, now_ms);
		index_fit(&s->index, bucket, now_ms);
	}
	index_unlock(&s->index, bucket);
	return n;
}

void
store_tidy(struct store *s, int64_t now_ms)
{
	TIMED_CALL;
	unsigned entries = 0;

	MUST_OBJ(s, STORE_MAGIC);
	atomic_store_explicit(&s->now_ms, now_ms, memory_order_relaxed);
	rcu_read_begin();
	for (unsigned i = 0; i < TIDY_BUCKETS && i < s->index.buckets && entries < TIDY_ENTRIES; i++) {
		uint64_t bucket = atomic_fetch_add(&s->tidied, 1) & (s->index.buckets - 1);

		entries += tidy_bucket(s, bucket, now_ms);
	}
	rcu_read_end();
	evict_relax(s);
	evict_ahead(s);
}

/* ---- walking ---- */

static void
each_in(struct store *s, uint64_t bucket, void (*fn)(void *arg, struct entry *e), void *arg)
{
	const struct cells *cells = index_cells(&s->index, bucket);

	for (uint32_t at = 0; cells != NULL && at < cells->count; at++) {
		uint64_t cell = cells_get(cells, at);
		struct entry *e = cell_kind(cell) == CELL_RESOURCE ? slot_at(s->slots, cell_offset(cell)) : NULL;

		for (; e != NULL; e = chain_older(e))
			if (!store_is_gone(s, e))
				fn(arg, e);
	}
}

void
store_each(struct store *s, void (*fn)(void *arg, struct entry *e), void *arg)
{
	MUST_OBJ(s, STORE_MAGIC);
	for (uint64_t bucket = 0; bucket < s->index.buckets; bucket++) {
		rcu_read_begin();
		each_in(s, bucket, fn, arg);
		rcu_read_end();
	}
}

/* What is told of each entry, and how many there were. */
struct stroll {
	struct store *store;
	void (*fn)(void *arg, struct entry *e);
	void *arg;
	unsigned seen;
};

static void
pass(void *arg, struct entry *e)
{
	struct stroll *w = arg;

	w->seen++;
	if (store_mark(w->store, e) == REASON_NONE)
		w->fn(w->arg, e);
}

#define EMPTY_BUCKETS 16 /* cost as much as an entry */

bool
store_walk(struct store *s, uint64_t *at, unsigned most, void (*fn)(void *arg, struct entry *e), void *arg)
{
	struct stroll w = { s, fn, arg, 0 };
	uint64_t first = *at;

	MUST_OBJ(s, STORE_MAGIC);
	rcu_read_begin();
	for (; *at < s->index.buckets && w.seen + (*at - first) / EMPTY_BUCKETS < most; ++*at)
		each_in(s, *at, pass, &w);
	rcu_read_end();
	if (*at < s->index.buckets)
		return true;
	*at = 0;
	return false;
}

/* ---- checking ---- */

struct tally {
	uint64_t entries, resources, bodies;
};

static void
check_body(const struct entry *e)
{
	const struct part *p = entry_tail(e);

	MUST(e->inlined == 0 || e->parts == 0);
	MUST(e->parts <= EXTENTS_MAX);
	for (unsigned i = 0; i < e->parts; i++) {
		MUST(segs_small(entry_segs(e, i)) == NULL);
		MUST(segs_state(entry_segs(e, i)) != SEGS_ARRIVING && segs_length(entry_segs(e, i)) > 0);
		MUST(i == 0 || p[i - 1].first <= p[i].first);
	}
}

static void
check_chain(const struct chain *c, struct tally *t)
{
	unsigned n = 0;

	for (const struct entry *e = c->newest; e != NULL; e = chain_older(e), n++) {
		MUST_OBJ(e, ENTRY_MAGIC);
		MUST(e->store == c->store && (atomic_load(&e->refs) & REFS_INDEX));
		MUST(str_eq(stored_key(entry_head(e)), c->key.text));
		MUST(atomic_load(&e->worth) >= 1 && atomic_load(&e->worth) <= WORTH_MAX && e->weight > 0);
		check_body(e);
		t->entries++;
		t->bodies += entry_has(e);
	}
	MUST(n >= 1 && n <= (atomic_load(&c->store->variants) > 1 ? atomic_load(&c->store->variants) : 1));
}

static void
check_bucket(struct store *s, uint64_t bucket, struct tally *t)
{
	const struct cells *cells = index_cells(&s->index, bucket);
	uint32_t resources = 0;

	for (uint32_t at = 0; cells != NULL && at < cells->count; at++) {
		uint32_t found = cells->count;
		struct chain c;

		if (cell_kind(cells_get(cells, at)) != CELL_RESOURCE)
			continue;
		chain_of_cell(&c, s, bucket, at);
		MUST(index_bucket(&s->index, c.key.hash) == bucket);
		MUST(index_find(&s->index, cells, &c.key, &found) == c.newest && found == at);
		check_chain(&c, t);
		resources++;
	}
	MUST(cells == NULL || resources == cells->resources);
	t->resources += resources;
}

void
store_check(struct store *s)
{
	struct store_totals totals;
	struct tally t = { 0 };

	MUST_OBJ(s, STORE_MAGIC);
	rcu_settle();
	for (uint64_t bucket = 0; bucket < s->index.buckets; bucket++) {
		index_lock(&s->index, bucket);
		check_bucket(s, bucket, &t);
		index_unlock(&s->index, bucket);
	}
	store_totals(s, &totals);
	MUST(t.entries == totals.entries && t.resources == totals.resources && t.bodies == totals.bodies);
	MUST(totals.retired == 0 && totals.memory <= totals.limit);
	slots_check(s->slots);
}
