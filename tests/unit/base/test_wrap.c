#include "unit.h"

#include "base/wrap.h"

/* A text, the columns there are, and the lines that come of it with "|" behind each. */
struct row {
	const char *text;
	size_t columns;
	const char *lines;
};

static void
check(const struct row *rows, size_t count, struct str (*take)(struct str *text, size_t columns))
{
	for (size_t i = 0; i < count; i++) {
		char lines[256] = "";
		struct str text = str_c(rows[i].text);

		while (text.n > 0) {
			struct str line = take(&text, rows[i].columns);

			strncat(lines, line.p, line.n);
			strcat(lines, "|");
		}
		if (strcmp(lines, rows[i].lines) != 0)
			fail_msg("row %zu: %s", i, lines);
	}
}

#define CHECK(rows, take) check(rows, sizeof rows / sizeof rows[0], take)

static void
lines(void **state)
{
	static const struct row rows[] = {
		{ "", 5, "" },
		{ "one", 5, "one|" },
		{ "one two", 7, "one two|" },
		{ "one two", 6, "one|two|" },
		{ "one two three", 3, "one|two|three|" },
		{ "one two", 0, "one|two|" },
		{ "onetwo three", 3, "onetwo|three|" },
		{ "one ", 3, "one|" },
		{ " ", 3, "|" },
		{ "\xc3\xa9\xc3\xa9 a", 4, "\xc3\xa9\xc3\xa9 a|" },                 /* two columns, four bytes */
		{ "\xe6\xbc\xa2\xe5\xad\x97 a", 5, "\xe6\xbc\xa2\xe5\xad\x97|a|" }, /* four columns */
	};

	(void)state;
	CHECK(rows, wrap_line);
}

static void
cut(void **state)
{
	static const struct row rows[] = {
		{ "one two", 7, "one two|" },
		{ "abcdefg", 3, "abc|def|g|" },
		{ "a bcdefg", 3, "a b|cde|fg|" },
		{ "abcd ef", 3, "abc|d|ef|" },
		{ "ab cd efgh", 6, "ab cd|efgh|" },
		{ "ab: cdefghij", 5, "ab: c|defgh|ij|" },
		{ "ab", 0, "a|b|" }, /* one at least, or there were no end */
		{ "\xe6\xbc\xa2\xe5\xad\x97", 3, "\xe6\xbc\xa2|\xe5\xad\x97|" },
		{ "\xff\xff\xff", 2, "\xff\xff|\xff|" },
	};

	(void)state;
	CHECK(rows, wrap_cut);
}

static void
columns(void **state)
{
	(void)state;
	assert_int_equal(wrap_columns(STR("")), 0);
	assert_int_equal(wrap_columns(STR("a\xcc\x81\xc3\xa9")), 2);
	assert_int_equal(wrap_columns(STR("\xff\xe6\xbc\xa2")), 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(cut),
		cmocka_unit_test(columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
