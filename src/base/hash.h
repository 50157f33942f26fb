/* XXH3-128, with and without a secret. The index's hashes are keyed, so nobody outside can choose what collides;
 * rings and digests are not, so that every node computes the same. */
#ifndef CAIRN_BASE_HASH_H
#define CAIRN_BASE_HASH_H

#include "base/str.h"

struct hash128 {
	uint64_t lo;
	uint64_t hi;
};

#define HASH_SECRET_SIZE 192

struct hash_secret {
	unsigned char bytes[HASH_SECRET_SIZE];
};

/* Fills the secret from the kernel's random source. Returns 0 or -errno. */
int hash_secret_random(struct hash_secret *s);

struct hash128 hash_keyed(const struct hash_secret *secret, struct str s);
struct hash128 hash_plain(struct str s);

static inline bool
hash128_eq(struct hash128 a, struct hash128 b)
{
	return a.lo == b.lo && a.hi == b.hi;
}

#endif
