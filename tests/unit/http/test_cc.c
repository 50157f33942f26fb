#include "heads.h"
#include "with_arena.h"

#include "http/cc.h"

WITH_ARENA(a, 1 << 20);

/* A head with that field; a line feed in the value begins a new line. */
static struct head
lines(const char *name, const char *value)
{
	struct str rest = str_c(value), line;
	bool more = true;
	struct head h;

	head_init(&h, a);
	while (more) {
		more = str_cut(&rest, '\n', &line);
		assert_true(head_add(&h, str_c(name), line));
	}
	return h;
}

struct row {
	const char *text;
	struct cc want;
};

static void
check(const char *text, const struct cc *got, const struct cc *want)
{
	if (memcmp(got, want, sizeof *got) != 0)
		fail_msg("%s: bits %x max-age %u s-maxage %u swr %u sie %u max-stale %u min-fresh %u", text, got->bits,
			 got->max_age, got->s_maxage, got->swr, got->sie, got->max_stale, got->min_fresh);
}

static const struct row plain[] = {
	{ "", { 0 } },
	{ "max-age=3600", { CC_MAX_AGE, .max_age = 3600 } },
	{ "MaX-aGe=3600", { CC_MAX_AGE, .max_age = 3600 } },
	{ "max-age=003600", { CC_MAX_AGE, .max_age = 3600 } },
	{ "max-age=\"3600\"", { CC_MAX_AGE, .max_age = 3600 } },
	{ "public, max-age=60 ,s-maxage=5", { CC_PUBLIC | CC_MAX_AGE | CC_S_MAXAGE, .max_age = 60, .s_maxage = 5 } },
	{ "max-age=3600\ns-maxage=1", { CC_MAX_AGE | CC_S_MAXAGE, .max_age = 3600, .s_maxage = 1 } },
	{ "foobar, max-age=3600, a=\"b", { CC_MAX_AGE, .max_age = 3600 } },
	{ "no-cache", { CC_NO_CACHE } },
	{ "No-StOrE", { CC_NO_STORE } },
	{ "private, no-transform", { CC_PRIVATE | CC_NO_TRANSFORM } },
	{ "must-revalidate,proxy-revalidate,,must-understand",
	  { CC_MUST_REVALIDATE | CC_PROXY_REVALIDATE | CC_MUST_UNDERSTAND } },
	{ "immutable, stale-while-revalidate=30, stale-if-error=60",
	  { CC_IMMUTABLE | CC_SWR | CC_SIE, .swr = 30, .sie = 60 } },
	{ "only-if-cached, min-fresh=9", { CC_ONLY_IF_CACHED | CC_MIN_FRESH, .min_fresh = 9 } },
	{ "nothing-to-see-here", { 0 } },
	/* Large numbers are held (RFC 9111 1.2.2). */
	{ "max-age=2147483647", { CC_MAX_AGE, .max_age = 2147483647 } },
	{ "max-age=2147483648", { CC_MAX_AGE, .max_age = 2147483647 } },
	{ "max-age=99999999999", { CC_MAX_AGE, .max_age = 2147483647 } },
	{ "max-age=99999999999999999999999", { CC_MAX_AGE, .max_age = 2147483647 } },
	/* What is no number makes a lifetime 0 (RFC 9111 4.2.1). */
	{ "max-age=-3600", { CC_MAX_AGE } },
	{ "max-age='3600'", { CC_MAX_AGE } },
	{ "max-age=3600.0", { CC_MAX_AGE } },
	{ "max-age=a3600", { CC_MAX_AGE } },
	{ "max-age=3600a", { CC_MAX_AGE } },
	{ "max-age=", { CC_MAX_AGE } },
	{ "max-age", { CC_MAX_AGE } },
	{ "max-age=\"60", { CC_MAX_AGE } },
	{ "max-age =3600", { CC_MAX_AGE } },
	{ "max-age= 3600", { CC_MAX_AGE } },
	{ "s-maxage=+1", { CC_S_MAXAGE } },
	/* ... and anything else absent. */
	{ "stale-while-revalidate=x, stale-if-error, min-fresh=-1", { 0 } },
	/* A directive inside a quoted string is none. */
	{ "extension=\"max-age=3600\", max-age=1", { CC_MAX_AGE, .max_age = 1 } },
	{ "max-age=1, extension=\"max-age=3600\"", { CC_MAX_AGE, .max_age = 1 } },
	{ "x=\"no-store, private\"", { 0 } },
	/* Twice: the first number, unless one is none. */
	{ "max-age=1800, max-age=1", { CC_MAX_AGE, .max_age = 1800 } },
	{ "max-age=1\nmax-age=1800", { CC_MAX_AGE, .max_age = 1 } },
	{ "max-age=60, max-age=x", { CC_MAX_AGE } },
	{ "max-age=x, max-age=60", { CC_MAX_AGE } },
	{ "stale-if-error=x, stale-if-error=60", { CC_SIE, .sie = 60 } },
	/* Field names. */
	{ "no-cache=\"a, b\"", { CC_NO_CACHE_FIELDS } },
	{ "no-cache=a", { CC_NO_CACHE_FIELDS } },
	{ "private=\"Set-Cookie\", private", { CC_PRIVATE | CC_PRIVATE_FIELDS } },
	{ "no-cache=\"\"", { CC_NO_CACHE } },
	{ "no-cache=", { CC_NO_CACHE } },
	{ "private=\"a b\"", { CC_PRIVATE } },
	{ "private=\"a", { CC_PRIVATE } },
	/* Patience. */
	{ "max-stale=100", { CC_MAX_STALE, .max_stale = 100 } },
	{ "max-stale", { CC_MAX_STALE | CC_MAX_STALE_ANY, .max_stale = 2147483647 } },
	{ "max-stale, max-stale=5", { CC_MAX_STALE, .max_stale = 5 } },
	{ "max-stale=5, max-stale", { CC_MAX_STALE, .max_stale = 5 } },
	{ "max-stale=x", { 0 } },
	/* Longer than what is remembered. */
	{ "max-age=7, a=01234567890123456789012345678901234567890123456789012345678901234567890123456789",
	  { CC_MAX_AGE, .max_age = 7 } },
	{ "max-age=8, a=01234567890123456789012345678901234567890123456789012345678901234567890123456789",
	  { CC_MAX_AGE, .max_age = 8 } },
};

#define PLAIN (sizeof plain / sizeof plain[0])

static void
parse(const struct row *row)
{
	struct head h = lines("Cache-Control", row->text);
	struct cc got = cc_parse(&h);

	check(row->text, &got, &row->want);
}

static void
parses(void **state)
{
	(void)state;
	for (size_t i = 0; i < PLAIN; i++)
		parse(&plain[i]);
}

/* What was read before is no matter. */
static void
parses_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < PLAIN; i++)
		for (size_t j = 0; j < PLAIN; j++) {
			parse(&plain[i]);
			parse(&plain[j]);
			parse(&plain[i]);
			arena_reset(a);
		}
}

static void
absent(void **state)
{
	struct head h = head_of("X-Cache-Control: max-age=5", a);
	struct cc none = { 0 }, got;

	(void)state;
	got = cc_parse(&h);
	check("absent", &got, &none);
	assert_false(cc_parse_targeted(&h, a, &got));
	check("absent", &got, &none);
}

static void
targeted(void **state)
{
	static const struct row rows[] = {
		{ "max-age=3600", { CC_MAX_AGE, .max_age = 3600 } },
		{ "max-age=2147483648", { CC_MAX_AGE, .max_age = 2147483647 } },
		{ "max-age=99999999999", { CC_MAX_AGE, .max_age = 2147483647 } },
		{ "max-age=0", { CC_MAX_AGE } },
		{ "foobar, max-age=3600;x=y", { CC_MAX_AGE, .max_age = 3600 } },
		{ "max-age=1\nno-store", { CC_MAX_AGE | CC_NO_STORE, .max_age = 1 } },
		{ "max-age=1, max-age=5", { CC_MAX_AGE, .max_age = 5 } },
		{ "private, no-cache", { CC_PRIVATE | CC_NO_CACHE } },
		{ "private=\"a\", no-cache=\"b\"", { CC_PRIVATE | CC_NO_CACHE } },
		{ "no-store=?0, must-revalidate", { CC_MUST_REVALIDATE } },
		{ "none", { 0 } },
		{ "stale-if-error=5, stale-while-revalidate=\"6\"", { CC_SIE, .sie = 5 } },
		/* Types are not converted. */
		{ "max-age=\"10000\"", { CC_MAX_AGE } },
		{ "max-age=1.5", { CC_MAX_AGE } },
		{ "max-age=-5", { CC_MAX_AGE } },
		{ "max-age", { CC_MAX_AGE } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct head h = lines("CDN-Cache-Control", rows[i].text);
		struct cc got;

		assert_true(cc_parse_targeted(&h, a, &got));
		check(rows[i].text, &got, &rows[i].want);
	}
}

static void
not_targeted(void **state)
{
	static const char *const rows[] = {
		"",
		" ",
		"max-age=10000, &&&&&",
		"MaX-aGe=3600",
		"max-age =100",
		"max-age= 100",
		"max-age=100,",
		"max-age=1000000000000000",
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct head h = lines("CDN-Cache-Control", rows[i]);
		struct cc got;

		if (cc_parse_targeted(&h, a, &got))
			fail_msg("took %s", rows[i]);
	}
}

static void
names(void **state)
{
	struct head h;

	(void)state;
	h = lines("Cache-Control", "no-cache=\"A, b\", max-age=3600\nprivate=c,x=\"private=e\",no-cache=\"d\"");
	assert_true(cc_names_field(&h, CC_NO_CACHE_FIELDS, STR("a")));
	assert_true(cc_names_field(&h, CC_NO_CACHE_FIELDS, STR("B")));
	assert_true(cc_names_field(&h, CC_NO_CACHE_FIELDS, STR("d")));
	assert_false(cc_names_field(&h, CC_NO_CACHE_FIELDS, STR("c")));
	assert_true(cc_names_field(&h, CC_PRIVATE_FIELDS, STR("C")));
	assert_false(cc_names_field(&h, CC_PRIVATE_FIELDS, STR("a")));
	assert_false(cc_names_field(&h, CC_PRIVATE_FIELDS, STR("e")));
	h = lines("Cache-Control", "private=\"a b\", no-cache");
	assert_false(cc_names_field(&h, CC_PRIVATE_FIELDS, STR("a")));
	assert_false(cc_names_field(&h, CC_NO_CACHE_FIELDS, STR("")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(parses, setup, teardown),
		cmocka_unit_test_setup_teardown(parses_again, setup, teardown),
		cmocka_unit_test_setup_teardown(absent, setup, teardown),
		cmocka_unit_test_setup_teardown(targeted, setup, teardown),
		cmocka_unit_test_setup_teardown(not_targeted, setup, teardown),
		cmocka_unit_test_setup_teardown(names, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
