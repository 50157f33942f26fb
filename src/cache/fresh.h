/* Age and freshness: RFC 9111 4.2, RFC 5861, RFC 9213. Pure; time is an argument; all results in milliseconds unless
 * named otherwise. */
#ifndef CAIRN_CACHE_FRESH_H
#define CAIRN_CACHE_FRESH_H

#include "cache/meta.h"
#include "cache/policy.h"

/* By what rule a lifetime was found: `cairn explain` prints it. */
enum fresh_rule {
	FRESH_NONE,       /* nothing gives it one: zero */
	FRESH_POLICY,     /* the route's ttl */
	FRESH_TARGETED,   /* CDN-Cache-Control */
	FRESH_S_MAXAGE,   /* RFC 9111 5.2.2.10 */
	FRESH_MAX_AGE,    /* RFC 9111 5.2.2.1 */
	FRESH_EXPIRES,    /* RFC 9111 5.3 */
	FRESH_HEURISTIC,  /* RFC 9111 4.2.2 */
	FRESH_NEGATIVE,   /* the route's negative_ttl */
	FRESH_DEFAULT,    /* the route's default_ttl */
};

struct lifetime {
	int64_t ms;
	enum fresh_rule rule;
};

struct lifetime fresh_lifetime(const struct meta *m, const struct cache_policy *p);

/* RFC 9111 4.2.3, at `now_ms`; never negative, whatever the clocks say. */
int64_t fresh_age_ms(const struct meta *m, int64_t now_ms);

/* The Age field's value: fresh_age_ms in whole seconds, held at 2^31-1. */
uint32_t fresh_age_s(const struct meta *m, int64_t now_ms);

/* What a stored response is worth now, without looking at a request. */
struct freshness {
	int64_t ttl_ms;    /* lifetime less age; negative: stale for so long */
	int64_t age_ms;
	enum fresh_rule rule;
	bool must_validate;   /* no-cache on the response: fresh or not, ask first */
	bool never_stale;     /* must-revalidate, proxy-revalidate, s-maxage...: no stale use whatever the client says */
	bool swr;             /* stale, and inside stale-while-revalidate */
	bool sie;             /* stale, and inside stale-if-error */
};

void fresh_state(const struct meta *m, const struct cache_policy *p, int64_t now_ms, struct freshness *out);

/* For ever past all use: stale, no validator to ask with, and outside every window in which it might be served. Such an
 * entry may be dropped. */
bool fresh_is_dead(const struct meta *m, const struct cache_policy *p, int64_t now_ms);

/* The time in seconds as the trail writes it: ttl rounded towards minus infinity. */
int64_t fresh_seconds(int64_t ms);

#endif
