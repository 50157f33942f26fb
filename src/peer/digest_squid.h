/* Squid's cache digest, version 5: a block of 128 bytes, then a mask that is a Bloom filter of four hashes. Pure;
 * fuzzed.
 *
 *   offset size
 *    0     2   version                    16     4   bytes of the mask: floor((capacity * bits + 7) / 8)
 *    2     2   oldest version it reads as 20     1   bits an entry
 *    4     4   capacity, in entries       21     1   hashes: 4
 *    8     4   entries                    22   106   reserved
 *   12     4   deletions                 128         the mask: bit i is 1 << (i & 7) of byte i >> 3
 *
 * All numbers are big-endian. A key is MD5 of a byte for the method and the URL; its four words, each modulo the bits
 * of the mask, are the hashes.
 */
#ifndef CAIRN_PEER_DIGEST_SQUID_H
#define CAIRN_PEER_DIGEST_SQUID_H

#include "base/strbuf.h"

#define DIGEST_SQUID_BLOCK  128
#define DIGEST_SQUID_HASHES 4
#define DIGEST_SQUID_TYPE   "application/cache-digest"
#define DIGEST_SQUID_PATH   "/squid-internal-periodic/store_digest"

struct digest_squid {
	uint32_t capacity;
	uint32_t count;
	uint32_t mask_size; /* bytes */
	uint8_t entry_bits;
};

struct digest_squid_key {
	uint32_t word[DIGEST_SQUID_HASHES];
};

/* The mask's size in bytes; 0 where it would be more than 32 bits can say, or nothing. */
uint32_t digest_squid_size(uint32_t capacity, uint8_t entry_bits);

/* Writes a URL as Squid has it in its keys: without the dots that end a host. `key` is a key's text as cache/key.h
 * says; false where fields have joined it: no URL names that alone. */
bool digest_squid_url(struct strbuf *out, struct str key);

/* Of a GET of this URL. False where the system's MD5 is switched off. */
bool digest_squid_key(struct digest_squid_key *k, struct str url);

void digest_squid_bits(const struct digest_squid_key *k, uint32_t mask_size, uint64_t out[DIGEST_SQUID_HASHES]);

void digest_squid_write(const struct digest_squid *d, unsigned char out[DIGEST_SQUID_BLOCK]);

/* Reads a whole digest: block and mask. Strict, as Squid is, and no mask of which more than 65 of a hundred bits are
 * set is taken: it would promise nearly everything. NULL where all is well, else what is wrong with it; *mask borrows.
 */
const char *digest_squid_read(struct str body, struct digest_squid *d, struct str *mask);

/* How many bits of a mask are set. */
uint64_t digest_bits_set(struct str mask);

#endif
