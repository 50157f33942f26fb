#include "unit.h"

#include <stdio.h>

#include "proxy/sites.h"

static struct sites sites;

static void
expect(const char *field, const char *host, unsigned port, const char *origin)
{
	struct key_parts parts;

	assert_true(sites_find(&sites, str_c(field), &parts));
	assert_str_is(parts.host, str_c(host), __FILE__, __LINE__);
	assert_int_equal(parts.port, port);
	assert_str_is(parts.origin, str_c(origin), __FILE__, __LINE__);
	assert_str(parts.scheme, "http");
}

static void
what_a_field_says(void **state)
{
	(void)state;
	for (int twice = 0; twice < 2; twice++) {
		expect("a.example", "a.example", 0, "http://a.example");
		expect("A.Example:80", "A.Example", 80, "http://a.example");
		expect("a.example:8080", "a.example", 8080, "http://a.example:8080");
		expect("[::1]:81", "[::1]", 81, "http://[::1]:81");
		expect("a", "a", 0, "http://a");
		expect("a.longer.name.than.most.that.are.seen.in.the.wild.example:65535",
		       "a.longer.name.than.most.that.are.seen.in.the.wild.example", 65535,
		       "http://a.longer.name.than.most.that.are.seen.in.the.wild.example:65535");
	}
}

/* More than there are places, of which some share one. */
static void
many_take_turns(void **state)
{
	char field[32], origin[48];

	(void)state;
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 10 * SITES; i++) {
			snprintf(field, sizeof field, "h%d.example", i);
			snprintf(origin, sizeof origin, "http://h%d.example", i);
			expect(field, field, 0, origin);
		}
}

static void
what_is_none(void **state)
{
	static const char *const bad[] = {
		"",     "a b", "a:0",    "a:99999",
		"[::1", "a/b", "user@a", "a.name.that.is.longer.than.the.longest.that.this.remembers.example"
	};
	struct key_parts parts;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		for (int twice = 0; twice < 2; twice++)
			assert_false(sites_find(&sites, str_c(bad[i]), &parts));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_field_says),
		cmocka_unit_test(many_take_turns),
		cmocka_unit_test(what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
