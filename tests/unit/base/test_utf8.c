#include "unit.h"

#include "base/utf8.h"

static void
spans(void **state)
{
	static const struct {
		const char *text;
		size_t valid; /* bytes at its start */
	} rows[] = {
		{ "", 0 },
		{ "plain", 5 },
		{ "longer than eight bytes", 23 },
		{ "na\xc3\xafve \xe2\x82\xac \xf0\x9f\x8d\xaa", 15 },
		{ "long enough, then \xff", 18 },
		{ "\xc3", 0 },             /* cut */
		{ "a\xe2\x82", 1 },        /* cut later */
		{ "\xc0\xaf", 0 },         /* overlong */
		{ "\xe0\x80\xaf", 0 },     /* overlong */
		{ "\xed\xa0\x80", 0 },     /* a surrogate */
		{ "\xf4\x90\x80\x80", 0 }, /* beyond the last */
		{ "\x80", 0 },             /* begins nothing */
		{ "caf\xe9 is Latin-1", 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(utf8_span(str_c(rows[i].text)), rows[i].valid);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(spans) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
