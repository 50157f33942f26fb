#include "http/heads.h"

#include "base/clock.h"
#include "proxy/decide.h"

/* ---- what the request says ---- */

static void
reads_the_request(void **state)
{
	static const struct {
		const char *lines;
		bool no_cache;
		uint32_t bits;
	} rows[] = {
		{ "", false, 0 },
		{ "Cache-Control: no-cache", true, CC_NO_CACHE },
		{ "Cache-Control: max-age=0", false, CC_MAX_AGE },
		{ "Pragma: no-cache", true, 0 },
		{ "Pragma: foo, No-Cache", true, 0 },
		{ "Pragma: foo", false, 0 },
		{ "Pragma: no-cache\nCache-Control: max-age=5", false, CC_MAX_AGE }, /* RFC 9111 5.4 */
		{ "Pragma: no-cache\nCache-Control: foo", false, 0 },
	};
	struct arena *a = arena_new(1 << 16);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct head request = head_of(rows[i].lines, a);
		struct asked asked;

		request.method = METHOD_HEAD;
		memset(&asked, 0xff, sizeof asked);
		asked_read(&asked, &request);
		assert_int_equal(asked.method, METHOD_HEAD);
		assert_int_equal(asked.no_cache, rows[i].no_cache);
		assert_int_equal(asked.cc.bits, rows[i].bits);
		assert_false(asked.has_body || asked.upgrade || asked.bypass || asked.background ||
			     asked.upstream_down);
	}
	arena_free(&a);
}

/* ---- the table ---- */

/* What the rows set; the rest is a plain GET, and an entry that is 30 s old, fresh for 60 s more, and has a validator.
 */
struct row {
	const char *what;
	struct asked asked;
	struct found found;
	struct held held;
	enum action action;
	enum lookup lookup;
	enum fwd fwd;
	enum reason reason;
	unsigned flags; /* below */
};

enum {
	RELOADS = 1,
	FILLS = 2,
	SILENT = 4, /* stale_if_silent */
	ERROR = 8,  /* stale_if_error */
	/* Of the entry. */
	NO_VALIDATOR = 16,
	UNCOVERED = 32,
	NO_GAP = 64, /* UNCOVERED, and not to be filled */
};

#define GET              .method = METHOD_GET
#define SAYS(bits_, ...) GET, .cc = { .bits = bits_, __VA_ARGS__ }
#define RELOAD           SAYS(CC_NO_CACHE, 0), .no_cache = true
#define ENTRY                       \
	{                           \
		.what = FOUND_ENTRY \
	}
#define MARKED(reason)                              \
	{                                           \
		.what = FOUND_ENTRY, .mark = reason \
	}
#define NONE(reason)                                    \
	{                                               \
		.what = FOUND_NOTHING, .absent = reason \
	}
#define OTHERS(reason)                                 \
	{                                              \
		.what = FOUND_OTHERS, .absent = reason \
	}
#define TROUBLE                       \
	{                             \
		.what = FOUND_TROUBLE \
	}
#define FRESH                                                \
	{                                                    \
		.fresh = {.ttl_ms = 60000, .age_ms = 30000 } \
	}
#define STALE(for_ms)                                            \
	{                                                        \
		.fresh = {.ttl_ms = -(for_ms), .age_ms = 90000 } \
	}
#define STALE_AND(for_ms, ...)                                                \
	{                                                                     \
		.fresh = {.ttl_ms = -(for_ms), .age_ms = 90000, __VA_ARGS__ } \
	}
#define NO_CACHED                                                                                        \
	{                                                                                                \
		.fresh = {.ttl_ms = 60000, .age_ms = 30000, .must_validate = true, .never_stale = true } \
	}

static const char *
differs(const struct row *r, const struct decision *d)
{
	if (d->action != r->action)
		return "action";
	if (d->lookup != r->lookup)
		return "lookup";
	if (d->fwd != r->fwd)
		return "fwd";
	if (d->reason != r->reason)
		return "reason";
	if (d->reload != !!(r->flags & RELOADS))
		return "reload";
	if (d->fill != !!(r->flags & FILLS))
		return "fill";
	if (d->stale_if_silent != !!(r->flags & SILENT))
		return "stale_if_silent";
	if (d->stale_if_error != !!(r->flags & ERROR))
		return "stale_if_error";
	return NULL;
}

static void
check(const struct row *rows, size_t count, const struct cache_policy *p)
{
	for (size_t i = 0; i < count; i++) {
		struct held held = rows[i].held;
		struct decision d;
		const char *wrong;

		held.validator = !(rows[i].flags & NO_VALIDATOR);
		held.covers = !(rows[i].flags & UNCOVERED);
		held.gap = !(rows[i].flags & NO_GAP);
		held.gap_first = 5;
		held.gap_last = 9;
		d = decide(&rows[i].asked, &rows[i].found, &held, p);
		wrong = differs(&rows[i], &d);
		if (wrong != NULL)
			fail_msg("%s: %s; action %d lookup %d fwd %d reason %.*s", rows[i].what, wrong, d.action,
				 d.lookup, d.fwd, STR_FMT(reason_token(d.reason)));
		assert_int_equal(d.gap_first, d.fill ? 5 : 0);
		assert_int_equal(d.gap_last, d.fill ? 9 : 0);
	}
}

#define CHECK(rows, p) check(rows, sizeof rows / sizeof rows[0], p)

static struct cache_policy
defaults(void)
{
	struct cache_policy p;

	cache_policy_defaults(&p);
	p.keep_stale = 100;
	return p;
}

static void
past_the_cache(void **state)
{
	static const struct {
		const char *what;
		struct asked asked;
		enum fwd fwd;
		enum reason reason;
	} rows[] = {
		{ "POST", { .method = METHOD_POST }, FWD_METHOD, REASON_METHOD },
		{ "a method nobody knows", { .method = METHOD_OTHER }, FWD_METHOD, REASON_METHOD },
		{ "OPTIONS", { .method = METHOD_OPTIONS }, FWD_METHOD, REASON_METHOD },
		{ "GET with a body", { GET, .has_body = true }, FWD_METHOD, REASON_METHOD },
		{ "upgrade", { GET, .upgrade = true }, FWD_BYPASS, REASON_UPGRADE },
		{ "a rule", { GET, .bypass = true }, FWD_BYPASS, REASON_POLICY },
		{ "not its host", { GET, .unverified = REASON_HOST_MISMATCH }, FWD_BYPASS, REASON_HOST_MISMATCH },
		{ "not its host, for a rule as well",
		  { GET, .unverified = REASON_HOST_UNRESOLVED, .bypass = true },
		  FWD_BYPASS,
		  REASON_HOST_UNRESOLVED },
		{ "method before upgrade", { .method = METHOD_POST, .upgrade = true }, FWD_METHOD, REASON_METHOD },
		{ "upgrade before policy", { GET, .upgrade = true, .bypass = true }, FWD_BYPASS, REASON_UPGRADE },
		{ "POST is not for a cache to refuse",
		  { .method = METHOD_POST, .cc = { .bits = CC_ONLY_IF_CACHED } },
		  FWD_METHOD,
		  REASON_METHOD },
	};
	struct cache_policy p = defaults();

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct decision d;

		assert_false(asked_looks_up(&rows[i].asked, &p));
		d = decide(&rows[i].asked, NULL, NULL, &p);
		if (d.action != ACT_BYPASS || d.lookup != LOOKUP_NONE || d.fwd != rows[i].fwd ||
		    d.reason != rows[i].reason)
			fail_msg("%s: %d", rows[i].what, d.action);
	}
}

static void
a_route_without_cache(void **state)
{
	struct asked get = { GET }, cached = { SAYS(CC_ONLY_IF_CACHED, 0) };
	struct cache_policy p = defaults();

	(void)state;
	assert_true(asked_looks_up(&get, &p));
	p.enabled = false;
	assert_false(asked_looks_up(&get, &p));
	assert_int_equal(decide(&get, NULL, NULL, &p).reason, REASON_POLICY);
	assert_int_equal(decide(&cached, NULL, NULL, &p).action, ACT_REFUSE);
	assert_int_equal(decide(&cached, NULL, NULL, &p).lookup, LOOKUP_NONE);
}

static void
absent(void **state)
{
	static const struct row rows[] = {
		{ "never seen",
		  { GET },
		  NONE(REASON_NEVER_SEEN),
		  FRESH,
		  ACT_FETCH,
		  LOOKUP_MISS,
		  FWD_URI_MISS,
		  REASON_NEVER_SEEN,
		  0 },
		{ "HEAD",
		  { .method = METHOD_HEAD },
		  NONE(REASON_EVICTED),
		  FRESH,
		  ACT_FETCH,
		  LOOKUP_MISS,
		  FWD_URI_MISS,
		  REASON_EVICTED,
		  0 },
		{ "uncacheable",
		  { GET },
		  NONE(REASON_UNCACHEABLE),
		  FRESH,
		  ACT_FETCH,
		  LOOKUP_MISS,
		  FWD_URI_MISS,
		  REASON_UNCACHEABLE,
		  0 },
		{ "a variant",
		  { GET },
		  OTHERS(REASON_VARIANT),
		  FRESH,
		  ACT_FETCH,
		  LOOKUP_MISS,
		  FWD_VARY_MISS,
		  REASON_VARIANT,
		  0 },
		{ "an evicted variant",
		  { GET },
		  OTHERS(REASON_EVICTED),
		  FRESH,
		  ACT_FETCH,
		  LOOKUP_MISS,
		  FWD_VARY_MISS,
		  REASON_EVICTED,
		  0 },
		{ "trouble", { GET }, TROUBLE, FRESH, ACT_FETCH, LOOKUP_HIT, FWD_MISS, REASON_STORE_TROUBLE, 0 },
		{ "reload",
		  { RELOAD },
		  NONE(REASON_NEVER_SEEN),
		  FRESH,
		  ACT_FETCH,
		  LOOKUP_MISS,
		  FWD_URI_MISS,
		  REASON_NEVER_SEEN,
		  RELOADS },
		{ "only-if-cached",
		  { SAYS(CC_ONLY_IF_CACHED, 0) },
		  NONE(REASON_NEVER_SEEN),
		  FRESH,
		  ACT_REFUSE,
		  LOOKUP_MISS,
		  FWD_NONE,
		  REASON_ONLY_IF_CACHED,
		  0 },
		{ "only-if-cached, trouble",
		  { SAYS(CC_ONLY_IF_CACHED, 0) },
		  TROUBLE,
		  FRESH,
		  ACT_REFUSE,
		  LOOKUP_HIT,
		  FWD_NONE,
		  REASON_ONLY_IF_CACHED,
		  0 },
	};
	struct cache_policy p = defaults();

	(void)state;
	CHECK(rows, &p);
}

#define HIT(reason)          ACT_DELIVER, LOOKUP_HIT, FWD_NONE, reason
#define ASK(fwd, reason)     ACT_REVALIDATE, LOOKUP_HIT, fwd, reason
#define GET_NEW(fwd, reason) ACT_FETCH, LOOKUP_HIT, fwd, reason

static void
fresh(void **state)
{
	static const struct row rows[] = {
		{ "plain", { GET }, ENTRY, FRESH, HIT(REASON_NONE), 0 },
		{ "without validator", { GET }, ENTRY, FRESH, HIT(REASON_NONE), NO_VALIDATOR },
		{ "HEAD", { .method = METHOD_HEAD }, ENTRY, FRESH, HIT(REASON_NONE), 0 },
		{ "no-store", { SAYS(CC_NO_STORE, 0) }, ENTRY, FRESH, HIT(REASON_NONE), 0 },
		{ "only-if-cached", { SAYS(CC_ONLY_IF_CACHED, 0) }, ENTRY, FRESH, HIT(REASON_NONE), 0 },
		{ "upstream down", { GET, .upstream_down = true }, ENTRY, FRESH, HIT(REASON_NONE), 0 },
		{ "a refresh come too late", { GET, .background = true }, ENTRY, FRESH, HIT(REASON_NONE), 0 },

		{ "reload", { RELOAD }, ENTRY, FRESH, ASK(FWD_REQUEST, REASON_RELOAD), RELOADS },
		{ "reload without validator",
		  { RELOAD },
		  ENTRY,
		  FRESH,
		  GET_NEW(FWD_REQUEST, REASON_RELOAD),
		  RELOADS | NO_VALIDATOR },
		{ "Pragma", { GET, .no_cache = true }, ENTRY, FRESH, ASK(FWD_REQUEST, REASON_RELOAD), RELOADS },
		{ "reload, upstream down",
		  { RELOAD, .upstream_down = true },
		  ENTRY,
		  FRESH,
		  ASK(FWD_REQUEST, REASON_RELOAD),
		  RELOADS },
		{ "reload and only-if-cached",
		  { SAYS(CC_NO_CACHE | CC_ONLY_IF_CACHED, 0), .no_cache = true },
		  ENTRY,
		  FRESH,
		  ACT_REFUSE,
		  LOOKUP_HIT,
		  FWD_NONE,
		  REASON_ONLY_IF_CACHED,
		  0 },

		{ "max-age=0",
		  { SAYS(CC_MAX_AGE, .max_age = 0) },
		  ENTRY,
		  FRESH,
		  ASK(FWD_REQUEST, REASON_MAX_AGE),
		  RELOADS },
		{ "max-age=0 of what has no age",
		  { SAYS(CC_MAX_AGE, .max_age = 0) },
		  ENTRY,
		  { .fresh = { .ttl_ms = 1 } },
		  ASK(FWD_REQUEST, REASON_MAX_AGE),
		  RELOADS },
		{ "max-age=29",
		  { SAYS(CC_MAX_AGE, .max_age = 29) },
		  ENTRY,
		  FRESH,
		  ASK(FWD_REQUEST, REASON_MAX_AGE),
		  0 },
		{ "max-age=30", { SAYS(CC_MAX_AGE, .max_age = 30) }, ENTRY, FRESH, HIT(REASON_NONE), 0 },
		{ "max-age=29, max-stale",
		  { SAYS(CC_MAX_AGE | CC_MAX_STALE_ANY, .max_age = 29) },
		  ENTRY,
		  FRESH,
		  ASK(FWD_REQUEST, REASON_MAX_AGE),
		  0 },
		{ "min-fresh=60", { SAYS(CC_MIN_FRESH, .min_fresh = 60) }, ENTRY, FRESH, HIT(REASON_NONE), 0 },
		{ "min-fresh=61",
		  { SAYS(CC_MIN_FRESH, .min_fresh = 61) },
		  ENTRY,
		  FRESH,
		  ASK(FWD_REQUEST, REASON_MIN_FRESH),
		  0 },
		{ "max-age before min-fresh",
		  { SAYS(CC_MAX_AGE | CC_MIN_FRESH, .max_age = 1, .min_fresh = 99) },
		  ENTRY,
		  FRESH,
		  ASK(FWD_REQUEST, REASON_MAX_AGE),
		  0 },
		{ "reload before max-age",
		  { SAYS(CC_NO_CACHE | CC_MAX_AGE, .max_age = 0), .no_cache = true },
		  ENTRY,
		  FRESH,
		  ASK(FWD_REQUEST, REASON_RELOAD),
		  RELOADS },

		{ "no-cache on it", { GET }, ENTRY, NO_CACHED, ASK(FWD_STALE, REASON_RESPONSE_NO_CACHE), 0 },
		{ "no-cache on it, no validator",
		  { GET },
		  ENTRY,
		  NO_CACHED,
		  GET_NEW(FWD_STALE, REASON_RESPONSE_NO_CACHE),
		  NO_VALIDATOR },
		{ "no-cache on it, upstream down",
		  { GET, .upstream_down = true },
		  ENTRY,
		  NO_CACHED,
		  ASK(FWD_STALE, REASON_RESPONSE_NO_CACHE),
		  0 },
		{ "no-cache on it, max-stale",
		  { SAYS(CC_MAX_STALE_ANY, 0) },
		  ENTRY,
		  NO_CACHED,
		  ASK(FWD_STALE, REASON_RESPONSE_NO_CACHE),
		  0 },
		{ "no-cache on it before reload",
		  { RELOAD },
		  ENTRY,
		  NO_CACHED,
		  ASK(FWD_STALE, REASON_RESPONSE_NO_CACHE),
		  RELOADS },
		{ "no-cache on it, only-if-cached",
		  { SAYS(CC_ONLY_IF_CACHED, 0) },
		  ENTRY,
		  NO_CACHED,
		  ACT_REFUSE,
		  LOOKUP_HIT,
		  FWD_NONE,
		  REASON_ONLY_IF_CACHED,
		  0 },
	};
	struct cache_policy p = defaults();

	(void)state;
	CHECK(rows, &p);
}

static void
marked(void **state)
{
	static const struct row rows[] = {
		{ "purged", { GET }, MARKED(REASON_PURGED), FRESH, ASK(FWD_STALE, REASON_PURGED), 0 },
		{ "invalidated", { GET }, MARKED(REASON_INVALIDATED), FRESH, ASK(FWD_STALE, REASON_INVALIDATED), 0 },
		{ "no validator",
		  { GET },
		  MARKED(REASON_PURGED),
		  FRESH,
		  GET_NEW(FWD_STALE, REASON_PURGED),
		  NO_VALIDATOR },
		{ "max-stale",
		  { SAYS(CC_MAX_STALE_ANY, 0) },
		  MARKED(REASON_PURGED),
		  FRESH,
		  ASK(FWD_STALE, REASON_PURGED),
		  0 },
		{ "in swr and sie",
		  { GET },
		  MARKED(REASON_PURGED),
		  STALE_AND(1000, .swr = true, .sie = true),
		  ASK(FWD_STALE, REASON_PURGED),
		  0 },
		{ "upstream down",
		  { GET, .upstream_down = true },
		  MARKED(REASON_PURGED),
		  STALE(1000),
		  ASK(FWD_STALE, REASON_PURGED),
		  0 },
		{ "before expired and reload",
		  { RELOAD },
		  MARKED(REASON_PURGED),
		  STALE(1000),
		  ASK(FWD_STALE, REASON_PURGED),
		  RELOADS },
	};
	struct cache_policy p = defaults();

	(void)state;
	CHECK(rows, &p);
}

/* The route keeps what is stale for 100 s. */
static void
stale(void **state)
{
	static const struct row rows[] = {
		{ "plain", { GET }, ENTRY, STALE(1000), ASK(FWD_STALE, REASON_EXPIRED), SILENT },
		{ "at the very end", { GET }, ENTRY, STALE(0), ASK(FWD_STALE, REASON_EXPIRED), SILENT },
		{ "no validator",
		  { GET },
		  ENTRY,
		  STALE(1000),
		  GET_NEW(FWD_STALE, REASON_EXPIRED),
		  SILENT | NO_VALIDATOR },
		{ "kept just so long", { GET }, ENTRY, STALE(100000), ASK(FWD_STALE, REASON_EXPIRED), SILENT },
		{ "too long", { GET }, ENTRY, STALE(100001), ASK(FWD_STALE, REASON_EXPIRED), 0 },
		{ "in sie",
		  { GET },
		  ENTRY,
		  STALE_AND(200000, .sie = true),
		  ASK(FWD_STALE, REASON_EXPIRED),
		  SILENT | ERROR },
		{ "must-revalidate",
		  { GET },
		  ENTRY,
		  STALE_AND(1000, .never_stale = true),
		  ASK(FWD_STALE, REASON_EXPIRED),
		  0 },
		{ "no-cache on it",
		  { GET },
		  ENTRY,
		  STALE_AND(1000, .must_validate = true, .never_stale = true),
		  ASK(FWD_STALE, REASON_EXPIRED),
		  0 },
		{ "reload",
		  { RELOAD },
		  ENTRY,
		  STALE_AND(1000, .swr = true, .sie = true),
		  ASK(FWD_STALE, REASON_EXPIRED),
		  RELOADS },
		{ "max-age=0, in sie",
		  { SAYS(CC_MAX_AGE, .max_age = 0) },
		  ENTRY,
		  STALE_AND(1000, .swr = true, .sie = true),
		  ASK(FWD_STALE, REASON_EXPIRED),
		  RELOADS | SILENT | ERROR },
		{ "only-if-cached",
		  { SAYS(CC_ONLY_IF_CACHED, 0) },
		  ENTRY,
		  STALE(1000),
		  ACT_REFUSE,
		  LOOKUP_HIT,
		  FWD_NONE,
		  REASON_ONLY_IF_CACHED,
		  0 },

		{ "in swr",
		  { GET },
		  ENTRY,
		  STALE_AND(1000, .swr = true),
		  ACT_DELIVER_AND_REFRESH,
		  LOOKUP_HIT,
		  FWD_NONE,
		  REASON_REFRESHING,
		  0 },
		{ "in swr, only-if-cached",
		  { SAYS(CC_ONLY_IF_CACHED, 0) },
		  ENTRY,
		  STALE_AND(1000, .swr = true),
		  ACT_DELIVER_AND_REFRESH,
		  LOOKUP_HIT,
		  FWD_NONE,
		  REASON_REFRESHING,
		  0 },
		{ "in swr, upstream down",
		  { GET, .upstream_down = true },
		  ENTRY,
		  STALE_AND(1000, .swr = true),
		  HIT(REASON_UPSTREAM_DOWN),
		  0 },
		{ "in swr, the refresh itself",
		  { GET, .background = true },
		  ENTRY,
		  STALE_AND(1000, .swr = true),
		  ASK(FWD_STALE, REASON_EXPIRED),
		  SILENT },
		{ "in swr, min-fresh",
		  { SAYS(CC_MIN_FRESH, .min_fresh = 1) },
		  ENTRY,
		  STALE_AND(1000, .swr = true),
		  ASK(FWD_STALE, REASON_EXPIRED),
		  SILENT },
		{ "in swr and max-stale: it is refreshed",
		  { SAYS(CC_MAX_STALE_ANY, 0) },
		  ENTRY,
		  STALE_AND(1000, .swr = true),
		  ACT_DELIVER_AND_REFRESH,
		  LOOKUP_HIT,
		  FWD_NONE,
		  REASON_REFRESHING,
		  0 },

		{ "max-stale", { SAYS(CC_MAX_STALE_ANY, 0) }, ENTRY, STALE(999999), HIT(REASON_MAX_STALE), 0 },
		{ "max-stale=1", { SAYS(CC_MAX_STALE, .max_stale = 1) }, ENTRY, STALE(1000), HIT(REASON_MAX_STALE), 0 },
		{ "max-stale=1, too little",
		  { SAYS(CC_MAX_STALE, .max_stale = 1) },
		  ENTRY,
		  STALE(1001),
		  ASK(FWD_STALE, REASON_EXPIRED),
		  SILENT },
		{ "max-stale, must-revalidate",
		  { SAYS(CC_MAX_STALE_ANY, 0) },
		  ENTRY,
		  STALE_AND(1000, .never_stale = true),
		  ASK(FWD_STALE, REASON_EXPIRED),
		  0 },
		{ "max-stale, too old",
		  { SAYS(CC_MAX_STALE_ANY | CC_MAX_AGE, .max_age = 5) },
		  ENTRY,
		  STALE(1000),
		  ASK(FWD_STALE, REASON_EXPIRED),
		  SILENT },
		{ "max-stale, only-if-cached",
		  { SAYS(CC_MAX_STALE_ANY | CC_ONLY_IF_CACHED, 0) },
		  ENTRY,
		  STALE(1000),
		  HIT(REASON_MAX_STALE),
		  0 },

		{ "upstream down", { GET, .upstream_down = true }, ENTRY, STALE(1000), HIT(REASON_UPSTREAM_DOWN), 0 },
		{ "upstream down, too long",
		  { GET, .upstream_down = true },
		  ENTRY,
		  STALE(100001),
		  ASK(FWD_STALE, REASON_EXPIRED),
		  0 },
		{ "upstream down, in sie",
		  { GET, .upstream_down = true },
		  ENTRY,
		  STALE_AND(200000, .sie = true),
		  HIT(REASON_UPSTREAM_DOWN),
		  0 },
		{ "upstream down, must-revalidate",
		  { GET, .upstream_down = true },
		  ENTRY,
		  STALE_AND(1000, .never_stale = true),
		  ASK(FWD_STALE, REASON_EXPIRED),
		  0 },
		{ "upstream down, reload",
		  { RELOAD, .upstream_down = true },
		  ENTRY,
		  STALE(1000),
		  ASK(FWD_STALE, REASON_EXPIRED),
		  RELOADS },
	};
	struct cache_policy p = defaults();

	(void)state;
	CHECK(rows, &p);
}

static void
uncovered(void **state)
{
#define PART          GET_NEW(FWD_PARTIAL, REASON_RANGE)
#define STALE_PART    GET_NEW(FWD_STALE, REASON_EXPIRED)
	static const struct row rows[] = {
		{ "a gap", { GET }, ENTRY, FRESH, PART, UNCOVERED | FILLS },
		{ "without validator", { GET }, ENTRY, FRESH, PART, UNCOVERED | FILLS | NO_VALIDATOR },
		{ "of unknown length", { GET }, ENTRY, FRESH, PART, UNCOVERED | NO_GAP },
		{ "stale", { GET }, ENTRY, STALE_AND(1000, .swr = true, .sie = true), STALE_PART, UNCOVERED },
		{ "stale, max-stale", { SAYS(CC_MAX_STALE_ANY, 0) }, ENTRY, STALE(1000), STALE_PART, UNCOVERED },
		{ "purged", { GET }, MARKED(REASON_PURGED), FRESH, GET_NEW(FWD_STALE, REASON_PURGED), UNCOVERED },
		{ "no-cache on it", { GET }, ENTRY, NO_CACHED, GET_NEW(FWD_STALE, REASON_RESPONSE_NO_CACHE), UNCOVERED },
		{ "reload", { RELOAD }, ENTRY, FRESH, GET_NEW(FWD_REQUEST, REASON_RELOAD), UNCOVERED | RELOADS },
		{ "max-age",
		  { SAYS(CC_MAX_AGE, .max_age = 1) },
		  ENTRY,
		  FRESH,
		  GET_NEW(FWD_REQUEST, REASON_MAX_AGE),
		  UNCOVERED },
		{ "only-if-cached",
		  { SAYS(CC_ONLY_IF_CACHED, 0) },
		  ENTRY,
		  FRESH,
		  ACT_REFUSE,
		  LOOKUP_HIT,
		  FWD_NONE,
		  REASON_ONLY_IF_CACHED,
		  UNCOVERED },
	};
	struct cache_policy p = defaults();

	(void)state;
	CHECK(rows, &p);
}

/* ---- what others fetched, and what time did ---- */

static void
a_client_accepts(void **state)
{
	static const struct {
		struct asked asked;
		int64_t age_ms, ttl_ms;
		bool accepts;
	} rows[] = {
		{ { GET }, 5000, 5000, true },
		{ { RELOAD }, 0, 5000, false },
		{ { SAYS(CC_MAX_AGE, .max_age = 5) }, 5000, 5000, true },
		{ { SAYS(CC_MAX_AGE, .max_age = 5) }, 5001, 5000, false },
		{ { SAYS(CC_MAX_AGE, .max_age = 0) }, 0, 5000, false },
		{ { SAYS(CC_MIN_FRESH, .min_fresh = 5) }, 0, 5000, true },
		{ { SAYS(CC_MIN_FRESH, .min_fresh = 5) }, 0, 4999, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct freshness f = { .age_ms = rows[i].age_ms, .ttl_ms = rows[i].ttl_ms };

		assert_int_equal(asked_accepts(&rows[i].asked, &f), rows[i].accepts);
	}
}

static void
stale_for_so_long(void **state)
{
	struct cache_policy p = defaults();
	struct freshness f = { .ttl_ms = -p.keep_stale * MS_PER_S };

	(void)state;
	assert_true(stale_is_bearable(&f, &p));
	f.ttl_ms--;
	assert_false(stale_is_bearable(&f, &p));
	f.sie = true;
	assert_true(stale_is_bearable(&f, &p));
}

/* ---- whatever is found and asked ---- */

/* Every combination of what matters, against what may never happen. */
static void
never(void **state)
{
	enum { COMBINATIONS = 1 << 15 };
	static const uint32_t bits[] = { CC_NO_CACHE, CC_MAX_STALE_ANY, CC_ONLY_IF_CACHED };
	struct cache_policy p = defaults();

	(void)state;
	for (unsigned i = 0; i < COMBINATIONS; i++) {
		struct asked a = { GET, .upstream_down = i & 1, .background = i & 2 };
		struct found f = { .what = FOUND_ENTRY, .mark = i & 4 ? REASON_PURGED : REASON_NONE };
		struct held h = { .validator = i & 8, .covers = i & 16 };
		bool delivers, forwards;
		struct decision d;

		for (unsigned b = 0; b < 3; b++)
			a.cc.bits |= i & 32u << b ? bits[b] : 0;
		a.no_cache = a.cc.bits & CC_NO_CACHE;
		h.fresh.ttl_ms = i & 256 ? 1 : i & 512 ? -200000 : 0;
		h.fresh.must_validate = i & 1024;
		h.fresh.never_stale = h.fresh.must_validate || (i & 2048);
		h.fresh.swr = h.fresh.ttl_ms <= 0 && !h.fresh.never_stale && (i & 4096);
		h.fresh.sie = h.fresh.ttl_ms <= 0 && !h.fresh.never_stale && (i & 8192);
		a.cc.bits |= i & 16384 ? CC_MAX_AGE : 0;

		d = decide(&a, &f, &h, &p);
		delivers = d.action == ACT_DELIVER || d.action == ACT_DELIVER_AND_REFRESH;
		forwards = d.action == ACT_FETCH || d.action == ACT_REVALIDATE;
		assert_int_equal(d.lookup, LOOKUP_HIT);
		assert_int_equal(forwards, d.fwd != FWD_NONE);
		assert_true(delivers || d.reason != REASON_NONE);
		if (delivers) {
			assert_true(h.covers && f.mark == REASON_NONE && !h.fresh.must_validate && !a.no_cache);
			assert_false(a.cc.bits & CC_MAX_AGE);
			assert_true(h.fresh.ttl_ms > 0 || !h.fresh.never_stale);
		}
		if (d.stale_if_silent || d.stale_if_error)
			assert_true(forwards && h.covers && f.mark == REASON_NONE && !h.fresh.never_stale &&
				    !a.no_cache);
		if (a.cc.bits & CC_ONLY_IF_CACHED)
			assert_false(forwards);
		if (d.action == ACT_REVALIDATE)
			assert_true(h.validator);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_request),
		cmocka_unit_test(past_the_cache),
		cmocka_unit_test(a_route_without_cache),
		cmocka_unit_test(absent),
		cmocka_unit_test(fresh),
		cmocka_unit_test(marked),
		cmocka_unit_test(stale),
		cmocka_unit_test(uncovered),
		cmocka_unit_test(a_client_accepts),
		cmocka_unit_test(stale_for_so_long),
		cmocka_unit_test(never),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
