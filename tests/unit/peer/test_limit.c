#include "unit.h"

#include "base/counter.h"
#include "peer/limit.h"

static struct arena *arena;
static struct group *group;
static struct member *m;

static int
setup(void **state)
{
	const char *why;

	(void)state;
	counter_thread_begin();
	rcu_thread_begin();
	arena = arena_new(1 << 20);
	group = group_new(arena, STR("site"), GROUP_ORIGIN);
	m = group_add(group, STR("http://m"), &why)->member;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	rcu_thread_end();
	counter_thread_end();
	return 0;
}

static void
as_many_requests_as_allowed(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 5; i++)
		assert_true(limit_enter(group, m));
	group->max_requests = 6;
	assert_true(limit_enter(group, m));
	assert_false(limit_enter(group, m));
	assert_false(limit_enter(group, m));
	assert_int_equal(m->active, 6);
	assert_int_equal(m->refused, 2);
	limit_leave(m);
	assert_true(limit_enter(group, m));
}

static void
as_many_connections_as_allowed(void **state)
{
	(void)state;
	m->connecting = 3;
	assert_true(limit_may_open(group, m));
	group->max_connecting = 4;
	assert_true(limit_may_open(group, m));
	m->connecting = 4;
	assert_false(limit_may_open(group, m));
	assert_int_equal(m->refused, 1);
}

static unsigned
spend_all(void)
{
	unsigned n = 0;

	while (n < 1000 && limit_spend(group))
		n++;
	return n;
}

static void
asking_again_is_a_share_of_asking(void **state)
{
	uint64_t before = counter_sum(COUNTER_RETRIES_REFUSED);

	(void)state;
	assert_int_equal(spend_all(), 1000); /* no budget: any number */
	group->retry_percent = 20;
	for (unsigned i = 0; i < 1000; i++)
		limit_pay(group, m); /* what is not needed is not saved */
	for (unsigned i = 0; i < 50; i++)
		assert_true(limit_spend_spare(group));
	assert_false(limit_spend_spare(group));
	assert_int_equal(spend_all(), 50);
	assert_int_equal(counter_sum(COUNTER_RETRIES_REFUSED) - before, 2);
	assert_int_equal(spend_all(), 0);
	limit_unspend(group);
	assert_int_equal(spend_all(), 1);
	for (unsigned i = 0; i < 50; i++)
		limit_pay(group, m);
	assert_int_equal(spend_all(), 10);
}

/* The others' budgets, and the group's, are no help. */
static void
a_member_has_a_budget_of_its_own(void **state)
{
	const char *why;
	struct member *other = group_add(group, STR("http://other"), &why)->member;

	(void)state;
	assert_true(limit_spend_on(group, m));
	group->retry_percent = 20;
	m->spent = 0;
	for (unsigned i = 0; i < 50; i++)
		assert_true(limit_spend_spare_on(group, m));
	assert_false(limit_spend_spare_on(group, m));
	for (unsigned i = 0; i < 50; i++)
		assert_true(limit_spend_on(group, m));
	assert_false(limit_spend_on(group, m));
	assert_int_equal(m->refused, 2);
	assert_true(limit_spend_on(group, other));
	assert_true(limit_spend(group));
	for (unsigned i = 0; i < 5; i++)
		limit_pay(group, other);
	assert_false(limit_spend_on(group, m));
	/* A half of what the group was asked in all, and all that it was asked itself. */
	for (unsigned i = 0; i < 5; i++)
		limit_pay(group, m);
	assert_true(limit_spend_on(group, m));
	assert_true(limit_spend_on(group, m));
	assert_false(limit_spend_on(group, m));
}

/* Of a lower priority, say: others are always asked before it. */
static void
who_is_never_asked_first_has_a_part(void **state)
{
	const char *why;
	struct member *first = group_add(group, STR("http://first"), &why)->member;

	(void)state;
	group->retry_percent = 20;
	for (unsigned i = 0; i < 100; i++)
		assert_true(limit_spend_on(group, m));
	assert_false(limit_spend_on(group, m));
	for (unsigned i = 0; i < 1000; i++) { /* one in ten fails, and so it goes on */
		for (unsigned k = 0; k < 10; k++)
			limit_pay(group, first);
		assert_true(limit_spend_on(group, m));
	}
	assert_false(limit_spend_on(group, m));
	atomic_store(&group->asked, 1); /* another configuration's */
	assert_false(limit_spend_on(group, m));
	for (unsigned k = 0; k < 10; k++)
		limit_pay(group, first);
	assert_true(limit_spend_on(group, m));
	member_hold(m);
	group_swap(group, roster_new()); /* nobody is left */
	rcu_settle();
	assert_false(limit_spend_on(group, m));
	member_let_go(&m);
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(as_many_requests_as_allowed),
		ROW(as_many_connections_as_allowed),
		ROW(asking_again_is_a_share_of_asking),
		ROW(a_member_has_a_budget_of_its_own),
		ROW(who_is_never_asked_first_has_a_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
