#include "unit.h"

#include "flying.h"

static void
everybody_is_woken_by_one_mail_a_worker(void **state)
{
	struct client c[5];
	struct flight *f;
	struct segs *body = segs_new_stored(slots, 0);

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		c[i] = client(i % 2 * 2); /* workers 0 and 2 */
	f = lead(&c[0], 1);
	for (unsigned i = 1; i < 5; i++)
		assert_int_equal(enter(&c[i], all(1), FLIGHT_JOIN), FLIGHT_FOLLOWS);
	assert_int_equal(posts, 0);
	flight_head(f, response(body), 200, (struct flight_whom){ .member = STR("origin:80") });
	assert_int_equal(flight_phase(f), FLIGHT_HEAD);
	assert_int_equal(posts, 2);
	assert_int_equal(posted[0].worker + posted[1].worker, 2);
	flight_progress(f); /* the mails are still under way */
	assert_int_equal(posts, 2);
	deliver();
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(c[i].calls, 1);
	flight_progress(f);
	assert_int_equal(posts, 2);
	deliver();
	segs_end(body, SEGS_WHOLE);
	flight_done(&f);
	assert_null(f);
	assert_int_equal(posts, 2);
	flight_leave(&c[1].waiter);
	flight_leave(&c[3].waiter);
	deliver();
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(c[i].calls, i % 2 == 0 ? 3 : 2);
	for (unsigned i = 0; i < 5; i++)
		flight_leave(&c[i].waiter);
}

static void
nobody_is_posted_to_where_nobody_waits(void **state)
{
	struct client a = client(0), b = client(1);
	struct flight *f = lead(&a, 1);
	struct segs *body = segs_new_stored(slots, 0);

	(void)state;
	assert_int_equal(enter(&b, all(1), FLIGHT_JOIN), FLIGHT_FOLLOWS);
	flight_leave(&b.waiter);
	flight_head(f, response(body), 200, (struct flight_whom){ 0 });
	assert_int_equal(posts, 1);
	assert_int_equal(posted[0].worker, 0);
	flight_leave(&a.waiter);
	deliver();
	flight_progress(f);
	break_off(&f);
	assert_int_equal(posts, 0);
	assert_int_equal(a.calls + b.calls, 0);
}

static void
leave_both(struct client *c)
{
	flight_leave(&c->waiter);
	flight_leave(&c->other->waiter);
}

static void
enter_another(struct client *c)
{
	flight_leave(&c->waiter);
	assert_int_equal(enter(c, all(2), FLIGHT_JOIN), FLIGHT_FOLLOWS);
}

static void
enter_anew(struct client *c)
{
	flight_leave(&c->waiter);
	assert_int_equal(enter(c, all(1), FLIGHT_JOIN), FLIGHT_FOLLOWS);
}

static void
a_waiter_may_do_what_it_likes_when_called(void **state)
{
	struct client c[6];
	struct flight *f, *g;
	unsigned calls = 0;

	(void)state;
	for (unsigned i = 0; i < 6; i++)
		c[i] = client(1);
	f = lead(&c[0], 1);
	g = lead(&c[1], 2);
	for (unsigned i = 2; i < 6; i++)
		assert_int_equal(enter(&c[i], all(1), FLIGHT_JOIN), FLIGHT_FOLLOWS);
	c[2].then = leave_both;
	c[2].other = &c[3];
	c[4].then = enter_another;
	c[5].then = enter_anew;
	flight_head(f, response(NULL), 200, (struct flight_whom){ 0 });
	deliver();
	assert_int_equal(c[0].calls, 1);
	assert_int_equal(c[2].calls, 1);
	assert_int_equal(c[3].calls, 0);
	assert_int_equal(c[4].calls, 1);
	assert_int_equal(c[5].calls, 1);
	assert_ptr_equal(c[4].waiter.flight, g);
	assert_int_equal(flight_waiters(f), 2);
	assert_int_equal(flight_waiters(g), 2);
	c[4].then = c[5].then = NULL;
	flight_done(&f);
	break_off(&g);
	deliver();
	for (unsigned i = 0; i < 6; i++) {
		calls += c[i].calls;
		flight_leave(&c[i].waiter);
	}
	assert_int_equal(calls, 4 + 4);
}

static void
who_left_is_not_called(void **state)
{
	struct client a = client(0), b = client(0);
	struct flight *f = lead(&a, 1);

	(void)state;
	assert_int_equal(enter(&b, all(1), FLIGHT_JOIN), FLIGHT_FOLLOWS);
	break_off(&f);
	flight_leave(&b.waiter);
	flight_leave(&a.waiter); /* the mail alone holds the flight now */
	deliver();
	assert_int_equal(a.calls + b.calls, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		T(everybody_is_woken_by_one_mail_a_worker),
		T(nobody_is_posted_to_where_nobody_waits),
		T(a_waiter_may_do_what_it_likes_when_called),
		T(who_left_is_not_called),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
