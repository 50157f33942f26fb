#include "cache/store_kit.h"

#include "cache/store_impl.h"

WITH_KIT(MIB);

static const char *
url_of(const char *name, unsigned i)
{
	static char url[64];

	snprintf(url, sizeof url, "http://a.example/%s/%u", name, i);
	return url;
}

static void
put_many(const char *name, unsigned from, unsigned to, uint64_t n)
{
	for (unsigned i = from; i < to; i++)
		assert_int_equal(kit_put_patiently(&k, url_of(name, i), n), STORE_PUT_OK);
}

static unsigned
count_of(const char *name, unsigned from, unsigned to)
{
	unsigned n = 0;

	for (unsigned i = from; i < to; i++)
		n += kit_has(&k, url_of(name, i));
	return n;
}

static void
hit(const char *url)
{
	struct arena_mark mark = arena_mark(k.a);
	struct found f = kit_find(&k, url, "");

	if (f.entry != NULL)
		entry_hit(f.entry);
	arena_rollback(k.a, mark);
}

static void
what_is_new_finds_room(void **state)
{
	struct store_totals t;
	struct found f = { .absent = REASON_NONE };
	unsigned gone = 2999;

	(void)state;
	put_many("x", 0, 3000, 2000);
	t = kit_totals(&k);
	assert_true(t.evictions > 2000);
	assert_int_equal(t.entries, 3000 - t.evictions);
	assert_true(t.bodies > MIB * 3 / 4);
	assert_true(kit_has(&k, url_of("x", 2999)));
	k.now += 7000;
	while (f.absent != REASON_EVICTED && gone > 1000) {
		struct arena_mark mark = arena_mark(k.a);

		f = kit_find(&k, url_of("x", --gone), "");
		arena_rollback(k.a, mark);
	}
	assert_int_equal(f.absent, REASON_EVICTED);
	assert_in_range(f.absent_ago_ms, 7000, 7999);
}

static void
what_is_used_stays(void **state)
{
	(void)state;
	put_many("hot", 0, 20, 2000);
	for (unsigned i = 0; i < 3000; i++) {
		put_many("cold", i, i + 1, 2000);
		hit(url_of("hot", i % 20));
	}
	assert_true(count_of("hot", 0, 20) >= 19);
}

static void
the_small_stay_longer_than_the_large(void **state)
{
	unsigned small, large;

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		put_many("small", i, i + 1, 500);
		put_many("large", i, i + 1, 20000);
	}
	small = count_of("small", 0, 100);
	large = count_of("large", 0, 100);
	assert_true(small > 90);
	assert_true(large < 60);
}

/* The objective shifts that: for bytes, a large one is given up less easily. */
static void
the_objective_shifts_it(void **state)
{
	double objects, bytes;

	(void)state;
	k.store->objective = STORE_OBJECTS;
	objects = (double)evict_weight(k.store, 1000) / evict_weight(k.store, 1000000);
	k.store->objective = STORE_BYTES;
	bytes = (double)evict_weight(k.store, 1000) / evict_weight(k.store, 1000000);
	assert_true(objects > 990 && objects < 1010); /* 1000^1 */
	assert_true(bytes > 5 && bytes < 6);          /* 1000^0.25 */
}

/* What nobody came back for says nothing about how old the others are; but where bytes are wanted it does. */
static void
what_was_not_used_ages_nobody(void **state)
{
	(void)state;
	put_many("x", 0, 2000, 2000);
	assert_true(kit_totals(&k).evictions > 1000);
	assert_int_equal(atomic_load(&k.store->base), 0);
	for (unsigned i = 2000; i < 4000; i++) {
		put_many("x", i, i + 1, 2000);
		hit(url_of("x", i));
	}
	assert_true(atomic_load(&k.store->base) > 0);
}

static void
for_bytes_whatever_leaves_ages_others(void **state)
{
	(void)state;
	k.store->objective = STORE_BYTES;
	put_many("x", 0, 2000, 2000);
	assert_true(atomic_load(&k.store->base) > 0);
}

/* It is among those that the next one is drawn from, however many there are. */
static void
what_has_just_come_may_be_the_next_to_leave(void **state)
{
	unsigned large = 0;

	(void)state;
	put_many("small", 0, 3000, 500);
	for (unsigned i = 0; i < 20; i++) {
		put_many("large", i, i + 1, 15000);
		put_many("small", 3000 + 20 * i, 3020 + 20 * i, 500);
		large += kit_has(&k, url_of("large", i));
	}
	assert_true(large <= 2);
}

/* The ghost gives it back what it was worth. */
static void
what_returns_is_worth_what_it_was(void **state)
{
	const char *url = "http://a.example/returning";
	struct key key = kit_key(&k, url);
	struct found f;

	(void)state;
	kit_put(&k, url, FRESH, "", 100);
	for (int i = 0; i < 5; i++)
		hit(url);
	store_invalidate(k.store, &key, k.now);
	kit_put(&k, url, FRESH, "", 100);
	f = kit_find(&k, url, "");
	assert_int_equal(atomic_load(&f.entry->worth), 7);
	for (int i = 0; i < 50; i++)
		hit(url);
	assert_int_equal(atomic_load(&f.entry->worth), WORTH_MAX);
}

static void
an_update_is_worth_what_it_replaces(void **state)
{
	const char *url = "http://a.example/updated";

	(void)state;
	kit_put(&k, url, FRESH, "", 100);
	for (int i = 0; i < 5; i++)
		hit(url);
	kit_put(&k, url, FRESH, "", 100);
	assert_int_equal(atomic_load(&kit_find(&k, url, "").entry->worth), 6);
}

static void
what_is_pinned_stays(void **state)
{
	const char *url = "http://a.example/pinned";
	struct kit_put p = { .url = url, .response = FRESH, .n = 50000, .length = 50000, .seed = 1 };
	struct entry *e;

	(void)state;
	assert_int_equal(kit_put_part(&k, &p, &e), STORE_PUT_OK);
	put_many("x", 0, 2000, 2000);
	assert_true(kit_has(&k, url));
	assert_true(kit_reads(e, 0, 49999, 1));
	entry_unpin(&e);
	put_many("x", 2000, 4000, 2000);
	assert_false(kit_has(&k, url));
}

static void
nothing_may_leave_where_all_is_pinned(void **state)
{
	struct entry *held[64] = { NULL };
	struct kit_put p = { .response = FRESH, .n = 30000, .length = 30000 };
	unsigned n = 0;

	(void)state;
	for (; n < 64; n++) {
		p.url = url_of("p", n);
		if (kit_put_part(&k, &p, &held[n]) != STORE_PUT_OK)
			break;
	}
	assert_in_range(n, 20, 40);
	rcu_settle(); /* nothing comes back later of what the last one had */
	assert_false(store_make_room(k.store, 30000, k.now));
	assert_int_equal(kit_put(&k, "http://a.example/more", FRESH, "", 30000), STORE_PUT_FULL);
	for (unsigned i = 0; i < n; i++)
		entry_unpin(&held[i]);
	assert_true(store_make_room(k.store, 30000, k.now));
	assert_int_equal(kit_put_patiently(&k, "http://a.example/more", 30000), STORE_PUT_OK);
}

static void
what_was_purged_with_everything_leaves_first(void **state)
{
	(void)state;
	put_many("old", 0, 300, 2000);
	store_purge_all(k.store, false, 1, k.now);
	put_many("new", 0, 300, 2000);
	assert_true(count_of("new", 0, 300) >= 295);
	assert_true(kit_totals(&k).evictions <= 5);
}

/* Whatever it was worth. */
static void
what_is_stale_beyond_use_leaves_first(void **state)
{
	struct store_totals t;

	(void)state;
	put_many("old", 0, 200, 2000);
	for (unsigned i = 0; i < 200; i++)
		hit(url_of("old", i));
	k.now += (100 + k.policy.keep_stale) * MS_PER_S;
	put_many("new", 0, 350, 2000);
	t = kit_totals(&k);
	assert_true(count_of("new", 0, 350) >= 345);
	assert_true(t.drops > 50);
	assert_true(t.evictions <= 5);
}

/* Holes that many small ones leave become room for larger ones. */
static void
sizes_may_change(void **state)
{
	(void)state;
	k.store->objective = STORE_BYTES; /* else they come and go, and the tiny ones stay */
	put_many("tiny", 0, 3000, 10);
	put_many("large", 0, 60, 60000);
	assert_true(kit_has(&k, url_of("large", 59)));
	put_many("tiny", 5000, 6000, 10);
	assert_true(kit_totals(&k).bodies > MIB / 2);
}

static void
a_body_larger_than_its_share_is_refused(void **state)
{
	(void)state;
	assert_int_equal(store_max_object(k.store), MIB / 8);
	assert_int_equal(kit_put(&k, "http://a.example/", FRESH, "", MIB / 8 + 1), STORE_PUT_TOO_LARGE);
	assert_int_equal(kit_put(&k, "http://a.example/", FRESH, "", MIB / 8), STORE_PUT_OK);
	store_reconf(k.store, MIB, 32, STORE_BYTES);
	assert_int_equal(store_max_object(k.store), MIB / 2);
}

/* The smallest store there is. */
static void
a_tiny_store_works(void **state)
{
	(void)state;
	teardown(NULL);
	k = kit_begin(64 * KIB);
	put_many("x", 0, 500, 1000);
	assert_true(kit_has(&k, url_of("x", 499)));
	assert_true(kit_totals(&k).entries >= 15);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_new_finds_room, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_used_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(the_small_stay_longer_than_the_large, setup, teardown),
		cmocka_unit_test_setup_teardown(the_objective_shifts_it, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_not_used_ages_nobody, setup, teardown),
		cmocka_unit_test_setup_teardown(for_bytes_whatever_leaves_ages_others, setup, teardown),
		cmocka_unit_test_setup_teardown(what_has_just_come_may_be_the_next_to_leave, setup, teardown),
		cmocka_unit_test_setup_teardown(what_returns_is_worth_what_it_was, setup, teardown),
		cmocka_unit_test_setup_teardown(an_update_is_worth_what_it_replaces, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_pinned_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_may_leave_where_all_is_pinned, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_purged_with_everything_leaves_first, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_stale_beyond_use_leaves_first, setup, teardown),
		cmocka_unit_test_setup_teardown(sizes_may_change, setup, teardown),
		cmocka_unit_test_setup_teardown(a_body_larger_than_its_share_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(a_tiny_store_works, setup, teardown),
	};

	rcu_thread_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
