#include "base/hash.h"

#include <errno.h>
#include <sys/random.h>

#define XXH_INLINE_ALL /* keys are short: a call and its choice by length cost as much as the hash */
#include <xxhash.h>

int
hash_secret_random(struct hash_secret *s)
{
	size_t got = 0;

	while (got < sizeof s->bytes) {
		ssize_t n = getrandom(s->bytes + got, sizeof s->bytes - got, 0);

		if (n < 0 && errno != EINTR)
			return -errno;
		got += n < 0 ? 0 : (size_t)n;
	}
	return 0;
}

struct hash128
hash_keyed(const struct hash_secret *secret, struct str s)
{
	XXH128_hash_t h = XXH3_128bits_withSecret(s.p, s.n, secret->bytes, sizeof secret->bytes);

	return (struct hash128){ h.low64, h.high64 };
}

struct hash128
hash_plain(struct str s)
{
	XXH128_hash_t h = XXH3_128bits(s.p, s.n);

	return (struct hash128){ h.low64, h.high64 };
}
