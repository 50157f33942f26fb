#include "unit.h"

#include "bodies.h"

static void
a_stored_run_keeps_all(void **state)
{
	struct segs *s = segs_new_stored(slots, 0);
	struct segs_reader early, late;
	enum segs_read last;
	bool told;

	(void)state;
	segs_reader_init(&early, s, 0);
	assert_int_equal(peek(&early), SEGS_READ_WAIT);
	assert_int_equal(put(s, 300 * KB), 300 * KB);
	assert_int_equal(get(&early, SIZE_MAX, &last, &told), 300 * KB);
	assert_int_equal(last, SEGS_READ_WAIT);
	assert_int_equal(put(s, 10), 10);
	segs_end(s, SEGS_WHOLE);
	assert_int_equal(get(&early, SIZE_MAX, &last, &told), 10);
	assert_int_equal(last, SEGS_READ_END);
	segs_reader_init(&late, s, 0);
	segs_unref(&s);
	assert_null(s);
	assert_int_equal(get(&late, SIZE_MAX, &last, &told), 300 * KB + 10);
	assert_int_equal(last, SEGS_READ_END);
	assert_false(told);
	segs_reader_fini(&early);
	segs_reader_fini(&early);
	segs_reader_fini(&late);
}

/* It reads the same, and the body goes with the last of those that have references. */
static void
a_borrower_holds_nothing(void **state)
{
	struct segs *s = segs_new_stored(slots, 0);
	struct segs_reader r;
	enum segs_read last;
	bool told;

	(void)state;
	assert_int_equal(put(s, 100 * KB), 100 * KB);
	segs_end(s, SEGS_WHOLE);
	segs_reader_borrow(&r, s, 10);
	assert_int_equal(get(&r, SIZE_MAX, &last, &told), 100 * KB - 10);
	assert_int_equal(last, SEGS_READ_END);
	segs_unref(&s);
	rcu_settle();
	assert_int_equal(used(), 0);
	assert_false(segs_reader_fini(&r));
	assert_false(segs_reader_fini(&r));
}

static void
a_known_length_takes_little_more(void **state)
{
	struct segs *s = segs_new_stored(slots, 100 * KB + 1);
	size_t n;
	bool full;

	(void)state;
	assert_non_null(segs_room(s, 1, &n, &full));
	assert_in_range(n, 31 * KB, 34 * KB);
	assert_int_equal(put(s, 100 * KB + 1), 100 * KB + 1);
	assert_in_range(segs_held(s), used() - 100, used());
	assert_in_range(segs_held(s), 100 * KB + 1, 104 * KB);
	assert_int_equal(put(s, 5 * KB), 5 * KB); /* the hint was wrong */
	segs_unref(&s);
}

static void
an_unknown_length_begins_small_and_doubles(void **state)
{
	struct segs *s = segs_new_stored(slots, 0);

	(void)state;
	put(s, 1);
	assert_in_range(segs_held(s), 4 * KB, 5 * KB);
	put(s, 16 * KB);
	assert_in_range(segs_held(s), 16 * KB, 20 * KB);
	put(s, 100 * KB);
	assert_in_range(segs_held(s), 116 * KB, 150 * KB);
	segs_unref(&s);
}

static void
room_without_publish_changes_nothing(void **state)
{
	struct segs *s = segs_new_stored(slots, 0);
	struct segs_reader r;
	size_t n, again;
	bool full;
	char *p = segs_room(s, 10, &n, &full);

	(void)state;
	segs_reader_init(&r, s, 0);
	assert_int_equal(peek(&r), SEGS_READ_WAIT);
	assert_ptr_equal(segs_room(s, 10, &again, &full), p);
	assert_int_equal(n, again);
	segs_publish(s, 0);
	assert_int_equal(segs_length(s), 0);
	segs_end(s, SEGS_WHOLE);
	assert_int_equal(peek(&r), SEGS_READ_END);
	segs_reader_fini(&r);
	segs_unref(&s);
}

static void
a_cut_shows_what_came(void **state)
{
	struct segs *kinds[] = { segs_new_stored(slots, 0), segs_new_window(64 * KB), segs_new_small(4 * KB) };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		size_t came = segs_small(kinds[i]) != NULL ? 3 * KB : 9 * KB;
		struct segs_reader r;
		enum segs_read last;
		bool told;

		segs_reader_init(&r, kinds[i], 0);
		put(kinds[i], came);
		segs_end(kinds[i], SEGS_CUT);
		assert_int_equal(segs_state(kinds[i]), SEGS_CUT);
		assert_int_equal(get(&r, SIZE_MAX, &last, &told), came);
		assert_int_equal(last, SEGS_READ_LOST);
		segs_reader_fini(&r);
		segs_unref(&kinds[i]);
	}
}

static void
a_small_one_keeps_all(void **state)
{
	struct segs *s = segs_new_small(SEGS_SMALL);
	struct segs_reader early, ahead;
	enum segs_read last;
	char copy[100];
	size_t n;
	bool told, full;

	(void)state;
	assert_false(segs_is_window(s));
	assert_false(segs_reader_init(&early, s, 0));
	segs_reader_init(&ahead, s, 1000);
	assert_non_null(segs_room(s, 1, &n, &full));
	assert_int_equal(n, SEGS_SMALL);
	assert_int_equal(put(s, 900), 900);
	assert_int_equal(get(&early, SIZE_MAX, &last, &told), 900);
	assert_int_equal(last, SEGS_READ_WAIT);
	assert_int_equal(peek(&ahead), SEGS_READ_WAIT);
	assert_true(segs_unstore(s, 1)); /* however small the window would be, nothing is lost */
	segs_private(s);
	assert_int_equal(put(s, SIZE_MAX), SEGS_SMALL - 900);
	assert_null(segs_room(s, 1, &n, &full));
	assert_false(full);
	assert_int_equal(get(&ahead, SIZE_MAX, &last, &told), SEGS_SMALL - 1000);
	assert_int_equal(last, SEGS_READ_WAIT);
	segs_end(s, SEGS_WHOLE);
	assert_int_equal(peek(&ahead), SEGS_READ_END);
	segs_copy(s, 3000, sizeof copy, copy);
	assert_memory_equal(copy, pattern + 3000, sizeof copy);
	assert_memory_equal(segs_small(s), pattern, SEGS_SMALL);
	assert_int_equal(segs_held(s), 0);
	assert_int_equal(used(), 0);
	segs_unref(&s);
	assert_int_equal(get(&early, SIZE_MAX, &last, &told), SEGS_SMALL - 900);
	assert_false(segs_reader_fini(&early));
	assert_false(segs_reader_fini(&ahead));
}

static void
a_full_store_gives_no_room(void **state)
{
	struct segs *s = segs_new_stored(slots, 0);
	struct segs *more[600];
	unsigned count = 0;
	size_t n;
	bool full = true;

	(void)state;
	while (segs_room(s, SIZE_MAX, &n, &full) != NULL)
		segs_publish(s, n);
	assert_false(full);
	assert_true(segs_length(s) > 7 * 1024 * KB);
	while (count < 600 && (more[count] = segs_new_stored(slots, 0)) != NULL)
		count++;
	assert_true(count < 600);
	while (count-- > 0)
		segs_unref(&more[count]);
	segs_unref(&s);
}

static void
peek_keeps_to_its_limits(void **state)
{
	struct segs *s = segs_new_stored(slots, 0);
	struct segs_reader r;
	struct iovec iov[IOVS];
	int count = 1;

	(void)state;
	put(s, 100 * KB);
	segs_reader_init(&r, s, 50 * KB + 1);
	assert_int_equal(segs_reader_peek(&r, UINT64_MAX, iov, &count), SEGS_READ_DATA);
	assert_int_equal(count, 1);
	assert_memory_equal(iov[0].iov_base, pattern + 50 * KB + 1, iov[0].iov_len);
	count = IOVS;
	segs_reader_peek(&r, 3, iov, &count);
	assert_int_equal(count, 1);
	assert_int_equal(iov[0].iov_len, 3);
	count = IOVS;
	segs_reader_peek(&r, UINT64_MAX, iov, &count);
	assert_true(count > 1);
	segs_reader_took(&r, 1);
	assert_int_equal(take(&r, SIZE_MAX), 50 * KB - 2);
	segs_reader_fini(&r);
	segs_unref(&s);
}

static void
copies_across_chunks(void **state)
{
	struct segs *s = segs_new_stored(slots, 0);
	char *out = malloc(90 * KB);

	(void)state;
	put(s, 100 * KB);
	segs_copy(s, 5 * KB, 90 * KB, out);
	assert_memory_equal(out, pattern + 5 * KB, 90 * KB);
	segs_copy(s, 100 * KB, 0, out);
	free(out);
	segs_unref(&s);
}

static void
a_reader_may_begin_ahead(void **state)
{
	struct segs *kinds[] = { segs_new_stored(slots, 0), segs_new_window(16 * KB) };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct segs_reader r;

		put(kinds[i], 16 * KB);
		assert_int_equal(is_full(kinds[i]), i == 1);
		assert_int_equal(segs_reader_init(&r, kinds[i], 50 * KB), i == 1);
		assert_int_equal(peek(&r), SEGS_READ_WAIT);
		assert_int_equal(put(kinds[i], 44 * KB), 44 * KB);
		assert_int_equal(take(&r, SIZE_MAX), 10 * KB);
		segs_reader_fini(&r);
		segs_unref(&kinds[i]);
	}
}

/* Which 64 KiB of the body a byte lies in. */
static char
part_of(uint64_t at)
{
	return (char)(at / (64 * KB));
}

static void
fill(struct segs *s, uint64_t n)
{
	while (segs_length(s) < n) {
		uint64_t at = segs_length(s);
		size_t room;
		bool full;
		char *p = segs_room(s, 1, &room, &full);

		assert_non_null(p);
		for (size_t i = 0; i < room; i++)
			p[i] = part_of(at + i);
		segs_publish(s, room);
	}
}

/* Whichever byte is asked for first, and where the reader goes on from there; some two hundred chunks. */
static void
any_place_of_a_large_run_is_found(void **state)
{
	struct segs *s = segs_new_stored(slots, 0);

	(void)state;
	fill(s, 6 * 1024 * KB);
	segs_end(s, SEGS_WHOLE);
	for (uint64_t at = 0; at < 6 * 1024 * KB; at += 31 * KB + 7) {
		struct segs_reader r;
		struct iovec iov;

		segs_reader_init(&r, s, at);
		for (int hops = 0; hops < 3 && r.at < 6 * 1024 * KB; hops++) {
			int count = 1;

			assert_int_equal(segs_reader_peek(&r, UINT64_MAX, &iov, &count), SEGS_READ_DATA);
			assert_int_equal(*(char *)iov.iov_base, part_of(r.at));
			segs_reader_took(&r, iov.iov_len);
		}
		segs_reader_fini(&r);
	}
	segs_unref(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		T(a_stored_run_keeps_all),
		T(a_borrower_holds_nothing),
		T(a_known_length_takes_little_more),
		T(an_unknown_length_begins_small_and_doubles),
		T(room_without_publish_changes_nothing),
		T(a_cut_shows_what_came),
		T(a_small_one_keeps_all),
		T(a_full_store_gives_no_room),
		T(peek_keeps_to_its_limits),
		T(copies_across_chunks),
		T(a_reader_may_begin_ahead),
		T(any_place_of_a_large_run_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
