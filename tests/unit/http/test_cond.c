#include "heads.h"
#include "with_arena.h"

#include "http/cond.h"

#define NEVER INT64_MIN
#define AT_10 "Thu, 01 Jan 1970 00:00:10 GMT"
#define AT_11 "Thu, 01 Jan 1970 00:00:11 GMT"
#define AT_20 "Thu, 01 Jan 1970 00:00:20 GMT"

WITH_ARENA(a, 1 << 20);

/* RFC 9110 8.8.3.2, table 3, and tags that are none. */
static void
tags(void **state)
{
	static const struct {
		const char *a, *b;
		bool strong, weak;
	} rows[] = {
		{ "W/\"1\"", "W/\"1\"", false, true }, { "W/\"1\"", "W/\"2\"", false, false },
		{ "W/\"1\"", "\"1\"", false, true },   { "\"1\"", "\"1\"", true, true },
		{ "\"1\"", "\"2\"", false, false },    { "\"1\"", "\"1\" ", false, false },
		{ "\"\"", "\"\"", true, true },        { "1", "1", false, true },
		{ "\"1\"", "1", false, false },        { "w/\"1\"", "w/\"1\"", false, true },
		{ "w/\"1\"", "\"1\"", false, false },  { "", "", false, false },
		{ "W/", "W/", false, false },          { "\"\xfc\"", "\"\xfc\"", true, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(etag_strong_eq(str_c(rows[i].a), str_c(rows[i].b)), rows[i].strong);
		assert_int_equal(etag_strong_eq(str_c(rows[i].b), str_c(rows[i].a)), rows[i].strong);
		assert_int_equal(etag_weak_eq(str_c(rows[i].a), str_c(rows[i].b)), rows[i].weak);
		assert_int_equal(etag_weak_eq(str_c(rows[i].b), str_c(rows[i].a)), rows[i].weak);
	}
}

static void
valid_tags(void **state)
{
	static const char *const good[] = { "\"\"", "\"a\"", "W/\"a\"", "\"a'b\\!#~\"", "\"\xc3\xbc\"" };
	static const char *const bad[] = { "",         "\"",     "a",       "\"a",      "a\"",      "\"a b\"",
					   "\"a\"b\"", "W\"a\"", "w/\"a\"", "W/ \"a\"", "\"\x7f\"", "W/" };

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		assert_true(etag_valid(str_c(good[i])));
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(etag_valid(str_c(bad[i])));
	assert_true(etag_is_weak(STR("W/\"a\"")));
	assert_false(etag_is_weak(STR("\"W/\"")));
}

static const struct cond_entry tagged = { 200, STR_INIT("\"a\""), 10, 20 };
static const struct cond_entry weak = { 200, STR_INIT("W/\"a\""), 10, 20 };
static const struct cond_entry bare = { 200, STR_INIT(""), NEVER, NEVER };
static const struct cond_entry dated = { 200, STR_INIT(""), NEVER, 20 };
static const struct cond_entry modified = { 206, STR_INIT(""), 10, 20 };
static const struct cond_entry failing = { 404, STR_INIT("\"a\""), 10, 20 };

static void
evaluates(void **state)
{
	static const struct {
		const char *request;
		const struct cond_entry *entry;
		bool want;
	} rows[] = {
		{ "", &tagged, false },
		{ "Range: bytes=0-1\nIf-Range: \"a\"", &tagged, false },
		/* If-None-Match */
		{ "If-None-Match: \"a\"", &tagged, true },
		{ "If-None-Match: W/\"a\"", &tagged, true },
		{ "If-None-Match: \"a\"", &weak, true },
		{ "If-None-Match: \"b\"", &tagged, false },
		{ "If-None-Match: \"b\", \"a\", \"c\"", &tagged, true },
		{ "If-None-Match: \"b\"\nIf-None-Match: \"a\"", &tagged, true },
		{ "If-None-Match: \"b,a\"", &tagged, false },
		{ "If-None-Match: *", &tagged, true },
		{ "If-None-Match: *", &bare, true },
		{ "If-None-Match: \"*\"", &tagged, false },
		{ "If-None-Match: a", &tagged, false },
		{ "If-None-Match:", &bare, false },
		{ "If-None-Match: \"a\"", &failing, false },
		{ "If-None-Match: *", &failing, false },
		/* If-Modified-Since */
		{ "If-Modified-Since: " AT_10, &tagged, true },
		{ "If-Modified-Since: " AT_11, &modified, true },
		{ "If-Modified-Since: Thursday, 01-Jan-70 00:00:10 GMT", &tagged, true },
		{ "If-Modified-Since: Thu, 01 Jan 1970 00:00:09 GMT", &tagged, false },
		{ "If-Modified-Since: " AT_20, &dated, true },
		{ "If-Modified-Since: " AT_11, &dated, false },
		{ "If-Modified-Since: " AT_11, &bare, false },
		{ "If-Modified-Since: yesterday", &tagged, false },
		{ "If-Modified-Since: " AT_11 "\nIf-Modified-Since: " AT_11, &tagged, false },
		{ "If-Modified-Since: " AT_11, &failing, false },
		/* ... which If-None-Match hides (RFC 9110 13.1.3). */
		{ "If-None-Match: \"b\"\nIf-Modified-Since: " AT_11, &tagged, false },
		{ "If-None-Match: \"b\"\nIf-Modified-Since: " AT_11, &modified, false },
		{ "If-None-Match: \"a\"\nIf-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT", &tagged,
		  true },
		/* If-Match and If-Unmodified-Since are the origin's alone (RFC 9111 4.3.2). */
		{ "If-Match: \"b\"", &tagged, false },
		{ "If-Match: \"b\"\nIf-None-Match: \"a\"", &tagged, true },
		{ "If-Unmodified-Since: Thu, 01 Jan 1970 00:00:09 GMT", &tagged, false },
		{ "If-Unmodified-Since: " AT_10 "\nIf-Modified-Since: " AT_10, &tagged, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct head h = head_of(rows[i].request, a);
		bool got = cond_not_modified(&h, rows[i].entry);

		if (got != rows[i].want)
			fail_msg("row %zu, %s: %d", i, rows[i].request, got);
	}
}

static void
ranges(void **state)
{
	static const struct cond_entry in_one_second = { 200, STR_INIT(""), 10, 10 };
	static const struct {
		const char *request;
		const struct cond_entry *entry;
		bool want;
	} rows[] = {
		{ "Range: bytes=0-1", &tagged, true },
		{ "If-Range: \"a\"", &tagged, true },
		{ "If-Range: \"b\"", &tagged, false },
		{ "If-Range: W/\"a\"", &weak, false },
		{ "If-Range: \"a\"", &weak, false },
		{ "If-Range: a", &tagged, false },
		{ "If-Range: *", &tagged, false },
		{ "If-Range:", &bare, false },
		{ "If-Range: " AT_10, &tagged, true },
		{ "If-Range: Thu Jan  1 00:00:10 1970", &tagged, true },
		{ "If-Range: " AT_11, &tagged, false },
		{ "If-Range: " AT_10, &in_one_second, false },
		{ "If-Range: " AT_20, &dated, false },
		{ "If-Range: " AT_10, &bare, false },
		{ "If-Range: \"a\"\nIf-Range: \"a\"", &tagged, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct head h = head_of(rows[i].request, a);

		if (cond_if_range(&h, rows[i].entry) != rows[i].want)
			fail_msg("row %zu, %s", i, rows[i].request);
	}
}

static void
any(void **state)
{
	static const char *const with[] = { "If-None-Match: x", "If-Modified-Since: x" };
	struct head h = head_of("If-Range: \"a\"\nIf-Match: b\nIf-Unmodified-Since: x", a);

	(void)state;
	assert_false(cond_has_any(&h));
	for (size_t i = 0; i < sizeof with / sizeof with[0]; i++) {
		h = head_of(with[i], a);
		assert_true(cond_has_any(&h));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags),
		cmocka_unit_test(valid_tags),
		cmocka_unit_test_setup_teardown(evaluates, setup, teardown),
		cmocka_unit_test_setup_teardown(ranges, setup, teardown),
		cmocka_unit_test_setup_teardown(any, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
