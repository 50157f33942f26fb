/* The store's memory: extents cut from one memfd, each divided into slots of one size class, eight classes a doubling.
 * What does not fit one slot is a chain of chunks (segs.h). Bounded to the byte; offsets, never pointers, inside.
 *
 * thread: shared; classes have locks of their own, taken by writers alone.
 */
#ifndef CAIRN_CACHE_SLOTS_H
#define CAIRN_CACHE_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slots;

/* The largest slot; larger things are chained. */
#define SLOT_MAX ((size_t)32 * 1024)

enum slot_kind {
	SLOT_FREE = 0,
	SLOT_ENTRY, /* may be drawn as a victim */
	SLOT_CHUNK,
};

/* `bytes`: the most it may ever take from the system. NULL with *why. */
struct slots *slots_new(uint64_t bytes, const char **why);
void slots_free(struct slots **s);

/* `n` bytes at most SLOT_MAX, aligned to 16; *cap (may be NULL) the slot's true size. NULL where no room: evict, try again. */
void *slot_alloc(struct slots *s, size_t n, enum slot_kind kind, size_t *cap);
void slot_free(struct slots *s, void *p);
size_t slot_cap(const struct slots *s, const void *p);

/* A number for a slot that outlives a mapping: where it lies in the memfd. */
uint64_t slot_offset(const struct slots *s, const void *p);
void *slot_at(const struct slots *s, uint64_t offset);

/* A random slot of SLOT_ENTRY kind, or NULL after some tries; `seed` is advanced. What it holds may be freed at any time by
 * others: look at it only inside a reader, after slot kinds are checked again. */
void *slot_random(struct slots *s, uint64_t *seed);

struct slots_totals {
	uint64_t limit, taken /* extents handed to classes */, used /* slots in use, whole slots */;
	uint64_t entries, chunks;
};
void slots_totals(const struct slots *s, struct slots_totals *out);

#endif
