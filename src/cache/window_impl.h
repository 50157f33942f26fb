/* A window over a body that is passed through: the blocks of its last bytes, and who reads them. Private to cache/.
 *
 * Owns its blocks: own ones in process memory, and those adopted from a stored run, in its slots. A reader holds the
 * one block that its place lies in, so that a writev may go on while the window moves away from under it. thread:
 * shared, under the window's lock, which is not taken where the body is private: then all are on the writer's thread.
 * window_room and window_publish by the writer alone.
 */
#ifndef CAIRN_CACHE_WINDOW_IMPL_H
#define CAIRN_CACHE_WINDOW_IMPL_H

#include <pthread.h>

#include "cache/block_impl.h"
#include "cache/segs_impl.h"

#define BLOCK_MAX ((size_t)64 * 1024)

struct window {
	unsigned magic;
	pthread_mutex_t lock;
	size_t size;
	uint64_t base;     /* where it began */
	uint64_t fastest;  /* base, or the place of the reader that is furthest */
	bool waiting;      /* the writer found it full */
	struct blocks run; /* adopted; behind their end `own` goes on, with a gap once own blocks were dropped */
	struct blocks own; /* never empty: the writer's block is the last */
	struct list readers;
};

/* Over what comes from `base` on. False where memory is short. */
bool window_init(struct window *w, size_t size, uint64_t base);

/* `slots` NULL: what was adopted stays where it is. No reader is left. */
void window_fini(struct window *w, struct slots *slots);

/* Before anybody else sees the window: a chunk of the run, `n` bytes from position `at`. False where memory is short.
 */
bool window_adopt(struct window *w, void *slot, char *bytes, uint64_t at, size_t n);

char *window_room(struct segs *s, size_t want, size_t *n, bool *full);
void window_publish(struct segs *s, size_t n);

/* Drops what may go, where that has changed from outside. */
void window_trim(struct segs *s);

/* A reader that is new, or was counted as bare, is listed; true where the writer waits for that. */
bool window_enter(struct segs *s, struct segs_reader *r);

/* True where the writer waits, and those who are left want it to go on: they are all ahead of it. */
bool window_leave(struct segs *s, struct segs_reader *r);

enum segs_read window_peek(struct segs *s, struct segs_reader *r, uint64_t max, struct iovec *iov);
bool window_took(struct segs *s, struct segs_reader *r, size_t n);

/* ---- window_pace.c, under the lock ---- */

/* How much the writer may add. */
size_t window_left(const struct segs *s, const struct window *w);

/* True, once, where the writer waits and has got a good part of the window. */
bool window_may_go_on(const struct segs *s, struct window *w);

/* One who was the fastest has gone. */
void window_find_fastest(struct window *w);

#endif
