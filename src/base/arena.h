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

struct arena_block;
struct arena_cleanup;

struct arena {
	/* private: */
	char *at;  /* in the newest block, aligned: from here to `end` it is free. Emulated, there is never anything */
	char *end;
	unsigned magic;
	bool failed;
	size_t cap;
	size_t held; /* bytes of all blocks */
	struct arena_block *top;
	struct arena_cleanup *cleanups;
};

#define ARENA_ALIGN ((size_t)16)

struct arena_mark {
	struct arena_block *block;
	char *at;
	struct arena_cleanup *cleanup;
};

/* `cap`: the most bytes it may hold, blocks included. NULL where the first block cannot be had. */
struct arena *arena_new(size_t cap);

/* Runs the clean-ups, gives all back, nulls the pointer. A NULL arena is fine. */
void arena_free(struct arena **a);

/* Runs the clean-ups in reverse order and forgets all allocations; keeps the first block for the next use. */
void arena_reset(struct arena *a);

/* arena_alloc, where the newest block is too full. */
void *arena_more(struct arena *a, size_t n);

/* `n` bytes, aligned for anything, not cleared. NULL, with the sticky flag set, where the cap or malloc says no. */
static inline void *
arena_alloc(struct arena *a, size_t n)
{
	char *p = a->at;

	if (__builtin_expect(n > (size_t)(a->end - p), 0))
		return arena_more(a, n);
	a->at = p + ((n + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1)); /* not beyond the end, which is aligned, too */
	return p;
}

/* The same, cleared. */
void *arena_zalloc(struct arena *a, size_t n);

/* A copy of `s`, with a NUL behind it that is not counted. STR_NONE where there was no room. */
static inline struct str
arena_str(struct arena *a, struct str s)
{
	char *p = (char *)arena_alloc(a, s.n + 1);

	if (p == NULL)
		return STR_NONE;
	*str_put(p, s) = '\0';
	return str_of(p, s.n);
}

/* printf into the arena. STR_NONE where there was no room. */
struct str arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Gives back the tail of the latest allocation: `p` was got with `old` bytes, `n` are kept. A no-op otherwise. */
void arena_trim(struct arena *a, void *p, size_t old, size_t n);

/* Has any allocation failed since the last reset? */
static inline bool
arena_failed(const struct arena *a)
{
	return a->failed;
}

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
