#include "cache/store_impl.h"

#include "base/clock.h"
#include "base/must.h"

/* ---- orders ---- */

static bool
same_second(int64_t a_ms, int64_t b_ms)
{
	return a_ms / MS_PER_S == b_ms / MS_PER_S;
}

/* One order that is given in many calls takes one place. */
uint8_t
order_note(struct store *s, uint64_t id, int64_t now_ms)
{
	struct order *o;
	unsigned number;

	pthread_mutex_lock(&s->orders_lock);
	o = &s->order[s->order_last];
	if (atomic_load(&o->id) != id || !same_second(atomic_load(&o->at_ms), now_ms)) {
		s->order_last = (s->order_last + 1) & (s->orders - 1);
		o = &s->order[s->order_last];
		atomic_store(&o->id, id);
		atomic_store(&o->at_ms, now_ms);
	}
	number = s->order_last;
	pthread_mutex_unlock(&s->orders_lock);
	return (uint8_t)number;
}

uint64_t
order_find(const struct store *s, uint8_t number, int64_t at_ms)
{
	const struct order *o = &s->order[number & (s->orders - 1)];

	return same_second(atomic_load(&o->at_ms), at_ms) ? atomic_load(&o->id) : 0;
}

/* ---- marks ---- */

enum reason
store_mark(const struct store *s, const struct entry *e)
{
	if (entry_flag(e, ENTRY_PURGED) || entry_born_before(e, &s->stale_before))
		return REASON_PURGED;
	if (entry_flag(e, ENTRY_INVALIDATED) || groups_stale(s, e))
		return REASON_INVALIDATED;
	return REASON_NONE;
}

/* Returns how many were not gone. */
static unsigned
mark_all(struct chain *c, enum entry_flag flag)
{
	unsigned n = 0;

	for (struct entry *e = c->newest; e != NULL; e = chain_older(e)) {
		n += !store_is_gone(c->store, e);
		entry_set_flag(e, flag);
	}
	return n;
}

/* ---- one key ---- */

unsigned
store_purge(struct store *s, const struct key *key, bool soft, uint64_t order, int64_t now_ms)
{
	TIMED_CALL;
	struct chain c;
	unsigned n = 0;

	MUST_OBJ(s, STORE_MAGIC);
	chain_lock(&c, s, key, now_ms);
	if (c.newest != NULL) {
		uint8_t number = order_note(s, order, now_ms);

		n = soft ? mark_all(&c, ENTRY_PURGED) : chain_clear(&c, REASON_PURGED, number);
		if (soft)
			chain_note(&c, REASON_PURGED, number, 0);
	}
	chain_unlock(&c);
	store_count(s, COUNT_PURGES, n);
	return n;
}

unsigned
store_invalidate(struct store *s, const struct key *key, int64_t now_ms)
{
	TIMED_CALL;
	struct chain c;
	unsigned n;

	MUST_OBJ(s, STORE_MAGIC);
	chain_lock(&c, s, key, now_ms);
	n = chain_clear(&c, REASON_INVALIDATED, 0);
	chain_unlock(&c);
	return n;
}

/* ---- everything ---- */

/* The generation is raised first: what is put meanwhile is either born before it, and purged, or after. */
uint64_t
store_purge_all(struct store *s, bool soft, uint64_t order, int64_t now_ms)
{
	struct order *by = soft ? &s->stale_by : &s->gone_by;
	uint64_t generation, n;

	MUST_OBJ(s, STORE_MAGIC);
	atomic_store_explicit(&s->now_ms, now_ms, memory_order_relaxed);
	atomic_store(&by->id, order);
	atomic_store(&by->at_ms, now_ms);
	generation = atomic_fetch_add(&s->generation, 1) + 1;
	generation_raise(soft ? &s->stale_before : &s->gone_before, generation);
	n = store_level(s, LEVEL_ENTRIES);
	store_count(s, COUNT_PURGES, n);
	return n;
}

/* ---- uncacheable ---- */

void
store_mark_uncacheable(struct store *s, const struct key *key, uint8_t why, int64_t now_ms, int64_t for_ms)
{
	TIMED_CALL;
	struct chain c;

	MUST_OBJ(s, STORE_MAGIC);
	chain_lock(&c, s, key, now_ms);
	c.cells = index_some(&s->index, c.bucket, now_ms);
	if (c.cells != NULL)
		ghost_bar(c.cells, key->hash.lo, why, now_ms, for_ms);
	if (c.newest != NULL)
		entry_set_flag(c.newest, ENTRY_BARRED);
	chain_unlock(&c);
}
