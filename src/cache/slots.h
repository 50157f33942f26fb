/* The store's memory: extents cut from one run of pages, in which slots of any size lie side by side. What does not fit one
 * slot is a chain of chunks (segs.h). Bounded to the byte; offsets, never pointers, inside.
 *
 * A slot freed joins the free ones beside it, so that memory which held small things can hold large ones again; an
 * extent that is free from end to end goes back to the system. A free slot is found in constant time. Sizes are rounded
 * up by at most 1/32, so that what left makes room for what comes in its like.
 *
 * thread: shared; one lock, held for tens of nanoseconds, taken by writers alone.
 * Order of use: slots_new, slots_on_low, slot_alloc ... slot_free, slots_free.
 */
#ifndef CAIRN_CACHE_SLOTS_H
#define CAIRN_CACHE_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slots;

/* The largest slot; larger things are chained. */
#define SLOT_MAX ((size_t)32 * 1024)

/* A chunk may be had smaller than it was asked for, but not under this. */
#define SLOT_LEAST ((size_t)2 * 1024)

enum slot_kind {
	SLOT_FREE = 0,
	SLOT_ENTRY,
	SLOT_CHUNK,
	SLOT_INDEX,
};
#define SLOT_KINDS 4

enum slots_taken {
	SLOTS_AS_NEEDED, /* and given back where extents are empty */
	SLOTS_AT_START,  /* and kept */
};

/* `bytes`: the most it may ever take from the system. NULL with *why. */
struct slots *slots_new(uint64_t bytes, enum slots_taken taken, const char **why);
void slots_free(struct slots **s);

/* Chunks leave the last `keep` bytes to other kinds; a chunk that leaves less than `low` spare calls fn(arg), without
 * the lock, so that room is made ahead of need. */
void slots_on_low(struct slots *s, uint64_t low, uint64_t keep, void (*fn)(void *arg), void *arg);

/* `n` bytes at most SLOT_MAX, aligned to 16; *cap (may be NULL) the slot's true size, which for a SLOT_CHUNK may be
 * smaller where no such slot is free. NULL where no room: evict, try again. */
void *slot_alloc(struct slots *s, size_t n, enum slot_kind kind, size_t *cap);
void slot_free(struct slots *s, void *p);
size_t slot_cap(const struct slots *s, const void *p);

/* Between these two a slot of kind SLOT_ENTRY may be given up to make one large hole out of several slots. What is
 * hidden must stay readable until those have left who may have seen it (rcu.h). */
void slot_show(void *p);
void slot_hide(void *p);

/* Lists the shown slots, at most `max`, that with what is free between them would make `n` bytes from the slot `p` on,
 * which is in use. 0 where something else is in the way. Inside a bracket. */
unsigned slot_run(struct slots *s, const void *p, size_t n, void **shown, unsigned max);

/* A number for a slot that outlives a mapping: where it lies in the run of pages. Never 0. */
uint64_t slot_offset(const struct slots *s, const void *p);
void *slot_at(const struct slots *s, uint64_t offset);

/* Bytes of memory that a slot of this size takes, all told. */
size_t slot_cost(size_t n);

/* What may still be had. */
uint64_t slots_spare(const struct slots *s);

struct slots_totals {
	uint64_t limit, taken /* extents in use */, used /* slots in use, whole slots */;
	uint64_t own;                                  /* what it takes beside the extents */
	uint64_t count[SLOT_KINDS], bytes[SLOT_KINDS]; /* of each kind */
};
void slots_totals(const struct slots *s, struct slots_totals *out);

/* Walks everything, by MUST: for tests (COSTLY). */
void slots_check(struct slots *s);

#endif
