#include "cache/store_kit.h"

#include "cache/store_impl.h"

#define URL "http://a.example/x"
#define TAG FRESH "\nETag: \"1\""

WITH_KIT(4 * MIB);

/* [first, first + n) of a body of `length`; pinned. */
static struct entry *
put(uint64_t first, uint64_t n, uint64_t length, const struct entry *replaces)
{
	struct kit_put p = { .url = URL,
			     .response = TAG,
			     .first = first,
			     .n = n,
			     .length = length,
			     .replaces = replaces,
			     .keep_body = replaces != NULL };
	struct entry *e;

	assert_int_equal(kit_put_part(&k, &p, &e), STORE_PUT_OK);
	return e;
}

static void
assert_gap(const struct entry *e, uint64_t from, uint64_t first, uint64_t last)
{
	uint64_t f, l;

	assert_true(entry_gap(e, from, &f, &l));
	assert_int_equal(f, first);
	assert_int_equal(l, last);
}

/* ---- one run ---- */

static void
small_body_lies_with_its_head(void **state)
{
	struct entry *e = put(0, 1000, 1000, NULL);

	(void)state;
	assert_int_equal(e->inlined, 1000);
	assert_true(entry_is_whole(e));
	assert_true(entry_covers(e, 0, 999));
	assert_false(entry_covers(e, 0, 1000));
	assert_true(kit_reads(e, 0, 999, 0));
	assert_true(kit_reads(e, 17, 17, 0));
	assert_true(kit_reads(e, 500, 998, 0));
	entry_unpin(&e);
}

static void
large_body_is_a_run(void **state)
{
	struct entry *e = put(0, 200000, 200000, NULL);

	(void)state;
	assert_int_equal(e->inlined, 0);
	assert_int_equal(e->parts, 1);
	assert_true(entry_is_whole(e));
	assert_true(kit_reads(e, 0, 199999, 0));
	assert_true(kit_reads(e, 123456, 123999, 0));
	assert_int_equal(entry_has(e), 200000);
	assert_true(entry_cost(e) >= 200000);
	entry_unpin(&e);
}

static void
no_body_at_all_is_whole(void **state)
{
	struct entry *e = put(0, 0, 0, NULL);
	uint64_t first, last;

	(void)state;
	assert_true(entry_is_whole(e));
	assert_false(entry_gap(e, 0, &first, &last));
	entry_unpin(&e);
}

/* ---- parts ---- */

static void
a_part_has_gaps_around(void **state)
{
	struct entry *e = put(100, 50, 1000, NULL);

	(void)state;
	assert_false(entry_is_whole(e));
	assert_int_equal(entry_length(e), 1000);
	assert_true(entry_covers(e, 100, 149));
	assert_false(entry_covers(e, 99, 149));
	assert_false(entry_covers(e, 100, 150));
	assert_gap(e, 0, 0, 99);
	assert_gap(e, 100, 150, RANGE_UNKNOWN);
	assert_gap(e, 120, 150, RANGE_UNKNOWN);
	assert_gap(e, 500, 500, RANGE_UNKNOWN);
	assert_true(kit_reads(e, 110, 149, 0));
	entry_unpin(&e);
}

static void
a_part_of_unknown_length_is_never_whole(void **state)
{
	struct entry *e = put(0, 100, RANGE_UNKNOWN, NULL);

	(void)state;
	assert_false(entry_is_whole(e));
	assert_gap(e, 0, 100, RANGE_UNKNOWN);
	entry_unpin(&e);
}

static void
parts_are_completed(void **state)
{
	struct entry *a = put(0, 20000, 100000, NULL);
	struct entry *b = put(60000, 40000, 100000, a);
	struct entry *c;

	(void)state;
	assert_false(entry_is_whole(b));
	assert_gap(b, 0, 20000, 59999);
	assert_true(kit_reads(b, 0, 19999, 0));
	assert_true(kit_reads(b, 60000, 99999, 0));
	c = put(20000, 40000, 100000, b);
	assert_true(entry_is_whole(c));
	assert_true(kit_reads(c, 0, 99999, 0));
	assert_true(kit_reads(c, 19990, 60010, 0));
	assert_int_equal(kit_totals(&k).entries, 1);
	entry_unpin(&a);
	entry_unpin(&b);
	entry_unpin(&c);
}

static void
small_parts_completed_lie_with_the_head(void **state)
{
	struct entry *a = put(500, 500, 1000, NULL);
	struct entry *b = put(0, 500, 1000, a);

	(void)state;
	assert_true(entry_is_whole(b));
	assert_int_equal(b->inlined, 1000);
	assert_true(kit_reads(b, 0, 999, 0));
	entry_unpin(&a);
	entry_unpin(&b);
}

static void
a_part_is_added_to_an_inlined_body(void **state)
{
	struct entry *a = put(0, 500, 100000, NULL);
	struct entry *b = put(50000, 50000, 100000, a);

	(void)state;
	assert_int_equal(a->inlined, 500);
	assert_gap(b, 0, 500, 49999);
	assert_true(kit_reads(b, 0, 499, 0));
	assert_true(kit_reads(b, 50000, 99999, 0));
	entry_unpin(&a);
	entry_unpin(&b);
}

static void
overlapping_parts_are_read_across(void **state)
{
	struct entry *a = put(0, 30000, 100000, NULL);
	struct entry *b = put(20000, 30000, 100000, a);
	struct entry *c = put(10000, 5000, 100000, b); /* adds nothing */

	(void)state;
	assert_int_equal(c->parts, 2);
	assert_gap(c, 0, 50000, RANGE_UNKNOWN);
	assert_true(kit_reads(c, 0, 49999, 0));
	entry_unpin(&a);
	entry_unpin(&b);
	entry_unpin(&c);
}

static void
too_many_parts_lose_the_furthest(void **state)
{
	struct entry *e = put(0, 10, 100000, NULL);

	(void)state;
	for (uint64_t i = 1; i <= EXTENTS_MAX + 3; i++) {
		struct entry *old = e;

		e = put(i * 1000, 10, 100000, old);
		entry_unpin(&old);
	}
	assert_int_equal(e->parts, EXTENTS_MAX);
	assert_false(entry_covers(e, 0, 9));
	assert_false(entry_covers(e, 3000, 3009));
	assert_true(entry_covers(e, 4000, 4009));
	assert_true(kit_reads(e, 19000, 19009, 0));
	entry_unpin(&e);
}

/* ---- updates ---- */

static void
an_update_keeps_the_body(void **state)
{
	struct kit_put p = { .url = URL, .response = TAG "\nX: new", .length = 1000, .keep_body = true };
	struct entry *small = put(0, 1000, 1000, NULL), *updated;

	(void)state;
	p.replaces = small;
	assert_int_equal(kit_put_part(&k, &p, &updated), STORE_PUT_OK);
	assert_ptr_not_equal(updated, small);
	assert_true(kit_reads(updated, 0, 999, 0));
	assert_true(str_find(stored_lines(entry_stored(updated)), STR("X: new")) >= 0);
	assert_int_equal(kit_totals(&k).entries, 1);
	entry_unpin(&small);
	entry_unpin(&updated);
}

/* A run is shared: no second copy is in memory, and it stays when the old entry is gone. */
static void
an_update_shares_a_large_body(void **state)
{
	struct kit_put p = { .url = URL, .response = TAG "\nX: new", .length = 300000, .keep_body = true };
	struct entry *large = put(0, 300000, 300000, NULL), *updated;

	(void)state;
	p.replaces = large;
	assert_int_equal(kit_put_part(&k, &p, &updated), STORE_PUT_OK);
	assert_true(kit_totals(&k).retired < 10000);
	assert_int_equal(kit_totals(&k).bodies, 300000);
	entry_unpin(&large);
	rcu_settle();
	assert_true(kit_reads(updated, 0, 299999, 0));
	entry_unpin(&updated);
}

/* What is copied and not passed on goes with the old entry, and is counted as what that pins. */
static void
a_body_that_was_gathered_is_not_passed_on(void **state)
{
	struct entry *part = put(10000, 10000, 20000, NULL), *whole = put(0, 10000, 20000, part);

	(void)state;
	rcu_settle();
	assert_true(kit_totals(&k).pinned > 10000);
	entry_unpin(&part);
	assert_int_equal(kit_totals(&k).pinned, 0);
	assert_true(kit_reads(whole, 0, 19999, 0));
	entry_unpin(&whole);
}

/* What was ordered to be forgotten meanwhile does not come back with a newer head. */
static void
an_update_of_what_has_left_is_not_put(void **state)
{
	enum { PURGED, ALL_PURGED, REPLACED, WAYS };
	struct key key = kit_key(&k, URL);

	(void)state;
	for (int way = 0; way < WAYS; way++) {
		struct kit_put p = { .url = URL, .response = TAG "\nX: new", .length = 1000, .keep_body = true };
		struct entry *old = put(0, 1000, 1000, NULL), *other = NULL, *updated = NULL;

		if (way == PURGED)
			store_purge(k.store, &key, false, 1, k.now);
		else if (way == ALL_PURGED)
			store_purge_all(k.store, false, 1, k.now);
		else
			other = put(0, 1000, 1000, NULL);
		p.replaces = old;
		assert_int_equal(kit_put_part(&k, &p, &updated), STORE_PUT_GONE);
		assert_null(updated);
		entry_unpin(&other);
		entry_unpin(&old);
		store_purge(k.store, &key, false, 1, k.now);
	}
}

static void
what_is_set_aside_is_not_found(void **state)
{
	struct entry *old = put(0, 300000, 300000, NULL), *aside;
	const struct stored *head = kit_head(&k, URL, TAG "\nX: new", "");
	struct key key = kit_key(&k, URL);
	struct new_entry n = { .key = &key,
			       .head = head,
			       .policy = &k.policy,
			       .length = 300000,
			       .replaces = old,
			       .keep_body = true };

	(void)state;
	aside = store_set_aside(k.store, &n);
	assert_non_null(aside);
	assert_int_equal(kit_totals(&k).entries, 1);
	assert_int_equal(kit_totals(&k).pinned_entries, 2);
	store_purge(k.store, &key, false, 1, k.now);
	entry_unpin(&old);
	rcu_settle();
	assert_true(kit_reads(aside, 0, 299999, 0));
	assert_true(str_find(stored_lines(entry_stored(aside)), STR("X: new")) >= 0);
	entry_unpin(&aside);
	assert_int_equal(kit_totals(&k).pinned_entries, 0);
	assert_int_equal(kit_totals(&k).pinned, 0);
}

static void *
unpin_elsewhere(void *arg)
{
	struct entry *e = arg;

	entry_unpin(&e);
	return NULL;
}

static void *
pin_elsewhere(void *arg)
{
	entry_pin(arg);
	return NULL;
}

static void
elsewhere(void *(*what)(void *), struct entry *e)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, what, e), 0);
	pthread_join(thread, NULL);
}

/* Each thread counts by itself: a pin here and its end there come to nothing all the same. */
static void
pins_are_counted_over_all_threads(void **state)
{
	struct entry *e = put(0, 1000, 1000, NULL);

	(void)state;
	assert_int_equal(kit_totals(&k).pinned_entries, 1);
	elsewhere(unpin_elsewhere, e);
	assert_int_equal(kit_totals(&k).pinned_entries, 0);
	elsewhere(pin_elsewhere, e);
	assert_int_equal(kit_totals(&k).pinned_entries, 1);
	entry_unpin(&e);
	assert_int_equal(kit_totals(&k).pinned_entries, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(small_body_lies_with_its_head, setup, teardown),
		cmocka_unit_test_setup_teardown(large_body_is_a_run, setup, teardown),
		cmocka_unit_test_setup_teardown(no_body_at_all_is_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(a_part_has_gaps_around, setup, teardown),
		cmocka_unit_test_setup_teardown(a_part_of_unknown_length_is_never_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(parts_are_completed, setup, teardown),
		cmocka_unit_test_setup_teardown(small_parts_completed_lie_with_the_head, setup, teardown),
		cmocka_unit_test_setup_teardown(a_part_is_added_to_an_inlined_body, setup, teardown),
		cmocka_unit_test_setup_teardown(overlapping_parts_are_read_across, setup, teardown),
		cmocka_unit_test_setup_teardown(too_many_parts_lose_the_furthest, setup, teardown),
		cmocka_unit_test_setup_teardown(an_update_keeps_the_body, setup, teardown),
		cmocka_unit_test_setup_teardown(an_update_shares_a_large_body, setup, teardown),
		cmocka_unit_test_setup_teardown(a_body_that_was_gathered_is_not_passed_on, setup, teardown),
		cmocka_unit_test_setup_teardown(an_update_of_what_has_left_is_not_put, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_set_aside_is_not_found, setup, teardown),
		cmocka_unit_test_setup_teardown(pins_are_counted_over_all_threads, setup, teardown),
	};

	rcu_thread_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
