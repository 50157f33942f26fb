#include "cache/policy.h"

#define DAY ((int64_t)24 * 60 * 60)

void
cache_policy_defaults(struct cache_policy *p)
{
	*p = (struct cache_policy){
		.enabled = true,
		.targeted = true,
		.ttl = POLICY_UNSET,
		.default_ttl = POLICY_UNSET,
		.max_ttl = POLICY_UNSET,
		.negative_ttl = POLICY_UNSET,
		.swr = POLICY_UNSET,
		.sie = POLICY_UNSET,
		.heuristic_percent = 10,
		.heuristic_max = 7 * DAY,
		.keep_stale = DAY,
		.set_cookie = SET_COOKIE_EXPLICIT,
	};
}

void
cache_policy_direct(struct cache_policy *p)
{
	cache_policy_defaults(p);
	p->targeted = false;
}
