#include "unit.h"

#include "base/arena.h"
#include "http/date.h"
#include "http/date_iso.h"

static void
reads(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} rows[] = {
		{ "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 },
		{ "Sunday, 06-Nov-94 08:49:37 GMT", 784111777 },
		{ "Sun Nov  6 08:49:37 1994", 784111777 },
		{ "Sun Nov 16 08:49:37 1994", 784975777 },
		{ "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
		{ "Wed, 31 Dec 1969 23:59:59 GMT", -1 },
		/* Beyond 31 and 32 bits. */
		{ "Tue, 19 Jan 2038 14:14:08 GMT", 2147523248 },
		{ "Sun, 21 Nov 2286 04:46:39 GMT", 10000039599 },
		{ "Fri, 31 Dec 9999 23:59:59 GMT", 253402300799 },
		{ "Sat, 01 Jan 0000 00:00:00 GMT", -62167219200 },
		/* Names in any case, and a weekday that does not go with its date. */
		{ "THU, 18 Aug 2050 02:01:18 GMT", 2544400878 },
		{ "Thu, 18 AUG 2050 02:01:18 GMT", 2544400878 },
		{ "Thu, 18 Aug 2050 02:01:18 gMT", 2544400878 },
		{ "thursday, 18-aug-50 02:01:18 gmt", 2544400878 },
		{ "mon aug 18 02:01:18 2050", 2544400878 },
		/* Two digits: the turn lies between 69 and 70. */
		{ "Thursday, 18-Aug-50 02:01:18 GMT", 2544400878 },
		{ "Tuesday, 31-Dec-69 23:59:59 GMT", 3155759999 },
		{ "Thursday, 01-Jan-70 00:00:00 GMT", 0 },
		{ "Saturday, 01-Jan-00 00:00:00 GMT", 946684800 },
		/* Leap days and seconds. */
		{ "Tue, 29 Feb 2000 00:00:00 GMT", 951782400 },
		{ "Thu, 29 Feb 2024 12:00:00 GMT", 1709208000 },
		{ "Fri, 01 Mar 2024 00:00:00 GMT", 1709251200 },
		{ "Sat, 31 Dec 2016 23:59:60 GMT", 1483228799 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int64_t seconds = 7;

		if (!date_parse(str_c(rows[i].text), &seconds) || seconds != rows[i].seconds)
			fail_msg("%s: %lld", rows[i].text, (long long)seconds);
	}
}

static void
refuses(void **state)
{
	static const char *const rows[] = {
		"",
		"0",
		"-1",
		"now",
		"Thu",
		"Thu, 18 Aug 2050 02:01:18 UTC",
		"Thu, 18 Aug 2050 02:01:18 AEST",
		"Thu, 18 Aug 2050 02:01:18 +0000",
		"Thu, 18 Aug 2050 02:01:18",
		"Thu, 18 Aug 50 02:01:18 GMT",
		"Thu 18 Aug 2050 02:01:18 GMT",
		"18 Aug 2050 02:01:18 GMT",
		"Thu, 18  Aug  2050 02:01:18 GMT",
		"Thu, 18-Aug-2050 02:01:18 GMT",
		"Thu, 18 Aug 2050 02.01.18 GMT",
		"Thu, 18 Aug 2050 2:01:18 GMT",
		"Thu, 8 Aug 2050 02:01:18 GMT",
		"Thu, 18 August 2050 02:01:18 GMT",
		"Thursday, 18 Aug 2050 02:01:18 GMT",
		"Thu, 18-Aug-50 02:01:18 GMT",
		"Thursday, 18-Aug-2050 02:01:18 GMT",
		"Thu Aug 8 02:01:18 2050",
		"Thu Aug 008 02:01:18 2050",
		"Thu Aug  8 02:01:18 2050 GMT",
		"Thu Aug  8 02:01:18 50",
		"Xyz, 18 Aug 2050 02:01:18 GMT",
		"Thu, 18 Xyz 2050 02:01:18 GMT",
		"Thu, 18 Aug 2050 02:01:18 GMT ",
		" Thu, 18 Aug 2050 02:01:18 GMT",
		"Thu, 18 Aug 2050 02:01:18 GMT, Thu, 18 Aug 2050 02:01:19 GMT",
		"Thu, 18 Aug +050 02:01:18 GMT",
		"Thu, 00 Aug 2050 02:01:18 GMT",
		"Thu, 32 Aug 2050 02:01:18 GMT",
		"Thu, 31 Sep 2050 02:01:18 GMT",
		"Thu, 29 Feb 2023 02:01:18 GMT",
		"Thu, 29 Feb 1900 02:01:18 GMT",
		"Thu, 18 Aug 2050 24:01:18 GMT",
		"Thu, 18 Aug 2050 02:60:18 GMT",
		"Thu, 18 Aug 2050 02:01:61 GMT",
		"Thu, 18 Aug 02050 02:01:18 GMT",
		"Thu, 1/ Aug 2050 02:01:18 GMT",
		"Thu, 18 Aug 205: 02:01:18 GMT",
		"Thu, 18 Aug 2050 02:0::18 GMT",
		"Thu, 18 Aug 2050 02:01 18 GMT",
		"Thu, 18 Aug 2050 02:01:18-GMT",
		"Thu. 18 Aug 2050 02:01:18 GMT",
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int64_t seconds = 7;

		if (date_parse(str_c(rows[i]), &seconds))
			fail_msg("took %s", rows[i]);
		assert_true(seconds == 7);
	}
}

static void
writes(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} rows[] = {
		{ 0, "Thu, 01 Jan 1970 00:00:00 GMT" },
		{ -1, "Wed, 31 Dec 1969 23:59:59 GMT" },
		{ 784111777, "Sun, 06 Nov 1994 08:49:37 GMT" },
		{ 951782399, "Mon, 28 Feb 2000 23:59:59 GMT" },
		{ 951782400, "Tue, 29 Feb 2000 00:00:00 GMT" },
		{ 10000039599, "Sun, 21 Nov 2286 04:46:39 GMT" },
		{ 253402300799, "Fri, 31 Dec 9999 23:59:59 GMT" },
		{ INT64_MAX, "Fri, 31 Dec 9999 23:59:59 GMT" },
		{ -62167219200, "Sat, 01 Jan 0000 00:00:00 GMT" },
		{ INT64_MIN, "Sat, 01 Jan 0000 00:00:00 GMT" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char out[DATE_SIZE];

		date_format(rows[i].seconds, out);
		assert_true(str_eq(str_of(out, sizeof out), str_c(rows[i].text)));
	}
}

/* Every day of ten thousand years, written and read; the weekday steps by one. */
static void
days(void **state)
{
	static const char week[] = "SunMonTueWedThuFriSat";
	unsigned day = 6; /* the year 0 begins on a Saturday */

	(void)state;
	for (int64_t s = -62167219200; s <= 253402300799; s += 86400, day = (day + 1) % 7) {
		char out[DATE_SIZE];
		int64_t again;

		date_format(s, out);
		if (memcmp(out, week + (size_t)day * 3, 3) != 0 || !date_parse(str_of(out, sizeof out), &again) ||
		    again != s)
			fail_msg("%lld became %.29s", (long long)s, out);
	}
}

/* Any one byte of a date changed to any other: what is still taken is the same date, spelled otherwise in letter case
 * or weekday alone, or another that is written so. The one before it, which is remembered, changes nothing. */
static void
bytes(void **state)
{
	static const char whole[] = "Thu, 18 Aug 2050 02:01:18 GMT";
	char text[DATE_SIZE], zeros[DATE_SIZE] = { 0 };
	int64_t seconds;

	(void)state;
	for (unsigned i = 0; i < DATE_SIZE; zeros[i++] = 0)
		for (unsigned c = 0; c < 256; c++) {
			zeros[i] = (char)c;
			assert_false(date_parse(str_of(zeros, sizeof zeros), &seconds));
		}
	for (unsigned i = 0; i < DATE_SIZE; i++)
		for (unsigned c = 0; c < 256; c++) {
			char again[DATE_SIZE];

			assert_true(date_parse(STR(whole), &seconds) && seconds == 2544400878);
			memcpy(text, whole, sizeof text);
			text[i] = (char)c;
			if (!date_parse(str_of(text, sizeof text), &seconds)) {
				assert_true(text[i] != whole[i]);
				continue;
			}
			date_format(seconds, again);
			if (!str_ieq(str_of(text + 3, DATE_SIZE - 3), str_of(again + 3, DATE_SIZE - 3)))
				fail_msg("%.29s was read as %.29s", text, again);
		}
	assert_false(date_parse(str_of(zeros, sizeof zeros), &seconds));
}

/* Whatever was read before, and however often. */
static void
by_turns(void **state)
{
	(void)state;
	for (int64_t second = 0; second < 2000; second++)
		for (int64_t turn = 0; turn < 9; turn++) {
			int64_t date = turn % 3 == 0 ? 1725184800 : 1750000000 + second + turn % 3 * 86400, seconds;
			char text[DATE_SIZE];

			date_format(date, text);
			assert_true(date_parse(str_of(text, sizeof text), &seconds));
			assert_int_equal(seconds, date);
		}
}

static void
fields(void **state)
{
	struct arena *a = arena_new(1 << 16);
	int64_t seconds = 7;
	struct head h;

	(void)state;
	head_init(&h, a);
	assert_false(date_of_field(&h, HDR_EXPIRES, &seconds));
	assert_true(head_add(&h, STR("Expires"), STR("0")));
	assert_false(date_of_field(&h, HDR_EXPIRES, &seconds));
	assert_true(seconds == 7);
	head_init(&h, a);
	assert_true(head_add(&h, STR("Expires"), STR("Thu, 01 Jan 1970 00:00:09 GMT")));
	assert_true(date_of_field(&h, HDR_EXPIRES, &seconds));
	assert_true(seconds == 9);
	assert_true(head_add(&h, STR("expires"), STR("Thu, 01 Jan 1970 00:00:09 GMT")));
	assert_false(date_of_field(&h, HDR_EXPIRES, &seconds));
	arena_free(&a);
}

static void
iso(void **state)
{
	static const struct {
		const char *text;
		int64_t milliseconds; /* -1: not one */
	} rows[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2024-05-01T12:00:00.123Z", 1714564800123 },
		{ "2024-05-01T14:00:00.123+02:00", 1714564800123 },
		{ "2024-05-01T06:30:00.123-0530", 1714564800123 },
		{ "2024-05-01T13:00:00.123456789+01", 1714564800123 },
		{ "2024-05-01 12:00:00,5", 1714564800500 },
		{ "2024-05-01T12:00Z", 1714564800000 },
		{ "2024-02-29T00:00:00Z", 1709164800000 },
		{ "2023-02-29T00:00:00Z", -1 },
		{ "2024-13-01T00:00:00Z", -1 },
		{ "2024-00-01T00:00:00Z", -1 },
		{ "2024-05-01T24:00:00Z", -1 },
		{ "2024-05-01T12:00:00 GMT", -1 },
		{ "2024-05-01T12:00:00+2", -1 },
		{ "2024-05-01", -1 },
		{ "24-05-01T12:00:00Z", -1 },
		{ "", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int64_t got = -1;

		assert_int_equal(date_parse_iso(str_c(rows[i].text), &got), rows[i].milliseconds >= 0);
		assert_int_equal(got, rows[i].milliseconds);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes), /* first: nothing is remembered yet */
		cmocka_unit_test(reads), cmocka_unit_test(iso),    cmocka_unit_test(refuses),  cmocka_unit_test(writes),
		cmocka_unit_test(days),  cmocka_unit_test(fields), cmocka_unit_test(by_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
