#include "unit.h"

#include <jansson.h>

#include "base/json.h"

static char room[4096];
static struct strbuf out;

static int
begin(void **state)
{
	(void)state;
	out = strbuf_fixed(room, sizeof room);
	return 0;
}

static const struct {
	struct str raw, escaped;
} rows[] = {
	{ STR_INIT(""), STR_INIT("") },
	{ STR_INIT("plain text, 100% of it"), STR_INIT("plain text, 100% of it") },
	{ STR_INIT("a \"quote\" and a \\"), STR_INIT("a \\\"quote\\\" and a \\\\") },
	{ STR_INIT("\0\n\t\x1f\x7f"), STR_INIT("\\u0000\\u000a\\u0009\\u001f\\u007f") },
	{ STR_INIT("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), STR_INIT("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80") },
	{ STR_INIT("\xc2\x9b[31m"), STR_INIT("\\u009b[31m") },                      /* a terminal's control sequence */
	{ STR_INIT("\xe2\x80\xaexyz"), STR_INIT("\\u202exyz") },                    /* written backwards */
	{ STR_INIT("\xc2\xa0"), STR_INIT("\xc2\xa0") },                             /* the first that is none */
	{ STR_INIT("caf\xe9"), STR_INIT("caf\\u00e9") },                            /* Latin-1 */
	{ STR_INIT("\xc3"), STR_INIT("\\u00c3") },                                  /* cut short */
	{ STR_INIT("\xe2\x82"), STR_INIT("\\u00e2\\u0082") },                       /* cut short */
	{ STR_INIT("\xe2\x82x"), STR_INIT("\\u00e2\\u0082x") },                     /* not the byte it needs */
	{ STR_INIT("\xc0\xaf"), STR_INIT("\\u00c0\\u00af") },                       /* overlong */
	{ STR_INIT("\xe0\x80\xaf"), STR_INIT("\\u00e0\\u0080\\u00af") },            /* overlong */
	{ STR_INIT("\xf0\x80\x80\xaf"), STR_INIT("\\u00f0\\u0080\\u0080\\u00af") }, /* overlong */
	{ STR_INIT("\xed\xa0\x80"), STR_INIT("\\u00ed\\u00a0\\u0080") },            /* half of a surrogate pair */
	{ STR_INIT("\xf4\x8f\xbf\xbf"), STR_INIT("\xf4\x8f\xbf\xbf") },             /* the last of all characters */
	{ STR_INIT("\xf4\x90\x80\x80"), STR_INIT("\\u00f4\\u0090\\u0080\\u0080") }, /* beyond it */
	{ STR_INIT("\x80\xff"), STR_INIT("\\u0080\\u00ff") },
};

static void
texts_are_escaped(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		out.n = 0;
		json_escape(&out, rows[i].raw);
		assert_str_is(strbuf_str(&out), rows[i].escaped, __FILE__, (int)i);
	}
}

/* Each pair of bytes, alone and with plain ones around it: jansson refuses whatever is not UTF-8. */
static void
any_bytes_are_valid(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 65536; i++) {
		char text[] = { 'a', (char)(i >> 8), (char)i, 'b' };
		struct json j;
		json_error_t error;
		json_t *got;

		out.n = 0;
		j = json_on(&out);
		json_open(&j, STR_NONE, '[');
		json_text(&j, STR_NONE, str_of(text, sizeof text));
		json_text(&j, STR_NONE, str_of(text + 1, 2));
		json_close(&j, ']');
		got = json_loadb(out.p, out.n, JSON_ALLOW_NUL, &error);
		if (got == NULL)
			fail_msg("%02x %02x: %s", i >> 8, i & 255, error.text);
		json_decref(got);
	}
}

/* Texts of every length, each with what is not plain in every place: long and short ones are copied in different ways. */
static void
nothing_special_is_overlooked(void **state)
{
	static const char specials[] = "\"\\\n\x7f\x1f";
	char text[40], want[80];

	(void)state;
	for (size_t n = 1; n < sizeof text; n++) {
		for (size_t at = 0; at < n; at++) {
			for (size_t i = 0; i < sizeof specials; i++) { /* the last is NUL */
				unsigned char c = (unsigned char)specials[i];

				memset(text, 'x', sizeof text);
				text[at] = (char)c;
				snprintf(want, sizeof want, c == '"' || c == '\\' ? "%.*s\\%c%.*s" : "%.*s\\u%04x%.*s", (int)at,
					 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", c, (int)(n - at - 1),
					 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
				out.n = 0;
				json_escape(&out, str_of(text, n));
				assert_str_is(strbuf_str(&out), str_c(want), __FILE__, (int)(n * 100 + at));
			}
		}
	}
}

static void
members_stand_in_order(void **state)
{
	struct json j = json_on(&out);

	(void)state;
	json_open(&j, STR_NONE, '{');
	json_text(&j, STR("a"), STR("x"));
	json_open(&j, STR("none"), '[');
	json_close(&j, ']');
	json_open(&j, STR("list"), '[');
	json_u64(&j, STR_NONE, UINT64_MAX);
	json_i64(&j, STR_NONE, INT64_MIN);
	json_open(&j, STR_NONE, '{');
	json_bool(&j, STR("yes"), true);
	json_bool(&j, STR("no"), false);
	json_close(&j, '}');
	json_close(&j, ']');
	json_milli(&j, STR("m"), 1500);
	json_close(&j, '}');
	assert_str(strbuf_str(&out), "{\"a\":\"x\",\"none\":[],\"list\":[18446744073709551615,"
				     "-9223372036854775808,{\"yes\":true,\"no\":false}],\"m\":1.500}");
}

static void
thousandths_have_three_places(void **state)
{
	static const struct {
		int64_t value;
		struct str text;
	} numbers[] = {
		{ 0, STR_INIT("0.000") },        { 7, STR_INIT("0.007") },
		{ 999, STR_INIT("0.999") },      { 1000, STR_INIT("1.000") },
		{ 123456, STR_INIT("123.456") }, { -1, STR_INIT("-0.001") },
		{ -2050, STR_INIT("-2.050") },   { INT64_MIN, STR_INIT("-9223372036854775.808") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		struct json j = json_on(&out);

		out.n = 0;
		json_milli(&j, STR_NONE, numbers[i].value);
		assert_str_is(strbuf_str(&out), numbers[i].text, __FILE__, (int)i);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(texts_are_escaped, begin),
		cmocka_unit_test_setup(any_bytes_are_valid, begin),
		cmocka_unit_test_setup(nothing_special_is_overlooked, begin),
		cmocka_unit_test_setup(members_stand_in_order, begin),
		cmocka_unit_test_setup(thousandths_have_three_places, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
