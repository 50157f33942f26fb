/* A slot is preceded by a tag of eight bytes: its size, the size of the slot before it, and its kind. So both
 * neighbours are found without a search, and a slot freed is joined to those that are free. Free slots hang in lists by
 * size, each power of two in 32 parts, with a bit for every list that is not empty (two-level segregated fit).
 *
 * An extent: 8 bytes unused, the tags and slots, and a tag of size 0 as its end. Slots do not cross extents.
 */
#include "cache/slots.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/must.h"

#if defined(__SANITIZE_ADDRESS__)
#define POISON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POISON 1
#endif
#endif
#ifdef POISON
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n)   ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

#define SLOTS_MAGIC 0x736c6f74u
#define PAGE        ((uint64_t)4096)
#define EXTENT_MIN  ((uint64_t)64 * 1024)
#define EXTENT_MAX  ((uint64_t)2 * 1024 * 1024)

#define UNIT      ((size_t)16) /* sizes are counted in these */
#define TAG       ((size_t)8)
#define PARTS     32 /* lists a power of two */
#define LEVELS    14 /* up to EXTENT_MAX */
#define SPLIT_MIN 4u /* units: a smaller rest stays with the slot */
#define SIZE_BITS 20
#define SIZE_MASK ((UINT64_C(1) << SIZE_BITS) - 1)
#define SLOT_END  ((unsigned)SLOT_KINDS) /* the kind of an extent's last tag */
#define SHOWN     (UINT64_C(1) << 63)

enum extent_state {
	EXTENT_CLOSED, /* holds no memory */
	EXTENT_OPEN,
	EXTENT_CLOSING,
};

/* What the payload of a free slot begins with. */
struct links {
	uint64_t next, prev; /* offsets; 0: none */
};

struct slots {
	unsigned magic;
	unsigned extents; /* how many there are */
	unsigned empty;   /* open ones that are free from end to end */
	uint32_t levels;  /* bit l: a list of lists[l] has a slot */
	char *base;
	uint64_t bytes;       /* of the mapping */
	uint64_t extent_size; /* the last one may be shorter */
	uint64_t capacity;    /* bytes that slots may take with their tags */
	uint64_t low, keep;
	void (*on_low)(void *arg);
	void *arg;
	_Atomic uint64_t used;
	pthread_mutex_t lock; /* of all from here on, and of tags and links */
	uint64_t taken;
	uint64_t count[SLOT_KINDS], held[SLOT_KINDS];
	uint32_t filled[LEVELS];
	uint64_t lists[LEVELS][PARTS];
	unsigned char state[]; /* of each extent */
};

/* ---- tags ---- */

static _Atomic uint64_t *
tag_of(const void *p)
{
	return (_Atomic uint64_t *)(uintptr_t)((const char *)p - TAG);
}

/* A slot's own size and kind do not change while it is in use: slot_cap reads them without the lock. Its neighbour's
 * size, in the same tag, changes under the lock; whether it is shown, without. */
static uint64_t
tag(const void *p)
{
	return atomic_load_explicit(tag_of(p), memory_order_relaxed);
}

static void
set_tag(void *p, size_t size, size_t before, unsigned kind)
{
	uint64_t v = size | (uint64_t)before << SIZE_BITS | (uint64_t)kind << 2 * SIZE_BITS;

	atomic_store_explicit(tag_of(p), v, memory_order_relaxed);
}

/* In units, the tag included. */
static size_t
size_of(const void *p)
{
	return tag(p) & SIZE_MASK;
}

static size_t
size_before(const void *p)
{
	return tag(p) >> SIZE_BITS & SIZE_MASK;
}

static unsigned
kind_of(const void *p)
{
	return (unsigned)((tag(p) & ~SHOWN) >> 2 * SIZE_BITS);
}

static void *
behind(const void *p)
{
	return (char *)(uintptr_t)p + size_of(p) * UNIT;
}

static void
set_before(void *p, size_t before)
{
	uint64_t was = tag(p), now;

	do
		now = (was & ~(SIZE_MASK << SIZE_BITS)) | (uint64_t)before << SIZE_BITS;
	while (
	    !atomic_compare_exchange_weak_explicit(tag_of(p), &was, now, memory_order_relaxed, memory_order_relaxed));
}

static bool
spans_extent(const void *p)
{
	return size_before(p) == 0 && kind_of(behind(p)) == SLOT_END;
}

/* ---- free slots, by size ---- */

static unsigned
top_bit(size_t v)
{
	return 63u - (unsigned)__builtin_clzl(v);
}

/* Up to where sizes are told apart one by one; above, each list holds all sizes from its own to the next one's. */
static unsigned
level_of(size_t size)
{
	return size < PARTS ? 0 : top_bit(size) - 4;
}

static unsigned
part_of(size_t size, unsigned level)
{
	return (unsigned)(level == 0 ? size : (size >> (level - 1)) - PARTS);
}

/* The units that a slot for `n` bytes takes: always the least size of its list, so that any slot there will do. */
static size_t
units_for(size_t n)
{
	size_t size = (n + TAG + UNIT - 1) / UNIT;
	size_t step;

	if (size < 2)
		return 2;
	if (size < 2 * PARTS)
		return size;
	step = (size_t)1 << (level_of(size) - 1);
	return (size + step - 1) & ~(step - 1);
}

static struct links *
links_at(struct slots *s, uint64_t offset)
{
	return (struct links *)(void *)(s->base + offset);
}

static void
list_in(struct slots *s, void *p)
{
	unsigned level = level_of(size_of(p));
	unsigned part = part_of(size_of(p), level);
	uint64_t *head = &s->lists[level][part];
	struct links *l = p;

	*l = (struct links){ .next = *head };
	if (*head != 0)
		links_at(s, *head)->prev = slot_offset(s, p);
	*head = slot_offset(s, p);
	s->filled[level] |= UINT32_C(1) << part;
	s->levels |= UINT32_C(1) << level;
	ASAN_POISON_MEMORY_REGION(l + 1, size_of(p) * UNIT - TAG - sizeof *l);
}

static void
list_out(struct slots *s, void *p)
{
	unsigned level = level_of(size_of(p));
	unsigned part = part_of(size_of(p), level);
	struct links *l = p;

	if (l->next != 0)
		links_at(s, l->next)->prev = l->prev;
	if (l->prev != 0)
		links_at(s, l->prev)->next = l->next;
	else
		s->lists[level][part] = l->next;
	if (s->lists[level][part] == 0)
		s->filled[level] &= ~(UINT32_C(1) << part);
	if (s->filled[level] == 0)
		s->levels &= ~(UINT32_C(1) << level);
	ASAN_UNPOISON_MEMORY_REGION(p, size_of(p) * UNIT - TAG);
}

/* A free slot of at least `size`, from the list nearest to it; NULL. */
static void *
find(struct slots *s, size_t size)
{
	unsigned level = level_of(size);
	uint32_t parts = s->filled[level] & ~UINT32_C(0) << part_of(size, level);
	uint32_t above = s->levels & ~UINT32_C(0) << (level + 1);

	if (parts == 0) {
		if (above == 0)
			return NULL;
		level = (unsigned)__builtin_ctz(above);
		parts = s->filled[level];
	}
	return s->base + s->lists[level][__builtin_ctz(parts)];
}

static void *
find_largest(struct slots *s)
{
	unsigned level;

	if (s->levels == 0)
		return NULL;
	level = top_bit(s->levels);
	return s->base + s->lists[level][top_bit(s->filled[level])];
}

/* ---- extents ---- */

static uint64_t
extent_bytes(const struct slots *s, unsigned i)
{
	uint64_t rest = s->bytes - i * s->extent_size;

	return rest < s->extent_size ? rest : s->extent_size;
}

/* One free slot from end to end. */
static void
format(struct slots *s, unsigned i)
{
	char *extent = s->base + i * s->extent_size;
	size_t size = (extent_bytes(s, i) - 2 * TAG) / UNIT;
	char *p = extent + 2 * TAG;

	set_tag(p, size, 0, SLOT_FREE);
	set_tag(behind(p), 0, size, SLOT_END);
	list_in(s, p);
	s->empty++;
}

static bool
open_extent(struct slots *s)
{
	unsigned char *closed = memchr(s->state, EXTENT_CLOSED, s->extents);

	if (closed == NULL)
		return false;
	*closed = EXTENT_OPEN;
	s->taken += extent_bytes(s, (unsigned)(closed - s->state));
	format(s, (unsigned)(closed - s->state));
	return true;
}

static unsigned
extent_of(const struct slots *s, const void *p)
{
	return (unsigned)(slot_offset(s, p) / s->extent_size);
}

/* Gives an extent's memory back. It is on no list, so the lock need not be held for as long as the system takes. */
static void
close_extent(struct slots *s, unsigned i)
{
	(void)madvise(s->base + i * s->extent_size, extent_bytes(s, i), MADV_REMOVE);
	pthread_mutex_lock(&s->lock);
	s->state[i] = EXTENT_CLOSED;
	s->taken -= extent_bytes(s, i);
	pthread_mutex_unlock(&s->lock);
}

/* ---- in and out, under the lock ---- */

/* Takes `size` units of a free slot into use; the rest goes on being free. */
static void
carve(struct slots *s, void *p, size_t size, unsigned kind)
{
	size_t rest = size_of(p) - size;

	s->empty -= spans_extent(p);
	list_out(s, p);
	if (rest < SPLIT_MIN) {
		set_tag(p, size_of(p), size_before(p), kind);
		return;
	}
	set_tag(p, size, size_before(p), kind);
	set_tag(behind(p), rest, size, SLOT_FREE);
	set_before(behind(behind(p)), rest);
	list_in(s, behind(p));
}

/* Joins a slot that is being freed to its free neighbours; returns where the whole begins, on no list. */
static void *
join(struct slots *s, void *p)
{
	void *next = behind(p);
	size_t size = size_of(p);
	char *prev = (char *)p - size_before(p) * UNIT;

	if (kind_of(next) == SLOT_FREE) {
		list_out(s, next);
		size += size_of(next);
	}
	if (prev != p && kind_of(prev) == SLOT_FREE) {
		list_out(s, prev);
		size += size_of(prev);
		p = prev;
	}
	set_tag(p, size, size_before(p), SLOT_FREE);
	set_before(behind(p), size);
	return p;
}

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
	size_t least = units_for(SLOT_LEAST);
	size_t most = spare < s->keep ? 0 : (size_t)(spare - s->keep) / UNIT;

	if (most >= size)
		return size;
	return most < least ? 0 : most;
}

static void *
alloc(struct slots *s, size_t size, unsigned kind)
{
	size_t least = units_for(SLOT_LEAST);
	void *p;

	if (kind == SLOT_CHUNK)
		size = chunk_units(s, size);
	if (size == 0)
		return NULL;
	p = find(s, size);
	if (p == NULL && open_extent(s))
		p = find(s, size);
	if (p == NULL && kind == SLOT_CHUNK && size > least) {
		p = find_largest(s);
		if (p != NULL && size_of(p) < least)
			p = NULL;
	}
	if (p == NULL)
		return NULL;
	carve(s, p, size < size_of(p) ? size : size_of(p), kind);
	count(s, kind, size_of(p), true);
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
map(struct slots *s)
{
	int fd = memfd_create("cairn-store", MFD_CLOEXEC);
	void *base = MAP_FAILED;

	if (fd >= 0 && ftruncate(fd, (off_t)s->bytes) == 0)
		base = mmap(NULL, s->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (fd >= 0)
		close(fd);
	s->base = base == MAP_FAILED ? NULL : base;
	return s->base != NULL;
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
slots_new(uint64_t bytes, const char **why)
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
	if (!map(s)) {
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
		ASAN_UNPOISON_MEMORY_REGION(s->base, s->bytes);
		munmap(s->base, s->bytes);
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
	p = alloc(s, units_for(n), kind);
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
	MUST(kind_of(p) != SLOT_FREE && kind_of(p) < SLOT_END);
	count(s, kind_of(p), size_of(p), false);
	p = join(s, p);
	closing = spans_extent(p) && s->empty > 0; /* one is kept, for what comes next */
	if (closing) {
		s->state[extent_of(s, p)] = EXTENT_CLOSING;
	} else {
		s->empty += spans_extent(p);
		list_in(s, p);
	}
	pthread_mutex_unlock(&s->lock);
	if (closing)
		close_extent(s, extent_of(s, p));
}

size_t
slot_cap(const struct slots *s, const void *p)
{
	MUST_OBJ(s, SLOTS_MAGIC);
	return size_of(p) * UNIT - TAG;
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
	size_t need = units_for(n), got = 0;
	unsigned count = 0;

	MUST_OBJ(s, SLOTS_MAGIC);
	pthread_mutex_lock(&s->lock);
	for (; got < need; got += size_of(p), p = behind(p)) {
		uint64_t t = atomic_load_explicit(tag_of(p), memory_order_acquire);

		if (kind_of(p) == SLOT_FREE)
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
	return units_for(n) * UNIT;
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

static bool
is_listed(struct slots *s, const void *p)
{
	unsigned level = level_of(size_of(p));
	uint64_t at = s->lists[level][part_of(size_of(p), level)];

	while (at != 0 && s->base + at != p)
		at = links_at(s, at)->next;
	return at != 0;
}

static void
check_extent(struct slots *s, unsigned i, uint64_t *used)
{
	char *end = s->base + i * s->extent_size + extent_bytes(s, i);
	char *p = s->base + i * s->extent_size + 2 * TAG;
	size_t before = 0;
	bool was_free = false;

	while (kind_of(p) != SLOT_END) {
		bool is_free = kind_of(p) == SLOT_FREE;

		MUST(size_before(p) == before && size_of(p) >= 2);
		MUST(!is_free || (!was_free && is_listed(s, p)));
		*used += is_free ? 0 : size_of(p) * UNIT;
		was_free = is_free;
		before = size_of(p);
		p = behind(p);
		MUST(p <= end);
	}
	MUST(p == end && size_before(p) == before);
}

void
slots_check(struct slots *s)
{
	uint64_t used = 0, taken = 0, held = 0;

	MUST_OBJ(s, SLOTS_MAGIC);
	pthread_mutex_lock(&s->lock);
	for (unsigned i = 0; i < s->extents; i++) {
		taken += s->state[i] == EXTENT_CLOSED ? 0 : extent_bytes(s, i);
		if (s->state[i] == EXTENT_OPEN)
			check_extent(s, i, &used);
	}
	for (unsigned kind = SLOT_ENTRY; kind < SLOT_KINDS; kind++)
		held += s->held[kind];
	MUST(used == atomic_load(&s->used) && held == used && taken == s->taken && used <= s->capacity);
	pthread_mutex_unlock(&s->lock);
}
