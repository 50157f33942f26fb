#include "unit.h"

#include "bodies.h"

static void
a_window_holds_its_writer_back(void **state)
{
	struct segs *s = segs_new_window(40 * KB);
	struct segs_reader r;
	enum segs_read last;
	bool told;

	(void)state;
	assert_true(segs_is_window(s));
	assert_int_equal(put(s, SIZE_MAX), 40 * KB);
	assert_true(is_full(s));
	segs_reader_init(&r, s, 0);
	assert_int_equal(get(&r, 10 * KB - 1, &last, &told), 10 * KB - 1);
	assert_false(told);
	assert_int_equal(get(&r, 1, &last, &told), 1);
	assert_true(told);
	assert_int_equal(get(&r, 10 * KB, &last, &told), 10 * KB);
	assert_false(told); /* it knows already */
	assert_int_equal(put(s, SIZE_MAX), 20 * KB);
	assert_int_equal(get(&r, SIZE_MAX, &last, &told), 40 * KB);
	assert_true(told);
	assert_int_equal(last, SEGS_READ_WAIT);
	put(s, 1);
	assert_int_equal(get(&r, SIZE_MAX, &last, &told), 1);
	assert_false(told); /* nobody waits */
	segs_end(s, SEGS_WHOLE);
	assert_int_equal(peek(&r), SEGS_READ_END);
	assert_int_equal(segs_held(s), 0);
	segs_reader_fini(&r);
	segs_unref(&s);
}

static void
the_smallest_window_works(void **state)
{
	struct segs *s = segs_new_window(1);
	struct segs_reader r;
	enum segs_read last;
	bool told;

	(void)state;
	segs_reader_init(&r, s, 0);
	for (unsigned i = 0; i < 20 * KB; i++) {
		assert_int_equal(put(s, 2), 1);
		assert_int_equal(get(&r, 2, &last, &told), 1);
		assert_true(told);
	}
	segs_reader_fini(&r);
	segs_unref(&s);
}

/* A part of a body that passes through: the reader waits far ahead of the writer, who is not held back until there. */
static void
a_reader_ahead_of_the_writer_is_waited_for(void **state)
{
	struct segs *s = segs_new_window(40 * KB);
	struct segs_reader r;
	enum segs_read last;
	bool told;

	(void)state;
	segs_reader_init(&r, s, 500 * KB);
	segs_private(s);
	assert_int_equal(peek(&r), SEGS_READ_WAIT);
	assert_int_equal(put(s, SIZE_MAX), 540 * KB);
	assert_int_equal(get(&r, 10 * KB, &last, &told), 10 * KB);
	assert_int_equal(put(s, SIZE_MAX), 10 * KB);
	assert_int_equal(get(&r, SIZE_MAX, &last, &told), 40 * KB);
	segs_reader_fini(&r);
	segs_end(s, SEGS_CUT);
	segs_unref(&s);
}

/* It waits at the pace of those who read what there is; and drives the writer on when they have left. */
static void
a_reader_far_ahead_drives_nobody_out(void **state)
{
	struct segs *s = segs_new_window(40 * KB);
	struct segs_reader far, near;

	(void)state;
	segs_reader_init(&near, s, 0);
	segs_reader_init(&far, s, 500 * KB);
	assert_int_equal(put(s, SIZE_MAX), 40 * KB);
	assert_int_equal(take(&near, 10 * KB), 10 * KB);
	assert_int_equal(put(s, SIZE_MAX), 10 * KB);
	assert_int_equal(peek(&far), SEGS_READ_WAIT);
	assert_int_equal(take(&near, SIZE_MAX), 40 * KB);
	assert_int_equal(put(s, SIZE_MAX), 40 * KB);
	assert_true(segs_reader_fini(&near));
	assert_int_equal(put(s, SIZE_MAX), 450 * KB);
	assert_int_equal(take(&far, SIZE_MAX), 40 * KB);
	assert_false(segs_reader_fini(&far));
	segs_unref(&s);
}

/* Nor where the body was to be stored, and its reader began long before there was a window. */
static void
a_reader_far_ahead_in_a_run_drives_nobody_out(void **state)
{
	struct segs *s = segs_new_stored(slots, 0);
	struct segs_reader far, near;

	(void)state;
	segs_reader_init(&near, s, 0);
	segs_reader_init(&far, s, 500 * KB);
	put(s, 100 * KB);
	assert_true(segs_unstore(s, 40 * KB));
	assert_int_equal(take(&near, SIZE_MAX), 100 * KB);
	assert_int_equal(peek(&far), SEGS_READ_WAIT);
	assert_int_equal(put(s, SIZE_MAX), 40 * KB);
	segs_reader_fini(&far);
	segs_reader_fini(&near);
	segs_unref(&s);
}

static void
who_falls_out_of_a_window_is_told(void **state)
{
	struct segs *s = segs_new_window(100 * KB);
	struct segs_reader fast, slow, late;
	struct iovec iov[1];
	int count = 1;

	(void)state;
	segs_reader_init(&fast, s, 0);
	segs_reader_init(&slow, s, 0);
	put(s, 100 * KB);
	take(&slow, 10);
	assert_int_equal(segs_reader_peek(&slow, UINT64_MAX, iov, &count), SEGS_READ_DATA);
	for (size_t i = 0; i < 6; i++) {
		take(&fast, SIZE_MAX);
		put(s, 100 * KB);
	}
	/* What it looks at stays until it is done with it, whatever was dropped meanwhile. */
	assert_memory_equal(iov[0].iov_base, pattern + 10, iov[0].iov_len);
	segs_reader_took(&slow, iov[0].iov_len);
	assert_int_equal(peek(&slow), SEGS_READ_LOST);
	assert_int_equal(peek(&slow), SEGS_READ_LOST);
	assert_true(segs_oldest(s) > 0);
	segs_reader_init(&late, s, 0);
	assert_int_equal(peek(&late), SEGS_READ_LOST);
	segs_reader_fini(&late);
	segs_reader_init(&late, s, segs_length(s) - 100 * KB);
	assert_int_equal(take(&late, SIZE_MAX), 100 * KB);
	segs_reader_fini(&late);
	segs_reader_fini(&slow);
	assert_int_equal(take(&fast, SIZE_MAX), 100 * KB);
	segs_reader_fini(&fast);
	segs_unref(&s);
}

static void
the_next_fastest_paces_when_the_fastest_leaves(void **state)
{
	struct segs *s = segs_new_window(32 * KB);
	struct segs_reader fast, slow;

	(void)state;
	segs_reader_init(&slow, s, 0);
	segs_reader_init(&fast, s, 0);
	put(s, 20 * KB);
	take(&fast, 20 * KB);
	take(&slow, 5 * KB);
	assert_int_equal(put(s, 10 * KB), 10 * KB);
	segs_reader_fini(&fast);
	assert_int_equal(put(s, SIZE_MAX), 7 * KB); /* 5 + 32 - 30 */
	assert_int_equal(take(&slow, SIZE_MAX), 32 * KB);
	assert_int_equal(put(s, SIZE_MAX), 32 * KB);
	segs_reader_fini(&slow);
	segs_unref(&s);
}

static void
a_window_keeps_its_start_for_followers(void **state)
{
	struct segs *s = segs_new_window(128 * KB);
	struct segs_reader first, follower;

	(void)state;
	segs_reader_init(&first, s, 0);
	put(s, 128 * KB);
	take(&first, SIZE_MAX);
	assert_int_equal(segs_oldest(s), 0);
	segs_reader_init(&follower, s, 0);
	assert_int_equal(take(&follower, SIZE_MAX), 128 * KB);
	put(s, 64 * KB);
	assert_true(segs_oldest(s) >= 64 * KB); /* both passed it, and who comes now is too late anyway */
	assert_int_equal(take(&follower, SIZE_MAX), 64 * KB);
	segs_reader_fini(&first);
	segs_reader_fini(&follower);
	segs_unref(&s);
}

static void
a_private_window_keeps_nothing_that_was_read(void **state)
{
	struct segs *s = segs_new_window(128 * KB);
	struct segs_reader r;

	(void)state;
	put(s, 60 * KB);
	segs_private(s);
	assert_int_equal(segs_oldest(s), 0);
	segs_reader_init(&r, s, 0);
	take(&r, 30 * KB);
	assert_in_range(segs_oldest(s), 4 * KB, 30 * KB);
	take(&r, SIZE_MAX);
	put(s, 60 * KB);
	assert_int_equal(take(&r, SIZE_MAX), 60 * KB);
	segs_reader_fini(&r);
	segs_unref(&s);
}

static void
a_run_turns_into_a_window(void **state)
{
	struct segs *s = segs_new_stored(slots, 0);
	struct segs_reader fast, slow;
	struct iovec iov[IOVS];
	int count = IOVS;

	(void)state;
	put(s, 200 * KB);
	segs_reader_init(&fast, s, 0);
	segs_reader_init(&slow, s, 0);
	assert_int_equal(take(&fast, SIZE_MAX), 200 * KB);
	assert_int_equal(segs_reader_peek(&slow, UINT64_MAX, iov, &count), SEGS_READ_DATA);
	assert_true(segs_unstore(s, 32 * KB));
	assert_true(segs_is_window(s));
	/* `slow` is in the middle of a writev: nothing goes, though `fast` has passed it all and reads on. */
	assert_int_equal(put(s, SIZE_MAX), 32 * KB);
	assert_int_equal(take(&fast, SIZE_MAX), 32 * KB);
	assert_in_range(segs_held(s), used() - 100, used());
	assert_true(used() >= 200 * KB);
	for (int i = 0; i < count; i++) {
		assert_memory_equal(iov[i].iov_base, pattern + slow.at, iov[i].iov_len);
		segs_reader_took(&slow, iov[i].iov_len);
	}
	/* What both passed is given back to the store as they go; and at last all but the segs itself. */
	take(&slow, 200 * KB - slow.at);
	assert_int_equal(slow.at, 200 * KB);
	assert_true(used() < 1 * KB);
	assert_in_range(segs_held(s), 1, used());
	assert_int_equal(take(&slow, SIZE_MAX), 32 * KB);
	segs_reader_fini(&fast);
	segs_reader_fini(&slow);
	segs_unref(&s);
}

static void
run_memory_goes_chunk_by_chunk(void **state)
{
	struct segs *s = segs_new_stored(slots, 0);
	struct segs_reader r;

	(void)state;
	put(s, 300 * KB);
	segs_reader_init(&r, s, 0);
	take(&r, 1);
	assert_true(segs_unstore(s, 64 * KB));
	for (size_t at = 32 * KB; at < 300 * KB; at += 32 * KB) {
		take(&r, at - r.at);
		assert_in_range(used(), 300 * KB - at, 300 * KB - at + 70 * KB);
	}
	segs_reader_fini(&r);
	segs_unref(&s);
}

static void
one_slow_reader_is_not_lost_when_a_run_is_unstored(void **state)
{
	struct segs *s = segs_new_stored(slots, 0);
	struct segs_reader r;
	enum segs_read last;
	bool told;

	(void)state;
	put(s, 500 * KB);
	segs_reader_init(&r, s, 0);
	take(&r, 3);
	assert_true(segs_unstore(s, 32 * KB));
	assert_int_equal(put(s, SIZE_MAX), 32 * KB);
	assert_int_equal(get(&r, 500 * KB - 3, &last, &told), 500 * KB - 3);
	assert_false(told);
	assert_true(is_full(s));
	assert_int_equal(get(&r, SIZE_MAX, &last, &told), 32 * KB);
	assert_true(told);
	put(s, 1);
	segs_end(s, SEGS_WHOLE);
	assert_int_equal(get(&r, SIZE_MAX, &last, &told), 1);
	assert_int_equal(last, SEGS_READ_END);
	segs_reader_fini(&r);
	segs_unref(&s);
}

static void
a_reader_of_the_run_is_lost_where_the_window_moved_on(void **state)
{
	struct segs *s = segs_new_stored(slots, 0);
	struct segs_reader fast, slow;
	enum segs_read last;
	bool told;

	(void)state;
	put(s, 100 * KB);
	segs_reader_init(&fast, s, 0);
	segs_reader_init(&slow, s, 0);
	take(&fast, SIZE_MAX);
	assert_true(segs_unstore(s, 32 * KB));
	for (int i = 0; i < 10; i++) {
		put(s, 32 * KB);
		take(&fast, SIZE_MAX);
	}
	assert_true(segs_oldest(s) > 100 * KB);
	assert_int_equal(get(&slow, SIZE_MAX, &last, &told), 100 * KB); /* the run was kept for it */
	assert_int_equal(last, SEGS_READ_LOST);
	segs_reader_fini(&slow);
	segs_reader_fini(&fast);
	segs_unref(&s);
}

static void
a_reader_ahead_of_an_unstored_run_does_not_stall_it(void **state)
{
	struct segs *s = segs_new_stored(slots, 0);
	struct segs_reader r;

	(void)state;
	put(s, 10 * KB);
	segs_reader_init(&r, s, 90 * KB);
	assert_true(segs_unstore(s, 16 * KB));
	assert_int_equal(put(s, 100 * KB), 96 * KB);
	assert_int_equal(take(&r, SIZE_MAX), 16 * KB);
	segs_reader_fini(&r);
	segs_unref(&s);
}

static void
an_empty_run_turns_into_a_window(void **state)
{
	struct segs *s = segs_new_stored(slots, 0);
	struct segs_reader before, after;

	(void)state;
	segs_reader_init(&before, s, 0);
	assert_true(segs_unstore(s, 16 * KB));
	segs_reader_init(&after, s, 0);
	assert_int_equal(put(s, SIZE_MAX), 16 * KB);
	assert_int_equal(take(&before, SIZE_MAX), 16 * KB);
	assert_int_equal(take(&after, SIZE_MAX), 16 * KB);
	segs_reader_fini(&before);
	segs_reader_fini(&after);
	segs_unref(&s);
}

static void
a_reader_that_never_looked_may_leave_an_unstored_run(void **state)
{
	struct segs *s = segs_new_stored(slots, 0);
	struct segs_reader gone, r;

	(void)state;
	put(s, 50 * KB);
	segs_reader_init(&gone, s, 0);
	segs_reader_init(&r, s, 0);
	assert_true(segs_unstore(s, 16 * KB));
	take(&r, SIZE_MAX);
	assert_true(used() > 50 * KB);
	segs_reader_fini(&gone);
	assert_true(used() < 1 * KB);
	segs_reader_fini(&r);
	segs_unref(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		T(a_window_holds_its_writer_back),
		T(the_smallest_window_works),
		T(a_reader_ahead_of_the_writer_is_waited_for),
		T(a_reader_far_ahead_drives_nobody_out),
		T(a_reader_far_ahead_in_a_run_drives_nobody_out),
		T(who_falls_out_of_a_window_is_told),
		T(the_next_fastest_paces_when_the_fastest_leaves),
		T(a_window_keeps_its_start_for_followers),
		T(a_private_window_keeps_nothing_that_was_read),
		T(a_run_turns_into_a_window),
		T(run_memory_goes_chunk_by_chunk),
		T(one_slow_reader_is_not_lost_when_a_run_is_unstored),
		T(a_reader_of_the_run_is_lost_where_the_window_moved_on),
		T(a_reader_ahead_of_an_unstored_run_does_not_stall_it),
		T(an_empty_run_turns_into_a_window),
		T(a_reader_that_never_looked_may_leave_an_unstored_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
