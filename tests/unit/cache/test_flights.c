#include "unit.h"

#include "flying.h"

static void
the_first_leads_and_others_follow(void **state)
{
	struct client a = client(0), b = client(2), other = client(1);
	struct flight *f = lead(&a, 1);
	struct flight *g = lead(&other, 2);

	(void)state;
	assert_int_equal(enter(&b, all(1), FLIGHT_JOIN), FLIGHT_FOLLOWS);
	assert_ptr_equal(b.waiter.flight, f);
	assert_ptr_not_equal(f, g);
	assert_int_equal(flights_count(fs), 2);
	assert_int_equal(flight_waiters(f), 2);
	assert_int_equal(flight_phase(f), FLIGHT_WAITING);
	break_off(&f);
	break_off(&g);
	assert_int_equal(flights_count(fs), 0);
	flight_leave(&a.waiter);
	flight_leave(&b.waiter);
	flight_leave(&b.waiter);
	flight_leave(&other.waiter);
}

static void
what_is_abandoned_is_entered_no_more(void **state)
{
	struct client a = client(0), b = client(1);
	struct flight *f = lead(&a, 1);

	(void)state;
	assert_false(flight_abandon(f));
	flight_leave(&a.waiter);
	assert_int_equal(enter(&b, all(1), FLIGHT_JOIN), FLIGHT_FOLLOWS);
	assert_false(flight_abandon(f));
	flight_leave(&b.waiter);
	assert_true(flight_abandon(f));
	assert_true(would_lead(all(1)));
	assert_int_equal(flights_count(fs), 1);
	break_off(&f);
	deliver();
}

static void
what_fits(void **state)
{
	const struct {
		struct flight_id begun, asked;
		bool fits;
	} rows[] = {
		{ id(1, 0, 0, RANGE_UNKNOWN), id(1, 0, 0, RANGE_UNKNOWN), true },
		{ id(1, 0, 0, RANGE_UNKNOWN), id(1, 0, 5, 9), true },
		{ id(1, 0, 0, RANGE_UNKNOWN), id(1, 0, RANGE_UNKNOWN, 9), true },
		{ id(1, 7, 0, RANGE_UNKNOWN), id(1, 7, 5, 9), true },
		{ id(1, 7, 0, RANGE_UNKNOWN), id(1, 8, 0, RANGE_UNKNOWN), false },
		{ id(1, 0, 0, RANGE_UNKNOWN), id(2, 0, 0, RANGE_UNKNOWN), false },
		{ id(1, 0, 0, RANGE_UNKNOWN), id(1 + 1024, 0, 0, RANGE_UNKNOWN), false },
		{ id(1, 0, 5, 9), id(1, 0, 5, 9), true },
		{ id(1, 0, 5, 9), id(1, 0, 5, 8), false },
		{ id(1, 0, 5, 9), id(1, 0, 0, RANGE_UNKNOWN), false },
		{ id(1, 0, 5, RANGE_UNKNOWN), id(1, 0, 6, RANGE_UNKNOWN), false },
		{ id(1, 0, 0, 9), id(1, 0, 5, 9), false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct client c = client(0);
		struct flight *f;

		assert_int_equal(enter(&c, rows[i].begun, FLIGHT_JOIN), FLIGHT_LEADS);
		f = c.waiter.flight;
		assert_int_equal(would_lead(rows[i].asked), !rows[i].fits);
		break_off(&f);
		flight_leave(&c.waiter);
		deliver();
	}
}

static void
begin_joins_none_and_is_joined(void **state)
{
	struct client a = client(0), b = client(0), c = client(0);
	struct flight *f = lead(&a, 1), *g;

	(void)state;
	assert_int_equal(enter(&b, all(1), FLIGHT_BEGIN), FLIGHT_LEADS);
	g = b.waiter.flight;
	assert_ptr_not_equal(f, g);
	assert_int_equal(enter(&c, all(1), FLIGHT_JOIN), FLIGHT_FOLLOWS);
	assert_ptr_equal(c.waiter.flight, g); /* the youngest */
	flight_leave(&c.waiter);
	break_off(&g);
	assert_false(would_lead(all(1)));
	break_off(&f);
	flight_leave(&a.waiter);
	flight_leave(&b.waiter);
}

static void
alone_joins_none_and_is_not_joined(void **state)
{
	struct client a = client(0), b = client(0);
	struct flight *f = lead(&a, 1), *g;

	(void)state;
	assert_int_equal(enter(&b, all(1), FLIGHT_ALONE), FLIGHT_LEADS);
	g = b.waiter.flight;
	break_off(&f);
	assert_true(would_lead(all(1)));
	assert_int_equal(flights_count(fs), 1);
	flights_doom(fs, all(1).key);
	assert_true(flight_is_doomed(g));
	break_off(&g);
	flight_leave(&a.waiter);
	flight_leave(&b.waiter);
}

/* What an unsafe request's own answer changes does not doom that answer. */
static void
one_may_be_spared(void **state)
{
	struct client a = client(0), b = client(0);
	struct flight *f = lead(&a, 1), *g;

	(void)state;
	assert_int_equal(enter(&b, all(1), FLIGHT_ALONE), FLIGHT_LEADS);
	g = b.waiter.flight;
	flights_doom_others(fs, all(1).key, g);
	assert_true(flight_is_doomed(f));
	assert_false(flight_is_doomed(g));
	break_off(&f);
	break_off(&g);
	flight_leave(&a.waiter);
	flight_leave(&b.waiter);
}

static struct flight *
lead_alone(struct client *c, struct flight_id id)
{
	*c = client(0);
	assert_int_equal(enter(c, id, FLIGHT_ALONE), FLIGHT_LEADS);
	return c->waiter.flight;
}

/* It is on no list, and yet no purge misses it. */
static void
alone_is_doomed_like_any(void **state)
{
	struct client c[4];
	struct flight *f = lead_alone(&c[0], all(1)), *g = lead_alone(&c[1], all(1));
	struct flight *other = lead_alone(&c[2], all(2)), *later;

	(void)state;
	flights_doom_others(fs, all(2).key, f);
	assert_false(flight_is_doomed(f));
	assert_true(flight_is_doomed(other));
	flights_doom_others(fs, all(1).key, f);
	flights_doom_others(fs, all(1).key, f);
	assert_false(flight_is_doomed(f));
	assert_true(flight_is_doomed(g));
	flights_doom_others(fs, all(1).key, g);
	assert_true(flight_is_doomed(f));
	assert_true(flight_is_doomed(g)); /* it was before */
	later = lead_alone(&c[3], all(1));
	assert_false(flight_is_doomed(later));
	flights_doom_all(fs);
	assert_true(flight_is_doomed(later));
	break_off(&f);
	break_off(&g);
	break_off(&other);
	break_off(&later);
	for (int i = 0; i < 4; i++)
		flight_leave(&c[i].waiter);
}

static void
the_head_decides_who_may_still_enter(void **state)
{
	struct client a = client(0);
	struct flight *f;

	(void)state;
	for (int shareable = 0; shareable < 2; shareable++) {
		struct resp *r = response(NULL);

		r->shareable = shareable;
		f = lead(&a, 1);
		flight_head(f, r, 200, (struct flight_whom){ 0 });
		assert_int_equal(would_lead(all(1)), !shareable);
		flight_done(&f);
		assert_true(would_lead(all(1)));
		flight_leave(&a.waiter);
	}
}

static void
nobody_enters_where_the_window_moved_on(void **state)
{
	struct client a = client(0);
	struct flight *f = lead(&a, 1);
	struct segs *body = segs_new_window(64 * 1024);
	struct flight_id want = all(1);
	struct segs_reader r;

	(void)state;
	flight_head(f, response(body), 200, (struct flight_whom){ 0 });
	assert_true(flight_still_has(f, &want));
	segs_reader_init(&r, body, 0);
	put(body, 64 * 1024);
	assert_false(would_lead(all(1)));
	for (int i = 0; i < 64; i++) {
		struct iovec iov;
		int count = 1;

		assert_int_equal(segs_reader_peek(&r, UINT64_MAX, &iov, &count), SEGS_READ_DATA);
		segs_reader_took(&r, iov.iov_len);
		put(body, iov.iov_len);
	}
	assert_true(segs_oldest(body) > 0);
	want = all(1);
	assert_false(flight_still_has(f, &want));
	want = id(1, 0, segs_length(body), RANGE_UNKNOWN);
	assert_true(flight_still_has(f, &want));
	assert_true(would_lead(all(1)));
	assert_true(would_lead(id(1, 0, 5, 9)));
	assert_false(would_lead(id(1, 0, segs_length(body), segs_length(body) + 9)));
	segs_end(body, SEGS_WHOLE);
	flight_done(&f);
	segs_reader_fini(&r);
	flight_leave(&a.waiter);
}

/* What is stored comes as fast as it can; a window at the pace of those who are in it. */
static void
nobody_waits_for_a_window_to_come_that_far(void **state)
{
	struct client a = client(0);
	struct flight *f = lead(&a, 1);
	struct segs *body = segs_new_window(64 * 1024);
	struct flight_id ahead = id(1, 0, 1001, RANGE_UNKNOWN), suffix = id(1, 0, RANGE_UNKNOWN, 9);

	(void)state;
	assert_false(would_lead(ahead));
	assert_false(would_lead(suffix));
	flight_head(f, response(body), 200, (struct flight_whom){ 0 });
	put(body, 1000);
	assert_false(flight_still_has(f, &ahead));
	assert_true(would_lead(ahead));
	assert_true(would_lead(suffix));
	put(body, 1);
	assert_true(flight_still_has(f, &ahead));
	assert_false(would_lead(ahead));
	segs_end(body, SEGS_WHOLE);
	flight_done(&f);
	flight_leave(&a.waiter);
}

static void
a_purge_dooms_all_flights_of_the_key(void **state)
{
	const struct flight_id ids[] = { id(1, 0, 0, RANGE_UNKNOWN), id(1, 5, 0, RANGE_UNKNOWN), id(1, 0, 3, 4),
					 id(1 + 1024, 0, 0, RANGE_UNKNOWN) };
	struct client c[4];
	struct flight *f[4];

	(void)state;
	for (int all_keys = 0; all_keys < 2; all_keys++) {
		for (unsigned i = 0; i < 4; i++) {
			c[i] = client(0);
			enter(&c[i], ids[i], FLIGHT_BEGIN);
			f[i] = c[i].waiter.flight;
		}
		if (all_keys)
			flights_doom_all(fs);
		else
			flights_doom(fs, ids[0].key);
		for (unsigned i = 0; i < 4; i++) {
			bool doomed = i < 3 || all_keys;

			assert_int_equal(flight_is_doomed(f[i]), doomed);
			assert_int_equal(would_lead(ids[i]), doomed);
		}
		assert_int_equal(flights_count(fs), 4);
		for (unsigned i = 0; i < 4; i++) {
			flight_head(f[i], response(NULL), 200, (struct flight_whom){ 0 });
			flight_done(&f[i]);
			flight_leave(&c[i].waiter);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		T(the_first_leads_and_others_follow),    T(what_is_abandoned_is_entered_no_more),
		T(the_first_leads_and_others_follow),    T(what_fits),
		T(begin_joins_none_and_is_joined),       T(alone_joins_none_and_is_not_joined),
		T(the_head_decides_who_may_still_enter), T(nobody_enters_where_the_window_moved_on),
		T(nobody_waits_for_a_window_to_come_that_far),
		T(a_purge_dooms_all_flights_of_the_key), T(one_may_be_spared),
		T(alone_is_doomed_like_any),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
