#include "unit.h"

#include "base/str.h"

static void
compares(void **state)
{
	(void)state;
	assert_true(str_eq(STR("abc"), STR("abc")));
	assert_false(str_eq(STR("abc"), STR("abd")));
	assert_true(str_ieq(STR("Cache-Control"), STR("cache-cONTROL")));
	assert_false(str_ieq(STR("a["), STR("a{"))); /* 0x20 apart, but no letters */
	assert_true(str_cmp(STR("a"), STR("ab")) < 0);
	assert_true(str_cmp(STR("b"), STR("ab")) > 0);
}

static void
numbers(void **state)
{
	uint64_t v = 7;

	(void)state;
	assert_true(str_u64(STR("18446744073709551615"), &v));
	assert_true(v == UINT64_MAX);
	v = 7;
	for (int i = 0; i < 6; i++) {
		static const char *bad[] = { "", "+1", "-1", "0x5", "18446744073709551616", "1 " };

		assert_false(str_u64(str_c(bad[i]), &v));
		assert_int_equal(v, 7);
	}
}

static void
cuts(void **state)
{
	struct str s = STR("a=b=c"), before;

	(void)state;
	assert_true(str_cut(&s, '=', &before));
	assert_str(before, "a");
	assert_str(s, "b=c");
	assert_true(str_cut(&s, '=', &before));
	assert_false(str_cut(&s, '=', &before));
	assert_str(before, "c");
	assert_int_equal(s.n, 0);
}

static void
globs(void **state)
{
	(void)state;
	assert_true(str_glob(STR("img.example.org"), STR("*.example.org")));
	assert_true(str_glob(STR("anything"), STR("*")));
	assert_true(str_glob(STR(""), STR("*")));
	assert_true(str_glob(STR("aXbXc"), STR("a*b*c")));
	assert_false(str_glob(STR("example.org"), STR("*.example.org")));
	assert_false(str_glob(STR("ab"), STR("a")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compares),
		cmocka_unit_test(numbers),
		cmocka_unit_test(cuts),
		cmocka_unit_test(globs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
