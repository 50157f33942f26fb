/* A stored run: the chain of chunks that a body lies in, in the store's memory. Private to cache/.
 *
 * thread: shared, as segs.h says: what is published is reached without a lock, while a reader is counted in `bare` or the run
 * has ended. run_room, run_has_room and run_hand_over by the writer alone.
 */
#ifndef CAIRN_CACHE_RUN_IMPL_H
#define CAIRN_CACHE_RUN_IMPL_H

#include "cache/segs_impl.h"

/* Gives all its chunks back. */
void run_free(struct segs *s);

/* Room for at least one byte, in a new chunk where the last is full. NULL where there is no memory. */
char *run_room(struct segs *s, size_t want, size_t *n);

/* Has it room for `n` bytes, as run_room gave it? */
bool run_has_room(const struct segs *s, size_t n);

/* Its chunks become blocks of the window, which nobody else sees yet. False where memory is short. */
bool run_hand_over(struct segs *s, struct window *w);

/* Lists `n` published bytes from `pos` on, looking from the chunk `from` on; returns the chunk that the first of them is in. */
const struct chunk *run_gather(const struct segs *s, const struct chunk *from, uint64_t pos, uint64_t n, struct iovec *iov,
			       int *count);

#endif
