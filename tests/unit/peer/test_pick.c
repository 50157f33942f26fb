#include "unit.h"

#include "base/clock.h"
#include "peer/pick.h"

#define NOW  (1000 * NS_PER_S)
#define DOWN (100 * NS_PER_MS)

static struct arena *arena;
static struct group *group;

static int
setup(void **state)
{
	(void)state;
	arena = arena_new(1 << 20);
	group = group_new(arena, STR("site"), GROUP_ORIGIN);
	assert_non_null(group);
	group->down_ms = DOWN / NS_PER_MS;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static void
add_members(unsigned n)
{
	const char *why;

	for (unsigned i = 0; i < n; i++)
		assert_non_null(group_add(group, arena_printf(arena, "http://m%u", i), &why));
}

static struct member *
seat(unsigned i)
{
	return group_roster(group)->seats[i].member;
}

static unsigned
index_of(const struct member *m)
{
	for (unsigned i = 0; i < group_roster(group)->count; i++)
		if (seat(i) == m)
			return i;
	fail_msg("not a member of the group");
	return 0;
}

static unsigned
pick_fresh(int64_t now)
{
	struct pick p = { 0 };
	unsigned i = index_of(pick_next(&p, group, now));

	pick_end(&p);
	return i;
}

static void
take_down(unsigned i, int64_t now)
{
	for (unsigned n = 0; n < group->max_fails; n++)
		member_failed(group, seat(i), now);
	assert_false(member_is_up(seat(i), now));
}

static void
an_empty_group_has_nobody(void **state)
{
	struct pick p = { 0 };

	(void)state;
	assert_null(pick_next(&p, group, NOW));
	pick_end(&p);
}

static void
takes_turns(void **state)
{
	(void)state;
	add_members(3);
	for (unsigned i = 0; i < 9; i++)
		assert_int_equal(pick_fresh(NOW), i % 3);
}

static void
has_as_many_turns_as_its_weight_says(void **state)
{
	static const unsigned whose[] = { 0, 1, 1, 1, 2, 0, 1, 1, 1, 2 };
	const char *why;

	(void)state;
	add_members(1);
	group_add(group, STR("http://often"), &why)->weight = 3;
	assert_non_null(group_add(group, STR("http://last"), &why));
	for (unsigned i = 0; i < sizeof whose / sizeof *whose; i++)
		assert_int_equal(pick_fresh(NOW), whose[i]);
}

static void
tries_each_once(void **state)
{
	bool seen[GROUP_MEMBERS_MAX] = { false };
	struct pick p = { 0 };

	(void)state;
	add_members(GROUP_MEMBERS_MAX);
	for (unsigned i = 0; i < GROUP_MEMBERS_MAX; i++) {
		unsigned k = index_of(pick_next(&p, group, NOW));

		assert_false(seen[k]);
		seen[k] = true;
	}
	assert_null(pick_next(&p, group, NOW));
	pick_end(&p);
	assert_non_null(pick_next(&p, group, NOW)); /* forgotten */
	pick_end(&p);
}

static void
the_turns_of_a_member_that_is_down_are_shared_out(void **state)
{
	unsigned times[3] = { 0 };

	(void)state;
	add_members(3);
	take_down(1, NOW);
	for (unsigned i = 0; i < 12; i++)
		times[pick_fresh(NOW)]++;
	assert_int_equal(times[0], 6);
	assert_int_equal(times[1], 0);
	assert_int_equal(times[2], 6);
}

static void
a_down_member_is_asked_only_where_all_are(void **state)
{
	struct pick p = { 0 };

	(void)state;
	add_members(2);
	take_down(0, NOW);
	assert_int_equal(index_of(pick_next(&p, group, NOW)), 1);
	assert_null(pick_next(&p, group, NOW)); /* the other one is up, if tried */
	take_down(1, NOW);
	pick_end(&p);
	assert_non_null(pick_next(&p, group, NOW));
	assert_non_null(pick_next(&p, group, NOW));
	assert_null(pick_next(&p, group, NOW));
	pick_end(&p);
}

static void
one_request_tries_it_when_its_time_is_over(void **state)
{
	int64_t later = NOW + DOWN;
	unsigned trials = 0;

	(void)state;
	add_members(2);
	take_down(0, NOW);
	for (unsigned i = 0; i < 10; i++)
		trials += pick_fresh(later) == 0;
	assert_int_equal(trials, 1);
	/* Whoever tried it never said what came of it: another one may. */
	later += DOWN;
	for (unsigned i = 0; i < 10; i++)
		trials += pick_fresh(later) == 0;
	assert_int_equal(trials, 2);
	member_succeeded(seat(0));
	for (unsigned i = 0; i < 10; i++)
		trials += pick_fresh(later) == 0;
	assert_int_equal(trials, 7);
}

static void
the_only_member_is_asked_during_its_trial_too(void **state)
{
	(void)state;
	add_members(1);
	take_down(0, NOW);
	assert_int_equal(pick_fresh(NOW + DOWN), 0);
	assert_int_equal(pick_fresh(NOW + DOWN), 0);
}

/* Who began to pick before a change of membership goes on among those that were there. */
static void
keeps_to_its_roster(void **state)
{
	struct roster *r = roster_new();
	struct pick p = { 0 };
	struct member *stays;

	(void)state;
	rcu_thread_begin();
	add_members(3);
	stays = seat(2);
	assert_non_null(pick_next(&p, group, NOW));
	assert_non_null(roster_add(&r, stays, 1));
	group_swap(group, r);
	rcu_settle();
	for (unsigned i = 0; i < 2; i++) {
		const struct member *m = pick_next(&p, group, NOW);

		assert_int_equal(m->label.n, sizeof "m0:80" - 1);
	}
	assert_null(pick_next(&p, group, NOW));
	pick_end(&p);
	assert_ptr_equal(pick_next(&p, group, NOW), stays);
	assert_null(pick_next(&p, group, NOW));
	pick_end(&p);
	rcu_thread_end();
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(an_empty_group_has_nobody),
		ROW(takes_turns),
		ROW(has_as_many_turns_as_its_weight_says),
		ROW(tries_each_once),
		ROW(the_turns_of_a_member_that_is_down_are_shared_out),
		ROW(a_down_member_is_asked_only_where_all_are),
		ROW(one_request_tries_it_when_its_time_is_over),
		ROW(the_only_member_is_asked_during_its_trial_too),
		ROW(keeps_to_its_roster),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
