#include "cache/store_impl.h"

#include <stdlib.h>

#include "base/counter.h"
#include "base/must.h"

#define MEMORY_MIN ((uint64_t)64 * 1024)

/* What lies outside the slots: it is taken at the start, and never grows. */
static uint64_t
own_bytes(const struct store *s)
{
	return sizeof *s + index_own(&s->index) + s->orders * sizeof s->order[0] + s->groups * sizeof s->group[0];
}

/* The largest power of two in bounds that is at most `n`. */
static unsigned
power_within(uint64_t n, unsigned least, unsigned most)
{
	unsigned p = least;

	while (p < most && 2 * (uint64_t)p <= n)
		p *= 2;
	return p;
}

static bool
init_tables(struct store *s)
{
	s->orders = power_within(s->limit / 16384, 16, ORDERS_MAX);
	s->order = calloc(s->orders, sizeof s->order[0]);
	s->groups = power_within(s->limit / 16384, 16, 65536);
	s->group = calloc(s->groups, sizeof s->group[0]);
	return index_init(&s->index, NULL, s->limit) && s->order != NULL && s->group != NULL;
}

/* The slots get what the rest leaves. A slot holds a small part of an extent at most, or little of it could be used. */
static bool
init_slots(struct store *s, bool prefault, const char **why)
{
	uint64_t own = own_bytes(s);
	struct slots_totals t;

	*why = "the store's memory is too small";
	if (own >= s->limit / 2)
		return false;
	s->slots = slots_new(s->limit - own, prefault ? SLOTS_AT_START : SLOTS_AS_NEEDED, why);
	if (s->slots == NULL)
		return false;
	slots_totals(s->slots, &t);
	s->index.slots = s->slots;
	s->inline_max = t.limit / 64 < SLOT_MAX ? (t.limit / 64 < 2048 ? 2048 : t.limit / 64) : SLOT_MAX;
	return true;
}

unsigned
store_pin_count(void)
{
	static atomic_uint threads;
	static _Thread_local unsigned mine; /* the place plus one; 0: none yet */

	if (mine == 0)
		mine = 1 + atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed) % PIN_COUNTS;
	return mine - 1;
}

/* While others pin, an end that was counted in another place may be seen alone: then it is below zero for a moment. */
static int64_t
pinned_entries(const struct store *s)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < PIN_COUNTS; i++)
		n += atomic_load_explicit(&s->pins[i].n, memory_order_relaxed);
	return (int64_t)n;
}

struct store *
store_new(const struct store_conf *conf, const char **why)
{
	struct store *s;

	*why = "store.memory is too small: at least 64K";
	if (conf->memory < MEMORY_MIN)
		return NULL;
	*why = "not enough memory to begin with";
	s = aligned_alloc(_Alignof(struct store), sizeof *s);
	if (s == NULL)
		return NULL;
	*s = (struct store){ .magic = STORE_MAGIC, .limit = conf->memory, .secret = conf->secret };
	pthread_mutex_init(&s->orders_lock, NULL);
	store_reconf(s, conf->max_object, conf->variants, conf->objective);
	if (!init_tables(s) || !init_slots(s, conf->prefault, why)) {
		store_free(&s);
		return NULL;
	}
	evict_init(s);
	return s;
}

/* What is stored lies in the slots, and goes with them. */
void
store_free(struct store **sp)
{
	struct store *s = *sp;

	if (s == NULL)
		return;
	MUST_OBJ(s, STORE_MAGIC);
	*sp = NULL;
	rcu_settle();
	MUST(pinned_entries(s) == 0);
	if (s->slots != NULL)
		evict_fini(s);
	slots_free(&s->slots);
	index_fini(&s->index);
	free(s->order);
	free(s->group);
	pthread_mutex_destroy(&s->orders_lock);
	s->magic = 0;
	free(s);
}

void
call_end(const struct call *c)
{
	histogram_observe(HISTOGRAM_STORE_TIME, clock_mono_ns() - c->since_ns);
}

const struct hash_secret *
store_secret(const struct store *s)
{
	MUST_OBJ(s, STORE_MAGIC);
	return &s->secret;
}

struct slots *
store_slots(struct store *s)
{
	MUST_OBJ(s, STORE_MAGIC);
	return s->slots;
}

uint64_t
store_max_object(const struct store *s)
{
	MUST_OBJ(s, STORE_MAGIC);
	return atomic_load_explicit(&s->max_object, memory_order_relaxed);
}

/* What a single object may take of the memory. More would drive out many others that are asked for more often: with an
 * eighth, small stores answer a tenth more requests from memory; for bytes, large objects count. */
static uint64_t
share_of_one(const struct store *s, enum store_objective objective)
{
	return s->limit / (objective == STORE_BYTES ? 2 : 8);
}

/* An entry's weight stays what it was when it was put. */
void
store_reconf(struct store *s, uint64_t max_object, unsigned variants, enum store_objective objective)
{
	uint64_t most = share_of_one(s, objective);

	MUST_OBJ(s, STORE_MAGIC);
	atomic_store(&s->max_object, max_object < most ? max_object : most);
	atomic_store(&s->variants, variants);
	atomic_store(&s->objective, objective);
}

void
store_totals(const struct store *s, struct store_totals *out)
{
	int64_t pinned = pinned_entries(s);
	struct slots_totals t;
	uint64_t cells;

	MUST_OBJ(s, STORE_MAGIC);
	slots_totals(s->slots, &t);
	*out = (struct store_totals){ .limit = s->limit, .resources = atomic_load(&s->index.resources) };
	cells = out->resources * sizeof(uint64_t);
	if (cells > t.bytes[SLOT_INDEX]) /* some came since those were counted */
		cells = t.bytes[SLOT_INDEX];
	out->index = t.own + own_bytes(s) + cells;
	out->ghost = t.bytes[SLOT_INDEX] - cells;
	out->extents = t.taken - t.bytes[SLOT_INDEX];
	out->memory = out->extents + out->index + out->ghost;
	out->retired = store_level(s, LEVEL_RETIRED);
	out->pinned = store_level(s, LEVEL_PINNED);
	out->entries = store_level(s, LEVEL_ENTRIES);
	out->pinned_entries = pinned < 0 ? 0 : (uint64_t)pinned;
	out->bodies = store_level(s, LEVEL_BODIES);
	out->puts = store_level(s, COUNT_PUTS);
	out->evictions = store_level(s, COUNT_EVICTIONS);
	out->drops = store_level(s, COUNT_DROPS);
	out->purges = store_level(s, COUNT_PURGES);
	out->replaced = store_level(s, COUNT_REPLACED);
	out->full = store_level(s, COUNT_FULL);
	out->variants_dropped = store_level(s, COUNT_VARIANTS);
}
