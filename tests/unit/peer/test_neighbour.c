#include "unit.h"

#include "base/clock.h"
#include "peer/neighbour.h"

#define MINUTE (60 * NS_PER_S)

static struct neighbour n;
static int64_t now;

static int
setup(void **state)
{
	(void)state;
	n = (struct neighbour){ 0 };
	now = MINUTE;
	return 0;
}

static void
broken_promises_lower_its_standing(void **state)
{
	static const unsigned after[] = { 750, 563, 423, 318, 239 };

	(void)state;
	assert_int_equal(neighbour_standing(&n), 1000);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(neighbour_may(&n, now), NEIGHBOUR_ASK);
		neighbour_broke(&n, TOLD_BY_ICP, now);
		assert_int_equal(neighbour_standing(&n), after[i]);
	}
	assert_int_equal(neighbour_may(&n, now), NEIGHBOUR_SHUN);
	assert_false(neighbour_is_trusted(&n, now + 29 * NS_PER_S));
	/* It gets another chance, and not a third: two more, and it rests again. */
	assert_int_equal(neighbour_may(&n, now + 30 * NS_PER_S), NEIGHBOUR_ASK);
	assert_int_equal(neighbour_standing(&n), 500);
	now += 30 * NS_PER_S;
	neighbour_broke(&n, TOLD_BY_DIGEST, now);
	assert_true(neighbour_is_trusted(&n, now));
	neighbour_broke(&n, TOLD_BY_DIGEST, now);
	assert_false(neighbour_is_trusted(&n, now));
	assert_int_equal(atomic_load(&n.broken[TOLD_BY_ICP]), 5);
	assert_int_equal(atomic_load(&n.broken[TOLD_BY_DIGEST]), 2);
}

static void
kept_promises_raise_it_again(void **state)
{
	(void)state;
	neighbour_broke(&n, TOLD_BY_HTCP, now);
	while (neighbour_standing(&n) < 1000) {
		unsigned before = neighbour_standing(&n);

		neighbour_kept(&n, TOLD_BY_HTCP);
		assert_true(neighbour_standing(&n) > before);
	}
	neighbour_kept(&n, TOLD_BY_HTCP);
	assert_int_equal(neighbour_standing(&n), 1000);
}

/* One that is right nine times in ten, as a digest is, stays trusted for good. */
static void
some_mistakes_are_forgiven(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		if (i % 10 == 0)
			neighbour_broke(&n, TOLD_BY_DIGEST, now);
		else
			neighbour_kept(&n, TOLD_BY_DIGEST);
		assert_true(neighbour_is_trusted(&n, now));
	}
}

static void
a_dead_one_is_knocked_at(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(neighbour_may(&n, now), NEIGHBOUR_ASK);
		neighbour_silent(&n);
	}
	assert_int_equal(neighbour_may(&n, now), NEIGHBOUR_KNOCK);
	assert_int_equal(neighbour_may(&n, now), NEIGHBOUR_SHUN);
	assert_int_equal(neighbour_may(&n, now + 10 * NS_PER_S - 1), NEIGHBOUR_SHUN);
	assert_int_equal(neighbour_may(&n, now + 10 * NS_PER_S), NEIGHBOUR_KNOCK);
	assert_false(neighbour_answered(&n, REPLY_MISS, true, NS_PER_MS));
	assert_int_equal(neighbour_may(&n, now), NEIGHBOUR_ASK);
	assert_int_equal(atomic_load(&n.replies[REPLY_LATE]), 1);
}

static void
one_that_denies_is_left_alone(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 19; i++)
		assert_false(neighbour_answered(&n, REPLY_DENIED, false, NS_PER_MS));
	assert_false(neighbour_answered(&n, REPLY_MISS, false, NS_PER_MS)); /* not always, that is */
	for (unsigned i = 0; i < 19; i++)
		assert_false(neighbour_answered(&n, REPLY_DENIED, false, NS_PER_MS));
	assert_int_equal(neighbour_may(&n, now), NEIGHBOUR_ASK);
	assert_true(neighbour_answered(&n, REPLY_DENIED, false, NS_PER_MS)); /* told once */
	assert_false(neighbour_answered(&n, REPLY_DENIED, false, NS_PER_MS));
	assert_int_equal(neighbour_may(&n, now), NEIGHBOUR_KNOCK);
	assert_int_equal(neighbour_may(&n, now + MINUTE), NEIGHBOUR_SHUN);
	assert_int_equal(neighbour_may(&n, now + 5 * MINUTE), NEIGHBOUR_KNOCK);
}

static void
learns_how_fast_it_is(void **state)
{
	(void)state;
	assert_int_equal(neighbour_rtt(&n), 0);
	neighbour_answered(&n, REPLY_HIT, false, 8 * NS_PER_MS);
	assert_int_equal(neighbour_rtt(&n), 8 * NS_PER_MS);
	neighbour_answered(&n, REPLY_HIT, false, 16 * NS_PER_MS);
	assert_int_equal(neighbour_rtt(&n), 9 * NS_PER_MS);
	for (unsigned i = 0; i < 100; i++)
		neighbour_answered(&n, REPLY_HIT, false, NS_PER_MS);
	assert_in_range(neighbour_rtt(&n), NS_PER_MS, NS_PER_MS + NS_PER_MS / 100);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(broken_promises_lower_its_standing), TEST(kept_promises_raise_it_again),
		TEST(some_mistakes_are_forgiven),         TEST(a_dead_one_is_knocked_at),
		TEST(one_that_denies_is_left_alone),      TEST(learns_how_fast_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
