/* One stored response: a head (stored.h), the bytes of its body, and what changes with use.
 *
 * An entry lies in one slot, body included where that is small; a larger body is a list of extents, each a run of bytes
 * (segs.h) that entries may share. All but the counters is frozen from the moment the store publishes it; an update makes
 * a new entry.
 *
 * Life:  built (store_put) -> indexed -> retired (replaced, evicted, purged, dropped) -> freed
 *   indexed   found by readers inside rcu_read_begin/end; entry_pin lets it outlive the bracket
 *   retired   no new reader finds it; freed when the last reader has left and the last pin is gone
 * thread: shared.
 */
#ifndef CAIRN_CACHE_ENTRY_H
#define CAIRN_CACHE_ENTRY_H

#include "cache/segs.h"
#include "cache/stored.h"
#include "http/range.h"

struct entry;

#define EXTENTS_MAX 16

struct extent {
	uint64_t first;   /* position of its first byte in the whole body */
	struct segs *segs;
};

const struct stored *entry_stored(const struct entry *e);
void entry_meta(const struct entry *e, struct meta *out); /* unpacked: ask once a step */

/* The complete length of the body; RANGE_UNKNOWN where a partial entry was not told. */
uint64_t entry_length(const struct entry *e);

/* May a part with this entity tag, of a whole of `complete` bytes (RANGE_UNKNOWN: not told), be put together with it? Only
 * under one strong validator (RFC 9110 15.3.7.3). */
bool entry_takes_part(const struct entry *e, struct str etag, uint64_t complete);

/* Does it have every byte? */
bool entry_is_whole(const struct entry *e);

/* Does it have these? Both ends included. */
bool entry_covers(const struct entry *e, uint64_t first, uint64_t last);

/* The first byte at or after `from` that is missing, and the last missing one before the next extent (RANGE_UNKNOWN: to the
 * end). False where nothing is missing. */
bool entry_gap(const struct entry *e, uint64_t from, uint64_t *first, uint64_t *last);

/* Lets it outlive the reader's bracket; entry_unpin from any thread. The number of pinned entries is a metric. */
void entry_pin(struct entry *e);
void entry_unpin(struct entry **e);

/* Counts one more answer from it and returns how many that makes; raises its worth. Relaxed: the one line that a hit
 * writes. */
uint32_t entry_hit(struct entry *e);
uint32_t entry_hits(const struct entry *e);

/* The whole body, where it lies in the entry itself, as all do that are small; STR_NONE where it does not. */
struct str entry_inlined(const struct entry *e);

/* Reads a run of its body, both ends included, which it must cover. The entry must be held (bracket or pin) as long. */
struct entry_reader {
	const struct entry *entry;
	uint64_t at, end; /* end: one past the last */
	unsigned extent;
	struct segs_reader segs;
};

void entry_reader_init(struct entry_reader *r, const struct entry *e, uint64_t first, uint64_t last);
void entry_reader_fini(struct entry_reader *r);

/* The next bytes: *count runs. Returns SEGS_READ_DATA or SEGS_READ_END. */
enum segs_read entry_reader_peek(struct entry_reader *r, struct iovec *iov, int *count);
void entry_reader_took(struct entry_reader *r, size_t n);

#endif
