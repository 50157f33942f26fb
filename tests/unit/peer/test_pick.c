#include "site.h"

#include "peer/pick.h"

#define DOWN (100 * NS_PER_MS)

static int
begin(void **state)
{
	if (site_begin(state) != 0)
		return 1;
	group->down_ms = DOWN / NS_PER_MS;
	return 0;
}

static unsigned
index_of(const struct member *m)
{
	for (unsigned i = 0; i < group_roster(group)->count; i++)
		if (seat(group, i) == m)
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
an_empty_group_has_nobody(void **state)
{
	struct pick p = { 0 };

	(void)state;
	assert_null(pick_next(&p, group, NOW));
	pick_end(&p);
}

/* They came between the look and the question whether more are awaited. */
static void
members_may_come_while_nobody_is_found(void **state)
{
	struct roster *r = roster_new();
	struct pick p = { 0 };
	const char *why;
	struct member *m = member_new(STR("http://m"), NULL, &why);

	(void)state;
	rcu_thread_begin();
	roster_add(&r, m, 1);
	assert_false(pick_was_too_soon(&p, group));
	assert_null(pick_next(&p, group, NOW));
	assert_false(pick_was_too_soon(&p, group));
	group_swap(group, r);
	assert_true(pick_was_too_soon(&p, group));
	pick_among(&p, group);
	assert_ptr_equal(pick_next(&p, group, NOW), m);
	assert_false(pick_was_too_soon(&p, group));
	pick_end(&p);
	member_let_go(&m);
	rcu_settle();
	rcu_thread_end();
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
	take_down(seat(group, 1), NOW);
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
	take_down(seat(group, 0), NOW);
	assert_int_equal(index_of(pick_next(&p, group, NOW)), 1);
	assert_null(pick_next(&p, group, NOW)); /* the other one is up, if tried */
	take_down(seat(group, 1), NOW);
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
	take_down(seat(group, 0), NOW);
	for (unsigned i = 0; i < 10; i++)
		trials += pick_fresh(later) == 0;
	assert_int_equal(trials, 1);
	/* Whoever tried it never said what came of it: another one may. */
	later += DOWN;
	for (unsigned i = 0; i < 10; i++)
		trials += pick_fresh(later) == 0;
	assert_int_equal(trials, 2);
	member_succeeded(seat(group, 0));
	for (unsigned i = 0; i < 10; i++)
		trials += pick_fresh(later) == 0;
	assert_int_equal(trials, 7);
}

/* However few requests there are, and whatever others have outstanding: it is one request that it costs. */
static void
who_was_down_is_tried_by_any_choice(void **state)
{
	static const enum choice choices[] = { CHOICE_TURN, CHOICE_LEAST, CHOICE_HASH, CHOICE_CLIENT };
	union addr client;

	(void)state;
	add_members(2);
	group->slow_start_ms = 10000;
	for (size_t c = 0; c < sizeof choices / sizeof *choices; c++) {
		int64_t later = NOW + (int64_t)(c + 1) * 100 * DOWN;
		unsigned trials = 0;

		group->choice = choices[c];
		take_down(seat(group, 0), later - DOWN);
		for (unsigned n = 0; n < 20; n++) {
			struct pick_wish wish = { .key = arena_printf(arena, "%u", n), .client = &client };
			struct pick p = { .wish = &wish };

			assert_true(addr_parse_ip(arena_printf(arena, "192.0.2.%u", n), 1000, &client));
			trials += pick_next(&p, group, later) == seat(group, 0);
			pick_end(&p);
		}
		assert_int_equal(trials, 1);
		member_succeeded(seat(group, 0));
	}
}

/* What was picked and not asked is there for whoever picks next, a trial included; another's trial stays his. */
static void
what_was_not_asked_may_be_picked_again(void **state)
{
	struct pick p = { 0 }, other = { 0 };
	int64_t later = NOW + DOWN;
	bool again = false;

	(void)state;
	add_members(2);
	take_down(seat(group, 0), NOW);
	while (index_of(pick_next(&p, group, later)) != 0)
		continue;
	assert_false(member_is_up(seat(group, 0), later)); /* on trial */
	pick_put_back(&p, group, seat(group, 0), later);
	assert_true(member_is_up(seat(group, 0), later));
	while (index_of(pick_next(&other, group, later + 1)) != 0)
		continue;
	assert_false(member_is_up(seat(group, 0), later + 1));
	pick_put_back(&p, group, seat(group, 0), later);
	assert_false(member_is_up(seat(group, 0), later + 1));
	pick_put_back(&other, group, seat(group, 0), later + 1);
	assert_true(member_is_up(seat(group, 0), later + 1));
	for (unsigned i = 0; i < 2 && !again; i++) {
		struct member *m = pick_next(&p, group, later + 1);

		again = m == seat(group, 0);
	}
	assert_true(again);
	pick_end(&p);
	pick_end(&other);
}

static void
the_only_member_is_asked_during_its_trial_too(void **state)
{
	(void)state;
	add_members(1);
	take_down(seat(group, 0), NOW);
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
	stays = seat(group, 2);
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

/* ---- by a wish ---- */

static unsigned
pick_for(const struct pick_wish *wish, unsigned nth)
{
	struct pick p = { .wish = wish };
	unsigned i = 0;

	for (unsigned n = 0; n <= nth; n++)
		i = index_of(pick_next(&p, group, NOW));
	pick_end(&p);
	assert_ptr_equal(p.wish, wish);
	return i;
}

static struct str
page(unsigned n)
{
	return arena_printf(arena, "http://a.example/%u", n);
}

/* Each key has an order of its own; who is down or has too much to do is left out of it. */
static void
a_key_has_its_order(void **state)
{
	unsigned first[4] = { 0 }, second[4] = { 0 };

	(void)state;
	add_members(4);
	group->choice = CHOICE_HASH;
	group->bounded_load = 125;
	for (unsigned n = 0; n < 200; n++) {
		struct pick_wish wish = { .key = page(n) };
		unsigned a = pick_for(&wish, 0), b = pick_for(&wish, 1);

		assert_int_equal(pick_for(&wish, 0), a);
		first[a]++;
		second[b] += a == 0;
		if (a != 0)
			continue;
		seat(group, 0)->active = 9;
		assert_int_equal(pick_for(&wish, 0), b);
		seat(group, 0)->active = 0;
	}
	for (unsigned i = 0; i < 4; i++)
		assert_in_range(first[i], 25, 80);
	for (unsigned i = 1; i < 4; i++)
		assert_in_range(second[i], 5, 35);
	take_down(seat(group, 0), NOW);
	for (unsigned n = 0; n < 200; n++) {
		struct pick_wish wish = { .key = page(n) };

		assert_int_not_equal(pick_for(&wish, 0), 0);
	}
}

static void
a_client_has_its_member(void **state)
{
	unsigned times[3] = { 0 };

	(void)state;
	add_members(3);
	group->choice = CHOICE_CLIENT;
	for (unsigned n = 0; n < 120; n++) {
		union addr a, other_port;
		struct pick_wish wish = { .key = page(n), .client = &a };
		unsigned i;

		assert_true(addr_parse_ip(arena_printf(arena, "192.0.2.%u", n), 1000, &a));
		assert_true(addr_parse_ip(arena_printf(arena, "192.0.2.%u", n), 2000, &other_port));
		i = pick_for(&wish, 0);
		times[i]++;
		wish = (struct pick_wish){ .key = page(n + 1), .client = &other_port };
		assert_int_equal(pick_for(&wish, 0), i);
	}
	for (unsigned i = 0; i < 3; i++)
		assert_in_range(times[i], 20, 60);
}

static void
the_least_loaded_is_picked(void **state)
{
	struct pick_wish wish = { .key = STR("k") };

	(void)state;
	add_members(3);
	group->choice = CHOICE_LEAST;
	seat(group, 0)->active = 2;
	seat(group, 1)->active = 3;
	seat(group, 2)->active = 1;
	assert_int_equal(pick_for(&wish, 0), 2);
	assert_int_equal(pick_for(&wish, 1), 0);
	assert_int_equal(pick_for(&wish, 2), 1);
}

/* The vector of test_carp.c: names are the hosts unless others are given. The place of one that is down counts. */
static void
carp_goes_by_names(void **state)
{
	struct pick_wish wish = { .key = STR("k"), .url = STR("http://www.example.com/") };
	const char *why;

	(void)state;
	group->choice = CHOICE_CARP;
	assert_non_null(group_add(group, STR("http://parent1:1"), &why));
	group_add(group, STR("http://b"), &why)->name = STR("parent2");
	assert_int_equal(pick_for(&wish, 0), 1);
	assert_int_equal(pick_for(&wish, 1), 0);
	take_down(seat(group, 1), NOW);
	assert_int_equal(pick_for(&wish, 0), 0);
}

/* Four that were lost in a row are a failure; on trial one is. */
static void
losing_is_failing_now_and_then(void **state)
{
	(void)state;
	add_members(2);
	for (unsigned i = 0; i < 3 * group->max_fails; i++) {
		member_lost(group, seat(group, 0), NOW);
		if (i % 3 == 2)
			member_succeeded(seat(group, 0));
	}
	assert_true(member_is_up(seat(group, 0), NOW));
	for (unsigned i = 0; i < 4 * group->max_fails; i++) {
		assert_true(member_is_up(seat(group, 0), NOW));
		member_lost(group, seat(group, 0), NOW);
	}
	assert_false(member_is_up(seat(group, 0), NOW));
	assert_true(member_claim(group, seat(group, 0), NOW + DOWN));
	member_lost(group, seat(group, 0), NOW + DOWN);
	assert_false(member_is_up(seat(group, 0), NOW + 2 * DOWN));
}

/* ---- few are up, or one is up again ---- */

static void
where_too_few_are_up_all_count(void **state)
{
	unsigned times[10] = { 0 };

	(void)state;
	add_members(10);
	group->panic = 20;
	group->slow_start_ms = 10000;
	for (unsigned i = 2; i < 10; i++)
		take_down(seat(group, i), NOW);
	for (unsigned n = 0; n < 100; n++)
		times[pick_fresh(NOW)]++;
	assert_int_equal(times[0] + times[1], 100);
	take_down(seat(group, 1), NOW);
	for (unsigned n = 0; n < 100; n++)
		times[pick_fresh(NOW)]++;
	for (unsigned i = 2; i < 10; i++)
		assert_int_equal(times[i], 10);
}

static void
a_member_that_is_back_gets_little_at_first(void **state)
{
	static const struct {
		int64_t after_ms;
		unsigned least, most;
	} rows[] = { { 0, 60, 130 }, { 1000, 60, 130 }, { 5000, 280, 390 }, { 9999, 450, 550 }, { 10000, 450, 550 } };
	int64_t back = NOW + DOWN;

	(void)state;
	add_members(2);
	group->choice = CHOICE_HASH;
	group->bounded_load = 125;
	group->slow_start_ms = 10000;
	take_down(seat(group, 1), NOW);
	assert_true(member_claim(group, seat(group, 1), back));
	member_succeeded(seat(group, 1));
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		unsigned times = 0;

		for (unsigned n = 0; n < 1000; n++) {
			struct pick_wish wish = { .key = page(n) };
			struct pick p = { .wish = &wish };

			times += index_of(pick_next(&p, group, back + rows[r].after_ms * NS_PER_MS)) == 1;
			pick_end(&p);
		}
		assert_in_range(times, rows[r].least, rows[r].most);
	}
}

/* RFC 2782. */
static void
the_lowest_priority_goes_first(void **state)
{
	static const unsigned priorities[] = { 7, 3, 7, 3 };
	struct roster *r = roster_new();
	struct pick p = { 0 };
	const char *why;

	(void)state;
	rcu_thread_begin();
	for (unsigned i = 0; i < 4; i++) {
		struct member *m = member_new(arena_printf(arena, "http://m%u", i), NULL, &why);

		roster_add(&r, m, 1)->priority = priorities[i];
		member_let_go(&m);
	}
	group_swap(group, r);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(pick_fresh(NOW) % 2, 1);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(index_of(pick_next(&p, group, NOW)) % 2, i < 2);
	assert_null(pick_next(&p, group, NOW));
	pick_end(&p);
	take_down(seat(group, 1), NOW);
	take_down(seat(group, 3), NOW);
	assert_int_equal(pick_fresh(NOW) % 2, 0);
	rcu_settle();
	rcu_thread_end();
}

/* Those who stand by are enough by themselves, whatever part of all they are. */
static void
a_tier_that_is_down_is_no_panic_where_others_stand_by(void **state)
{
	struct roster *r = roster_new();
	struct pick p = { 0 };
	const char *why;

	(void)state;
	rcu_thread_begin();
	group->panic = 20;
	for (unsigned i = 0; i < 10; i++) {
		struct member *m = member_new(arena_printf(arena, "http://m%u", i), NULL, &why);

		roster_add(&r, m, 1)->priority = i == 9;
		member_let_go(&m);
	}
	group_swap(group, r);
	for (unsigned i = 0; i < 8; i++)
		take_down(seat(group, i), NOW);
	for (unsigned i = 0; i < 8; i++) /* one in nine is up, and would not bear it */
		assert_int_equal(pick_fresh(NOW), 9);
	assert_int_equal(index_of(pick_next(&p, group, NOW)), 9);
	assert_null(pick_next(&p, group, NOW));
	pick_end(&p);
	take_down(seat(group, 9), NOW);
	for (unsigned i = 0; i < 8; i++)
		assert_int_not_equal(pick_fresh(NOW), 9);
	rcu_settle();
	rcu_thread_end();
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, begin, site_end)

/* One that is known to hold it is picked out of turn, and once. */
static void
picks_the_one_that_is_meant(void **state)
{
	struct pick p = { 0 };

	(void)state;
	add_members(3);
	assert_true(pick_this(&p, group, seat(group, 1)));
	assert_false(pick_this(&p, group, seat(group, 1)));
	for (unsigned i = 0; i < 2; i++)
		assert_int_not_equal(index_of(pick_next(&p, group, NOW)), 1);
	assert_null(pick_next(&p, group, NOW));
	assert_false(pick_this(&p, group, seat(group, 2)));
	pick_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(an_empty_group_has_nobody),
		ROW(members_may_come_while_nobody_is_found),
		ROW(takes_turns),
		ROW(has_as_many_turns_as_its_weight_says),
		ROW(tries_each_once),
		ROW(the_turns_of_a_member_that_is_down_are_shared_out),
		ROW(a_down_member_is_asked_only_where_all_are),
		ROW(one_request_tries_it_when_its_time_is_over),
		ROW(who_was_down_is_tried_by_any_choice),
		ROW(what_was_not_asked_may_be_picked_again),
		ROW(the_only_member_is_asked_during_its_trial_too),
		ROW(keeps_to_its_roster),
		ROW(the_lowest_priority_goes_first),
		ROW(a_tier_that_is_down_is_no_panic_where_others_stand_by),
		ROW(a_key_has_its_order),
		ROW(a_client_has_its_member),
		ROW(the_least_loaded_is_picked),
		ROW(carp_goes_by_names),
		ROW(losing_is_failing_now_and_then),
		ROW(where_too_few_are_up_all_count),
		ROW(a_member_that_is_back_gets_little_at_first),
		ROW(picks_the_one_that_is_meant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
