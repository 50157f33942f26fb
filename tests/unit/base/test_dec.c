#include "unit.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/dec.h"
#include "base/strbuf.h"

static void
check(uint64_t v)
{
	char got[DEC_MAX + 1], want[DEC_MAX + 1], small[DEC_MAX];
	struct strbuf b = strbuf_fixed(small, sizeof small);

	*dec_put(got, v) = '\0';
	snprintf(want, sizeof want, "%" PRIu64, v);
	assert_string_equal(got, want);
	strbuf_u64(&b, v);
	assert_true(str_eq(strbuf_str(&b), str_c(want)));
}

static void
as_printf_has_them(void **state)
{
	(void)state;
	for (uint64_t v = 0; v < 20000; v++)
		check(v);
	for (uint64_t power = 1; power <= UINT64_MAX / 10; power *= 10) {
		check(power * 10 - 1);
		check(power * 10);
		check(power * 10 + 1);
	}
	check(UINT64_MAX);
}

static void
a_number_that_does_not_fit_is_told(void **state)
{
	char small[3];
	struct strbuf b = strbuf_fixed(small, sizeof small);

	(void)state;
	strbuf_u64(&b, 100);
	assert_false(b.over);
	b.n = 0;
	strbuf_i64(&b, -100);
	assert_true(b.over);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_printf_has_them),
		cmocka_unit_test(a_number_that_does_not_fit_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
