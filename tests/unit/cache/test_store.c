#include "cache/store_kit.h"

#include "base/counter.h"

#define URL "http://a.example/x"

static void
what_is_put_is_found(void **state)
{
	struct kit k = kit_begin(MIB);
	struct found f;
	struct store_totals t;

	(void)state;
	assert_int_equal(kit_find(&k, URL, "").what, FOUND_NOTHING);
	assert_int_equal(kit_put(&k, URL, FRESH "\nX: y", "", 1000), STORE_PUT_OK);
	f = kit_find(&k, URL, "");
	assert_int_equal(f.what, FOUND_ENTRY);
	assert_int_equal(f.mark, REASON_NONE);
	assert_int_equal(entry_length(f.entry), 1000);
	assert_true(entry_is_whole(f.entry));
	assert_true(kit_reads(f.entry, 0, 999, 0));
	assert_str(stored_key(entry_stored(f.entry)), URL);
	t = kit_totals(&k);
	assert_int_equal(t.entries, 1);
	assert_int_equal(t.resources, 1);
	assert_int_equal(t.bodies, 1000);
	assert_int_equal(t.puts, 1);
	assert_int_equal(kit_find(&k, "http://a.example/y", "").what, FOUND_NOTHING);
	kit_end(&k);
}

static void
a_new_one_replaces_the_old(void **state)
{
	struct kit k = kit_begin(MIB);
	struct kit_put p = { .url = URL, .response = FRESH, .n = 500, .length = 500, .seed = 9 };
	struct found f;

	(void)state;
	kit_put(&k, URL, FRESH, "", 1000);
	assert_int_equal(kit_put_part(&k, &p, NULL), STORE_PUT_OK);
	f = kit_find(&k, URL, "");
	assert_int_equal(entry_length(f.entry), 500);
	assert_true(kit_reads(f.entry, 0, 499, 9));
	assert_int_equal(kit_totals(&k).entries, 1);
	assert_int_equal(kit_totals(&k).replaced, 1);
	rcu_settle();
	assert_int_equal(kit_totals(&k).retired, 0);
	kit_end(&k);
}

static void
hits_count(void **state)
{
	struct kit k = kit_begin(MIB);
	struct entry *e;

	(void)state;
	kit_put(&k, URL, FRESH, "", 10);
	e = kit_find(&k, URL, "").entry;
	assert_int_equal(entry_hits(e), 0);
	assert_int_equal(entry_hit(e), 1);
	assert_int_equal(entry_hit(e), 2);
	assert_int_equal(entry_hits(e), 2);
	kit_end(&k);
}

/* Two keys whose hashes are the same by chance are told apart by their text. */
static void
a_hash_is_not_believed(void **state)
{
	struct kit k = kit_begin(MIB);
	struct key a = kit_key(&k, URL), b = kit_key(&k, "http://b.example/");
	struct head req = head_of("", k.a);
	struct found f;

	(void)state;
	kit_put(&k, URL, FRESH, "", 10);
	b.hash = a.hash;
	store_find(k.store, &b, &req, k.now, &f);
	assert_int_equal(f.what, FOUND_NOTHING);
	kit_end(&k);
}

static void
many_keys_are_kept_apart(void **state)
{
	struct kit k = kit_begin(8 * MIB);
	char url[64];

	(void)state;
	for (unsigned i = 0; i < 4000; i++) {
		struct kit_put p = {
			.url = url, .response = FRESH, .n = 100 + i % 7, .length = 100 + i % 7, .seed = i
		};

		snprintf(url, sizeof url, "http://a.example/%u", i);
		assert_int_equal(kit_put_part(&k, &p, NULL), STORE_PUT_OK);
	}
	assert_int_equal(kit_totals(&k).entries, 4000);
	for (unsigned i = 0; i < 4000; i++) {
		struct arena_mark mark = arena_mark(k.a);
		struct found f;

		snprintf(url, sizeof url, "http://a.example/%u", i);
		f = kit_find(&k, url, "");
		assert_int_equal(f.what, FOUND_ENTRY);
		assert_true(kit_reads(f.entry, 0, 99 + i % 7, i));
		arena_rollback(k.a, mark);
	}
	kit_end(&k);
}

static void
refuses_what_is_too_large(void **state)
{
	struct kit k = kit_begin(MIB);
	char *long_field = malloc(40000);

	(void)state;
	store_reconf(k.store, 2000, 32, STORE_OBJECTS);
	assert_int_equal(store_max_object(k.store), 2000);
	assert_int_equal(kit_put(&k, URL, FRESH, "", 2000), STORE_PUT_OK);
	assert_int_equal(kit_put(&k, URL "2", FRESH, "", 2001), STORE_PUT_TOO_LARGE);
	memset(long_field, 'a', 39999);
	memcpy(long_field, "X: ", 3);
	long_field[39999] = '\0';
	assert_int_equal(kit_put(&k, URL "3", long_field, "", 10), STORE_PUT_TOO_LARGE);
	assert_int_equal(kit_totals(&k).full, 0);
	free(long_field);
	kit_end(&k);
}

static void
too_little_memory_is_refused(void **state)
{
	struct store_conf conf = { .memory = 1000, .variants = 1 };
	const char *why = NULL;

	(void)state;
	assert_null(store_new(&conf, &why));
	assert_non_null(why);
	conf.memory = 64 * KIB;
	assert_non_null(why);
}

/* ---- what an entry takes ---- */

#define MANY 20000u

/* Beyond body, stored head and key: the entry's numbers, its share of the index, a memory for each that may come. */
static void
an_entry_is_small(void **state)
{
	struct kit k = kit_begin(32 * MIB);
	struct slots_totals slots;
	uint64_t known = 0;
	char url[64];

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		struct arena_mark mark = arena_mark(k.a);

		snprintf(url, sizeof url, "http://a.example/page/%u", i);
		known += 1000 + stored_bytes(kit_head(&k, url, FRESH, ""));
		assert_int_equal(kit_put(&k, url, FRESH, "", 1000), STORE_PUT_OK);
		arena_rollback(k.a, mark);
	}
	rcu_settle();
	slots_totals(store_slots(k.store), &slots);
	assert_int_equal(kit_totals(&k).entries, MANY);
	assert_true((slots.used - known) / MANY <= 135);
	kit_end(&k);
}

/* ---- times ---- */

static uint64_t
calls_timed(void)
{
	struct histogram_sum sum;

	histogram_sum(HISTOGRAM_STORE_TIME, &sum);
	return sum.count;
}

/* What changes it is timed, on threads that count; lookups are not. */
static void
calls_are_timed(void **state)
{
	struct kit k = kit_begin(MIB);
	struct key key = kit_key(&k, URL);
	uint64_t was;

	(void)state;
	kit_put(&k, URL, FRESH, "", 100);
	was = calls_timed();
	counter_thread_begin();
	kit_put(&k, URL, FRESH, "", 100);
	assert_int_equal(calls_timed(), was + 1);
	kit_find(&k, URL, "");
	assert_int_equal(calls_timed(), was + 1);
	store_purge(k.store, &key, false, 1, k.now);
	store_tidy(k.store, k.now);
	assert_int_equal(calls_timed(), was + 3);
	counter_thread_end();
	kit_end(&k);
}

/* ---- pins ---- */

static void
a_pin_outlives_the_entrys_leaving(void **state)
{
	struct kit k = kit_begin(4 * MIB);
	struct kit_put p = { .url = URL, .response = FRESH, .n = 300000, .length = 300000, .seed = 3 };
	struct key key;
	struct entry *e, *again;
	struct store_totals t;

	(void)state;
	assert_int_equal(kit_put_part(&k, &p, &e), STORE_PUT_OK);
	again = e;
	key = kit_key(&k, URL);
	assert_int_equal(kit_totals(&k).pinned_entries, 1);
	assert_int_equal(kit_totals(&k).pinned, 0);
	entry_pin(e);
	assert_int_equal(kit_totals(&k).pinned_entries, 1);
	rcu_read_begin(); /* else its memory may be back before we look */
	assert_int_equal(store_purge(k.store, &key, false, 1, k.now), 1);
	assert_true(kit_totals(&k).retired > 300000);
	rcu_read_end();
	rcu_settle();
	t = kit_totals(&k);
	assert_int_equal(t.retired, 0);
	assert_true(t.pinned > 300000);
	assert_int_equal(t.entries, 0);
	assert_true(kit_reads(e, 0, 299999, 3));
	entry_unpin(&e);
	assert_null(e);
	entry_unpin(&e);                                  /* harmless */
	assert_true(kit_reads(again, 299000, 299999, 3)); /* it was pinned twice */
	entry_unpin(&again);
	t = kit_totals(&k);
	assert_int_equal(t.pinned, 0);
	assert_int_equal(t.pinned_entries, 0);
	kit_end(&k);
}

static void
count(void *arg, struct entry *e)
{
	unsigned *met = arg;

	assert_int_equal(entry_hits(e), 0);
	(void)entry_hit(e); /* met once */
	++*met;
}

/* A little at a time, each is met once; but for what is marked, or gone. */
static void
walked_in_slices(void **state)
{
	struct kit k = kit_begin(4 * MIB);
	unsigned met = 0, slices = 1;
	uint64_t at = 0;

	(void)state;
	for (unsigned i = 0; i < 300; i++) {
		char url[64];

		snprintf(url, sizeof url, "http://a.example/%u", i);
		assert_int_equal(kit_put(&k, url, FRESH, "", 10), STORE_PUT_OK);
	}
	for (unsigned i = 0; i < 10; i++) {
		struct key key = kit_key(&k, i == 0 ? "http://a.example/7" : "http://a.example/8");

		store_purge(k.store, &key, i == 0, 1, k.now); /* one marked, one removed */
	}
	while (store_walk(k.store, &at, 20, count, &met)) {
		assert_true(met <= slices * 40);
		slices++;
	}
	assert_int_equal(met, 298);
	assert_int_equal(at, 0);
	assert_true(slices >= 15);
	store_purge_all(k.store, false, 2, k.now);
	while (store_walk(k.store, &at, 20, count, &met))
		;
	assert_int_equal(met, 298);
	kit_end(&k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_put_is_found),
		cmocka_unit_test(a_new_one_replaces_the_old),
		cmocka_unit_test(hits_count),
		cmocka_unit_test(a_hash_is_not_believed),
		cmocka_unit_test(many_keys_are_kept_apart),
		cmocka_unit_test(refuses_what_is_too_large),
		cmocka_unit_test(too_little_memory_is_refused),
		cmocka_unit_test(an_entry_is_small),
		cmocka_unit_test(calls_are_timed),
		cmocka_unit_test(a_pin_outlives_the_entrys_leaving),
		cmocka_unit_test(walked_in_slices),
	};

	rcu_thread_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
