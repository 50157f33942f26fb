#include <math.h>
#include <stdio.h>

#include "unit.h"

#include "peer/carp.h"

static unsigned
best(const struct carp_member *m, unsigned count)
{
	unsigned at = 0;

	for (unsigned i = 1; i < count; i++)
		if (m[i].score > m[at].score)
			at = i;
	return at;
}

/* With equal weights the multipliers are 1, and a score is the combined hash. The second is what textbook CARP would
 * not give: 3457187673. */
static void
the_url_is_fed_on(void **state)
{
	struct carp_member m[] = { { STR("parent1"), 1 }, { STR("parent2"), 1 } };

	(void)state;
	carp_score(m, 2, STR("http://www.example.com/"));
	assert_true(m[0].score == 1540186141);
	assert_true(m[1].score == 1553836087);
}

/* The place among all counts, in the order of the weights, and of what is said for equal ones. */
static void
places_are_by_weight(void **state)
{
	struct carp_member alone[] = { { STR("b"), 1 }, { STR("c"), 1 } };
	struct carp_member heavy[] = { { STR("a"), 3 }, { STR("b"), 1 }, { STR("c"), 1 } };
	struct carp_member last[] = { { STR("b"), 1 }, { STR("c"), 1 }, { STR("a"), 3 } };

	(void)state;
	carp_score(alone, 2, STR("http://h/"));
	carp_score(heavy, 3, STR("http://h/"));
	carp_score(last, 3, STR("http://h/"));
	for (unsigned i = 0; i < 3; i++)
		assert_true(heavy[i].score == last[(i + 2) % 3].score);
	/* b and c are first and second in either list: the multiplier alone, the same for both, has changed. */
	assert_true(fabs(heavy[1].score / alone[0].score - heavy[2].score / alone[1].score) < 1e-12);
}

/* Bytes above 127 count as negative. */
static void
bytes_are_signed(void **state)
{
	struct carp_member m[] = { { STR("p"), 1 } };

	(void)state;
	carp_score(m, 1, STR("http://h/\xe9"));
	assert_true(m[0].score == 2233041407);
}

static void
weights_make_shares(void **state)
{
	enum { URLS = 60000 };
	unsigned times[3] = { 0 };

	(void)state;
	for (unsigned i = 0; i < URLS; i++) {
		struct carp_member m[] = { { STR("one"), 1 }, { STR("three"), 3 }, { STR("two"), 2 } };
		char url[64];
		int n = snprintf(url, sizeof url, "http://www.example.org/%u/page", i);

		carp_score(m, 3, str_of(url, (size_t)n));
		times[best(m, 3)]++;
	}
	assert_in_range(times[0], URLS / 6 * 95 / 100, URLS / 6 * 105 / 100);
	assert_in_range(times[1], URLS / 2 * 95 / 100, URLS / 2 * 105 / 100);
	assert_in_range(times[2], URLS / 3 * 95 / 100, URLS / 3 * 105 / 100);
}

/* Squid gives nothing to less than a thousandth. */
static void
the_lightest_get_nothing(void **state)
{
	struct carp_member m[256];

	(void)state;
	for (unsigned i = 0; i < 256; i++)
		m[i] = (struct carp_member){ STR("m"), i == 7 ? 1 : 100, 0 };
	carp_score(m, 256, STR("http://h/"));
	assert_true(m[7].score == 0);
}

/* Nor anything to those behind it: the arithmetic leaves the next one all, and of the others no number that is above any. */
static void
behind_nothing_one_has_all(void **state)
{
	struct carp_member m[13];

	(void)state;
	for (unsigned i = 0; i < 13; i++)
		m[i] = (struct carp_member){ STR("m"), i == 7 ? 1 : i == 4 ? 99 : 100, 0 };
	carp_score(m, 13, STR("http://h/"));
	assert_true(isinf(m[4].score));
	assert_int_equal(best(m, 13), 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_url_is_fed_on),        cmocka_unit_test(places_are_by_weight),
		cmocka_unit_test(bytes_are_signed),         cmocka_unit_test(weights_make_shares),
		cmocka_unit_test(the_lightest_get_nothing), cmocka_unit_test(behind_nothing_one_has_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
