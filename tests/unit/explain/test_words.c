#include "unit.h"

#include "explain/words.h"

static char text[256];

static struct strbuf
fresh(void)
{
	return strbuf_fixed(text, sizeof text);
}

static void
times(void **state)
{
	static const struct {
		int64_t seconds;
		const char *words;
	} rows[] = {
		{ -5, "0 seconds" },
		{ 0, "0 seconds" },
		{ 1, "1 second" },
		{ 59, "59 seconds" },
		{ 60, "1 minute" },
		{ 61, "1 minute 1 second" },
		{ 3599, "59 minutes 59 seconds" },
		{ 3600, "1 hour" },
		{ 3601, "1 hour" },
		{ 7260, "2 hours 1 minute" },
		{ 86400, "1 day" },
		{ 31536000, "365 days" },
		{ 90000, "1 day 1 hour" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct strbuf b = fresh();

		words_time(&b, rows[i].seconds);
		assert_str_is(strbuf_str(&b), str_c(rows[i].words), __FILE__, __LINE__);
	}
}

static void
sizes(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *words;
	} rows[] = {
		{ 0, "0 B" },        { 999, "999 B" },      { 1000, "1 kB" },
		{ 1250, "1.2 kB" },  { 99900, "99 kB" },    { 999999, "999 kB" },
		{ 1000000, "1 MB" }, { 34567890, "34 MB" }, { UINT64_MAX, "18446744 TB" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct strbuf b = fresh();

		words_bytes(&b, rows[i].bytes);
		assert_str_is(strbuf_str(&b), str_c(rows[i].words), __FILE__, __LINE__);
	}
}

static void
durations(void **state)
{
	static const struct {
		int64_t us;
		const char *words;
	} rows[] = {
		{ -1, "0 ms" }, { 400, "0.4 ms" }, { 12345, "12 ms" }, { 999999, "999 ms" }, { 1300000, "1.3 s" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct strbuf b = fresh();

		words_us(&b, rows[i].us);
		assert_str_is(strbuf_str(&b), str_c(rows[i].words), __FILE__, __LINE__);
	}
}

static void
harmless(void **state)
{
	static const struct {
		const char *from;
		size_t most;
		const char *to;
	} rows[] = {
		{ "plain", 100, "plain" },
		{ "\x1b[31mred", 100, "\\x1b[31mred" },
		{ "a\x9b"
		  "31m",
		  100, "a\\x9b31m" }, /* C1 as a byte */
		{ "a\xc2\x9b"
		  "31m",
		  100, "a\\u009b31m" }, /* and as a character */
		{ "\xe2\x80\xae"
		  "cba",
		  100, "\\u202ecba" }, /* written backwards */
		{ "\xe2\x81\xa6"
		  "x",
		  100, "\\u2066x" },
		{ "caf\xc3\xa9 \xe6\xbc\xa2", 100, "caf\xc3\xa9 \xe6\xbc\xa2" },
		{ "tab\there", 100, "tab\\x09here" },
		{ "123456", 4, "1234... (2 more bytes)" },
		{ "12\xc3\xa9", 3, "12\\xc3... (1 more bytes)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct strbuf b = fresh();

		words_harmless(&b, str_c(rows[i].from), rows[i].most);
		assert_str_is(strbuf_str(&b), str_c(rows[i].to), __FILE__, __LINE__);
	}
}

static void
towns(void **state)
{
	(void)state;
	assert_str(words_town(STR("FRA")), "Frankfurt");
	assert_str(words_town(STR("fra")), "Frankfurt");
	assert_str(words_town(STR("NRT12-C2")), "Tokyo");
	assert_str(words_town(STR("ADL")), "Adelaide"); /* the first */
	assert_str(words_town(STR("ZRH")), "Zurich");   /* the last */
	assert_str(words_town(STR("ZZZ")), "");
	assert_str(words_town(STR("FRANKFURT")), "");
	assert_str(words_town(STR("")), "");
}

/* They are searched by halves. */
static void
towns_are_in_order(void **state)
{
	static const char *const codes[] = {
#define AIRPORT(code, town) code,
#include "tbl/airports.def"
#undef AIRPORT
	};

	(void)state;
	for (size_t i = 1; i < sizeof codes / sizeof codes[0]; i++)
		if (strcmp(codes[i - 1], codes[i]) >= 0)
			fail_msg("%s is behind %s", codes[i - 1], codes[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times),    cmocka_unit_test(sizes), cmocka_unit_test(durations),
		cmocka_unit_test(harmless), cmocka_unit_test(towns), cmocka_unit_test(towns_are_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
