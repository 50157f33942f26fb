/* The bodies of the store and of an entry, and what the store's files call of each other. Private to cache/.
 *
 *   store.c        life, settings, totals        store_find.c   lookup, selection of a variant
 *   store_put.c    putting an entry in           compose.c      building it
 *   store_purge.c  orders and invalidation       evict.c        who leaves for room, and when
 *   store_groups.c Cache-Groups                  draw.c         drawing at random who may
 *   store_tidy.c   housekeeping, walking         chain.c        the entries of a resource
 *   index.c        buckets and cells             ghost.c        what is remembered
 *   entry.c        reading an entry
 *
 * Locks, in the order in which they are taken: a stripe of the index, then those of slots.c and of the orders. The
 * pools of evict.c are locked with nothing else.
 */
#ifndef CAIRN_CACHE_STORE_IMPL_H
#define CAIRN_CACHE_STORE_IMPL_H

#include "base/clock.h"
#include "cache/index_impl.h"
#include "cache/store.h"

#define STORE_MAGIC 0x73746f72u
#define ENTRY_MAGIC 0x656e7472u

/* What a request has for the fields that Vary names, at most; more is neither stored nor compared. */
#define STORE_VALUES_MAX ((size_t)8 * 1024)

/* ---- an entry ---- */

enum entry_flag {
	ENTRY_PURGED = 1,      /* marked stale */
	ENTRY_INVALIDATED = 2, /* marked stale */
	ENTRY_BARRED = 4,      /* the resource is marked uncacheable: on its newest entry */
	ENTRY_PASSED_ON = 8,   /* its body lives on in another entry: its going frees the head alone */
};

#define REFS_INDEX 0x80000000u /* the index's reference; the rest counts pins */

struct entry {
	unsigned magic;
	/* What a hit writes, in one line, whatever multiple of 16 it stands at; and `worth`, for as long as that rises. */
	atomic_uint refs; /* by those that take more than one turn of their loop */
	atomic_uint hits;
	atomic_uint priority; /* evict.c: base at the last use + worth * weight, modulo 2^32 */
	struct rcu_later rcu; /* once retired */
	struct store *store;
	uint64_t length;        /* of the whole body; RANGE_UNKNOWN */
	int64_t dead_ms;        /* from when on it is of no use, under the policy that it was stored under */
	_Atomic uint64_t older; /* offset of the next older entry of the resource; 0: none */
	uint64_t born;          /* the store's generation when it was put */
	uint32_t weight;
	uint32_t inlined;   /* bytes of body behind the head */
	atomic_uchar worth; /* hits, saturating at WORTH_MAX */
	atomic_uchar flags; /* enum entry_flag */
	uint8_t groups;     /* Cache-Groups that it belongs to */
	uint8_t parts;      /* of the body, where none of it is inlined */
			    /* The groups, the stored head and the body, inlined or as parts, each padded to 8. */
};

_Static_assert(offsetof(struct entry, priority) + sizeof(atomic_uint) <= 16, "what a hit writes is one line");

#define WORTH_MAX 31

/* What a memory holds of it. */
#define GHOST_WORTH_MAX 15u

/* A run of the body; sorted by `first`, none inside another. */
struct part {
	uint64_t first;
	uint64_t segs; /* offset of its struct segs */
};

static inline size_t
padded(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

static inline uint16_t *
entry_groups(const struct entry *e)
{
	return (uint16_t *)(uintptr_t)(e + 1);
}

static inline struct stored *
entry_head(const struct entry *e)
{
	return (struct stored *)(void *)((char *)entry_groups(e) + padded(e->groups * sizeof(uint16_t)));
}

static inline void *
entry_tail(const struct entry *e)
{
	return (char *)entry_head(e) + padded(stored_bytes(entry_head(e)));
}

/* Bytes of body that it has. */
uint64_t entry_has(const struct entry *e);

/* Bytes of memory that its going gives back. */
uint64_t entry_cost(const struct entry *e);

struct segs *entry_segs(const struct entry *e, unsigned part);

static inline bool
entry_is_pinned(const struct entry *e)
{
	return atomic_load_explicit(&e->refs, memory_order_relaxed) & ~REFS_INDEX;
}

static inline bool
entry_flag(const struct entry *e, enum entry_flag flag)
{
	return atomic_load_explicit(&e->flags, memory_order_relaxed) & flag;
}

static inline void
entry_set_flag(struct entry *e, enum entry_flag flag)
{
	atomic_fetch_or_explicit(&e->flags, (unsigned char)flag, memory_order_relaxed);
}

/* Not reachable any more: freed when readers and pins are gone. Counts. Under the stripe's lock. */
void entry_retire(struct entry *e);

/* Nobody ever saw it. */
void entry_discard(struct entry *e);

/* Nobody will ever find it: it has one pin, and goes with the last. */
void entry_set_aside(struct entry *e);

/* ---- the store ---- */

enum count {
	COUNT_PUTS,
	COUNT_EVICTIONS,
	COUNT_DROPS,
	COUNT_PURGES,
	COUNT_REPLACED,
	COUNT_FULL,
	COUNT_VARIANTS,
	/* Levels, not counts since the start. */
	LEVEL_ENTRIES,
	LEVEL_BODIES,  /* bytes */
	LEVEL_RETIRED, /* bytes that come back when readers have left */
	LEVEL_PINNED,  /* bytes that come back when pins are gone */
	COUNTS
};

/* An order to purge, remembered so that an event can name it. Read without a lock. */
struct order {
	_Atomic uint64_t id;
	_Atomic int64_t at_ms;
};

/* One of many groups: those that an entry names by a 16-bit number. Some share one; then both are invalidated. */
struct group {
	_Atomic uint64_t stale_before; /* the store's generation */
	atomic_uint members;
};

/* A part of the number of pinned entries; any of them may be below zero. The hit of a slow client pins what it reads, and is
 * not to write a line that other workers write. */
#define PIN_COUNTS 16

struct pin_count {
	_Alignas(64) _Atomic uint64_t n;
};

#define ORDERS_MAX 256

/* A resource that was drawn; the priority is that of its least entry. */
struct candidate {
	uint64_t bucket;
	uint64_t cell;
	uint32_t at;
	uint32_t priority;
	bool overdue; /* its priority says nothing: it goes first */
};

/* The least of what was drawn and of what was left over, the least first. */
#define DRAW_MAX 17

struct draw {
	unsigned count;
	struct candidate best[DRAW_MAX];
};

#define POOLS 4

struct pool {
	pthread_mutex_t lock;
	uint64_t seed;
	struct draw left; /* over from the last draw */
};

/* Every hit reads the beginning, and every new object writes the end: they are lines apart. Between them lies `base`, which
 * every hit reads as well and which rises as entries that were of use leave for room. */
struct store {
	unsigned magic;
	atomic_uint variants;
	struct slots *slots;
	_Atomic uint64_t max_object;
	_Atomic(enum store_objective) objective;
	uint64_t limit;
	uint64_t inline_max; /* bytes of an entry's slot up to which the body lies in it */
	struct hash_secret secret;

	/* Purges of everything: entries born before these are gone, or stale. */
	_Atomic uint64_t generation, gone_before, stale_before;
	struct order gone_by, stale_by;

	pthread_mutex_t orders_lock; /* of order_last */
	unsigned orders, order_last;
	struct order *order;

	unsigned groups;
	struct group *group;
	_Atomic uint64_t groups_stale; /* the newest generation at which one was invalidated */

	struct index index;

	_Alignas(64) atomic_uint base;       /* of priorities */
	_Alignas(64) _Atomic int64_t now_ms; /* of the last change, for those who are not told the time */
	_Atomic uint64_t reserve;            /* bytes kept spare */
	_Atomic uint64_t crumbs;             /* bytes spare in pieces too small for what was last wanted */
	_Atomic uint64_t tidied;             /* the bucket to go on with */
	_Alignas(64) _Atomic uint64_t counts[COUNTS];
	struct pin_count pins[PIN_COUNTS];
	struct pool pools[POOLS];
};

/* Which of the counts of pins is the thread's own, or nearly so. */
unsigned store_pin_count(void);

static inline void
store_count_pins(struct store *s, uint64_t n)
{
	atomic_fetch_add_explicit(&s->pins[store_pin_count()].n, n, memory_order_relaxed);
}

static inline void
store_count(struct store *s, enum count which, uint64_t n)
{
	atomic_fetch_add_explicit(&s->counts[which], n, memory_order_relaxed);
}

static inline uint64_t
store_level(const struct store *s, enum count which)
{
	return atomic_load_explicit(&s->counts[which], memory_order_relaxed);
}

/* ---- how long calls take ---- */

/* No call is to hold up a worker: those that change the store are timed. */
struct call {
	int64_t since_ns;
};

void call_end(const struct call *c);

/* Times the block that it stands in. */
#define TIMED_CALL \
	__attribute__((cleanup(call_end), unused)) const struct call timed = { clock_mono_ns() }

/* Of two at once the later one counts, whichever comes to write it last. */
static inline void
generation_raise(_Atomic uint64_t *generation, uint64_t to)
{
	uint64_t was = atomic_load(generation);

	while (was < to && !atomic_compare_exchange_weak(generation, &was, to))
		;
}

static inline bool
entry_born_before(const struct entry *e, const _Atomic uint64_t *generation)
{
	return e->born < atomic_load_explicit(generation, memory_order_relaxed);
}

/* Purged with everything; its memory comes back when it is met. */
static inline bool
store_is_gone(const struct store *s, const struct entry *e)
{
	return entry_born_before(e, &s->gone_before);
}

/* Why an entry is of no use any more: purged with everything, or stale beyond use; REASON_NONE. */
static inline enum reason
store_useless(const struct store *s, const struct entry *e, int64_t now_ms)
{
	if (store_is_gone(s, e))
		return REASON_PURGED;
	return now_ms >= e->dead_ms ? REASON_DROPPED : REASON_NONE;
}

/* ---- chain.c: the entries of a resource, newest first; under the stripe's lock but for chain_older ---- */

/* One step of a walk, inside a bracket or under the lock. */
struct entry *chain_older(const struct entry *e);

/* A resource, held for a change. */
struct chain {
	struct store *store;
	struct key key;
	uint64_t bucket;
	struct cells *cells; /* NULL: the bucket is empty */
	uint32_t at;
	struct entry *newest; /* NULL: nothing is stored */
	int64_t now_ms;
};

void chain_lock(struct chain *c, struct store *s, const struct key *key, int64_t now_ms);

/* The resource that an entry belongs to, or belonged to. Inside a bracket. */
void chain_lock_of(struct chain *c, struct store *s, const struct entry *e);
void chain_unlock(struct chain *c);

/* The resource in a cell of a bucket whose lock is held; it is given back with the lock. */
void chain_of_cell(struct chain *c, struct store *s, uint64_t bucket, uint32_t at);

bool chain_has(const struct chain *c, const struct entry *e);

/* Puts `e` in as the newest. False where memory is short. */
bool chain_push(struct chain *c, struct entry *e);

/* Remembers an event of the whole key. */
void chain_note(struct chain *c, enum reason why, uint8_t order, unsigned worth);

/* Takes one out and retires it. `why`: the event to remember; REASON_NONE: it was replaced. `order`: of a purge. */
void chain_take(struct chain *c, struct entry *e, enum reason why, uint8_t order);

/* Takes all out; returns how many of them were not gone before. */
unsigned chain_clear(struct chain *c, enum reason why, uint8_t order);

/* ---- compose.c ---- */

/* Builds the entry, or says why not. All references of `n` are taken over. */
struct entry *compose(struct store *s, struct new_entry *n, enum store_put *why);

/* ---- ghost.c: memories in a bucket's cells ---- */

struct ghost {
	enum reason event; /* REASON_NONE: nothing is remembered */
	unsigned worth;
	uint8_t order; /* of a purge: its number */
	int64_t at_ms; /* to the second */
};

/* The name of one variant among the memories: by the values it was selected by. */
uint64_t ghost_name(const struct store *s, struct hash128 key, struct str vary_names, struct str vary_values);

void ghost_find(const struct cells *c, uint64_t name, int64_t now_ms, struct ghost *out);

/* Is the key marked uncacheable, and why? For so many seconds still; 0: it is not. */
uint64_t ghost_barred(const struct cells *c, uint64_t name, int64_t now_ms, uint8_t *why);

/* The rest under the lock. What finds no room is forgotten. */
void ghost_note(struct cells *c, uint64_t name, const struct ghost *what);
void ghost_bar(struct cells *c, uint64_t name, uint8_t why, int64_t now_ms, int64_t for_ms);
void ghost_forget(struct cells *c, uint64_t name, enum cell_kind kind);

/* What is too old to be believed. */
void ghost_age(struct cells *c, int64_t now_ms);

/* Which of two memories to give up first: more is sooner. */
uint64_t ghost_staleness(uint64_t cell, int64_t now_ms);

/* ---- draw.c ---- */

/* How far a priority is above the base: the least leaves first. What seems to be more than a use can give it has been
 * overtaken by the base for so long that the numbers went around. */
static inline int32_t
above_base(const struct store *s, uint32_t priority)
{
	return (int32_t)(priority - atomic_load_explicit(&s->base, memory_order_relaxed));
}

static inline int32_t
entry_above(const struct store *s, const struct entry *e)
{
	int32_t above = above_base(s, atomic_load_explicit(&e->priority, memory_order_relaxed));
	int64_t now_ms = atomic_load_explicit(&s->now_ms, memory_order_relaxed);

	if (store_useless(s, e, now_ms) != REASON_NONE || above > (int64_t)WORTH_MAX * e->weight)
		return INT32_MIN;
	return above;
}

/* The least of a resource's entries that is not pinned; NULL. Inside a bracket, or under the lock. */
struct entry *draw_least(const struct store *s, struct entry *newest);

/* Inside a bracket. Takes the pool's lock. */
void draw(struct store *s, struct pool *p, struct draw *d);

/* Puts one among those left over, where it is no better than they are. Takes the pool's lock. */
void draw_offer(struct store *s, struct pool *p, const struct candidate *c);

/* ---- evict.c ---- */

void evict_init(struct store *s);
void evict_fini(struct store *s);

/* An entry's weight, and its priority after a use. */
uint32_t evict_weight(const struct store *s, uint64_t cost);
uint32_t evict_priority(const struct store *s, unsigned worth, uint32_t weight);

/* Evicts until the reserve is spare, what is retired counted in, or nothing may leave; boundedly. */
void evict_ahead(struct store *s);

/* What has just come is among those that the next to leave is chosen from: where it is worth least, others stay. */
void evict_consider(struct store *s, const struct candidate *c);

/* So much memory was wanted and not there. */
void evict_missed(struct store *s, uint64_t bytes);

/* The reserve shrinks again, a little a call. */
void evict_relax(struct store *s);

/* ---- store_purge.c ---- */

/* The number by which an event names an order. */
uint8_t order_note(struct store *s, uint64_t id, int64_t now_ms);

/* The order's id; 0 where newer ones have taken its place. */
uint64_t order_find(const struct store *s, uint8_t number, int64_t at_ms);

/* Why an entry counts as stale, however fresh it is: REASON_PURGED, REASON_INVALIDATED, REASON_NONE. */
enum reason store_mark(const struct store *s, const struct entry *e);

/* ---- store_groups.c: Cache-Groups (RFC 9875) ---- */

/* The least that RFC 9875 2 demands. */
#define GROUPS_MAX 32

/* The numbers of the groups that a new entry will belong to; returns how many. */
unsigned groups_of(const struct store *s, const struct new_entry *n, uint16_t out[GROUPS_MAX]);

/* Counts an entry in (1) or out (-1) of its groups. */
void groups_count(struct store *s, const struct entry *e, int by);

bool groups_stale(const struct store *s, const struct entry *e);

#endif
