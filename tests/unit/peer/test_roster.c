#include "site.h"

#include <pthread.h>

static void
members_stand_in_their_order(void **state)
{
	(void)state;
	add_members(3);
	assert_int_equal(group_roster(group)->count, 3);
	assert_str(seat(group, 0)->label, "m0:80");
	assert_str(seat(group, 2)->label, "m2:80");
}

static void
what_is_no_member_is_not_added(void **state)
{
	const char *why = NULL;

	(void)state;
	assert_null(group_add(group, STR("ftp://h"), &why));
	assert_non_null(why);
	assert_int_equal(group_roster(group)->count, 0);
}

static void
a_full_group_says_so(void **state)
{
	const char *why;

	(void)state;
	add_members(GROUP_MEMBERS_MAX);
	assert_null(group_add(group, STR("http://more"), &why));
	assert_string_equal(why, "an upstream has at most 256 members");
	assert_int_equal(group_roster(group)->count, GROUP_MEMBERS_MAX);
}

static void
short_memory_is_no_crash(void **state)
{
	struct arena *tight = arena_new(1);

	(void)state;
	assert_non_null(group_new(tight, STR("g"), GROUP_PARENT));
	while (arena_alloc(tight, 1) != NULL)
		;
	assert_null(group_new(tight, STR("g"), GROUP_PARENT));
	arena_free(&tight);
}

static void
a_group_is_down_where_all_are(void **state)
{
	(void)state;
	assert_true(group_is_down(group, NOW)); /* nobody is there */
	add_members(2);
	take_down(seat(group, 0), NOW);
	assert_false(group_is_down(group, NOW));
	take_down(seat(group, 1), NOW);
	assert_true(group_is_down(group, NOW));
	member_succeeded(seat(group, 0));
	assert_false(group_is_down(group, NOW));
}

static void
members_outlive_their_group(void **state)
{
	struct arena *later = arena_new(1 << 20);
	struct group *next = group_new(later, STR("site"), GROUP_ORIGIN);
	static const char *const next_urls[] = { "http://m1", "http://m1", "http://m2", "http://m2:81" };
	struct member *m1, *m2;
	const char *why;

	(void)state;
	add_members(3);
	m1 = seat(group, 1);
	m2 = seat(group, 2);
	take_down(m2, NOW);
	for (unsigned i = 0; i < 4; i++)
		assert_non_null(group_add(next, str_c(next_urls[i]), &why));
	group_inherit(next, group);
	arena_free(&arena);
	assert_ptr_equal(seat(next, 0), m1);
	assert_ptr_not_equal(seat(next, 1), m1); /* named twice: two */
	assert_ptr_equal(seat(next, 2), m2);
	assert_true(str_eq(m2->authority, STR("m2")));
	assert_false(member_is_up(m2, NOW));
	assert_true(member_is_up(seat(next, 3), NOW));
	arena_free(&later);
}

static void
a_held_roster_outlives_its_time(void **state)
{
	struct roster *r = roster_new(), *held;
	struct member *m0;

	(void)state;
	rcu_thread_begin();
	add_members(2);
	m0 = seat(group, 0);
	take_down(m0, NOW);
	held = group_hold(group);
	assert_non_null(roster_add(&r, m0, 7));
	group_swap(group, r);
	rcu_settle();
	assert_int_equal(group_roster(group)->count, 1);
	assert_int_equal(group_roster(group)->seats[0].weight, 7);
	assert_ptr_equal(seat(group, 0), m0); /* with what is known of it */
	assert_false(member_is_up(seat(group, 0), NOW));
	assert_int_equal(held->count, 2);
	assert_str(held->seats[1].member->label, "m1:80");
	roster_let_go(&held);
	assert_null(held);
	rcu_thread_end();
}

struct scene {
	struct group *group;
	atomic_bool over;
	atomic_uint held;
};

static void *
hold_again_and_again(void *arg)
{
	struct scene *s = arg;

	rcu_thread_begin();
	while (!atomic_load(&s->over)) {
		struct roster *r = group_hold(s->group);

		assert_int_equal(r->count, 1);
		assert_int_equal(r->seats[0].member->port, 80);
		group_is_down(s->group, NOW);
		roster_let_go(&r);
		atomic_fetch_add(&s->held, 1);
	}
	rcu_thread_end();
	return NULL;
}

static void
readers_and_changes_go_together(void **state)
{
	struct scene s = { .group = group };
	const char *why;
	pthread_t reader;

	(void)state;
	rcu_thread_begin();
	add_members(1);
	pthread_create(&reader, NULL, hold_again_and_again, &s);
	for (unsigned i = 0; i < 500 || atomic_load(&s.held) < 500; i++) {
		struct member *m = member_new(STR("http://next"), NULL, &why);
		struct roster *r = roster_new();

		assert_non_null(roster_add(&r, m, 1));
		member_let_go(&m);
		group_swap(group, r);
	}
	atomic_store(&s.over, true);
	pthread_join(reader, NULL);
	rcu_settle();
	rcu_thread_end();
}

static void
whom_a_name_stood_for_goes_on(void **state)
{
	struct arena *later = arena_new(1 << 20);
	struct group *next = group_new(later, STR("site"), GROUP_ORIGIN);
	struct following *f, *g;
	struct roster *r = roster_new();
	struct member *m;
	const char *why;

	(void)state;
	rcu_thread_begin();
	f = group_follow(group, arena, FOLLOW_SRV, STR("http://_http._tcp.site.test"), &why);
	assert_non_null(f);
	assert_int_equal(group_roster(group)->count, 0);
	m = member_named(f->like.member, STR("pod-0.site.test"), 8080);
	*roster_add_like(&r, m, &f->like) = (struct seat){ m, .weight = 5, .priority = 2, .following = f };
	member_let_go(&m);
	group_swap(group, r);
	/* The same name, another one, and the same followed otherwise. */
	g = group_follow(next, later, FOLLOW_SRV, STR("http://_http._tcp.site.test"), &why);
	assert_non_null(group_follow(next, later, FOLLOW_SRV, STR("http://_http._tcp.other.test"), &why));
	assert_non_null(group_follow(next, later, FOLLOW_ADDRESSES, STR("http://_http._tcp.site.test"), &why));
	group_inherit(next, group);
	assert_int_equal(group_roster(next)->count, 1);
	assert_ptr_equal(seat(next, 0), seat(group, 0));
	assert_ptr_equal(group_roster(next)->seats[0].following, g);
	assert_int_equal(group_roster(next)->seats[0].weight, 5);
	assert_int_equal(group_roster(next)->seats[0].priority, 2);
	assert_null(group_follow(next, later, FOLLOW_SRV, STR("http://a/b"), &why));
	rcu_settle();
	arena_free(&later);
	rcu_thread_end();
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, site_begin, site_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(members_stand_in_their_order),
		ROW(what_is_no_member_is_not_added),
		ROW(a_full_group_says_so),
		ROW(short_memory_is_no_crash),
		ROW(a_group_is_down_where_all_are),
		ROW(members_outlive_their_group),
		ROW(a_held_roster_outlives_its_time),
		ROW(whom_a_name_stood_for_goes_on),
		ROW(readers_and_changes_go_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
