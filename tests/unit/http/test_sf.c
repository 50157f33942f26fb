#include <stdio.h>

#include "with_arena.h"

#include "http/sf.h"

WITH_ARENA(a, 1 << 20);

static void
items(void **state)
{
	static const struct {
		const char *text;
		enum sf_type type;
		int64_t number;
		const char *want;
	} rows[] = {
		{ "0", SF_INTEGER, 0, "" },
		{ "-0", SF_INTEGER, 0, "" },
		{ "042", SF_INTEGER, 42, "" },
		{ " 42 ", SF_INTEGER, 42, "" },
		{ "999999999999999", SF_INTEGER, 999999999999999, "" },
		{ "-999999999999999", SF_INTEGER, -999999999999999, "" },
		{ "1.5", SF_DECIMAL, 1500, "" },
		{ "-0.001", SF_DECIMAL, -1, "" },
		{ "123456789012.125", SF_DECIMAL, 123456789012125, "" },
		{ "\"\"", SF_STRING, 0, "" },
		{ "\"a b\"", SF_STRING, 0, "a b" },
		{ "\"a\\\"b\\\\\"", SF_STRING, 0, "a\"b\\" },
		{ "abc", SF_TOKEN, 0, "abc" },
		{ "*a/b:c!", SF_TOKEN, 0, "*a/b:c!" },
		{ "A", SF_TOKEN, 0, "A" },
		{ ":cHJldGVuZA==:", SF_BYTES, 0, "cHJldGVuZA==" },
		{ "::", SF_BYTES, 0, "" },
		{ "?1", SF_BOOLEAN, 1, "" },
		{ "?0", SF_BOOLEAN, 0, "" },
		{ "@1659578233", SF_DATE, 1659578233, "" },
		{ "@-1", SF_DATE, -1, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct sf_item item;

		assert_true(sf_parse_item(str_c(rows[i].text), a, &item));
		assert_int_equal(item.type, rows[i].type);
		assert_true(item.number == rows[i].number);
		assert_true(str_eq(item.text, str_c(rows[i].want)));
		assert_true(str_eq(item.raw, str_trim(str_c(rows[i].text))));
	}
}

static void
no_items(void **state)
{
	static const char *const rows[] = {
		"",
		"\t1",
		"1\t",
		"1 2",
		"1,2",
		"-",
		"--1",
		"+1",
		"1000000000000000",
		"1.",
		"1.2345",
		".5",
		"1.2.3",
		"1234567890123.1",
		"\"a",
		"\"a\\x\"",
		"\"a\\\"",
		"\"\t\"",
		"\"\x7f\"",
		"\"\xc3\xa9\"",
		"'a'",
		":a b:",
		":ab",
		":a===:",
		":=a:",
		"?",
		"?2",
		"?true",
		"@",
		"@1.5",
		"@a",
		"(1)",
		"&",
		"{}",
		"a;",
		"a;A",
		"a;1",
		"a;b=",
		"a; b=\"",
		"a ;b",
		"a;b =1",
		"%\"a\"",
		"a=1",
	};
	struct sf_item item;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (sf_parse_item(str_c(rows[i]), a, &item))
			fail_msg("took %s", rows[i]);
	assert_false(sf_parse_item(STR("a\0"), a, &item));
}

static void
parameters(void **state)
{
	struct sf_item item;

	(void)state;
	assert_true(sf_parse_item(STR("edge-1;hit; ttl=-5;  detail=\"a;b\";ttl=7;*x"), a, &item));
	assert_str(item.raw, "edge-1");
	assert_int_equal(sf_param(&item, STR("hit"))->type, SF_BOOLEAN);
	assert_int_equal(sf_param(&item, STR("hit"))->number, 1);
	assert_int_equal(sf_param(&item, STR("ttl"))->number, 7);
	assert_str(sf_param(&item, STR("ttl"))->raw, "7");
	assert_str(sf_param(&item, STR("detail"))->text, "a;b");
	assert_str(item.params->next->key, "ttl");
	assert_str(item.params->next->next->next->key, "*x");
	assert_null(item.params->next->next->next->next);
	assert_null(sf_param(&item, STR("Hit")));
}

static void
lists(void **state)
{
	struct sf_item *m;

	(void)state;
	assert_true(sf_parse_list(STR(""), a, &m));
	assert_null(m);
	assert_true(sf_parse_list(STR("  "), a, &m));
	assert_null(m);
	assert_true(sf_parse_list(STR("shield; hit ,\t\"edge 1\";fwd=miss,(a \"b\";x  2);y=1, ()"), a, &m));
	assert_str(m->text, "shield");
	m = m->next;
	assert_str(m->text, "edge 1");
	assert_str(sf_param(m, STR("fwd"))->text, "miss");
	m = m->next;
	assert_int_equal(m->type, SF_INNER_LIST);
	assert_str(m->raw, "(a \"b\";x  2)");
	assert_int_equal(sf_param(m, STR("y"))->number, 1);
	assert_str(m->inner->text, "a");
	assert_int_equal(sf_param(m->inner->next, STR("x"))->number, 1);
	assert_int_equal(m->inner->next->next->number, 2);
	assert_null(m->inner->next->next->next);
	m = m->next;
	assert_null(m->inner);
	assert_null(m->next);
}

static void
no_lists(void **state)
{
	static const char *const rows[] = {
		",",    "a,",     "a, ",   ",a",   "a,,b",  "a b",   "a;", "(a",
		"(a b", "(a\tb)", "(a,b)", "(a)b", "((a))", "a, &&", "\t",
	};
	struct sf_item *m;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (sf_parse_list(str_c(rows[i]), a, &m))
			fail_msg("took %s", rows[i]);
		assert_null(m);
	}
}

static void
dictionaries(void **state)
{
	struct sf_item *m;

	(void)state;
	assert_true(sf_parse_dict(STR(""), a, &m));
	assert_null(m);
	assert_true(sf_parse_dict(STR("max-age=60;x=1, no-store;y, a=(1 2), max-age=5 , *b.c_d"), a, &m));
	assert_str(m->key, "max-age");
	assert_int_equal(m->number, 5); /* the last value at the first place */
	assert_null(m->params);
	m = m->next;
	assert_str(m->key, "no-store");
	assert_int_equal(m->type, SF_BOOLEAN);
	assert_int_equal(m->number, 1);
	assert_int_equal(m->raw.n, 0);
	assert_non_null(sf_param(m, STR("y")));
	m = m->next;
	assert_int_equal(m->inner->next->number, 2);
	m = m->next;
	assert_str(m->key, "*b.c_d");
	assert_null(m->next);
}

static void
no_dictionaries(void **state)
{
	static const char *const rows[] = {
		"MaX-aGe=3600", "max-age =100", "max-age= 100", "max-age=10000, &&&&&",
		"a=",           "a=,b",         "1=a",          "a,",
		"a b",          "a=b=c",        "-a",           "a=\"",
		"a=1.",         "=1",           "a,,b",         "a=((b))",
	};
	struct sf_item *m;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (sf_parse_dict(str_c(rows[i]), a, &m))
			fail_msg("took %s", rows[i]);
		assert_null(m);
	}
}

/* A list of `n` members, and a dictionary of `n` keys. */
static void
of_members(unsigned n, bool takes)
{
	struct arena *b = arena_new(1 << 22);
	size_t room = (size_t)n * 6;
	char *text = arena_alloc(b, room + 1);
	struct sf_item *m;

	for (unsigned i = 0; i < n; i++)
		snprintf(text + (size_t)i * 6, 7, "k%04u,", i);
	assert_int_equal(sf_parse_list(str_of(text, room - 1), b, &m), takes);
	assert_int_equal(sf_parse_dict(str_of(text, room - 1), b, &m), takes);
	assert_false(arena_failed(b));
	arena_free(&b);
}

static void
counts(void **state)
{
	(void)state;
	of_members(SF_MEMBERS_MAX, true);
	of_members(SF_MEMBERS_MAX + 1, false);
}

static void
arena_that_is_full(void **state)
{
	struct arena *small = arena_new(0);
	struct sf_item *m;
	bool valid = true;

	(void)state;
	for (int i = 0; valid && i < 10000; i++)
		valid = sf_parse_list(STR("a;b, c"), small, &m);
	assert_false(valid);
	assert_null(m);
	assert_true(arena_failed(small));
	arena_free(&small);
}

static void
texts(void **state)
{
	(void)state;
	assert_true(sf_is_token(STR("edge-1.example")));
	assert_true(sf_is_token(STR("*")));
	assert_false(sf_is_token(STR("1edge")));
	assert_false(sf_is_token(STR("")));
	assert_false(sf_is_token(STR("a b")));
	assert_true(sf_is_string(STR("")));
	assert_true(sf_is_string(STR("a \"b\" ~")));
	assert_false(sf_is_string(STR("a\tb")));
	assert_false(sf_is_string(STR("\xc3\xa9")));
	assert_false(sf_is_string(STR("\x7f")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(items, setup, teardown),
		cmocka_unit_test_setup_teardown(no_items, setup, teardown),
		cmocka_unit_test_setup_teardown(parameters, setup, teardown),
		cmocka_unit_test_setup_teardown(lists, setup, teardown),
		cmocka_unit_test_setup_teardown(no_lists, setup, teardown),
		cmocka_unit_test_setup_teardown(dictionaries, setup, teardown),
		cmocka_unit_test_setup_teardown(no_dictionaries, setup, teardown),
		cmocka_unit_test(counts),
		cmocka_unit_test(arena_that_is_full),
		cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
