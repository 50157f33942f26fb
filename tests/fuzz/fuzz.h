/* What every fuzzer includes. A fuzzer checks what must hold with MUST: libFuzzer and the replay both see the abort. */
#ifndef CAIRN_TESTS_FUZZ_H
#define CAIRN_TESTS_FUZZ_H

#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/must.h"
#include "base/str.h"

/* libFuzzer's entry, and replay_main.c's. Always returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline struct str
fuzz_str(const uint8_t *data, size_t size)
{
	return str_of((const char *)data, size);
}

/* An input's own sequence of numbers (xorshift), so that the same input cuts itself into the same pieces each time. */
static inline uint64_t
fuzz_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* A seed for it, never 0. */
static inline uint64_t
fuzz_seed(struct str s)
{
	uint64_t seed = 0x9e3779b97f4a7c15u;

	for (size_t i = 0; i < s.n; i++)
		seed = (seed ^ (unsigned char)s.p[i]) * 0x100000001b3u;
	return seed == 0 ? 1 : seed;
}

/* Does `inner` lie within `outer`? */
static inline bool
fuzz_within(struct str inner, struct str outer)
{
	return inner.n == 0 || (inner.p >= outer.p && inner.p + inner.n <= outer.p + outer.n);
}

#endif
