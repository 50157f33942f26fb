#include "unit.h"

#include "cache/fresh.h"

/* The wall clock when the response arrived: T seconds, and some milliseconds. */
#define T       1700000000
#define T_MS    (T * (int64_t)1000 + 700)
#define DAY     86400
#define FOREVER 2147483647

/* A response that arrived at once, dated by a clock that agrees with ours. */
#define META(status_, date_, expires_, modified_)                                                         \
	.requested_ms = T_MS, .received_ms = T_MS, .status = status_, .date = date_, .expires = expires_, \
	.last_modified = modified_

#define STATUS(status)        META(status, T, META_ABSENT, META_ABSENT)
#define PLAIN                 STATUS(200)
#define EXPIRES(date, t)      META(200, date, t, META_ABSENT)
#define MODIFIED(status, ago) META(status, T, META_ABSENT, T - (ago))

static struct cache_policy
defaults(void)
{
	struct cache_policy p;

	cache_policy_defaults(&p);
	return p;
}

static void
says(const char *what, struct lifetime got, int64_t s, enum fresh_rule rule)
{
	if (got.ms != s * 1000 || got.rule != rule)
		fail_msg("%s: %lld ms by %.*s", what, (long long)got.ms, STR_FMT(fresh_rule_token(got.rule)));
}

static void
lifetimes(void **state)
{
	static const struct {
		const char *what;
		struct meta m;
		int64_t want;
		enum fresh_rule rule;
	} rows[] = {
		{ "nothing", { PLAIN }, 0, FRESH_NONE },
		{ "max-age", { PLAIN, .cc = { CC_MAX_AGE, .max_age = 60 } }, 60, FRESH_MAX_AGE },
		{ "max-age=0 over Expires", { EXPIRES(T, T + 60), .cc = { CC_MAX_AGE } }, 0, FRESH_MAX_AGE },
		{ "max-age at its bound", { PLAIN, .cc = { CC_MAX_AGE, .max_age = FOREVER } }, FOREVER, FRESH_MAX_AGE },
		{ "max-age over a past Expires",
		  { EXPIRES(T, T - 60), .cc = { CC_MAX_AGE, .max_age = 60 } },
		  60,
		  FRESH_MAX_AGE },
		{ "max-age over an invalid Expires",
		  { EXPIRES(T, META_INVALID), .cc = { CC_MAX_AGE, .max_age = 60 } },
		  60,
		  FRESH_MAX_AGE },
		{ "s-maxage over max-age",
		  { PLAIN, .cc = { CC_MAX_AGE | CC_S_MAXAGE, .max_age = 3600, .s_maxage = 1 } },
		  1,
		  FRESH_S_MAXAGE },
		{ "Expires", { EXPIRES(T, T + 60) }, 60, FRESH_EXPIRES },
		{ "Expires now", { EXPIRES(T, T) }, 0, FRESH_EXPIRES },
		{ "Expires before Date", { EXPIRES(T + 400, T + 300) }, 0, FRESH_EXPIRES },
		{ "Expires long ago, no heuristics",
		  { META(200, T, T - DAY, T - 100 * DAY), .flags = META_LAST_MODIFIED },
		  0,
		  FRESH_EXPIRES },
		{ "Expires invalid, no heuristics",
		  { META(200, T, META_INVALID, T - 100 * DAY), .flags = META_LAST_MODIFIED },
		  0,
		  FRESH_EXPIRES },
		{ "Expires in the year 9999", { EXPIRES(T, 253402300799) }, 253402300799 - T, FRESH_EXPIRES },
		{ "Expires against the origin's own clock", { EXPIRES(T - 3600, T - 3540) }, 60, FRESH_EXPIRES },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct cache_policy p = defaults();

		says(rows[i].what, fresh_lifetime(&rows[i].m, &p), rows[i].want, rows[i].rule);
	}
}

static void
heuristics(void **state)
{
	static const struct {
		const char *what;
		struct meta m;
		int64_t want;
		enum fresh_rule rule;
	} rows[] = {
		{ "ten percent", { MODIFIED(200, DAY), .flags = META_LAST_MODIFIED }, DAY / 10, FRESH_HEURISTIC },
		{ "bounded", { MODIFIED(200, 1000 * DAY), .flags = META_LAST_MODIFIED }, 7 * DAY, FRESH_HEURISTIC },
		{ "modified ahead of its date", { MODIFIED(200, -DAY), .flags = META_LAST_MODIFIED }, 0, FRESH_NONE },
		{ "an answer to POST",
		  { MODIFIED(200, DAY), .flags = META_LAST_MODIFIED | META_FROM_POST },
		  0,
		  FRESH_NONE },
		{ "404", { MODIFIED(404, DAY), .flags = META_LAST_MODIFIED }, DAY / 10, FRESH_HEURISTIC },
		{ "206", { MODIFIED(206, DAY), .flags = META_LAST_MODIFIED }, DAY / 10, FRESH_HEURISTIC },
		{ "201", { MODIFIED(201, DAY), .flags = META_LAST_MODIFIED }, 0, FRESH_NONE },
		{ "302", { MODIFIED(302, DAY), .flags = META_LAST_MODIFIED }, 0, FRESH_NONE },
		{ "503", { MODIFIED(503, DAY), .flags = META_LAST_MODIFIED }, 0, FRESH_NONE },
		{ "599", { MODIFIED(599, DAY), .flags = META_LAST_MODIFIED }, 0, FRESH_NONE },
		{ "599, public",
		  { MODIFIED(599, DAY), .flags = META_LAST_MODIFIED, .cc = { CC_PUBLIC } },
		  DAY / 10,
		  FRESH_HEURISTIC },
	};
	struct cache_policy none = defaults();

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct cache_policy p = defaults();

		says(rows[i].what, fresh_lifetime(&rows[i].m, &p), rows[i].want, rows[i].rule);
	}
	none.heuristic_percent = 0;
	says("switched off", fresh_lifetime(&rows[0].m, &none), 0, FRESH_NONE);
}

/* RFC 9213 2.2. */
static void
targeted(void **state)
{
	static const struct {
		const char *what;
		struct meta m;
		int64_t want, untargeted;
		enum fresh_rule rule, untargeted_rule;
	} rows[] = {
		{ "longer",
		  { PLAIN, .cc = { CC_MAX_AGE, .max_age = 1 }, .targeted = { CC_MAX_AGE, .max_age = 60 } },
		  60,
		  1,
		  FRESH_TARGETED,
		  FRESH_MAX_AGE },
		{ "shorter",
		  { PLAIN, .cc = { CC_MAX_AGE, .max_age = 60 }, .targeted = { CC_MAX_AGE, .max_age = 1 } },
		  1,
		  60,
		  FRESH_TARGETED,
		  FRESH_MAX_AGE },
		{ "zero over Expires",
		  { EXPIRES(T, T + 60), .targeted = { CC_MAX_AGE } },
		  0,
		  60,
		  FRESH_TARGETED,
		  FRESH_EXPIRES },
		{ "without lifetime, Expires does not count",
		  { EXPIRES(T, T + 60), .targeted = { CC_NO_CACHE } },
		  0,
		  60,
		  FRESH_NONE,
		  FRESH_EXPIRES },
		{ "its s-maxage first",
		  { PLAIN, .targeted = { CC_MAX_AGE | CC_S_MAXAGE, .max_age = 1, .s_maxage = 2 } },
		  2,
		  0,
		  FRESH_TARGETED,
		  FRESH_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct cache_policy p = defaults();
		struct meta m = rows[i].m;

		m.flags |= META_TARGETED;
		says(rows[i].what, fresh_lifetime(&m, &p), rows[i].want, rows[i].rule);
		p.targeted = false;
		says(rows[i].what, fresh_lifetime(&m, &p), rows[i].untargeted, rows[i].untargeted_rule);
	}
}

static void
policies(void **state)
{
	static const struct {
		const char *what;
		struct meta m;
		int64_t ttl, default_ttl, max_ttl, negative_ttl, want;
		enum fresh_rule rule;
	} rows[] = {
		{ "ttl", { PLAIN, .cc = { CC_MAX_AGE, .max_age = 9 } }, 5, -1, -1, -1, 5, FRESH_POLICY },
		{ "ttl of a redirect", { STATUS(302) }, 5, -1, -1, -1, 5, FRESH_POLICY },
		{ "ttl not of an outage", { STATUS(503) }, 5, -1, -1, -1, 0, FRESH_NONE },
		{ "ttl past the bound", { PLAIN }, 5, -1, 2, -1, 5, FRESH_POLICY },
		{ "bound", { PLAIN, .cc = { CC_MAX_AGE, .max_age = 9 } }, -1, -1, 2, -1, 2, FRESH_MAX_AGE },
		{ "default", { PLAIN }, -1, 5, -1, -1, 5, FRESH_DEFAULT },
		{ "no default over Expires", { EXPIRES(T, T - 1) }, -1, 5, -1, -1, 0, FRESH_EXPIRES },
		{ "no default for 500", { STATUS(500) }, -1, 5, -1, -1, 0, FRESH_NONE },
		{ "negative", { STATUS(404) }, -1, 5, -1, 3, 3, FRESH_NEGATIVE },
		{ "negative before heuristics",
		  { MODIFIED(410, DAY), .flags = META_LAST_MODIFIED },
		  -1,
		  -1,
		  -1,
		  3,
		  3,
		  FRESH_NEGATIVE },
		{ "explicit before negative",
		  { STATUS(404), .cc = { CC_MAX_AGE, .max_age = 9 } },
		  -1,
		  -1,
		  -1,
		  3,
		  9,
		  FRESH_MAX_AGE },
		{ "not negative", { STATUS(200) }, -1, -1, -1, 3, 0, FRESH_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct cache_policy p = defaults();

		p.ttl = rows[i].ttl;
		p.default_ttl = rows[i].default_ttl;
		p.max_ttl = rows[i].max_ttl;
		p.negative_ttl = rows[i].negative_ttl;
		says(rows[i].what, fresh_lifetime(&rows[i].m, &p), rows[i].want, rows[i].rule);
	}
}

/* RFC 9111 4.2.3. */
static void
ages(void **state)
{
	static const struct {
		const char *what;
		int64_t date, requested_ms, later_ms, want_ms;
		uint32_t age;
	} rows[] = {
		{ "new", T, T_MS, 0, 0, 0 },
		{ "resident", T, T_MS, 4200, 4200, 0 },
		{ "Age", T, T_MS, 0, 30000, 30 },
		{ "Age and residence", T, T_MS, 4200, 34200, 30 },
		{ "slow answer", T, T_MS - 2500, 0, 2500, 0 },
		{ "slow answer adds to Age", T, T_MS - 2500, 1000, 33500, 30 },
		{ "old date", T - 7200, T_MS, 1000, 7201000, 0 },
		{ "old date, older Age", T - 10, T_MS, 0, 25000, 25 },
		{ "date ahead", T + 400, T_MS, 0, 0, 0 },
		{ "date ahead, Age", T + 10, T_MS, 0, 15000, 15 },
		{ "date of the same second", T, T_MS, 0, 0, 0 },
		{ "our clock went back on the way", T, T_MS + 5000, 1000, 1000, 0 },
		{ "our clock went back since", T, T_MS, -60000, 0, 0 },
		{ "Age at its bound", T, T_MS, 0, FOREVER * (int64_t)1000, FOREVER },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct meta m = { .requested_ms = rows[i].requested_ms,
				  .received_ms = T_MS,
				  .date = rows[i].date,
				  .age = rows[i].age };
		int64_t got = fresh_age_ms(&m, T_MS + rows[i].later_ms);

		if (got != rows[i].want_ms)
			fail_msg("%s: %lld", rows[i].what, (long long)got);
	}
}

static void
age_in_seconds_is_held(void **state)
{
	struct meta m = { PLAIN, .age = FOREVER };

	(void)state;
	assert_int_equal(fresh_age_s(&m, T_MS + 5000), FOREVER);
	m.age = 7;
	assert_int_equal(fresh_age_s(&m, T_MS + 1999), 8);
}

#define NO_CACHE 1
#define NEVER    2
#define SWR      4
#define SIE      8
#define DEAD     16

static unsigned
uses(const struct meta *m, const struct cache_policy *p, int64_t now_ms)
{
	struct freshness f;

	fresh_state(m, p, now_ms, &f);
	return (f.must_validate ? NO_CACHE : 0) | (f.never_stale ? NEVER : 0) | (f.swr ? SWR : 0) | (f.sie ? SIE : 0) |
	       (now_ms >= fresh_dead_ms(m, p) ? DEAD : 0);
}

/* A lifetime of 10 s; `at` is the age in seconds. The route keeps what is stale for 50 s. */
static void
stale_uses(void **state)
{
	static const struct {
		const char *what;
		struct cc cc;
		int64_t at, swr, sie;
		unsigned flags, want;
	} rows[] = {
		{ "fresh", { CC_MAX_AGE | CC_SWR, .max_age = 10, .swr = 5 }, 9, -1, -1, 0, 0 },
		{ "at its end", { CC_MAX_AGE | CC_SWR, .max_age = 10, .swr = 5 }, 10, -1, -1, 0, SWR },
		{ "in swr", { CC_MAX_AGE | CC_SWR, .max_age = 10, .swr = 5 }, 14, -1, -1, 0, SWR },
		{ "past swr", { CC_MAX_AGE | CC_SWR, .max_age = 10, .swr = 5 }, 15, -1, -1, 0, 0 },
		{ "in sie", { CC_MAX_AGE | CC_SIE, .max_age = 10, .sie = 5 }, 14, -1, -1, 0, SIE },
		{ "past sie", { CC_MAX_AGE | CC_SIE, .max_age = 10, .sie = 5 }, 15, -1, -1, 0, 0 },
		{ "route's windows", { CC_MAX_AGE, .max_age = 10 }, 12, 5, 3, 0, SWR | SIE },
		{ "past the route's", { CC_MAX_AGE, .max_age = 10 }, 13, 5, 3, 0, SWR },
		{ "the response's before the route's",
		  { CC_MAX_AGE | CC_SWR, .max_age = 10, .swr = 0 },
		  12,
		  5,
		  -1,
		  0,
		  0 },
		{ "never fresh, not by the route", { CC_MAX_AGE, .max_age = 0 }, 1, 5, 5, 0, 0 },
		{ "never fresh, by its own word", { CC_MAX_AGE | CC_SWR, .max_age = 0, .swr = 5 }, 1, -1, -1, 0, SWR },
		{ "must-revalidate wins",
		  { CC_MAX_AGE | CC_SWR | CC_SIE | CC_MUST_REVALIDATE, .max_age = 10, .swr = 5, .sie = 5 },
		  12,
		  5,
		  5,
		  META_ETAG,
		  NEVER },
		{ "proxy-revalidate", { CC_MAX_AGE | CC_PROXY_REVALIDATE, .max_age = 10 }, 12, 5, 5, META_ETAG, NEVER },
		{ "s-maxage", { CC_S_MAXAGE | CC_SWR, .s_maxage = 10, .swr = 5 }, 12, -1, -1, META_ETAG, NEVER },
		{ "no-cache", { CC_MAX_AGE | CC_NO_CACHE, .max_age = 10 }, 5, -1, -1, 0, NO_CACHE | NEVER },
		{ "no-cache with names", { CC_MAX_AGE | CC_NO_CACHE_FIELDS, .max_age = 10 }, 5, -1, -1, 0, 0 },
		{ "no validator: kept", { CC_MAX_AGE, .max_age = 10 }, 59, -1, -1, 0, 0 },
		{ "no validator: dead", { CC_MAX_AGE, .max_age = 10 }, 60, -1, -1, 0, DEAD },
		{ "no validator, in sie", { CC_MAX_AGE | CC_SIE, .max_age = 10, .sie = 90 }, 99, -1, -1, 0, SIE },
		{ "no validator, past sie", { CC_MAX_AGE | CC_SIE, .max_age = 10, .sie = 90 }, 100, -1, -1, 0, DEAD },
		{ "no validator, in swr", { CC_MAX_AGE | CC_SWR, .max_age = 10, .swr = 90 }, 99, -1, -1, 0, SWR },
		{ "no validator, must-revalidate: dead at once",
		  { CC_MAX_AGE | CC_MUST_REVALIDATE, .max_age = 10 },
		  10,
		  -1,
		  -1,
		  0,
		  NEVER | DEAD },
		{ "ETag: never dead", { CC_MAX_AGE, .max_age = 10 }, 99999, -1, -1, META_ETAG, 0 },
		{ "Last-Modified: never dead", { CC_MAX_AGE, .max_age = 10 }, 99999, -1, -1, META_LAST_MODIFIED, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct meta m = { PLAIN, .cc = rows[i].cc, .flags = (uint16_t)rows[i].flags };
		struct cache_policy p = defaults();
		unsigned got;

		p.swr = rows[i].swr;
		p.sie = rows[i].sie;
		p.keep_stale = 50;
		got = uses(&m, &p, T_MS + rows[i].at * 1000);
		if (got != rows[i].want)
			fail_msg("%s: %x", rows[i].what, got);
	}
}

/* no-cache and must-revalidate are looked for in the field that is in force, and there alone. */
static void
directives_in_force(void **state)
{
	struct meta m = { PLAIN, .cc = { CC_MAX_AGE | CC_NO_CACHE, .max_age = 60 },
			  .targeted = { CC_MAX_AGE, .max_age = 60 }, .flags = META_TARGETED };
	struct cache_policy p = defaults();

	(void)state;
	assert_int_equal(uses(&m, &p, T_MS), 0);
	m.cc.bits = CC_MAX_AGE;
	m.targeted.bits = CC_NO_CACHE;
	assert_int_equal(uses(&m, &p, T_MS), NO_CACHE | NEVER | DEAD);
	p.targeted = false;
	assert_int_equal(uses(&m, &p, T_MS), 0);
}

static void
ttl_and_age_add_up(void **state)
{
	struct meta m = { PLAIN, .cc = { CC_MAX_AGE, .max_age = 60 }, .age = 10 };
	struct cache_policy p = defaults();
	struct freshness f;

	(void)state;
	fresh_state(&m, &p, T_MS + 1500, &f);
	assert_int_equal(f.age_ms, 11500);
	assert_int_equal(f.ttl_ms, 48500);
	assert_int_equal(f.rule, FRESH_MAX_AGE);
}

static void
seconds(void **state)
{
	static const int64_t rows[][2] = {
		{ 0, 0 }, { 999, 1 }, { 1000, 1 }, { 1001, 2 }, { -1, -1 }, { -999, -1 }, { -1000, -1 }, { -1001, -2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(fresh_seconds(rows[i][0]), rows[i][1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lifetimes),
		cmocka_unit_test(heuristics),
		cmocka_unit_test(targeted),
		cmocka_unit_test(policies),
		cmocka_unit_test(ages),
		cmocka_unit_test(age_in_seconds_is_held),
		cmocka_unit_test(stale_uses),
		cmocka_unit_test(directives_in_force),
		cmocka_unit_test(ttl_and_age_add_up),
		cmocka_unit_test(seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
