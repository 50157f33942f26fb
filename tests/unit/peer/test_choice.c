#include <limits.h>
#include <stdio.h>

#include "unit.h"

#include "peer/choice.h"

enum { KEYS = 100000, MOST = 12 };

static struct choice_of of[MOST];

static void
members(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		char label[32];
		int len = snprintf(label, sizeof label, "10.0.0.%u:3128", i + 1);

		of[i] = (struct choice_of){ .seat = i, .weight = 1, .id = choice_hash(str_of(label, (size_t)len)) };
	}
}

static uint64_t
key(unsigned n)
{
	char text[64];
	int len = snprintf(text, sizeof text, "http://www.example.org/page/%u?x=1", n);

	return choice_hash(str_of(text, (size_t)len));
}

static unsigned
whose(uint64_t k, unsigned count)
{
	choice_rank(of, count, k);
	return of[choice_best(of, count)].seat;
}

/* What one node says all others say, of other versions too: these may not change. */
static void
all_nodes_agree(void **state)
{
	static const unsigned want[] = { 2, 4, 1, 1, 3, 4, 1, 3, 0, 2, 1, 1 };

	(void)state;
	members(5);
	for (unsigned i = 0; i < sizeof want / sizeof *want; i++)
		assert_int_equal(whose(key(i), 5), want[i]);
}

static void
shares_are_fair(void **state)
{
	unsigned times[8] = { 0 };

	(void)state;
	members(8);
	for (unsigned i = 0; i < KEYS; i++)
		times[whose(key(i), 8)]++;
	for (unsigned i = 0; i < 8; i++)
		assert_in_range(times[i], KEYS / 8 * 95 / 100, KEYS / 8 * 105 / 100);
}

static void
shares_are_as_the_weights(void **state)
{
	unsigned times[3] = { 0 };

	(void)state;
	members(3);
	of[1].weight = 3;
	of[2].weight = 6;
	for (unsigned i = 0; i < KEYS; i++)
		times[whose(key(i), 3)]++;
	for (unsigned i = 0; i < 3; i++)
		assert_in_range(times[i], KEYS * of[i].weight / 10 * 0.95, KEYS * of[i].weight / 10 * 1.05);
}

/* From `before` members to `after`: how many keys have another one, and all of them from or to those that differ. */
static unsigned
moved(unsigned before, unsigned after)
{
	unsigned fewer = before < after ? before : after, n = 0;

	members(MOST);
	for (unsigned i = 0; i < KEYS; i++) {
		unsigned was = whose(key(i), before), is = whose(key(i), after);

		if (was == is)
			continue;
		n++;
		assert_true(was >= fewer || is >= fewer);
	}
	return n;
}

/* The share of keys that move when a member leaves or joins is that member's share. */
static void
no_more_keys_move_than_must(void **state)
{
	(void)state;
	for (unsigned n = 2; n < MOST; n++) {
		assert_in_range(moved(n + 1, n), KEYS / (n + 1) * 95 / 100, KEYS / (n + 1) * 105 / 100);
		assert_in_range(moved(n, n + 1), KEYS / (n + 1) * 95 / 100, KEYS / (n + 1) * 105 / 100);
	}
}

/* And they go to all the others alike. */
static void
who_leaves_is_missed_by_all(void **state)
{
	unsigned to[4] = { 0 }, n = 0;

	(void)state;
	members(5);
	for (unsigned i = 0; i < KEYS; i++) {
		if (whose(key(i), 5) != 4)
			continue;
		to[whose(key(i), 4)]++;
		n++;
	}
	for (unsigned i = 0; i < 4; i++)
		assert_in_range(to[i], n / 4 * 93 / 100, n / 4 * 107 / 100);
}

static void
a_weight_moves_no_key_between_others(void **state)
{
	(void)state;
	members(4);
	for (unsigned i = 0; i < KEYS; i++) {
		unsigned was, is;

		of[2].weight = 1;
		was = whose(key(i), 4);
		of[2].weight = 0.3;
		is = whose(key(i), 4);
		assert_true(was == is || was == 2);
	}
}

struct bound_row {
	unsigned active[3];
	unsigned percent;
	unsigned kept;
	unsigned seats[3];
};

static void
who_has_too_much_is_passed_by(void **state)
{
	static const struct bound_row rows[] = {
		{ { 0, 0, 0 }, 125, 3, { 0, 1, 2 } },
		{ { 7, 0, 0 }, 125, 3, { 0, 1, 2 } }, /* no load yet */
		{ { 8, 0, 0 }, 125, 2, { 1, 2 } },
		{ { 10, 10, 10 }, 125, 3, { 0, 1, 2 } },
		{ { 20, 10, 10 }, 125, 2, { 1, 2 } },
		{ { 20, 10, 30 }, 125, 2, { 0, 1 } },    /* 61 * 1.25 / 3 is 25.4 */
		{ { 25, 10, 25 }, 125, 3, { 0, 1, 2 } }, /* the 26th may be the 26th */
		{ { 26, 10, 25 }, 125, 2, { 1, 2 } },
		{ { 30, 10, 30 }, 200, 3, { 0, 1, 2 } },
	};

	(void)state;
	for (unsigned r = 0; r < sizeof rows / sizeof *rows; r++) {
		unsigned kept;

		members(3);
		for (unsigned i = 0; i < 3; i++)
			of[i].active = rows[r].active[i];
		kept = choice_bound(of, 3, rows[r].percent);
		if (kept != rows[r].kept)
			fail_msg("row %u: %u are left", r, kept);
		for (unsigned i = 0; i < kept; i++)
			assert_int_equal(of[i].seat, rows[r].seats[i]);
	}
}

/* However the keys fall, nobody gets more than the bound of what is outstanding. */
static void
load_is_bounded(void **state)
{
	unsigned active[4] = { 0 };

	(void)state;
	for (unsigned n = 1; n <= 400; n++) {
		unsigned kept, i;

		members(4);
		for (unsigned k = 0; k < 4; k++)
			of[k].active = active[k];
		kept = choice_bound(of, 4, 125);
		i = whose(key(n % 3), kept); /* three hot URLs */
		active[i]++;
		assert_true(active[i] <= 8 || active[i] <= n * 1.25 / 4 + 1);
	}
}

static void
turns_are_as_the_weights(void **state)
{
	static const unsigned want[] = { 0, 1, 1, 1, 2, 0, 1, 1, 1, 2 };

	(void)state;
	members(3);
	of[1].weight = 3;
	for (unsigned i = 0; i < sizeof want / sizeof *want; i++)
		assert_int_equal(choice_in_turn(of, 3, i), want[i]);
	assert_in_range(choice_in_turn(of, 3, UINT_MAX), 0, 2);
}

static void
the_least_loaded_is_next(void **state)
{
	(void)state;
	members(3);
	for (unsigned turn = 0; turn < 6; turn++)
		assert_int_equal(choice_least(of, 3, turn), turn % 3); /* nobody has anything: another one each time */
	of[0].active = 2;
	of[1].active = 1;
	of[2].active = 3;
	for (unsigned turn = 0; turn < 6; turn++)
		assert_int_equal(choice_least(of, 3, turn), 1);
	of[2].weight = 4; /* the fourth of 4 is as the first of 1 */
	for (unsigned turn = 0; turn < 6; turn++)
		assert_int_equal(choice_least(of, 3, turn), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_nodes_agree),
		cmocka_unit_test(shares_are_fair),
		cmocka_unit_test(shares_are_as_the_weights),
		cmocka_unit_test(no_more_keys_move_than_must),
		cmocka_unit_test(who_leaves_is_missed_by_all),
		cmocka_unit_test(a_weight_moves_no_key_between_others),
		cmocka_unit_test(who_has_too_much_is_passed_by),
		cmocka_unit_test(load_is_bounded),
		cmocka_unit_test(turns_are_as_the_weights),
		cmocka_unit_test(the_least_loaded_is_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
