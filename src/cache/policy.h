/* What the configuration says about caching on one route, as the pure functions of this layer need it. Frozen: it belongs
 * to a configuration; freshness is worked out at lookup, so a reload applies to what is stored. */
#ifndef CAIRN_CACHE_POLICY_H
#define CAIRN_CACHE_POLICY_H

#include "cache/key.h"

enum set_cookie {
	SET_COOKIE_EXPLICIT, /* stored whole where the origin gave explicit freshness, else not at all */
	SET_COOKIE_STRIP,    /* removed from the stored copy, which then counts as without */
	SET_COOKIE_STORE,    /* stored like any other field */
};

#define POLICY_UNSET (-1)

/* Durations in seconds; POLICY_UNSET: the response decides. */
struct cache_policy {
	bool enabled;           /* false: every request is bypassed */
	bool targeted;          /* CDN-Cache-Control is honoured: reverse routes */
	int64_t ttl;            /* overrides the response's freshness, but for a 5xx */
	int64_t default_ttl;    /* where the response gives none and no heuristic applies */
	int64_t max_ttl;        /* upper bound of what the response gives */
	int64_t negative_ttl;   /* of 404, 405, 410, 414, 501 without explicit freshness */
	int64_t swr;            /* stale-while-revalidate where the response gives none */
	int64_t sie;            /* stale-if-error where the response gives none */
	unsigned heuristic_percent; /* of the time since Last-Modified; 0: no heuristics */
	int64_t heuristic_max;
	int64_t keep_stale;     /* how long past its freshness a response without validator is kept for sie and max-stale */
	enum set_cookie set_cookie;
	struct key_rules key;
};

/* RFC 9111 with this project's defaults: 10 percent, at most a week. */
void cache_policy_defaults(struct cache_policy *p);

/* The same where no route leads to a site: what stands in front of users is no CDN (RFC 9213 3). */
void cache_policy_direct(struct cache_policy *p);

#endif
