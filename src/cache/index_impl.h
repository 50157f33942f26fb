/* The index: from keys to resources, and to what is remembered of those that left. Private to cache/.
 *
 * A fixed number of buckets, each one array of cells that grows with what lies in it, in the store's own memory. A cell
 * is one word: empty; a resource (part of its hash, and where its newest entry lies); or a memory (ghost.c): an event,
 * or that a key is uncacheable. Memories fill the cells that resources leave, the oldest give way; so there are about
 * as many of them as of resources, and all of it is counted and bounded with the rest.
 *
 * Readers look inside a bracket, without a lock; they see each cell whole. Writers hold the lock of the bucket's
 * stripe. An array that became too small is copied and retired.
 */
#ifndef CAIRN_CACHE_INDEX_IMPL_H
#define CAIRN_CACHE_INDEX_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/hash.h"
#include "base/rcu.h"
#include "cache/key.h"
#include "cache/slots.h"

struct entry;

/* ---- a cell ---- */

enum cell_kind {
	CELL_EMPTY,
	CELL_RESOURCE, /* 22 bits of hash, 40 of offset in units of 16 */
	CELL_EVENT,    /* 2 bits of event, 4 of worth, 8 of order, 24 of seconds, 24 of hash */
	CELL_BARRED,   /* uncacheable: 6 bits of why, 8 unused, 24 of seconds until then, 24 of hash */
};

#define CELL_TAG_BITS  22
#define CELL_NAME_BITS 24
#define CELL_TIME_BITS 24
#define CELL_TIME_MASK ((UINT64_C(1) << CELL_TIME_BITS) - 1)

static inline enum cell_kind
cell_kind(uint64_t cell)
{
	return (enum cell_kind)(cell >> 62);
}

static inline uint64_t
cell_resource(uint64_t hash, uint64_t offset)
{
	return (uint64_t)CELL_RESOURCE << 62 | (hash & ((1u << CELL_TAG_BITS) - 1)) << 40 | offset >> 4;
}

static inline uint64_t
cell_offset(uint64_t cell)
{
	return (cell & ((UINT64_C(1) << 40) - 1)) << 4;
}

static inline bool
cell_is_resource_of(uint64_t cell, uint64_t hash)
{
	return cell >> 40 == cell_resource(hash, 0) >> 40;
}

/* Is it a memory of this name? */
static inline bool
cell_is_named(uint64_t cell, uint64_t hash)
{
	return cell >> 63 == 1 && ((cell ^ hash) & ((1u << CELL_NAME_BITS) - 1)) == 0;
}

/* ---- an array ---- */

struct cells {
	struct rcu_later rcu;
	struct slots *slots;
	uint16_t count;
	uint16_t resources;
	_Atomic uint16_t reach[2]; /* of memories, of resources: none lies as far from its home; never falls */
	_Atomic uint64_t cell[];
};

static inline uint64_t
cells_get(const struct cells *c, uint32_t at)
{
	return atomic_load_explicit(&c->cell[at], memory_order_acquire);
}

/* How many cells from its home on a search looks at. */
static inline uint32_t
cells_reach(const struct cells *c, bool resource)
{
	return atomic_load_explicit(&c->reach[resource], memory_order_acquire);
}

/* In the place of one that had the same home, or to empty it. */
static inline void
cells_set(struct cells *c, uint32_t at, uint64_t cell)
{
	atomic_store_explicit(&c->cell[at], cell, memory_order_release);
}

/* Where the search for a name begins; it goes on from there, around. */
static inline uint32_t
cells_home(const struct cells *c, uint64_t hash)
{
	return (uint32_t)((hash & ((1u << CELL_TAG_BITS) - 1)) * c->count >> CELL_TAG_BITS);
}

static inline uint32_t
cells_next(const struct cells *c, uint32_t at)
{
	return at + 1 == c->count ? 0 : at + 1;
}

/* Something new, whose hash this is, into the cell that cells_spot found. */
void cells_put(struct cells *c, uint32_t at, uint64_t hash, uint64_t cell);

/* The cell to write something new into: an empty one, else the memory that is worth least, both rather near `home`;
 * c->count where all are resources. */
uint32_t cells_spot(const struct cells *c, uint64_t hash, int64_t now_ms);

/* ---- the index ---- */

struct index {
	struct slots *slots;
	uint64_t buckets; /* a power of two */
	unsigned stripes; /* so are these */
	_Atomic(struct cells *) *cells;
	pthread_mutex_t *locks;
	_Alignas(64) _Atomic uint64_t resources; /* away from what lookups read */
};

/* False where memory is short. */
bool index_init(struct index *x, struct slots *slots, uint64_t bytes);
void index_fini(struct index *x);

/* Bytes outside the slots. */
uint64_t index_own(const struct index *x);

static inline uint64_t
index_bucket(const struct index *x, struct hash128 hash)
{
	return hash.hi & (x->buckets - 1);
}

void index_lock(struct index *x, uint64_t bucket);
void index_unlock(struct index *x, uint64_t bucket);

/* NULL where nothing was ever put there. Inside a bracket, or under the lock. */
static inline struct cells *
index_cells(const struct index *x, uint64_t bucket)
{
	return atomic_load_explicit(&x->cells[bucket], memory_order_acquire);
}

/* The newest entry of the key's resource; NULL. *at, where asked for, gets the place of its cell. */
struct entry *index_find(const struct index *x, const struct cells *c, const struct key *key, uint32_t *at);

/* The rest under the lock. An array with room for one more resource than it has; NULL where memory is short. */
struct cells *index_room(struct index *x, uint64_t bucket, int64_t now_ms);

/* Room for memories at least: makes the array where there is none. NULL where memory is short. */
struct cells *index_some(struct index *x, uint64_t bucket, int64_t now_ms);

/* An array much larger than what lies in it is made smaller. */
void index_fit(struct index *x, uint64_t bucket, int64_t now_ms);

void index_add(struct index *x, struct cells *c, uint32_t at, uint64_t hash, struct entry *newest);
void index_remove(struct index *x, struct cells *c, uint32_t at);

#endif
