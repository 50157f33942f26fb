#include "cache/slots_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "base/pages.h"

#define SLOTS_MAGIC 0x736c6f74u
#define PAGE        ((uint64_t)4096)

static unsigned
extent_of(const struct slots *s, const void *p)
{
	return (unsigned)(slot_offset(s, p) / s->extent_size);
}

/* Gives an extent's memory back, unless all is kept. It is on no list, so the lock need not be held for as long as the system takes. */
static void
close_extent(struct slots *s, unsigned i)
{
	if (!s->keeps_pages)
		pages_drop(s->base + i * s->extent_size, spaces_extent(s, i));
	pthread_mutex_lock(&s->lock);
	s->state[i] = EXTENT_CLOSED;
	s->taken -= spaces_extent(s, i);
	pthread_mutex_unlock(&s->lock);
}

/* ---- in and out, under the lock ---- */

static void
count(struct slots *s, unsigned kind, size_t size, bool in)
{
	uint64_t bytes = size * UNIT;

	s->count[kind] += in ? 1 : UINT64_MAX;
	s->held[kind] += in ? bytes : -bytes;
	atomic_fetch_add_explicit(&s->used, in ? bytes : -bytes, memory_order_relaxed);
}

/* How many units a chunk gets where all that was asked for is not there; 0: none. */
static size_t
chunk_units(const struct slots *s, size_t size)
{
	uint64_t spare = slots_spare(s);
	size_t least = spaces_units(SLOT_LEAST);
	size_t most = spare < s->keep ? 0 : (size_t)(spare - s->keep) / UNIT;

	if (most >= size)
		return size;
	return most < least ? 0 : most;
}

static void *
alloc(struct slots *s, size_t size, unsigned kind)
{
	size_t least = spaces_units(SLOT_LEAST);
	void *p;

	if (kind == SLOT_CHUNK)
		size = chunk_units(s, size);
	if (size == 0)
		return NULL;
	p = spaces_find(s, size);
	if (p == NULL && spaces_open(s))
		p = spaces_find(s, size);
	if (p == NULL && kind == SLOT_CHUNK && size > least) {
		p = spaces_largest(s);
		if (p != NULL && tag_size(p) < least)
			p = NULL;
	}
	if (p == NULL)
		return NULL;
	spaces_carve(s, p, size < tag_size(p) ? size : tag_size(p), kind);
	count(s, kind, tag_size(p), true);
	return p;
}

/* ---- the calls ---- */

static uint64_t
extent_size_for(uint64_t bytes)
{
	uint64_t size = EXTENT_MIN;

	while (size < EXTENT_MAX && size < bytes / 1024)
		size *= 2;
	return size;
}

static bool
get_pages(struct slots *s, enum slots_taken taken)
{
	s->keeps_pages = taken == SLOTS_AT_START;
	s->base = pages_new(s->bytes);
	return s->base != NULL && (!s->keeps_pages || pages_take(s->base, s->bytes));
}

/* Who holds it lets go at once: to spin is shorter than to sleep. */
static void
init_lock(pthread_mutex_t *lock)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ADAPTIVE_NP);
	pthread_mutex_init(lock, &attr);
	pthread_mutexattr_destroy(&attr);
}

struct slots *
slots_new(uint64_t bytes, enum slots_taken taken, const char **why)
{
	uint64_t extent = extent_size_for(bytes);
	uint64_t own = sizeof(struct slots) + bytes / extent + 1;
	uint64_t whole = bytes < own ? 0 : (bytes - own) & ~(PAGE - 1);
	unsigned extents = (unsigned)((whole + extent - 1) / extent);
	struct slots *s = calloc(1, sizeof *s + extents);

	*why = "not enough memory to begin with";
	if (s == NULL || extents == 0) {
		free(s);
		return NULL;
	}
	s->magic = SLOTS_MAGIC;
	s->bytes = whole;
	s->extent_size = extent;
	s->extents = extents;
	s->capacity = whole - extents * 2 * TAG;
	init_lock(&s->lock);
	if (!get_pages(s, taken)) {
		*why = "the system does not give the memory";
		slots_free(&s);
		return NULL;
	}
	return s;
}

void
slots_free(struct slots **sp)
{
	struct slots *s = *sp;

	if (s == NULL)
		return;
	*sp = NULL;
	MUST_OBJ(s, SLOTS_MAGIC);
	if (s->base != NULL) {
		spaces_forget(s);
		pages_free(s->base, s->bytes);
	}
	pthread_mutex_destroy(&s->lock);
	s->magic = 0;
	free(s);
}

void
slots_on_low(struct slots *s, uint64_t low, uint64_t keep, void (*fn)(void *arg), void *arg)
{
	MUST_OBJ(s, SLOTS_MAGIC);
	pthread_mutex_lock(&s->lock);
	s->low = low;
	s->keep = keep;
	s->on_low = fn;
	s->arg = arg;
	pthread_mutex_unlock(&s->lock);
}

void *
slot_alloc(struct slots *s, size_t n, enum slot_kind kind, size_t *cap)
{
	bool low;
	void *p;

	MUST_OBJ(s, SLOTS_MAGIC);
	MUST(n <= SLOT_MAX && kind != SLOT_FREE && (unsigned)kind < SLOT_END);
	pthread_mutex_lock(&s->lock);
	p = alloc(s, spaces_units(n), kind);
	low = kind == SLOT_CHUNK && s->on_low != NULL && slots_spare(s) < s->low;
	pthread_mutex_unlock(&s->lock);
	if (low)
		s->on_low(s->arg);
	if (p != NULL && cap != NULL)
		*cap = slot_cap(s, p);
	return p;
}

void
slot_free(struct slots *s, void *p)
{
	bool closing;

	MUST_OBJ(s, SLOTS_MAGIC);
	pthread_mutex_lock(&s->lock);
	MUST(tag_kind(p) != SLOT_FREE && tag_kind(p) < SLOT_END);
	count(s, tag_kind(p), tag_size(p), false);
	p = spaces_join(s, p);
	closing = tag_spans_extent(p) && s->empty > 0; /* one is kept, for what comes next */
	if (closing) {
		s->state[extent_of(s, p)] = EXTENT_CLOSING;
	} else {
		s->empty += tag_spans_extent(p);
		spaces_add(s, p);
	}
	pthread_mutex_unlock(&s->lock);
	if (closing)
		close_extent(s, extent_of(s, p));
}

size_t
slot_cap(const struct slots *s, const void *p)
{
	MUST_OBJ(s, SLOTS_MAGIC);
	return tag_size(p) * UNIT - TAG;
}

void
slot_show(void *p)
{
	atomic_fetch_or_explicit(tag_of(p), SHOWN, memory_order_release);
}

void
slot_hide(void *p)
{
	atomic_fetch_and_explicit(tag_of(p), ~SHOWN, memory_order_relaxed);
}

unsigned
slot_run(struct slots *s, const void *from, size_t n, void **shown, unsigned max)
{
	const void *p = from;
	size_t need = spaces_units(n), got = 0;
	unsigned count = 0;

	MUST_OBJ(s, SLOTS_MAGIC);
	pthread_mutex_lock(&s->lock);
	for (; got < need; got += tag_size(p), p = tag_next(p)) {
		uint64_t t = atomic_load_explicit(tag_of(p), memory_order_acquire);

		if (tag_kind(p) == SLOT_FREE)
			continue;
		if (!(t & SHOWN) || count == max)
			break;
		shown[count++] = (void *)(uintptr_t)p;
	}
	pthread_mutex_unlock(&s->lock);
	return got < need ? 0 : count;
}

uint64_t
slot_offset(const struct slots *s, const void *p)
{
	return (uint64_t)((const char *)p - s->base);
}

void *
slot_at(const struct slots *s, uint64_t offset)
{
	return s->base + offset;
}

size_t
slot_cost(size_t n)
{
	return spaces_units(n) * UNIT;
}

uint64_t
slots_spare(const struct slots *s)
{
	return s->capacity - atomic_load_explicit(&s->used, memory_order_relaxed);
}

void
slots_totals(const struct slots *s, struct slots_totals *out)
{
	pthread_mutex_t *lock = (pthread_mutex_t *)(uintptr_t)&s->lock;

	MUST_OBJ(s, SLOTS_MAGIC);
	pthread_mutex_lock(lock);
	*out = (struct slots_totals){ .limit = s->bytes, .taken = s->taken, .used = atomic_load(&s->used) };
	out->own = sizeof *s + s->extents;
	memcpy(out->count, s->count, sizeof out->count);
	memcpy(out->bytes, s->held, sizeof out->bytes);
	pthread_mutex_unlock(lock);
}

/* ---- the whole structure ---- */

static void
check_extent(struct slots *s, unsigned i, uint64_t *used)
{
	char *end = s->base + i * s->extent_size + spaces_extent(s, i);
	char *p = s->base + i * s->extent_size + 2 * TAG;
	size_t before = 0;
	bool was_free = false;

	while (tag_kind(p) != SLOT_END) {
		bool is_free = tag_kind(p) == SLOT_FREE;

		MUST(tag_before(p) == before && tag_size(p) >= 2);
		MUST(!is_free || (!was_free && spaces_is_listed(s, p)));
		*used += is_free ? 0 : tag_size(p) * UNIT;
		was_free = is_free;
		before = tag_size(p);
		p = tag_next(p);
		MUST(p <= end);
	}
	MUST(p == end && tag_before(p) == before);
}

void
slots_check(struct slots *s)
{
	uint64_t used = 0, taken = 0, held = 0;

	MUST_OBJ(s, SLOTS_MAGIC);
	pthread_mutex_lock(&s->lock);
	for (unsigned i = 0; i < s->extents; i++) {
		taken += s->state[i] == EXTENT_CLOSED ? 0 : spaces_extent(s, i);
		if (s->state[i] == EXTENT_OPEN)
			check_extent(s, i, &used);
	}
	for (unsigned kind = SLOT_ENTRY; kind < SLOT_KINDS; kind++)
		held += s->held[kind];
	MUST(used == atomic_load(&s->used) && held == used && taken == s->taken && used <= s->capacity);
	pthread_mutex_unlock(&s->lock);
}
