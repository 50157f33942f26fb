#include "proxy/direct.h"

#include "unit.h"

#include <stdio.h>

#define MANY 3000

static struct direct_host *
find(struct direct *d, const char *authority)
{
	return direct_find(d, str_c(authority));
}

/* As many others come by as it takes. */
static void
crowd(struct direct *d)
{
	char name[32];

	for (int i = 0; i < MANY; i++) {
		struct direct_host *h;

		snprintf(name, sizeof name, "h%d.example:8080", i);
		h = find(d, name);
		assert_non_null(h);
		direct_let_go(&h);
		assert_null(h);
	}
}

static void
test_a_host_has_one_group(void **state)
{
	struct direct *d = direct_new();
	struct direct_host *a = find(d, "a.example"), *again = find(d, "a.example"), *b = find(d, "a.example:81");

	(void)state;
	assert_ptr_equal(a, again);
	assert_ptr_not_equal(a, b);
	assert_int_equal(group_roster(direct_group(a))->count, 1);
	assert_str(group_roster(direct_group(a))->seats[0].member->label, "a.example:80");
	assert_str(group_roster(direct_group(b))->seats[0].member->label, "a.example:81");
	direct_let_go(&a);
	direct_let_go(&again);
	direct_let_go(&again);
	direct_let_go(&b);
	direct_free(&d);
	assert_null(d);
}

static void
test_what_is_no_host_is_refused(void **state)
{
	struct direct *d = direct_new();

	(void)state;
	assert_null(find(d, ""));
	assert_null(find(d, "a b"));
	assert_null(find(d, "a.example:0"));
	assert_null(find(d, "user@a.example"));
	direct_free(&d);
}

static void
test_a_host_that_is_held_stays(void **state)
{
	struct direct *d = direct_new();
	struct direct_host *a = find(d, "a.example"), *other = direct_hold(a), *again;
	struct group *g = direct_group(a);

	(void)state;
	direct_let_go(&a);
	crowd(d);
	again = find(d, "a.example");
	assert_ptr_equal(again, other);
	assert_ptr_equal(direct_group(again), g);
	direct_let_go(&again);
	direct_let_go(&other);
	direct_free(&d);
}

/* By what is remembered of a host's member. */
static unsigned
requests(struct direct *d, unsigned more)
{
	struct direct_host *h = find(d, "a.example");
	unsigned n = (unsigned)atomic_fetch_add(&group_roster(direct_group(h))->seats[0].member->requests, more);

	direct_let_go(&h);
	return n;
}

static void
test_the_latest_are_remembered(void **state)
{
	struct direct *d = direct_new();
	struct direct_host *h;

	(void)state;
	assert_int_equal(requests(d, 5), 0);
	h = find(d, "b.example");
	direct_let_go(&h);
	assert_int_equal(requests(d, 0), 5);
	crowd(d);
	assert_int_equal(requests(d, 0), 0);
	direct_free(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_host_has_one_group),
		cmocka_unit_test(test_what_is_no_host_is_refused),
		cmocka_unit_test(test_a_host_that_is_held_stays),
		cmocka_unit_test(test_the_latest_are_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
