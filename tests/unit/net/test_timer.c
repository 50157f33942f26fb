#include "unit.h"

#include "net/timer.h"
#include "turn.h"

#define FAR_MS (3600 * MS_PER_S)

static struct loop *loop;
static struct timer timer;
static unsigned fired, closed;
static int64_t fired_ns;

static bool
is_set(const struct timer *t)
{
	return t->deadline_ns != 0;
}

static void
on_fire(struct timer *t)
{
	assert_ptr_equal(t, &timer);
	assert_false(is_set(t));
	fired++;
	fired_ns = loop_now(loop).mono_ns;
}

static void
on_closed(struct timer *t)
{
	assert_ptr_equal(t, &timer);
	closed++;
}

static int
setup(void **state)
{
	(void)state;
	fired = closed = 0;
	loop = loop_new();
	timer_init(&timer, loop, on_fire);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	timer_close(&timer, on_closed);
	loop_free(&loop);
	return closed != 1;
}

static void
fires_once_and_not_early(void **state)
{
	int64_t start = loop_now(loop).mono_ns;

	(void)state;
	assert_false(is_set(&timer));
	timer_set(&timer, 5);
	assert_true(is_set(&timer));
	TURN_UNTIL(loop, fired > 0);
	assert_true(fired_ns >= start + 5 * NS_PER_MS);
	assert_false(is_set(&timer));
	loop_turn(loop);
	assert_int_equal(fired, 1);
}

static void
pushed_back_it_waits(void **state)
{
	int64_t start = loop_now(loop).mono_ns;

	(void)state;
	timer_set(&timer, 1);
	timer_set(&timer, 30);
	TURN_UNTIL(loop, fired > 0);
	assert_true(fired_ns >= start + 30 * NS_PER_MS);
}

/* The point of the module: libuv keeps the deadline it was given first. */
static void
pushing_back_does_not_touch_the_heap(void **state)
{
	uint64_t due;

	(void)state;
	timer_set(&timer, 1000);
	due = timer.uv.timeout;
	timer_set(&timer, FAR_MS);
	timer_stop(&timer);
	timer_set(&timer, FAR_MS);
	assert_true(timer.uv.timeout == due);
}

static void
brought_forward_it_fires_sooner(void **state)
{
	(void)state;
	timer_set(&timer, FAR_MS);
	timer_set(&timer, 1);
	TURN_UNTIL(loop, fired > 0);
}

static void
stopped_it_does_not_fire(void **state)
{
	(void)state;
	timer_set(&timer, 1);
	timer_stop(&timer);
	assert_false(is_set(&timer));
	TURN_UNTIL(loop, !uv_is_active((const uv_handle_t *)&timer.uv)); /* libuv's has come and gone */
	assert_int_equal(fired, 0);
	timer_set(&timer, 1);
	TURN_UNTIL(loop, fired > 0);
}

static void
set_again_from_inside(struct timer *t)
{
	if (++fired < 3)
		timer_set(t, 1);
}

static void
may_be_set_from_inside(void **state)
{
	(void)state;
	timer.fn = set_again_from_inside;
	timer_set(&timer, 1);
	TURN_UNTIL(loop, fired == 3);
	assert_false(is_set(&timer));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(fires_once_and_not_early, setup, teardown),
		cmocka_unit_test_setup_teardown(pushed_back_it_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(pushing_back_does_not_touch_the_heap, setup, teardown),
		cmocka_unit_test_setup_teardown(brought_forward_it_fires_sooner, setup, teardown),
		cmocka_unit_test_setup_teardown(stopped_it_does_not_fire, setup, teardown),
		cmocka_unit_test_setup_teardown(may_be_set_from_inside, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
