/* A queue of records from one worker to the log's thread: bytes in a ring, with no lock and no system call. A record is
 * copied as it is, its texts behind it, and is read where it lies.
 *
 * thread: shared by exactly two. log_ring_put on the worker; peek and took on the log's thread.
 */
#ifndef CAIRN_OPS_LOG_RING_H
#define CAIRN_OPS_LOG_RING_H

#include "proxy/record.h"

struct log_ring;

/* `size` is a power of two, and at least LOG_RING_LEAST. NULL where memory is short. */
#define LOG_RING_LEAST 65536
struct log_ring *log_ring_new(size_t size);
void log_ring_free(struct log_ring **r);

enum log_put {
	LOG_PUT_FULL, /* there was no room: nothing is queued */
	LOG_PUT_FINE,
	LOG_PUT_HURRY, /* queued, and the ring is more than half full */
};

/* Texts that are longer than any use for them are cut: a target at 8 KiB, others before that. */
enum log_put log_ring_put(struct log_ring *r, const struct record *rec);

/* The oldest record, or NULL; it stays until log_ring_took. */
const struct record *log_ring_peek(struct log_ring *r);
void log_ring_took(struct log_ring *r);

#endif
