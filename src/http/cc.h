/* Cache-Control and its relatives as numbers and bits. Pure; fuzzed. */
#ifndef CAIRN_HTTP_CC_H
#define CAIRN_HTTP_CC_H

#include "http/head.h"

enum cc_bit {
	CC_MAX_AGE = 1 << 0,
	CC_S_MAXAGE = 1 << 1,
	CC_NO_CACHE = 1 << 2,        /* without field names */
	CC_NO_CACHE_FIELDS = 1 << 3, /* no-cache="name, ..." */
	CC_NO_STORE = 1 << 4,
	CC_PRIVATE = 1 << 5,
	CC_PRIVATE_FIELDS = 1 << 6, /* private="name, ..." */
	CC_PUBLIC = 1 << 7,
	CC_MUST_REVALIDATE = 1 << 8,
	CC_PROXY_REVALIDATE = 1 << 9,
	CC_MUST_UNDERSTAND = 1 << 10,
	CC_NO_TRANSFORM = 1 << 11,
	CC_IMMUTABLE = 1 << 12,
	CC_SWR = 1 << 13, /* stale-while-revalidate, RFC 5861 3 */
	CC_SIE = 1 << 14, /* stale-if-error, RFC 5861 4 */
	CC_ONLY_IF_CACHED = 1 << 15,
	CC_MAX_STALE = 1 << 16,
	CC_MAX_STALE_ANY = 1 << 17, /* max-stale without a number: CC_MAX_STALE is set too, and max_stale is CC_FOREVER */
	CC_MIN_FRESH = 1 << 18,
};

/* The longest time told apart (RFC 9111 1.2.2): 68 years. */
#define CC_FOREVER 2147483647u

/* Seconds; meaningful where the bit is set. A value beyond CC_FOREVER is held there (RFC 9111 1.2.2); one that is no
 * number is 0 for a lifetime, max-age and s-maxage (RFC 9111 4.2.1: encouraged to take it as stale), and makes any other
 * directive count as not there. A number in quotes is one. */
struct cc {
	uint32_t bits;
	uint32_t max_age;
	uint32_t s_maxage;
	uint32_t swr;
	uint32_t sie;
	uint32_t max_stale;
	uint32_t min_fresh;
};

/* Of all Cache-Control lines, one at least. Where a directive stands twice with differing values the first number wins, but
 * one that is no number makes a lifetime 0; private and private="..." set both bits, no-cache likewise. */
struct cc cc_read(const struct head *h);

static inline struct cc
cc_parse(const struct head *h)
{
	return head_has(h, HDR_CACHE_CONTROL) ? cc_read(h) : (struct cc){ 0 };
}

/* Of CDN-Cache-Control (RFC 9213), a structured-field dictionary. False where it is absent, empty or not valid: then it
 * counts as not there. A value of another type than the directive has is no number. private and no-cache with field names
 * are taken as without, which RFC 9111 5.2.2.4 and 5.2.2.7 leave to a cache. */
bool cc_parse_targeted(const struct head *h, struct arena *a, struct cc *out);

/* Is the field named in private="..." or no-cache="..." of a Cache-Control line? `which`: CC_PRIVATE_FIELDS or
 * CC_NO_CACHE_FIELDS. */
bool cc_names_field(const struct head *h, enum cc_bit which, struct str name);

#endif
