#include "cache/store_kit.h"

#include "cache/store_impl.h"

#define URL   "http://a.example/x"
#define OTHER "http://a.example/y"

WITH_KIT(4 * MIB);

static void
put(const char *url, const char *response, const char *request)
{
	assert_int_equal(kit_put(&k, url, response, request, 100), STORE_PUT_OK);
}

static unsigned
purge(const char *url, bool soft, uint64_t order)
{
	struct key key = kit_key(&k, url);

	return store_purge(k.store, &key, soft, order, k.now);
}

static void
assert_absent(const char *url, const char *request, enum reason why, uint64_t order, int64_t ago_ms)
{
	struct found f = kit_find(&k, url, request);

	assert_null(f.entry);
	assert_int_equal(f.absent, why);
	assert_int_equal(f.order, order);
	assert_int_equal(f.absent_ago_ms, ago_ms);
}

static void
assert_marked(const char *url, const char *request, enum reason mark, uint64_t order)
{
	struct found f = kit_find(&k, url, request);

	assert_int_equal(f.what, FOUND_ENTRY);
	assert_int_equal(f.mark, mark);
	assert_int_equal(f.order, order);
}

/* ---- one key ---- */

static void
hard_purge_removes_all_variants(void **state)
{
	(void)state;
	put(URL, FRESH "\nVary: Foo", "Foo: 1");
	put(URL, FRESH "\nVary: Foo", "Foo: 2");
	put(OTHER, FRESH, "");
	assert_int_equal(purge(URL, false, 77), 2);
	k.now += 5000;
	assert_absent(URL, "Foo: 1", REASON_PURGED, 77, 5000);
	assert_absent(URL, "", REASON_PURGED, 77, 5000);
	assert_marked(OTHER, "", REASON_NONE, 0);
	assert_int_equal(kit_totals(&k).entries, 1);
	assert_int_equal(kit_totals(&k).purges, 2);
	assert_int_equal(purge(URL, false, 78), 0);
	assert_absent(URL, "", REASON_PURGED, 77, 5000);
}

/* A variant that was purged says so although others are stored again; one that was never stored does not. */
static void
a_purged_variant_is_remembered_beside_others(void **state)
{
	(void)state;
	put(URL, FRESH "\nVary: Foo", "Foo: 1");
	put(URL, FRESH "\nVary: Foo", "Foo: 2");
	purge(URL, false, 77);
	put(URL, FRESH "\nVary: Foo", "Foo: 1");
	assert_marked(URL, "Foo: 1", REASON_NONE, 0);
	assert_absent(URL, "Foo: 2", REASON_PURGED, 77, 0);
	assert_absent(URL, "Foo: 3", REASON_VARIANT, 0, -1);
}

static void
soft_purge_marks_all_variants(void **state)
{
	(void)state;
	put(URL, FRESH "\nVary: Foo", "Foo: 1");
	put(URL, FRESH "\nVary: Foo", "Foo: 2");
	assert_int_equal(purge(URL, true, 78), 2);
	assert_marked(URL, "Foo: 1", REASON_PURGED, 78);
	put(URL, FRESH "\nVary: Foo", "Foo: 1");
	assert_marked(URL, "Foo: 1", REASON_NONE, 0);
	assert_marked(URL, "Foo: 2", REASON_PURGED, 78);
	assert_int_equal(kit_totals(&k).entries, 2);
}

static void
purging_what_is_not_there_does_nothing(void **state)
{
	(void)state;
	assert_int_equal(purge(URL, false, 5), 0);
	assert_int_equal(purge(URL, true, 5), 0);
	assert_absent(URL, "", REASON_NEVER_SEEN, 0, -1);
}

static void
an_order_that_newer_ones_displaced_has_no_id(void **state)
{
	(void)state;
	put(URL, FRESH, "");
	purge(URL, false, 1);
	for (uint64_t i = 0; i < 2 * ORDERS_MAX; i++) {
		put(OTHER, FRESH, "");
		k.now += 1000;
		purge(OTHER, false, 1000 + i);
	}
	assert_absent(URL, "", REASON_PURGED, 0, 2 * ORDERS_MAX * 1000);
	assert_absent(OTHER, "", REASON_PURGED, 1000 + 2 * ORDERS_MAX - 1, 0);
}

static void
invalidation_removes(void **state)
{
	struct key key = kit_key(&k, URL);

	(void)state;
	put(URL, FRESH, "");
	assert_int_equal(store_invalidate(k.store, &key, k.now), 1);
	k.now += 1000;
	assert_absent(URL, "", REASON_INVALIDATED, 0, 1000);
	put(URL, FRESH, "");
	assert_marked(URL, "", REASON_NONE, 0);
}

/* One response may name a thousand groups to invalidate, and a node runs for months. */
static void
orders_never_run_out(void **state)
{
	(void)state;
	put(URL, FRESH, "");
	atomic_store(&k.store->generation, (UINT64_C(1) << 33) + 7);
	store_invalidate_group(k.store, STR("http://a.example"), STR("g"), k.now);
	put(URL, FRESH "\nCache-Groups: \"h\"", "");
	assert_marked(URL, "", REASON_NONE, 0);
	assert_int_equal(store_purge_all(k.store, false, 1, k.now), 1);
	assert_absent(URL, "", REASON_PURGED, 1, 0);
}

/* Two orders at once, of which the earlier writes last, as it would have it without the later one. */
static void
an_earlier_order_does_not_undo_a_later_one(void **state)
{
	_Atomic uint64_t generation = 4;

	(void)state;
	generation_raise(&generation, 6);
	generation_raise(&generation, 5);
	assert_int_equal(generation, 6);
}

/* The last event wins: stored again and removed otherwise. */
static void
the_last_event_wins(void **state)
{
	struct key key = kit_key(&k, URL);

	(void)state;
	put(URL, FRESH, "");
	purge(URL, false, 9);
	put(URL, FRESH, "");
	store_invalidate(k.store, &key, k.now);
	assert_absent(URL, "", REASON_INVALIDATED, 0, 0);
}

/* ---- everything ---- */

static void
purging_everything_takes_no_walk(void **state)
{
	(void)state;
	put(URL, FRESH, "");
	put(OTHER, FRESH "\nVary: Foo", "Foo: 1");
	assert_int_equal(store_purge_all(k.store, false, 42, k.now), 2);
	k.now += 3000;
	assert_absent(URL, "", REASON_PURGED, 42, 3000);
	assert_absent(OTHER, "Foo: 1", REASON_PURGED, 42, 3000);
	assert_absent("http://a.example/z", "", REASON_NEVER_SEEN, 0, -1);
	put(URL, FRESH, "");
	assert_marked(URL, "", REASON_NONE, 0);
	assert_absent(OTHER, "Foo: 1", REASON_PURGED, 42, 3000);
}

static void
purging_everything_softly_marks(void **state)
{
	(void)state;
	put(URL, FRESH, "");
	assert_int_equal(store_purge_all(k.store, true, 43, k.now), 1);
	assert_marked(URL, "", REASON_PURGED, 43);
	put(URL, FRESH, "");
	assert_marked(URL, "", REASON_NONE, 0);
}

static void
tidying_frees_what_was_purged_with_everything(void **state)
{
	(void)state;
	put(URL, FRESH, "");
	put(OTHER, FRESH "\nVary: Foo", "Foo: 1");
	store_purge_all(k.store, false, 44, k.now);
	put("http://a.example/z", FRESH, "");
	k.now += 2000;
	store_tidy(k.store, k.now);
	rcu_settle();
	assert_int_equal(kit_totals(&k).entries, 1);
	assert_int_equal(kit_totals(&k).drops, 0);
	assert_absent(URL, "", REASON_PURGED, 44, 2000);
	assert_absent(OTHER, "Foo: 1", REASON_PURGED, 44, 2000);
}

static void
tidying_drops_the_dead(void **state)
{
	(void)state;
	k.policy.keep_stale = 60;
	put(URL, FRESH, "");
	put(OTHER, FRESH "\nETag: \"1\"", "");
	k.now += 100 * MS_PER_S;
	store_tidy(k.store, k.now);
	assert_marked(URL, "", REASON_NONE, 0);
	k.now += 61 * MS_PER_S;
	store_tidy(k.store, k.now);
	assert_absent(URL, "", REASON_DROPPED, 0, 0);
	assert_marked(OTHER, "", REASON_NONE, 0);
	assert_int_equal(kit_totals(&k).drops, 1);
}

/* Each by the rules it was stored under, whatever others have. */
static void
tidying_goes_by_each_ones_policy(void **state)
{
	(void)state;
	k.policy.keep_stale = 0;
	k.policy.ttl = 3600;
	put(URL, FRESH, "");
	k.policy.ttl = POLICY_UNSET;
	put(OTHER, FRESH, "");
	k.now += 200 * MS_PER_S;
	store_tidy(k.store, k.now);
	assert_absent(OTHER, "", REASON_DROPPED, 0, 0);
	assert_marked(URL, "", REASON_NONE, 0);
	k.now += 3400 * MS_PER_S;
	store_tidy(k.store, k.now);
	assert_absent(URL, "", REASON_DROPPED, 0, 0);
}

/* ---- groups ---- */

static void
a_group_is_invalidated_at_its_origin(void **state)
{
	(void)state;
	put(URL, FRESH "\nCache-Groups: \"a\", \"b\"", "");
	put(OTHER, FRESH "\nCache-Groups: \"c\"\nCache-Groups: \"b\"", "");
	put("http://b.example/x", FRESH "\nCache-Groups: \"b\"", "");
	put("http://a.example/z", FRESH, "");
	assert_int_equal(store_invalidate_group(k.store, STR("http://a.example"), STR("a"), k.now), 1);
	assert_marked(URL, "", REASON_INVALIDATED, 0);
	assert_marked(OTHER, "", REASON_NONE, 0);
	assert_int_equal(store_invalidate_group(k.store, STR("http://a.example"), STR("b"), k.now), 2);
	assert_marked(OTHER, "", REASON_INVALIDATED, 0);
	assert_marked("http://b.example/x", "", REASON_NONE, 0);
	assert_marked("http://a.example/z", "", REASON_NONE, 0);
	put(URL, FRESH "\nCache-Groups: \"a\", \"b\"", "");
	assert_marked(URL, "", REASON_NONE, 0);
	assert_int_equal(store_invalidate_group(k.store, STR("http://a.example"), STR("never"), k.now), 0);
}

static void
what_is_no_list_of_strings_has_no_groups(void **state)
{
	(void)state;
	put(URL, FRESH "\nCache-Groups: \"a", "");
	put(OTHER, FRESH "\nCache-Groups: a, \"b\"", "");
	assert_int_equal(store_invalidate_group(k.store, STR("http://a.example"), STR("a"), k.now), 0);
	assert_int_equal(store_invalidate_group(k.store, STR("http://a.example"), STR("b"), k.now), 1);
	assert_marked(OTHER, "", REASON_INVALIDATED, 0);
}

/* Whatever the values of the fields that join its key. */
static void
a_url_is_a_group_where_fields_join_its_key(void **state)
{
	static const struct str field = STR_INIT("x-country");
	struct key of_url = kit_key(&k, URL), with_field = of_url;

	(void)state;
	with_field.text = STR(URL " x-country=de");
	put(URL, FRESH, "");
	assert_int_equal(store_invalidate_url(k.store, &of_url, k.now), 0);
	assert_marked(URL, "", REASON_NONE, 0);
	k.policy.key.fields = &field;
	k.policy.key.field_count = 1;
	put(URL, FRESH "\nCache-Groups: \"a\"", "");
	put(OTHER, FRESH, "");
	assert_int_equal(store_invalidate_url(k.store, &with_field, k.now), 1);
	assert_marked(URL, "", REASON_INVALIDATED, 0);
	assert_marked(OTHER, "", REASON_NONE, 0);
	put(URL, FRESH "\nCache-Groups: \"a\"", "");
	assert_marked(URL, "", REASON_NONE, 0);
	assert_int_equal(store_invalidate_group(k.store, STR("http://a.example"), STR("a"), k.now), 1);
	assert_marked(URL, "", REASON_INVALIDATED, 0);
}

/* ---- uncacheable ---- */

static void
uncacheable_is_remembered_for_a_while(void **state)
{
	struct kit_put update = { .url = URL, .response = FRESH }, stored = { .url = URL, .response = FRESH, .unmarks = true };
	struct key key = kit_key(&k, URL);
	struct found f;

	(void)state;
	store_mark_uncacheable(k.store, &key, 5, k.now, 60000);
	f = kit_find(&k, URL, "");
	assert_true(f.uncacheable);
	assert_int_equal(f.uncacheable_why, 5);
	assert_int_equal(f.uncacheable_s, 60);
	assert_absent(URL, "", REASON_UNCACHEABLE, 0, -1);
	k.now += 61000;
	assert_false(kit_find(&k, URL, "").uncacheable);
	assert_absent(URL, "", REASON_NEVER_SEEN, 0, -1);
	store_mark_uncacheable(k.store, &key, 6, k.now, 60000);
	assert_true(kit_find(&k, URL, "").uncacheable);
	kit_put_part(&k, &update, NULL);
	assert_true(kit_find(&k, URL, "").uncacheable);
	kit_put_part(&k, &stored, NULL);
	assert_false(kit_find(&k, URL, "").uncacheable);
}

static void
events_come_before_uncacheable(void **state)
{
	struct key key = kit_key(&k, URL);

	(void)state;
	put(URL, FRESH "\nVary: Foo", "Foo: 1");
	store_mark_uncacheable(k.store, &key, 5, k.now, 60000);
	assert_true(kit_find(&k, URL, "Foo: 1").uncacheable);
	assert_absent(URL, "Foo: 2", REASON_UNCACHEABLE, 0, -1);
	put(URL, FRESH "\nVary: Foo", "Foo: 3");
	assert_true(kit_find(&k, URL, "Foo: 3").uncacheable);
	purge(URL, false, 8);
	assert_absent(URL, "Foo: 2", REASON_PURGED, 8, 0);
	assert_true(kit_find(&k, URL, "").uncacheable);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(hard_purge_removes_all_variants, setup, teardown),
		cmocka_unit_test_setup_teardown(a_purged_variant_is_remembered_beside_others, setup, teardown),
		cmocka_unit_test_setup_teardown(soft_purge_marks_all_variants, setup, teardown),
		cmocka_unit_test_setup_teardown(purging_what_is_not_there_does_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(an_order_that_newer_ones_displaced_has_no_id, setup, teardown),
		cmocka_unit_test_setup_teardown(invalidation_removes, setup, teardown),
		cmocka_unit_test_setup_teardown(orders_never_run_out, setup, teardown),
		cmocka_unit_test(an_earlier_order_does_not_undo_a_later_one),
		cmocka_unit_test_setup_teardown(the_last_event_wins, setup, teardown),
		cmocka_unit_test_setup_teardown(purging_everything_takes_no_walk, setup, teardown),
		cmocka_unit_test_setup_teardown(purging_everything_softly_marks, setup, teardown),
		cmocka_unit_test_setup_teardown(tidying_frees_what_was_purged_with_everything, setup, teardown),
		cmocka_unit_test_setup_teardown(tidying_drops_the_dead, setup, teardown),
		cmocka_unit_test_setup_teardown(tidying_goes_by_each_ones_policy, setup, teardown),
		cmocka_unit_test_setup_teardown(a_group_is_invalidated_at_its_origin, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_list_of_strings_has_no_groups, setup, teardown),
		cmocka_unit_test_setup_teardown(a_url_is_a_group_where_fields_join_its_key, setup, teardown),
		cmocka_unit_test_setup_teardown(uncacheable_is_remembered_for_a_while, setup, teardown),
		cmocka_unit_test_setup_teardown(events_come_before_uncacheable, setup, teardown),
	};

	rcu_thread_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
