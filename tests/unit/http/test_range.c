#include "unit.h"

#include "http/range.h"

#define U RANGE_UNKNOWN

static void
sets(void **state)
{
	static const struct {
		const char *text;
		unsigned count;
		struct range_spec spec[3];
	} rows[] = {
		{ "bytes=0-1", 1, { { 0, 1 } } },
		{ "bytes=1-", 1, { { 1, U } } },
		{ "bytes=-5", 1, { { U, 5 } } },
		{ "bytes=-0", 1, { { U, 0 } } },
		{ "Bytes=7-7", 1, { { 7, 7 } } },
		{ "bytes=0-0,-1", 2, { { 0, 0 }, { U, 1 } } },
		{ "bytes= 0-1 ,\t2-3, 4-", 3, { { 0, 1 }, { 2, 3 }, { 4, U } } },
		{ "bytes=,0-1,,", 1, { { 0, 1 } } },
		{ "bytes=5-9,0-4", 2, { { 5, 9 }, { 0, 4 } } },
		{ "bytes=0-18446744073709551615", 1, { { 0, U - 1 } } },
		{ "bytes=99999999999999999999999-", 1, { { U - 1, U } } },
		{ "bytes=-99999999999999999999999", 1, { { U, U - 1 } } },
	};
	struct range_set set;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_true(range_parse(str_c(rows[i].text), &set));
		assert_int_equal(set.count, rows[i].count);
		for (unsigned j = 0; j < set.count; j++) {
			assert_true(set.spec[j].first == rows[i].spec[j].first);
			assert_true(set.spec[j].last == rows[i].spec[j].last);
		}
	}
}

static void
no_sets(void **state)
{
	static const char *const rows[] = {
		"",
		"bytes",
		"bytes=",
		"bytes=,",
		"bytes=-",
		"bytes=1",
		"bytes=2-1",
		"bytes 0-1",
		"bytes =0-1",
		"chunks=0-1",
		"bytes=a-b",
		"bytes=0-1;",
		"bytes=0-1,x",
		"bytes=--1",
		"bytes=+1-2",
		"bytes=0x1-0x2",
		"bytes=1 - 2",
		"bytes=0-1 2",
		"bytes=0-1-2",
		"bytes=1.0-2",
		"bytesx=0-1",
		"xbytes=0-1",
		"bytes=99999999999999999999999-5",
	};
	struct range_set set;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_false(range_parse(str_c(rows[i]), &set));
}

static void
at_most_sixteen(void **state)
{
	static const char text[] =
	    "bytes=0-0,1-1,2-2,3-3,4-4,5-5,6-6,7-7,8-8,9-9,10-10,11-11,12-12,13-13,14-14,15-15,16-16";
	struct str s = STR(text);
	struct range_set set;

	(void)state;
	assert_false(range_parse(s, &set));
	s.n -= strlen(",16-16");
	assert_true(range_parse(s, &set));
	assert_int_equal(set.count, RANGE_MAX);
}

static void
resolves(void **state)
{
	static const struct {
		struct range_spec spec;
		uint64_t length;
		bool ok;
		struct range_run run;
	} rows[] = {
		{ { 0, 1 }, 11, true, { 0, 1 } },         { { 1, U }, 11, true, { 1, 10 } },
		{ { U, 1 }, 11, true, { 10, 10 } },       { { U, 11 }, 11, true, { 0, 10 } },
		{ { U, 12 }, 11, true, { 0, 10 } },       { { U, 0 }, 11, false, { 0, 0 } },
		{ { 10, 10 }, 11, true, { 10, 10 } },     { { 10, 99 }, 11, true, { 10, 10 } },
		{ { 11, 99 }, 11, false, { 0, 0 } },      { { 11, U }, 11, false, { 0, 0 } },
		{ { U - 1, U }, U - 1, false, { 0, 0 } }, { { 0, U - 1 }, U - 1, true, { 0, U - 2 } },
		{ { 0, U }, 0, false, { 0, 0 } },         { { U, 5 }, 0, false, { 0, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct range_run run;

		assert_int_equal(range_resolve(rows[i].spec, rows[i].length, &run), rows[i].ok);
		if (!rows[i].ok)
			continue;
		assert_true(run.first == rows[i].run.first);
		assert_true(run.last == rows[i].run.last);
	}
}

static void
content_ranges(void **state)
{
	static const struct {
		const char *text;
		struct content_range want;
	} rows[] = {
		{ "bytes 4-9/10", { false, 4, 9, 10 } },
		{ "bytes 0-4/*", { false, 0, 4, U } },
		{ "BYTES 0-0/1", { false, 0, 0, 1 } },
		{ "bytes */10", { true, 0, 0, 10 } },
		{ "bytes */0", { true, 0, 0, 0 } },
		{ "bytes 0-18446744073709551613/18446744073709551614", { false, 0, U - 2, U - 1 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct content_range c;

		assert_true(content_range_parse(str_c(rows[i].text), &c));
		assert_int_equal(c.unsatisfied, rows[i].want.unsatisfied);
		assert_true(c.first == rows[i].want.first);
		assert_true(c.last == rows[i].want.last);
		assert_true(c.complete == rows[i].want.complete);
	}
}

static void
no_content_ranges(void **state)
{
	static const char *const rows[] = {
		"",
		"bytes",
		"bytes ",
		"bytes 0-4",
		"bytes 0-4/",
		"bytes 0-4/4",
		"bytes 5-4/10",
		"bytes */*",
		"bytes -4/10",
		"bytes 0-/10",
		"bytes=0-4/5",
		"items 0-4/10",
		"bytes  0-4/10",
		"bytes 0-4 /5",
		"bytes 0-4/ 5",
		"bytes 0-4/5/6",
		"bytes 0-4,6-7/10",
		"bytes +0-4/10",
		"bytes 0-18446744073709551615/*",
		"bytes 0-4/18446744073709551615",
		"bytes 0-4/99999999999999999999",
	};
	struct content_range c;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_false(content_range_parse(str_c(rows[i]), &c));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets),     cmocka_unit_test(no_sets),        cmocka_unit_test(at_most_sixteen),
		cmocka_unit_test(resolves), cmocka_unit_test(content_ranges), cmocka_unit_test(no_content_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
