/* The body of a segs, shared by segs.c (life, writing), segs_reader.c, run.c and window.c. Private to cache/.
 *
 * thread: shared. Written by the writer alone: length, state, tail, hint, window (set once, by segs_unstore, or from
 * the start). `bare` by readers; oldest and held under the window's lock once there is a window, by the writer before.
 */
#ifndef CAIRN_CACHE_SEGS_IMPL_H
#define CAIRN_CACHE_SEGS_IMPL_H

#include <stdatomic.h>

#include "base/rcu.h"
#include "cache/segs.h"

#define SEGS_MAGIC 0x73656773u

struct chunk;
struct window;

struct segs {
	unsigned magic;
	atomic_uint refs;
	_Atomic(enum segs_state) state;
	atomic_uint bare; /* readers that may look at chunks without a lock: while there are any, none is freed */
	_Atomic uint64_t length;
	_Atomic uint64_t oldest;         /* from here to `length` nothing is missing */
	_Atomic uint64_t reach;          /* the furthest place that a reader of the run began at */
	_Atomic(struct window *) window; /* NULL: a stored run */
	atomic_bool private;
	bool small; /* its bytes follow */

	struct slots *slots;    /* NULL: a window from the start or a small one, and in process memory itself */
	_Atomic uint64_t held;  /* bytes of slots */
	_Atomic uint64_t first; /* the run's first chunk, as the offset of its slot; 0: none */
	union {
		struct { /* the writer's */
			struct chunk *tail;
			struct chunk *milestone; /* the last one of those that are linked far */
			uint64_t hint;
			unsigned since; /* chunks behind the milestone */
		};
		struct rcu_later later; /* when it goes, and is large */
	};
};

static inline uint64_t
lesser(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t
greater(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Of a small one. */
static inline char *
small_at(struct segs *s, uint64_t pos)
{
	return (char *)(s + 1) + pos;
}

/* What there is to say where no byte lies at the reader's place. */
static inline enum segs_read
at_the_end(enum segs_state state)
{
	switch (state) {
	case SEGS_WHOLE:
		return SEGS_READ_END;
	case SEGS_CUT:
		return SEGS_READ_LOST;
	case SEGS_ARRIVING:
		break;
	}
	return SEGS_READ_WAIT;
}

#endif
