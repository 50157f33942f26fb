/* The pieces that a window's bytes lie in, and queues of them. Private to cache/.
 *
 * A block's bytes follow it, in process memory, or lie in a slot that it owns. thread: under the window's lock, as far
 * as somebody else knows the block.
 */
#ifndef CAIRN_CACHE_BLOCK_IMPL_H
#define CAIRN_CACHE_BLOCK_IMPL_H

#include "cache/slots.h"

struct block {
	struct block *next;
	uint64_t at, end; /* positions of what is published in it */
	size_t size;
	unsigned refs; /* readers whose place is here */
	bool dropped;  /* on no queue any more: goes with its last reader */
	void *slot;    /* of an adopted one; NULL: the bytes follow */
	char *bytes;
};

/* The oldest first. */
struct blocks {
	struct block *head, *tail;
};

#define BLOCK_SMALL ((size_t)4 * 1024)

/* An empty one, for what comes from `at` on. NULL where memory is short. */
struct block *block_new(uint64_t at, size_t size);

/* Its slot goes back to `slots`; NULL: it stays where it is. */
void block_free(struct block *b, struct slots *slots);

void block_push(struct blocks *q, struct block *b);

/* The oldest. There is one. */
struct block *block_pop(struct blocks *q);

/* All; nobody reads them. */
void block_free_all(struct blocks *q, struct slots *slots);

/* What the calling thread keeps of them. */
void block_thread_end(void);

#endif
