/* What is left to read of a structured field, for sf.c (lists, dictionaries, parameters) and sf_bare.c (bare items:
 * numbers, strings and so on). Private to http/. Pure.
 *
 * Each reader takes what it knows off the front, and returns false where the front is not that, or the arena is full;
 * the whole field is invalid then, so nobody looks at what was taken.
 */
#ifndef CAIRN_HTTP_SF_IMPL_H
#define CAIRN_HTTP_SF_IMPL_H

#include "http/sf.h"

struct sf_in {
	struct str s;
	struct arena *a;
};

static inline char
sf_front(const struct sf_in *in)
{
	return in->s.n > 0 ? in->s.p[0] : '\0'; /* no reader takes a NUL */
}

static inline bool
sf_eat(struct sf_in *in, char c)
{
	if (in->s.n == 0 || in->s.p[0] != c)
		return false;
	in->s = str_skip(in->s, 1);
	return true;
}

/* All bytes at the front that are of a kind. */
struct str sf_run(struct sf_in *in, bool (*of)(char));

/* A bare item (RFC 8941 3.3). Its `raw` is left as it is. */
bool sf_bare(struct sf_in *in, struct sf_item *out);

#endif
