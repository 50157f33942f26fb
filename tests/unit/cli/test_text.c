#include "unit.h"

#include "cli/text.h"

static void
bracket(FILE *out, struct str word)
{
	fprintf(out, "[%.*s]", STR_FMT(word));
}

#define TEN    "123456789 "
#define FORTY  TEN TEN TEN TEN
#define EIGHTY FORTY FORTY

static void
wrap(void **state)
{
	static const struct {
		size_t at, indent;
		const char *text;
		text_word_fn *put;
		const char *out;
	} rows[] = {
		{ 0, 0, "", NULL, "\n" },
		{ 0, 0, "one", NULL, "one\n" },
		{ 0, 0, FORTY TEN TEN TEN "123456789", NULL, FORTY TEN TEN TEN "123456789\n" }, /* 79 */
		{ 0, 0, FORTY TEN TEN TEN "1234567890", NULL, FORTY TEN TEN "123456789\n1234567890\n" },
		{ 1, 1, FORTY TEN TEN TEN "123456789", NULL, FORTY TEN TEN "123456789\n 123456789\n" },
		{ 70, 4, "12345678 12345678 a", NULL, "12345678\n    12345678 a\n" },
		{ 2, 2, "one two", bracket, "[one] [two]\n" },
		{ 70, 2, "one two three", bracket, "[one] [two]\n  [three]\n" }, /* what put adds does not count */
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char text[512] = "";
		FILE *out = fmemopen(text, sizeof text, "w");

		text_wrap(out, rows[i].at, rows[i].indent, str_c(rows[i].text), rows[i].put);
		fclose(out);
		if (strcmp(text, rows[i].out) != 0)
			fail_msg("row %zu:\n%s", i, text);
	}
}

static void
colours(void **state)
{
	FILE *file = tmpfile();

	(void)state;
	assert_false(text_has_colours(file));
	fclose(file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrap),
		cmocka_unit_test(colours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
