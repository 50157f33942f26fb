#include "peer/choice.h"

#include <math.h>

#include "base/hash.h"
#include "base/must.h"

/* So many requests outstanding are no load: with less, a second request for the same URL would go elsewhere. */
#define NO_LOAD 8

uint64_t
choice_hash(struct str s)
{
	return hash_plain(s).lo;
}

/* splitmix64's end: each bit of the sum changes half of the bits. */
static uint64_t
mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

/* The upper 53 bits, as many as a double has, as a number between 0 and 1, both excluded. */
static double
unit(uint64_t h)
{
	return ((double)(h >> 11) + 0.5) * 0x1p-53;
}

void
choice_rank(struct choice_of *c, unsigned count, uint64_t key)
{
	for (unsigned i = 0; i < count; i++)
		c[i].score = c[i].weight / -log(unit(mix(key + mix(c[i].id))));
}

unsigned
choice_best(const struct choice_of *c, unsigned count)
{
	unsigned best = 0;

	MUST(count > 0);
	for (unsigned i = 1; i < count; i++)
		if (c[i].score > c[best].score)
			best = i;
	return best;
}

static double
weight_of(const struct choice_of *c, unsigned count)
{
	double sum = 0;

	for (unsigned i = 0; i < count; i++)
		sum += c[i].weight;
	return sum;
}

unsigned
choice_bound(struct choice_of *c, unsigned count, unsigned percent)
{
	double all = 1, weights = weight_of(c, count);
	unsigned kept = 0;

	for (unsigned i = 0; i < count; i++)
		all += c[i].active;
	for (unsigned i = 0; i < count; i++) {
		double bound = all * percent / 100 * c[i].weight / weights;

		if (c[i].active < NO_LOAD || c[i].active + 1 <= ceil(bound))
			c[kept++] = c[i];
	}
	return kept > 0 ? kept : count;
}

unsigned
choice_in_turn(const struct choice_of *c, unsigned count, unsigned turn)
{
	double n = fmod(turn, weight_of(c, count));
	unsigned i = 0;

	for (; i + 1 < count && n >= c[i].weight; i++)
		n -= c[i].weight;
	return i;
}

unsigned
choice_least(const struct choice_of *c, unsigned count, unsigned turn)
{
	unsigned best = turn % count;

	for (unsigned k = 1; k < count; k++) {
		unsigned i = (turn + k) % count;

		if ((c[i].active + 1) * c[best].weight < (c[best].active + 1) * c[i].weight)
			best = i;
	}
	return best;
}
