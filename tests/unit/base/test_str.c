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

/* Of every length, with any one byte another: the same but for case where that says so. */
static void
compares_all_of_it(void **state)
{
	char a[24], b[24];

	(void)state;
	for (size_t n = 0; n <= sizeof a; n++)
		for (size_t at = 0; at < n; at++)
			for (unsigned c = 0; c < 256; c++) {
				for (size_t i = 0; i < n; i++)
					a[i] = b[i] = "aZ-@[`{\xc1"[i % 8];
				b[at] = (char)c;
				if (str_ieq(str_of(a, n), str_of(b, n)) != (ascii_lower(a[at]) == ascii_lower(b[at])))
					fail_msg("%zu bytes, 0x%02x at %zu", n, c, at);
			}
}

/* Of every length, with any one byte no digit. */
static void
numbers_are_digits_alone(void **state)
{
	static const char digits[] = "1234567890123456789";
	char text[sizeof digits];
	uint64_t v, want = 0;

	(void)state;
	for (size_t n = 1; n < sizeof digits; n++) {
		want = want * 10 + (uint64_t)(digits[n - 1] - '0');
		assert_true(str_u64(str_of(digits, n), &v) && v == want);
		for (size_t at = 0; at < n; at++)
			for (unsigned c = 0; c < 256; c++) {
				memcpy(text, digits, sizeof digits);
				text[at] = (char)c;
				if (str_u64(str_of(text, n), &v) != ascii_digit((char)c))
					fail_msg("%zu bytes, 0x%02x at %zu", n, c, at);
			}
	}
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

/* Every length, since short ones are copied by moves that overlap; and not a byte beyond. */
static void
put_writes_all_of_it_and_no_more(void **state)
{
	char from[64], to[66], lower[66];

	(void)state;
	for (size_t i = 0; i < sizeof from; i++)
		from[i] = (char)('@' + i % 29 + (i % 3 == 0 ? 0x20 : 0)); /* letters of both cases, and what lies beside them */
	for (size_t n = 0; n <= sizeof from; n++) {
		memset(to, '#', sizeof to);
		memset(lower, '#', sizeof lower);
		assert_ptr_equal(str_put(to + 1, str_of(from, n)), to + 1 + n);
		assert_ptr_equal(str_put_lower(lower + 1, str_of(from, n)), lower + 1 + n);
		assert_memory_equal(to + 1, from, n);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(lower[1 + i], ascii_lower(from[i]));
		assert_true(to[0] == '#' && to[1 + n] == '#' && lower[0] == '#' && lower[1 + n] == '#');
	}
	assert_ptr_equal(str_put(to, STR_NONE), to);
}

/* Each byte in each place of a word of eight. */
static void
lower_touches_letters_alone(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		for (size_t at = 0; at < 13; at++) {
			char from[13], to[13];

			memset(from, 0xc1, sizeof from); /* `A` with the high bit */
			from[at] = (char)c;
			str_put_lower(to, str_of(from, sizeof from));
			for (size_t i = 0; i < sizeof from; i++)
				assert_int_equal(to[i], ascii_lower(from[i]));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compares),
		cmocka_unit_test(compares_all_of_it),
		cmocka_unit_test(numbers),
		cmocka_unit_test(numbers_are_digits_alone),
		cmocka_unit_test(cuts),
		cmocka_unit_test(globs),
		cmocka_unit_test(put_writes_all_of_it_and_no_more),
		cmocka_unit_test(lower_touches_letters_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
