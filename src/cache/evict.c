/* Who leaves for room: sampled greedy-dual by size and frequency.
 *
 * An entry's priority is base + worth / cost^x, where worth counts its uses, cost is its memory, x is 3/4 where object
 * hits are wanted and less where bytes are, and base is the priority of the last that left: so what is not used grows
 * old without anybody touching it. A use writes the priority anew; nothing is ordered. The victim is the least of some
 * entries drawn at random and of the best left over from earlier draws. What was purged with everything goes first;
 * what is pinned stays, since its leaving would free nothing.
 *
 * Priorities are numbers modulo 2^32 and compared by how far they are above the base: it takes thousands of turnovers
 * of the whole store to go around.
 */
#include "cache/store_impl.h"

#include <math.h>

#include "base/must.h"

#define UNIT       134217728.0 /* 2^27: the worth of an object of one byte */
#define DRAWN      16u
#define ROW        8u /* cells looked at in one place */
#define TRIES_MAX  512u
#define EVICT_MAX  64u /* in one call */
#define MISSES_MAX 4u
#define RUN_MAX    64u /* entries in one run */

uint32_t
evict_weight(const struct store *s, uint64_t cost)
{
	double root = sqrt((double)cost);
	double size = atomic_load(&s->objective) == STORE_BYTES ? sqrt(root) : root * sqrt(root);

	return size < 1 ? (uint32_t)UNIT : (uint32_t)(UNIT / size) + 1;
}

uint32_t
evict_priority(const struct store *s, unsigned worth, uint32_t weight)
{
	return atomic_load_explicit(&s->base, memory_order_relaxed) + worth * weight;
}

int32_t
evict_above(const struct store *s, const struct entry *e)
{
	uint32_t priority = atomic_load_explicit(&e->priority, memory_order_relaxed);

	if (store_is_gone(s, e))
		return INT32_MIN;
	return (int32_t)(priority - atomic_load_explicit(&s->base, memory_order_relaxed));
}

static bool
is_pinned(const struct entry *e)
{
	return atomic_load_explicit(&e->refs, memory_order_relaxed) & ~REFS_INDEX;
}

/* The least of a resource's entries that is not pinned; NULL. */
static struct entry *
least_of(const struct store *s, struct entry *newest)
{
	struct entry *least = NULL;

	for (struct entry *e = newest; e != NULL; e = chain_older(e))
		if (!is_pinned(e) && (least == NULL || evict_above(s, e) < evict_above(s, least)))
			least = e;
	return least;
}

/* ---- drawing ---- */

/* The best so far, the least first. */
struct draw {
	unsigned count;
	struct candidate best[POOL_LEFT + 1];
};

static uint64_t
next_random(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static bool
is_drawn(const struct draw *d, const struct candidate *c)
{
	for (unsigned i = 0; i < d->count; i++)
		if (d->best[i].bucket == c->bucket && d->best[i].at == c->at)
			return true;
	return false;
}

static void
keep(struct draw *d, const struct candidate *c)
{
	unsigned i;

	if (is_drawn(d, c))
		return;
	if (d->count <= POOL_LEFT)
		d->count++;
	else if (d->best[d->count - 1].above <= c->above)
		return;
	for (i = d->count - 1; i > 0 && d->best[i - 1].above > c->above; i--)
		d->best[i] = d->best[i - 1];
	d->best[i] = *c;
}

/* Looks at a cell as it was read, once: false where it is no resource, or none of its entries may leave. */
static bool
consider(struct store *s, struct draw *d, uint64_t bucket, uint32_t at, uint64_t cell)
{
	struct candidate c = { .bucket = bucket, .at = at, .cell = cell };
	struct entry *e;

	if (cell_kind(cell) != CELL_RESOURCE)
		return false;
	e = least_of(s, slot_at(s->slots, cell_offset(cell)));
	if (e == NULL)
		return false;
	c.above = evict_above(s, e);
	keep(d, &c);
	return true;
}

/* Those left over that are still what they were, at what they are worth now. */
static void
reconsider(struct store *s, struct draw *d, const struct pool *p)
{
	for (unsigned i = 0; i < p->count; i++) {
		const struct candidate *c = &p->left[i];
		const struct cells *cells = index_cells(&s->index, c->bucket);

		if (c->at < cells->count && cells_get(cells, c->at) == c->cell)
			consider(s, d, c->bucket, c->at, c->cell);
	}
}

/* Some cells beside each other, from a random place on. Returns how many entries that gave. */
static unsigned
draw_row(struct store *s, struct draw *d, uint64_t random)
{
	uint64_t bucket = random & (s->index.buckets - 1);
	const struct cells *cells = index_cells(&s->index, bucket);
	unsigned n = 0;

	if (cells == NULL)
		return 0;
	for (uint32_t i = 0; i < ROW && i < cells->count; i++) {
		uint32_t at = (uint32_t)((random >> 40) + i) % cells->count;

		n += consider(s, d, bucket, at, cells_get(cells, at));
	}
	return n;
}

static void
draw(struct store *s, struct draw *d, struct pool *p)
{
	unsigned drawn = 0;

	d->count = 0;
	reconsider(s, d, p);
	for (unsigned tries = 0; tries < TRIES_MAX && drawn < DRAWN; tries++)
		drawn += draw_row(s, d, next_random(&p->seed));
	p->count = d->count > 0 ? d->count - 1 : 0;
	for (unsigned i = 0; i < p->count; i++)
		p->left[i] = d->best[i + 1];
}

/* ---- leaving ---- */

/* The base never falls. */
static void
raise_base(struct store *s, uint32_t priority)
{
	uint32_t was = atomic_load_explicit(&s->base, memory_order_relaxed);

	while ((int32_t)(priority - was) > 0 && !atomic_compare_exchange_weak(&s->base, &was, priority))
		;
}

/* False where it has changed since it was drawn. */
static bool
leave(struct store *s, const struct candidate *v)
{
	struct cells *cells;
	struct entry *e = NULL;
	struct chain c;

	index_lock(&s->index, v->bucket);
	cells = index_cells(&s->index, v->bucket);
	if (v->at < cells->count && cells_get(cells, v->at) == v->cell) {
		chain_of_cell(&c, s, v->bucket, v->at);
		e = least_of(s, c.newest);
	}
	if (e != NULL) {
		if (!store_is_gone(s, e)) {
			raise_base(s, atomic_load_explicit(&e->priority, memory_order_relaxed));
			store_count(s, COUNT_EVICTIONS, 1);
		}
		chain_take(&c, e, REASON_EVICTED, 0);
	}
	index_unlock(&s->index, v->bucket);
	return e != NULL;
}

static bool
evict_one(struct store *s, struct pool *p)
{
	struct draw d;
	bool left;

	rcu_read_begin();
	pthread_mutex_lock(&p->lock);
	draw(s, &d, p);
	pthread_mutex_unlock(&p->lock);
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
	r->count = slot_run(s->slots, slot_at(s->slots, cell_offset(c->cell)), bytes, r->entry, RUN_MAX);
	r->above = 0;
	for (unsigned i = 0; i < r->count; i++) {
		int32_t above = evict_above(s, r->entry[i]);

		r->above += above > 0 ? above : 0;
		if (is_pinned(r->entry[i]))
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
	pthread_mutex_lock(&p->lock);
	draw(s, &d, p);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < d.count; i++)
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

static uint64_t
available(const struct store *s)
{
	return slots_spare(s->slots) + store_level(s, LEVEL_RETIRED);
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

/* ---- how much is kept spare ---- */

static uint64_t
reserve_min(const struct store *s)
{
	return s->limit / 256;
}

/* Where much is on its way back, the reserve was too small for the time that takes. Where enough is spare, it lies in
 * pieces that are too small: whoever leaves next makes one larger, and where that does not help for long, neighbours
 * leave together, whatever they are worth. */
void
evict_missed(struct store *s, uint64_t bytes)
{
	uint64_t reserve = atomic_load_explicit(&s->reserve, memory_order_relaxed);
	uint64_t retired = store_level(s, LEVEL_RETIRED);
	uint64_t want = reserve + bytes;

	if (retired > reserve / 2 && reserve < s->limit / 16)
		atomic_store_explicit(&s->reserve, reserve * 2, memory_order_relaxed);
	if (available(s) >= want && retired < bytes) {
		if (available(s) > want + s->limit / 32 && evict_run(s, pool_of_thread(s), bytes))
			return;
		want = available(s) + 1;
	}
	evict_until(s, want);
}

void
evict_relax(struct store *s)
{
	uint64_t reserve = atomic_load_explicit(&s->reserve, memory_order_relaxed);

	atomic_store_explicit(&s->reserve, reserve - (reserve - reserve_min(s)) / 64, memory_order_relaxed);
}

bool
store_make_room(struct store *s, size_t bytes, int64_t now_ms)
{
	uint64_t was = available(s);

	MUST_OBJ(s, STORE_MAGIC);
	atomic_store_explicit(&s->now_ms, now_ms, memory_order_relaxed);
	evict_missed(s, bytes);
	return available(s) > was || was >= bytes;
}

static void
low(void *arg)
{
	evict_ahead(arg);
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
