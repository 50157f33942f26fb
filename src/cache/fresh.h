/* Age and freshness: RFC 9111 4.2, RFC 5861, RFC 9213. Pure; time is an argument; all results in milliseconds unless
 * named otherwise. */
#ifndef CAIRN_CACHE_FRESH_H
#define CAIRN_CACHE_FRESH_H

#include "cache/meta.h"
#include "cache/policy.h"

/* By what rule a lifetime was found; rows in tbl/fresh_rules.def. */
enum fresh_rule {
#define FRESH_RULE(id, token, flag, sentence, source) FRESH_##id,
#include "tbl/fresh_rules.def"
#undef FRESH_RULE
	FRESH_RULE_COUNT
};

struct str fresh_rule_token(enum fresh_rule r);
struct str fresh_rule_sentence(enum fresh_rule r);
struct str fresh_rule_source(enum fresh_rule r);

/* Did the origin itself say it? */
bool fresh_rule_is_explicit(enum fresh_rule r);

struct lifetime {
	int64_t ms;
	enum fresh_rule rule;
};

/* The first rule of the table that applies (RFC 9111 4.2.1). What the origin did not say is not guessed for a status that
 * has no heuristic freshness and is not marked public (RFC 9110 15.1), nor for an answer to POST. */
struct lifetime fresh_lifetime(const struct meta *m, const struct cache_policy *p);

/* May a lifetime be given to it that the origin did not give (RFC 9111 4.2.2, the route's rules alike)? */
bool fresh_may_guess(const struct meta *m, const struct cache_policy *p);

/* The directives in force for this cache: those of CDN-Cache-Control where it counts, else Cache-Control's. */
const struct cc *fresh_directives(const struct meta *m, const struct cache_policy *p);

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
	bool never_stale;     /* must-revalidate, proxy-revalidate, s-maxage, no-cache: no stale use whatever the client says */
	bool swr;             /* stale, and inside stale-while-revalidate */
	bool sie;             /* stale, and inside stale-if-error */
};

void fresh_state(const struct meta *m, const struct cache_policy *p, int64_t now_ms, struct freshness *out);

#define FRESH_FOREVER INT64_MAX

/* From when on it is past all use: stale, no validator to ask with, and outside every window in which it might be served.
 * Wall clock; FRESH_FOREVER where it can be asked about. What has reached it may be dropped. */
int64_t fresh_dead_ms(const struct meta *m, const struct cache_policy *p);

/* The time in seconds as the trail writes it, rounded away from zero: so ttl and Age together are the lifetime, and what is
 * stale by a millisecond is never said to be fresh. */
int64_t fresh_seconds(int64_t ms);

#endif
