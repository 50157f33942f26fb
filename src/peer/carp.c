#include "peer/carp.h"

#include <math.h>

#include "base/must.h"

#define MEMBERS_MAX 256
#define SPREAD      0x62531965u

static uint32_t
rotate(uint32_t v, unsigned by)
{
	return v << by | v >> (32 - by);
}

/* Bytes count as signed ones. */
static uint32_t
feed(uint32_t h, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		h += rotate(h, 19) + (uint32_t)(signed char)s.p[i];
	return h;
}

static uint32_t
finish(uint32_t h)
{
	h += h * SPREAD;
	return rotate(h, 21);
}

/* By weight; those of one weight stay as they stand. */
static void
sort(const struct carp_member *m, unsigned count, uint16_t *order)
{
	for (unsigned i = 0; i < count; i++) {
		unsigned k = i;

		for (; k > 0 && m[order[k - 1]].weight > m[i].weight; k--)
			order[k] = order[k - 1];
		order[k] = (uint16_t)i;
	}
}

/* Shares of the whole; Squid takes less than a thousandth for nothing. */
static double
share(const struct carp_member *m, unsigned sum)
{
	double p = (double)m->weight / (double)sum;

	return floor(p * 1000.0) == 0.0 ? 0.0 : p;
}

/* The multipliers, in `order`, into the scores. The arithmetic is Squid's, in its order: another would round otherwise.
 */
static void
multipliers(struct carp_member *m, unsigned count, const uint16_t *order)
{
	double last_share = 0.0, last = 0.0, product = 1.0;
	unsigned sum = 0;

	for (unsigned i = 0; i < count; i++)
		sum += m[i].weight;
	for (unsigned k = 0; k < count; k++) {
		double left = (double)(count - k), p = share(&m[order[k]], sum), x;

		x = (left * (p - last_share)) / product;
		x += pow(last, left);
		x = pow(x, 1.0 / left);
		product *= x;
		last = x;
		last_share = p;
		m[order[k]].score = x;
	}
}

void
carp_score(struct carp_member *m, unsigned count, struct str url)
{
	uint16_t order[MEMBERS_MAX];
	uint32_t fed = 0;

	MUST(count <= MEMBERS_MAX);
	sort(m, count, order);
	multipliers(m, count, order);
	for (unsigned k = 0; k < count; k++) {
		struct carp_member *one = &m[order[k]];

		fed = feed(fed, url);
		one->score *= (double)finish(fed ^ finish(feed(0, one->name)));
		if (isnan(one->score)) /* behind a share of nothing; for Squid it is above no other */
			one->score = 0.0;
	}
}
