/* Random choices that hang on a seed and a place alone, not on those made before: so a step can be left out of a run,
 * and all others stay what they were. */
#ifndef CAIRN_TESTS_SIM_DICE_H
#define CAIRN_TESTS_SIM_DICE_H

#include <stdbool.h>
#include <stdint.h>

struct dice {
	uint64_t state;
};

static inline uint64_t
dice_mix(uint64_t z)
{
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static inline struct dice
dice_at(uint64_t seed, uint64_t place)
{
	return (struct dice){ dice_mix(seed ^ dice_mix(place + 1)) };
}

/* Below n. */
static inline unsigned
dice_below(struct dice *d, unsigned n)
{
	d->state += UINT64_C(0x9e3779b97f4a7c15);
	return (unsigned)((dice_mix(d->state) >> 32) % n);
}

static inline bool
dice_percent(struct dice *d, unsigned percent)
{
	return dice_below(d, 100) < percent;
}

/* One of the values given. */
#define DICE_OF(d, ...) \
	((const int64_t[]){ __VA_ARGS__ }[dice_below((d), sizeof((const int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t))])

#endif
