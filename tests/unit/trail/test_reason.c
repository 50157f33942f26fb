#include "unit.h"

#include "http/status.h"
#include "trail/reason.h"

/* A token stands in Cache-Status unquoted, and as a metric's label: letters and hyphens. */
static bool
plain_word(struct str s, char hyphen)
{
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] < 'a' || s.p[i] > 'z') && s.p[i] != hyphen)
			return false;
	return s.n > 0;
}

static void
each_reason_has_a_word_and_a_sentence(void **state)
{
	(void)state;
	assert_int_equal(reason_token(REASON_NONE).n, 0);
	assert_int_equal(reason_sentence(REASON_NONE).n, 0);
	for (int r = REASON_NONE + 1; r < REASON_COUNT; r++) {
		assert_true(plain_word(reason_token((enum reason)r), '-'));
		assert_true(str_ends(reason_sentence((enum reason)r), STR(".")));
	}
}

static void
no_two_reasons_share_a_word(void **state)
{
	(void)state;
	for (int r = 0; r < REASON_COUNT; r++)
		for (int q = 0; q < r; q++)
			assert_false(str_eq(reason_token((enum reason)r), reason_token((enum reason)q)));
}

static void
reasons_are_spelled_as_documented(void **state)
{
	(void)state;
	assert_str(reason_token(REASON_NEVER_SEEN), "never-seen");
	assert_str(reason_token(REASON_RESPONSE_NO_CACHE), "response-no-cache");
	assert_str(reason_token(REASON_ARENA_FULL), "arena-full");
	assert_str(reason_sentence(REASON_RELOAD), "The client asked to reload.");
}

static void
no_two_errors_share_a_word(void **state)
{
	(void)state;
	assert_int_equal(proxy_error_token(PROXY_ERROR_NONE).n, 0);
	for (int e = 1; e < PROXY_ERROR_COUNT; e++) {
		assert_true(plain_word(proxy_error_token((enum proxy_error)e), '_'));
		for (int d = 0; d < e; d++)
			assert_false(
			    str_eq(proxy_error_token((enum proxy_error)e), proxy_error_token((enum proxy_error)d)));
	}
}

static void
each_error_has_a_status_that_exists(void **state)
{
	(void)state;
	for (int e = 1; e < PROXY_ERROR_COUNT; e++)
		assert_true(status_reason(proxy_error_status((enum proxy_error)e)).n > 0);
	assert_int_equal(proxy_error_status(PROXY_ERROR_CONNECTION_REFUSED), 502);
	assert_int_equal(proxy_error_status(PROXY_ERROR_PROXY_LOOP_DETECTED), 508);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reason_has_a_word_and_a_sentence), cmocka_unit_test(no_two_reasons_share_a_word),
		cmocka_unit_test(reasons_are_spelled_as_documented),     cmocka_unit_test(no_two_errors_share_a_word),
		cmocka_unit_test(each_error_has_a_status_that_exists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
