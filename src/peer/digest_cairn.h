/* Cairn's own digest: a Bloom filter of the keys that a node holds, fetched whole once and then as the bits that have
 * changed since a generation. A generation is one walk over the store, so what has left is out of the next one.
 * Pure; fuzzed.
 *
 *   offset size
 *    0     8   "CairnDg1"
 *    8     1   1: whole, 2: changes      24     8   the generation that this leads to
 *    9     1   hashes                    32     8   the generation that changes begin from; 0 where it is whole
 *   10     2   0                         40     8   bits of the filter, a multiple of 8
 *   12     4   milliseconds until more   48     8   entries
 *   16     8   epoch                     56     8   milliseconds since the walk began
 *   64         the filter: bit i is 1 << (i & 7) of byte i >> 3; or the changes
 *
 * All numbers are big-endian. Generations count within an epoch, which is one size of filter in one life of a node. The
 * changes of each generation are a number of bits, then the distance of each from the one before (of the first, from
 * -1), all of these as base-128 numbers, the low bits first. Two sets of changes in a row are as good as one: bits are
 * flipped.
 *
 * A key is XXH3-128 of the key's text: position i is (low + i * (high | 1)) modulo the bits.
 */
#ifndef CAIRN_PEER_DIGEST_CAIRN_H
#define CAIRN_PEER_DIGEST_CAIRN_H

#include "base/hash.h"
#include "base/strbuf.h"

#define DIGEST_CAIRN_HEAD       64
#define DIGEST_CAIRN_HASHES     7
#define DIGEST_CAIRN_ENTRY_BITS 10 /* with 7 hashes one false promise in a hundred */
#define DIGEST_CAIRN_TYPE       "application/vnd.cairn.digest"
#define DIGEST_CAIRN_PATH       "/.well-known/cairn/digest"

enum digest_cairn_kind {
	DIGEST_CAIRN_WHOLE = 1,
	DIGEST_CAIRN_CHANGES = 2,
};

struct digest_cairn {
	enum digest_cairn_kind kind;
	unsigned hashes;
	uint32_t again_ms;
	uint64_t epoch;
	uint64_t to, from; /* generations */
	uint64_t bits;
	uint64_t entries;
	uint64_t age_ms;
};

#define DIGEST_CAIRN_HASHES_MAX 16

void digest_cairn_bits(struct hash128 h, uint64_t bits, unsigned hashes, uint64_t *out);

void digest_cairn_write(const struct digest_cairn *d, unsigned char out[DIGEST_CAIRN_HEAD]);

/* Reads the head, and checks that what is behind it can be what it says. NULL where all is well; *rest borrows. */
const char *digest_cairn_read(struct str body, struct digest_cairn *d, struct str *rest);

/* What turns one filter into another of the same size: false where that would take more than `most` bytes, or memory is
 * short; *n bytes at *out, from malloc. */
bool digest_cairn_changes(const unsigned char *before, const unsigned char *after, size_t size, size_t most, char **out,
			  size_t *n);

/* Walks changes: *bit is the next one to flip. */
struct digest_cairn_walk {
	struct str rest;
	uint64_t left; /* of this generation's */
	uint64_t at;
	uint64_t bits;
};

enum digest_cairn_next {
	DIGEST_CAIRN_FLIP,
	DIGEST_CAIRN_END,
	DIGEST_CAIRN_BAD,
};

enum digest_cairn_next digest_cairn_next(struct digest_cairn_walk *w, uint64_t *bit);

#endif
