#include "http/heads.h"
#include "with_arena.h"

#include "cache/key.h"

static const struct hash_secret secret = { "a secret of the tests" };
WITH_ARENA(a, 1 << 20);

static struct key
key_of(const char *host, const char *target, const struct key_rules *rules, const struct head *request)
{
	struct key_parts parts = key_parts_of(STR("http"), str_c(host), str_c(target));

	return key_make(&secret, &parts, rules, request, a);
}

static void
hosts(void **state)
{
	static const struct {
		const char *scheme, *host, *want;
	} rows[] = {
		{ "http", "example.com", "http://example.com/" },
		{ "http", "EXAMPLE.com", "http://example.com/" },
		{ "HTTP", "h", "http://h/" },
		{ "http", "h:80", "http://h/" },
		{ "http", "h:", "http://h/" },
		{ "http", "h:0080", "http://h/" },
		{ "http", "h:443", "http://h:443/" },
		{ "http", "h:8080", "http://h:8080/" },
		{ "https", "h:443", "https://h/" },
		{ "https", "h:80", "https://h:80/" },
		{ "http", "[2001:DB8::1]", "http://[2001:db8::1]/" },
		{ "http", "[::1]:80", "http://[::1]/" },
		{ "http", "[::1]:81", "http://[::1]:81/" },
		{ "http", "h.", "http://h./" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct key_parts parts = key_parts_of(str_c(rows[i].scheme), str_c(rows[i].host), STR("/"));
		struct key k = key_make(&secret, &parts, NULL, NULL, a);

		assert_true(str_eq(k.text, str_c(rows[i].want)));
		assert_true(hash128_eq(k.hash, hash_keyed(&secret, k.text)));
	}
}

/* Not a byte is normalised where no rule says so. */
static void
targets_are_verbatim(void **state)
{
	static const char *const rows[] = {
		"/", "/A/../b", "//a", "/%7ea", "/~a", "/a?", "/a?b", "/a?b=c&a", "/a?b#", "/a?&&", "/a?b?c",
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct key k = key_of("h", rows[i], NULL, NULL);

		assert_true(str_eq(str_skip(k.text, sizeof "http://h" - 1), str_c(rows[i])));
	}
}

static void
query_rules(void **state)
{
	static const struct str tracking[] = { STR_INIT("utm_*"), STR_INIT("gclid") };
	static const struct str all[] = { STR_INIT("*") };
	static const struct key_rules none = { 0 };
	static const struct key_rules some = { .ignore = tracking, .ignore_count = 2 };
	static const struct key_rules whole = { .ignore = all, .ignore_count = 1 };
	static const struct key_rules sorted = { .sort_query = true };
	static const struct key_rules both = { .ignore = tracking, .ignore_count = 2, .sort_query = true };
	static const struct {
		const struct key_rules *rules;
		const char *target, *want;
	} rows[] = {
		{ &none, "/a?b=2&a=1&", "http://h/a?b=2&a=1&" },
		{ &some, "/a", "http://h/a" },
		{ &some, "/a?", "http://h/a?" },
		{ &some, "/a?utm_source=x", "http://h/a" },
		{ &some, "/a?b=2&utm_source=x&a=1&gclid", "http://h/a?b=2&a=1" },
		{ &some, "/a?gclid2=1&xutm_=2", "http://h/a?gclid2=1&xutm_=2" },
		{ &some, "/a?UTM_x=1", "http://h/a?UTM_x=1" },
		{ &some, "/a?b=1?gclid=2", "http://h/a?b=1?gclid=2" },
		{ &some, "/utm_x?a", "http://h/utm_x?a" },
		{ &whole, "/a?b=2", "http://h/a" },
		{ &whole, "/a?", "http://h/a" },
		{ &sorted, "/a?b=2&a=1", "http://h/a?a=1&b=2" },
		{ &sorted, "/a?b=2&a=9&b=1&a", "http://h/a?a=9&a&b=2&b=1" },
		{ &sorted, "/a?ab=1&a=2", "http://h/a?a=2&ab=1" },
		{ &sorted, "/a?b&&a", "http://h/a?&a&b" },
		{ &both, "/a?b=2&utm_x=1&a=1", "http://h/a?a=1&b=2" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct key k = key_of("h", rows[i].target, rows[i].rules, NULL);

		if (!str_eq(k.text, str_c(rows[i].want)))
			fail_msg("%s: %.*s", rows[i].target, STR_FMT(k.text));
	}
}

static void
fields_join(void **state)
{
	static const struct str names[] = { STR_INIT("x-a"), STR_INIT("accept") };
	static const struct key_rules rules = { .fields = names, .field_count = 2 };
	static const struct {
		const char *head, *want;
	} rows[] = {
		{ "", "http://h/" },
		{ "X-A: 1", "http://h/ x-a=1" },
		{ "Accept: b\nX-A: 1", "http://h/ x-a=1 accept=b" },
		{ "X-A:", "http://h/ x-a=" },
		{ "X-A: 1\nx-a: 2", "http://h/ x-a=1,2" },
		{ "X-A: 1 accept=b", "http://h/ x-a=1%20accept=b" },
		{ "X-A: 100%\xc3\t", "http://h/ x-a=100%25%C3" },
		{ "X-B: 1", "http://h/" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct head request = head_of(rows[i].head, a);
		struct key k = key_of("h", "/", &rules, &request);

		if (!str_eq(k.text, str_c(rows[i].want)))
			fail_msg("%s: %.*s", rows[i].head, STR_FMT(k.text));
	}
}

static void
urls(void **state)
{
	static const struct {
		const char *url, *want; /* NULL: no key */
	} rows[] = {
		{ "http://H:80/a?b", "http://h/a?b" },
		{ "https://h", "https://h/" },
		{ "HTTP://h?q", "http://h/?q" },
		{ "/a", NULL },
		{ "ftp://h/a", NULL },
		{ "http://u@h/a", NULL },
		{ "*", NULL },
		{ "", NULL },
		{ "http://h/a b", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct key k;
		bool ok = key_of_url(&secret, str_c(rows[i].url), NULL, a, &k);

		assert_int_equal(ok, rows[i].want != NULL);
		if (ok)
			assert_true(str_eq(k.text, str_c(rows[i].want)));
	}
}

static void
a_full_arena_gives_none(void **state)
{
	struct arena *small = arena_new(8 << 10);
	static char long_target[64 << 10];
	struct key_parts parts = { STR("http"), STR("h"), 0, { long_target, sizeof long_target } };
	struct key k;

	(void)state;
	memset(long_target, 'a', sizeof long_target);
	k = key_make(&secret, &parts, NULL, NULL, small);
	assert_null(k.text.p);
	assert_true(arena_failed(small));
	arena_free(&small);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts),       cmocka_unit_test(targets_are_verbatim),
		cmocka_unit_test(query_rules), cmocka_unit_test(fields_join),
		cmocka_unit_test(urls),        cmocka_unit_test(a_full_arena_gives_none),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
