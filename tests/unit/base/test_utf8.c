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

static void
characters(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		uint32_t code;
	} rows[] = {
		{ "a", 1, 'a' },
		{ "\x7f", 1, 0x7f },
		{ "\xc2\x80", 2, 0x80 },
		{ "\xc3\xa9x", 2, 0xe9 },
		{ "\xe2\x80\xae", 3, 0x202e },
		{ "\xef\xbf\xbd", 3, 0xfffd },
		{ "\xf0\x9f\x98\x80", 4, 0x1f600 },
		{ "\xf4\x8f\xbf\xbf", 4, 0x10ffff },
		{ "", 0, 0 },
		{ "\x80", 0, 0 }, /* begins nothing */
		{ "\xc2", 0, 0 }, /* cut short */
		{ "\xe2\x80", 0, 0 },
		{ "\xc0\xaf", 0, 0 }, /* overlong */
		{ "\xe0\x80\xaf", 0, 0 },
		{ "\xed\xa0\x80", 0, 0 },     /* a surrogate */
		{ "\xf4\x90\x80\x80", 0, 0 }, /* beyond the last */
		{ "\xc3(", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint32_t code = 0;
		size_t n = utf8_next(str_c(rows[i].text), &code);

		if (n != rows[i].n || (n > 0 && code != rows[i].code))
			fail_msg("row %zu: %zu, %x", i, n, code);
	}
}

static void
acting(void **state)
{
	static const uint32_t act[] = { 0,      7,      0x1b,   0x7f,   0x80,   0x9b,   0x9f,   0x200b,
					0x200e, 0x2028, 0x202a, 0x202e, 0x2066, 0x2069, 0xfeff, 0xe0041 };
	static const uint32_t seen[] = { ' ', 'a', '~', 0xa0, 0xe9, 0x2010, 0x2030, 0x4e00, 0x1f600 };

	(void)state;
	for (size_t i = 0; i < sizeof act / sizeof act[0]; i++)
		if (!utf8_acts(act[i]))
			fail_msg("%x acts", act[i]);
	for (size_t i = 0; i < sizeof seen / sizeof seen[0]; i++)
		if (utf8_acts(seen[i]))
			fail_msg("%x is seen", seen[i]);
}

static void
columns(void **state)
{
	(void)state;
	assert_int_equal(utf8_columns('a'), 1);
	assert_int_equal(utf8_columns(0xe9), 1);
	assert_int_equal(utf8_columns(0x301), 0);
	assert_int_equal(utf8_columns(0x6f22), 2);
	assert_int_equal(utf8_columns(0x1f600), 2);
}

/* Each character is written as what is read as one. */
static void
puts_what_it_reads(void **state)
{
	char text[UTF8_MOST];

	(void)state;
	for (uint32_t c = 0x80; c <= 0x110000; c++) {
		size_t n = utf8_put(text, c);

		assert_int_equal(utf8_length(str_of(text, n)), n);
	}
	assert_int_equal(utf8_put(text, 'a'), 1);
	assert_int_equal(text[0], 'a');
	assert_str(str_of(text, utf8_put(text, 0x20ac)), "\xe2\x82\xac");
	assert_str(str_of(text, utf8_put(text, 0x1f36a)), "\xf0\x9f\x8d\xaa");
	assert_str(str_of(text, utf8_put(text, 0xd800)), "\xef\xbf\xbd");
	assert_str(str_of(text, utf8_put(text, 0x110000)), "\xef\xbf\xbd");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans),
		cmocka_unit_test(puts_what_it_reads),
		cmocka_unit_test(characters),
		cmocka_unit_test(acting),
		cmocka_unit_test(columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
