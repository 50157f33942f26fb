/* Memory that is given back all at once: one arena a request, one a configuration.
 *
 * thread: local. Blocks start at 8 KiB and double up to the cap. Running out sets a sticky flag and returns NULL-safe
 * nothing: callers test arena_failed() once a step, not each allocation. Under AddressSanitizer every allocation is a
 * malloc of its own with a red zone, so an overrun is seen where it happens.
 *
 * Order of use: arena_new, arena_alloc..., arena_mark / arena_rollback, arena_reset to use it again, arena_free.
 */
#ifndef CAIRN_BASE_ARENA_H
#define CAIRN_BASE_ARENA_H

#include "base/str.h"

struct arena;

struct arena_mark {
	void *block;
	size_t used;
	void *cleanup;
};

/* `cap`: the most bytes it may hold, blocks included. NULL where the first block cannot be had. */
struct arena *arena_new(size_t cap);

/* Runs the clean-ups, gives all back, nulls the pointer. A NULL arena is fine. */
void arena_free(struct arena **a);

/* Runs the clean-ups in reverse order and forgets all allocations; keeps the first block for the next use. */
void arena_reset(struct arena *a);

/* `n` bytes, aligned for anything, not cleared. NULL, with the sticky flag set, where the cap or malloc says no. */
void *arena_alloc(struct arena *a, size_t n);

/* The same, cleared. */
void *arena_zalloc(struct arena *a, size_t n);

/* A copy of `s`, with a NUL behind it that is not counted. STR_NONE where there was no room. */
struct str arena_str(struct arena *a, struct str s);

/* printf into the arena. STR_NONE where there was no room. */
struct str arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Gives back the tail of the latest allocation: `p` was got with `old` bytes, `n` are kept. A no-op otherwise. */
void arena_trim(struct arena *a, void *p, size_t old, size_t n);

/* Has any allocation failed since the last reset? */
bool arena_failed(const struct arena *a);

/* Everything allocated after the mark is forgotten by the roll-back, its clean-ups run. Marks nest. */
struct arena_mark arena_mark(struct arena *a);
void arena_rollback(struct arena *a, struct arena_mark m);

/* `fn(arg)` when the arena is reset, freed or rolled back past here: for what is not memory. False where there was no
 * room to remember it; the caller still owns `arg` then. */
bool arena_cleanup(struct arena *a, void (*fn)(void *), void *arg);

/* The most it may hold. */
size_t arena_cap(const struct arena *a);

/* Bytes held from the system. */
size_t arena_size(const struct arena *a);

#endif
