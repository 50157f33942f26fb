/* How slots lie in the memory: shared by slots.c (the calls) and spaces.c (what is free). Private to cache/.
 *
 * A slot is preceded by a tag of eight bytes: its size, the size of the slot before it, and its kind. So both
 * neighbours are found without a search, and a slot freed is joined to those that are free. Free slots hang in lists by
 * size, each power of two in 32 parts, with a bit for every list that is not empty (two-level segregated fit).
 *
 * An extent: 8 bytes unused, the tags and slots, and a tag of size 0 as its end. Slots do not cross extents.
 */
#ifndef CAIRN_CACHE_SLOTS_IMPL_H
#define CAIRN_CACHE_SLOTS_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "cache/slots.h"

#define EXTENT_MIN ((uint64_t)64 * 1024)
#define EXTENT_MAX ((uint64_t)2 * 1024 * 1024)

#define UNIT      ((size_t)16) /* sizes are counted in these */
#define TAG       ((size_t)8)
#define PARTS     32 /* lists a power of two */
#define LEVELS    14 /* up to EXTENT_MAX */
#define SIZE_BITS 20
#define SIZE_MASK ((UINT64_C(1) << SIZE_BITS) - 1)
#define SLOT_END  ((unsigned)SLOT_KINDS) /* the kind of an extent's last tag */
#define SHOWN     (UINT64_C(1) << 63)

enum extent_state {
	EXTENT_CLOSED, /* holds nothing */
	EXTENT_OPEN,
	EXTENT_CLOSING,
};

/* What the payload of a free slot begins with. */
struct links {
	uint64_t next, prev; /* offsets; 0: none */
};

/* What every lookup reads, `base` above all, lies a line or more before what every new slot writes. */
struct slots {
	unsigned magic;
	unsigned extents; /* how many there are */
	bool keeps_pages; /* those of closed extents, too */
	char *base;
	uint64_t bytes;       /* of the mapping */
	uint64_t extent_size; /* the last one may be shorter */
	uint64_t capacity;    /* bytes that slots may take with their tags */
	uint64_t low, keep;
	void (*on_low)(void *arg);
	void *arg;
	_Atomic uint64_t used;
	pthread_mutex_t lock; /* of all from here on, and of tags and links */
	unsigned empty;       /* open extents that are free from end to end */
	uint32_t levels;      /* bit l: a list of lists[l] has a slot */
	uint64_t taken;
	uint64_t count[SLOT_KINDS], held[SLOT_KINDS];
	uint32_t filled[LEVELS];
	uint64_t lists[LEVELS][PARTS];
	unsigned char state[]; /* of each extent */
};

_Static_assert(offsetof(struct slots, used) >= offsetof(struct slots, base) + 64, "they share no line, wherever they lie");

/* ---- tags ---- */

static inline _Atomic uint64_t *
tag_of(const void *p)
{
	return (_Atomic uint64_t *)(uintptr_t)((const char *)p - TAG);
}

/* A slot's own size and kind do not change while it is in use: slot_cap reads them without the lock. Its neighbour's
 * size, in the same tag, changes under the lock; whether it is shown, without. */
static inline uint64_t
tag_load(const void *p)
{
	return atomic_load_explicit(tag_of(p), memory_order_relaxed);
}

static inline void
tag_set(void *p, size_t size, size_t before, unsigned kind)
{
	uint64_t v = size | (uint64_t)before << SIZE_BITS | (uint64_t)kind << 2 * SIZE_BITS;

	atomic_store_explicit(tag_of(p), v, memory_order_relaxed);
}

/* In units, the tag included. */
static inline size_t
tag_size(const void *p)
{
	return tag_load(p) & SIZE_MASK;
}

static inline size_t
tag_before(const void *p)
{
	return tag_load(p) >> SIZE_BITS & SIZE_MASK;
}

static inline unsigned
tag_kind(const void *p)
{
	return (unsigned)((tag_load(p) & ~SHOWN) >> 2 * SIZE_BITS);
}

static inline void *
tag_next(const void *p)
{
	return (char *)(uintptr_t)p + tag_size(p) * UNIT;
}

static inline void
tag_set_before(void *p, size_t before)
{
	uint64_t was = tag_load(p), now;

	do
		now = (was & ~(SIZE_MASK << SIZE_BITS)) | (uint64_t)before << SIZE_BITS;
	while (
	    !atomic_compare_exchange_weak_explicit(tag_of(p), &was, now, memory_order_relaxed, memory_order_relaxed));
}

static inline bool
tag_spans_extent(const void *p)
{
	return tag_before(p) == 0 && tag_kind(tag_next(p)) == SLOT_END;
}

/* ---- spaces.c; under the lock ---- */

/* The units that a slot for `n` bytes takes: always the least size of its list, so that any slot there will do. */
size_t spaces_units(size_t n);

/* A free slot of at least `size` units, from the list nearest to it; NULL. And some large one. */
void *spaces_find(struct slots *s, size_t size);
void *spaces_largest(struct slots *s);

/* A free slot onto its list. */
void spaces_add(struct slots *s, void *p);
bool spaces_is_listed(struct slots *s, const void *p);

/* Takes `size` units of a free slot into use; the rest goes on being free. */
void spaces_carve(struct slots *s, void *p, size_t size, unsigned kind);

/* Joins a slot that is being freed to its free neighbours; returns where the whole begins, on no list. */
void *spaces_join(struct slots *s, void *p);

/* One more extent, free from end to end. False where all are open. */
bool spaces_open(struct slots *s);

/* Before the mapping goes. */
void spaces_forget(struct slots *s);

/* Bytes of that extent. */
uint64_t spaces_extent(const struct slots *s, unsigned i);

#endif
