/* Who leaves for room: sampled greedy-dual by size and frequency.
 *
 * An entry's priority is base + worth / cost^x, where worth counts its uses, cost is its memory, x is 1 where object
 * hits are wanted and 1/4 where bytes are, and base is the priority of the last that left: so what is not used grows
 * old without anybody touching it. A use writes the priority anew; nothing is ordered. The victim is the least of some
 * entries drawn at random, of the best left over from earlier draws, and of what came last. What was purged with
 * everything, or is stale beyond use, goes first; what is pinned stays, since its leaving would free nothing.
 *
 * Priorities are numbers modulo 2^32 and compared by how far they are above the base: it takes thousands of turnovers
 * of the whole store to go around.
 */
#include "cache/store_impl.h"

#include <math.h>

#include "base/must.h"

/* The weight of an entry of one byte. By these an entry of 16 KiB weighs the same under both. */
#define UNIT_OBJECTS 1073741824.0 /* 2^30 */
#define UNIT_BYTES   741455.0     /* 2^19.5 */

#define EVICT_MAX  64u /* in one call */
#define MISSES_MAX 16u
#define RUN_MAX    64u /* entries in one run */
#define RUNS       8u

uint32_t
evict_weight(const struct store *s, uint64_t cost)
{
	double size = (double)cost;

	if (atomic_load(&s->objective) == STORE_BYTES)
		return (uint32_t)(UNIT_BYTES / sqrt(sqrt(size))) + 1;
	return (uint32_t)(UNIT_OBJECTS / size) + 1;
}

uint32_t
evict_priority(const struct store *s, unsigned worth, uint32_t weight)
{
	return atomic_load_explicit(&s->base, memory_order_relaxed) + worth * weight;
}

/* ---- leaving ---- */

/* Does its leaving say how old the others are? Where most hits are wanted, what nobody came back for does not: so it
 * drives out others of its like, and not those that were used. */
static bool
ages_others(const struct store *s, const struct entry *e)
{
	return entry_hits(e) > 0 || atomic_load(&s->objective) == STORE_BYTES;
}

/* The base never falls. */
static void
raise_base(struct store *s, uint32_t priority)
{
	uint32_t was = atomic_load_explicit(&s->base, memory_order_relaxed);

	while ((int32_t)(priority - was) > 0 && !atomic_compare_exchange_weak(&s->base, &was, priority))
		;
}

/* What is left over from earlier draws may have left since, and something else may lie in its place. */
static bool
is_there(const struct store *s, const struct candidate *v)
{
	const struct cells *cells = index_cells(&s->index, v->bucket);

	return v->at < cells->count && cells_get(cells, v->at) == v->cell;
}

/* The entry that was drawn, if it is still there and was not used since. */
static struct entry *
still_least(struct store *s, const struct candidate *v, struct chain *c)
{
	struct entry *e;

	if (!is_there(s, v))
		return NULL;
	chain_of_cell(c, s, v->bucket, v->at);
	e = draw_least(s, c->newest);
	if (e == NULL || atomic_load_explicit(&e->priority, memory_order_relaxed) != v->priority)
		return NULL;
	return e;
}

/* What is of no use any more goes for that reason, and says nothing about others. */
static void
give_up(struct chain *c, struct entry *e, uint32_t priority)
{
	struct store *s = c->store;
	enum reason why = store_useless(s, e, c->now_ms);

	store_count(s, COUNT_DROPS, why == REASON_DROPPED);
	store_count(s, COUNT_EVICTIONS, why == REASON_NONE);
	if (why == REASON_NONE && ages_others(s, e))
		raise_base(s, priority);
	chain_take(c, e, why == REASON_NONE ? REASON_EVICTED : why, 0);
}

static bool
leave(struct store *s, const struct candidate *v)
{
	struct entry *e;
	struct chain c;

	index_lock(&s->index, v->bucket);
	e = still_least(s, v, &c);
	if (e != NULL)
		give_up(&c, e, v->priority);
	index_unlock(&s->index, v->bucket);
	return e != NULL;
}

static bool
evict_one(struct store *s, struct pool *p)
{
	struct draw d;
	bool left;

	rcu_read_begin();
	draw(s, p, &d);
	left = d.count > 0 && leave(s, &d.best[0]);
	rcu_read_end();
	return left;
}

/* ---- making one large hole ---- */

/* Neighbours in memory, which need not be of the least. */
struct run {
	unsigned count;
	int64_t above; /* the sum */
	void *entry[RUN_MAX];
};

static bool
run_from(struct store *s, struct run *r, const struct candidate *c, size_t bytes)
{
	if (!is_there(s, c))
		return false;
	r->count = slot_run(s->slots, slot_at(s->slots, cell_offset(c->cell)), bytes, r->entry, RUN_MAX);
	r->above = 0;
	for (unsigned i = 0; i < r->count; i++) {
		const struct entry *e = r->entry[i];
		int32_t above = entry_above(s, e);

		r->above += above > 0 ? above : 0;
		if (entry_is_pinned(e))
			return false;
	}
	return r->count > 0;
}

static void
leave_together(struct store *s, const struct run *r)
{
	for (unsigned i = 0; i < r->count; i++) {
		struct entry *e = r->entry[i];
		struct chain c;

		chain_lock_of(&c, s, e);
		if (chain_has(&c, e)) {
			store_count(s, COUNT_EVICTIONS, 1);
			chain_take(&c, e, REASON_EVICTED, 0);
		}
		chain_unlock(&c);
	}
}

/* Gives up the cheapest of some runs, each begun at one of the least. False where all are broken by what may not leave.
 */
static bool
evict_run(struct store *s, struct pool *p, size_t bytes)
{
	struct run run, best = { .count = 0 };
	struct draw d;

	rcu_read_begin();
	draw(s, p, &d);
	for (unsigned i = 0; i < d.count && i < RUNS; i++)
		if (run_from(s, &run, &d.best[i], bytes) && (best.count == 0 || run.above < best.above))
			best = run;
	leave_together(s, &best);
	rcu_read_end();
	return best.count > 0;
}

/* Threads spread over the pools, so that they seldom wait for each other. */
static struct pool *
pool_of_thread(struct store *s)
{
	static atomic_uint threads;
	static _Thread_local unsigned mine;

	if (mine == 0)
		mine = atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed) + 1;
	return &s->pools[mine % POOLS];
}

/* What is spare, or will be when readers have left, but for what lies in pieces that are too small. */
static uint64_t
available(const struct store *s)
{
	uint64_t spare = slots_spare(s->slots);
	uint64_t crumbs = atomic_load_explicit(&s->crumbs, memory_order_relaxed);

	return (spare > crumbs ? spare - crumbs : 0) + store_level(s, LEVEL_RETIRED);
}

static void
evict_until(struct store *s, uint64_t want)
{
	unsigned misses = 0;

	for (unsigned n = 0; n < EVICT_MAX && misses < MISSES_MAX && available(s) < want; n++)
		misses += !evict_one(s, pool_of_thread(s));
}

void
evict_ahead(struct store *s)
{
	evict_until(s, atomic_load_explicit(&s->reserve, memory_order_relaxed));
}

void
evict_consider(struct store *s, const struct candidate *c)
{
	draw_offer(s, pool_of_thread(s), c);
}

/* ---- how much is kept spare ---- */

/* What is kept spare at least: what a fast network brings while memory is on its way back. */
#define RESERVE ((uint64_t)1024 * 1024)

static uint64_t
reserve_min(const struct store *s)
{
	uint64_t most = s->limit / 64 < RESERVE ? s->limit / 64 : RESERVE;

	return s->limit / 256 > most ? s->limit / 256 : most;
}

static uint64_t
lesser(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t
greater(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Where there was enough, all of it lies in crumbs; else more must be kept spare, if much is on its way back. Crumbs
 * join as others leave. Where there are too many, neighbours leave together, whatever they are worth; where none can, and
 * nothing is on its way back, others must leave however much seems to be available. */
void
evict_missed(struct store *s, uint64_t bytes)
{
	uint64_t reserve = atomic_load_explicit(&s->reserve, memory_order_relaxed);
	uint64_t spare = slots_spare(s->slots);

	rcu_hurry();
	if (spare >= bytes)
		atomic_store_explicit(&s->crumbs, lesser(spare, s->limit / 8), memory_order_relaxed);
	else if (store_level(s, LEVEL_RETIRED) > reserve / 2)
		atomic_store_explicit(&s->reserve, lesser(reserve * 2, s->limit / 16), memory_order_relaxed);
	if (spare > s->limit / 32 && spare >= bytes && evict_run(s, pool_of_thread(s), lesser(bytes, SLOT_LEAST)))
		return;
	if (spare >= bytes && store_level(s, LEVEL_RETIRED) < bytes)
		reserve = greater(reserve, available(s));
	evict_until(s, reserve + bytes);
}

void
evict_relax(struct store *s)
{
	uint64_t reserve = atomic_load_explicit(&s->reserve, memory_order_relaxed);
	uint64_t crumbs = atomic_load_explicit(&s->crumbs, memory_order_relaxed);

	atomic_store_explicit(&s->reserve, reserve - (reserve - reserve_min(s)) / 64, memory_order_relaxed);
	atomic_store_explicit(&s->crumbs, crumbs - (crumbs + 63) / 64, memory_order_relaxed);
}

bool
store_make_room(struct store *s, size_t bytes, int64_t now_ms)
{
	TIMED_CALL;
	uint64_t was = available(s);

	MUST_OBJ(s, STORE_MAGIC);
	atomic_store_explicit(&s->now_ms, now_ms, memory_order_relaxed);
	evict_missed(s, bytes);
	return available(s) > was || available(s) >= bytes;
}

/* Chunks are taken, and nothing is put: memory is made ahead of them. */
static void
low(void *arg)
{
	TIMED_CALL;
	struct store *s = arg;

	evict_ahead(s);
	if (slots_spare(s->slots) < atomic_load_explicit(&s->reserve, memory_order_relaxed) / 2)
		rcu_hurry();
}

void
evict_init(struct store *s)
{
	atomic_init(&s->reserve, reserve_min(s));
	for (unsigned i = 0; i < POOLS; i++) {
		pthread_mutex_init(&s->pools[i].lock, NULL);
		s->pools[i].seed = hash_keyed(&s->secret, str_of((const char *)&i, sizeof i)).lo;
	}
	slots_on_low(s->slots, s->limit / 16, s->limit / 512, low, s);
}

void
evict_fini(struct store *s)
{
	for (unsigned i = 0; i < POOLS; i++)
		pthread_mutex_destroy(&s->pools[i].lock);
}
