#include "cache/store_impl.h"

#include <stdlib.h>

#include "base/must.h"

/* A bucket for so many bytes of memory: two dozen small objects. */
#define BUCKET_BYTES ((uint64_t)32 * 1024)
#define STRIPES_MAX  256u

#define CELLS_MIN 4u
#define CELLS_MAX ((uint32_t)((SLOT_MAX - sizeof(struct cells)) / sizeof(uint64_t)))

_Static_assert(SLOT_MAX / sizeof(uint64_t) <= UINT16_MAX, "cells are numbered in 16 bits");

/* How far from home a cell may lie while there is a choice: a lookup that finds something looks at few. */
#define NEAR 8u

bool
index_init(struct index *x, struct slots *slots, uint64_t bytes)
{
	x->slots = slots;
	x->buckets = 1;
	while (x->buckets < bytes / BUCKET_BYTES)
		x->buckets *= 2;
	x->stripes = x->buckets < STRIPES_MAX ? (unsigned)x->buckets : STRIPES_MAX;
	x->cells = calloc(x->buckets, sizeof *x->cells);
	x->locks = calloc(x->stripes, sizeof *x->locks);
	if (x->cells == NULL || x->locks == NULL)
		return false;
	for (unsigned i = 0; i < x->stripes; i++)
		pthread_mutex_init(&x->locks[i], NULL);
	return true;
}

void
index_fini(struct index *x)
{
	for (unsigned i = 0; i < x->stripes && x->locks != NULL; i++)
		pthread_mutex_destroy(&x->locks[i]);
	free(x->cells);
	free(x->locks);
}

uint64_t
index_own(const struct index *x)
{
	return x->buckets * sizeof *x->cells + x->stripes * sizeof *x->locks;
}

void
index_lock(struct index *x, uint64_t bucket)
{
	pthread_mutex_lock(&x->locks[bucket & (x->stripes - 1)]);
}

void
index_unlock(struct index *x, uint64_t bucket)
{
	pthread_mutex_unlock(&x->locks[bucket & (x->stripes - 1)]);
}

struct entry *
index_find(const struct index *x, const struct cells *c, const struct key *key, uint32_t *at)
{
	uint32_t i;

	if (c == NULL)
		return NULL;
	i = cells_home(c, key->hash.lo);
	for (uint32_t n = cells_reach(c, true); n > 0; n--, i = cells_next(c, i)) {
		uint64_t cell = cells_get(c, i);
		struct entry *e;

		if (!cell_is_resource_of(cell, key->hash.lo))
			continue;
		e = slot_at(x->slots, cell_offset(cell));
		if (!str_eq(stored_key(entry_head(e)), key->text))
			continue;
		if (at != NULL)
			*at = i;
		return e;
	}
	return NULL;
}

/* ---- arrays ---- */

uint32_t
cells_spot(const struct cells *c, uint64_t hash, int64_t now_ms)
{
	uint32_t i = cells_home(c, hash), best = c->count;
	uint64_t staleness = 0;

	for (uint32_t n = 0; n < c->count && (n < NEAR || best == c->count); n++, i = cells_next(c, i)) {
		uint64_t cell = cells_get(c, i);

		if (cell_kind(cell) == CELL_EMPTY)
			return i;
		if (cell_kind(cell) == CELL_RESOURCE)
			continue;
		if (best == c->count || ghost_staleness(cell, now_ms) > staleness) {
			best = i;
			staleness = ghost_staleness(cell, now_ms);
		}
	}
	return best;
}

void
cells_put(struct cells *c, uint32_t at, uint64_t hash, uint64_t cell)
{
	uint32_t home = cells_home(c, hash);
	uint32_t distance = at >= home ? at - home : at + c->count - home;
	bool resource = cell_kind(cell) == CELL_RESOURCE;

	if (distance >= cells_reach(c, resource))
		atomic_store_explicit(&c->reach[resource], (uint16_t)(distance + 1), memory_order_release);
	cells_set(c, at, cell);
}

static struct cells *
make(struct slots *slots, uint32_t count)
{
	size_t cap;
	struct cells *c = slot_alloc(slots, sizeof *c + count * sizeof c->cell[0], SLOT_INDEX, &cap);

	if (c == NULL)
		return NULL;
	c->slots = slots;
	c->count = (uint16_t)((cap - sizeof *c) / sizeof c->cell[0]);
	c->resources = 0;
	atomic_init(&c->reach[false], 0);
	atomic_init(&c->reach[true], 0);
	for (uint32_t i = 0; i < c->count; i++)
		atomic_init(&c->cell[i], 0);
	return c;
}

static void
give_back(struct rcu_later *head)
{
	struct cells *c = (struct cells *)head;

	slot_free(c->slots, c);
}

/* What of a cell's hash says where it belongs. */
static uint64_t
hash_of(uint64_t cell)
{
	return cell_kind(cell) == CELL_RESOURCE ? cell >> 40 : cell;
}

static void
copy(struct cells *to, const struct cells *from, bool resources, int64_t now_ms)
{
	for (uint32_t i = 0; i < from->count; i++) {
		uint64_t cell = cells_get(from, i);
		uint32_t at;

		if (cell_kind(cell) == CELL_EMPTY || (cell_kind(cell) == CELL_RESOURCE) != resources)
			continue;
		at = cells_spot(to, hash_of(cell), now_ms);
		MUST(at < to->count || !resources);
		if (at < to->count)
			cells_put(to, at, hash_of(cell), cell);
	}
}

/* The old array is retired once nobody can find it any more, and no sooner: a reader that comes in between is not waited
 * for. */
static struct cells *
resize(struct index *x, uint64_t bucket, uint32_t count, int64_t now_ms)
{
	struct cells *old = index_cells(x, bucket);
	struct cells *c = make(x->slots, count);

	if (c == NULL)
		return NULL;
	if (old != NULL) {
		copy(c, old, true, now_ms);
		copy(c, old, false, now_ms);
		c->resources = old->resources;
	}
	atomic_store_explicit(&x->cells[bucket], c, memory_order_release);
	if (old != NULL)
		rcu_defer(&old->rcu, give_back);
	return c;
}

struct cells *
index_some(struct index *x, uint64_t bucket, int64_t now_ms)
{
	struct cells *c = index_cells(x, bucket);

	return c != NULL ? c : resize(x, bucket, CELLS_MIN, now_ms);
}

/* Grows where five in eight cells would be resources, by three in eight: so there are from one to one and a half
 * memories for each. Where there is no memory for that, memories give way. */
struct cells *
index_room(struct index *x, uint64_t bucket, int64_t now_ms)
{
	struct cells *c = index_some(x, bucket, now_ms);
	struct cells *larger;

	if (c == NULL || c->resources + 1 <= c->count * 5 / 8)
		return c;
	larger = c->count < CELLS_MAX / 2 ? resize(x, bucket, c->count + c->count * 3 / 8 + 2, now_ms) : NULL;
	if (larger != NULL)
		return larger;
	return c->resources < c->count ? c : NULL;
}

void
index_fit(struct index *x, uint64_t bucket, int64_t now_ms)
{
	struct cells *c = index_cells(x, bucket);

	if (c != NULL && c->count > 4 * (c->resources + CELLS_MIN))
		(void)resize(x, bucket, 2 * (c->resources + CELLS_MIN), now_ms);
}

void
index_add(struct index *x, struct cells *c, uint32_t at, uint64_t hash, struct entry *newest)
{
	MUST(at < c->count && cell_kind(cells_get(c, at)) != CELL_RESOURCE);
	cells_put(c, at, hash, cell_resource(hash, slot_offset(x->slots, newest)));
	c->resources++;
	atomic_fetch_add_explicit(&x->resources, 1, memory_order_relaxed);
}

void
index_remove(struct index *x, struct cells *c, uint32_t at)
{
	MUST(cell_kind(cells_get(c, at)) == CELL_RESOURCE && c->resources > 0);
	cells_set(c, at, 0);
	c->resources--;
	atomic_fetch_sub_explicit(&x->resources, 1, memory_order_relaxed);
}
