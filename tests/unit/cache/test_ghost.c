#include "cache/store_kit.h"

#include "cache/store_impl.h"

#define DAY_MS ((int64_t)24 * 3600 * MS_PER_S)

static struct kit k;
static struct cells *cells;

static int
setup(void **state)
{
	(void)state;
	k = kit_begin(MIB);
	cells = index_some(&k.store->index, 0, KIT_NOW);
	return cells == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	kit_end(&k);
	return 0;
}

static void
note(uint64_t name, enum reason event, unsigned worth, int64_t at_ms)
{
	struct ghost g = { .event = event, .worth = worth, .order = 5, .at_ms = at_ms };

	ghost_note(cells, name, &g);
}

static struct ghost
find(uint64_t name, int64_t now_ms)
{
	struct ghost g;

	ghost_find(cells, name, now_ms, &g);
	return g;
}

static void
an_event_is_remembered(void **state)
{
	static const enum reason events[] = { REASON_EVICTED, REASON_DROPPED, REASON_PURGED, REASON_INVALIDATED };

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct ghost g;

		note(0x1234567890 + i, events[i], i * 5, KIT_NOW);
		g = find(0x1234567890 + i, KIT_NOW + 5999);
		assert_int_equal(g.event, events[i]);
		assert_int_equal(g.worth, i * 5);
		assert_int_equal(g.order, 5);
		assert_int_equal(g.at_ms, KIT_NOW);
	}
	assert_int_equal(find(0x1234567894, KIT_NOW).event, REASON_NONE);
	note(1, REASON_EVICTED, WORTH_MAX, KIT_NOW); /* as much of it as there is room for */
	assert_int_equal(find(1, KIT_NOW).worth, GHOST_WORTH_MAX);
	assert_int_equal(find(1, KIT_NOW).event, REASON_EVICTED);
}

static void
a_later_event_takes_the_place(void **state)
{
	(void)state;
	note(1, REASON_EVICTED, 3, KIT_NOW);
	note(1, REASON_PURGED, 4, KIT_NOW + 9000);
	assert_int_equal(find(1, KIT_NOW + 9000).event, REASON_PURGED);
	assert_int_equal(find(1, KIT_NOW + 9000).worth, 4);
	ghost_forget(cells, 1, CELL_EVENT);
	assert_int_equal(find(1, KIT_NOW).event, REASON_NONE);
}

static void
the_oldest_gives_way(void **state)
{
	(void)state;
	for (unsigned i = 0; i < cells->count; i++)
		note(i << 8, REASON_EVICTED, 0, KIT_NOW + (i == 2 ? 0 : 10000));
	note(0xffff, REASON_EVICTED, 0, KIT_NOW + 20000);
	assert_int_equal(find(2 << 8, KIT_NOW).event, REASON_NONE);
	assert_int_equal(find(1 << 8, KIT_NOW).event, REASON_EVICTED);
	assert_int_equal(find(0xffff, KIT_NOW).event, REASON_EVICTED);
}

/* A clock set back, and the wrap of the seconds, make no event come from the future or vanish. */
static void
times_wrap(void **state)
{
	int64_t wrap = ((int64_t)1 << CELL_TIME_BITS) * 100 * MS_PER_S;

	(void)state;
	note(1, REASON_EVICTED, 0, wrap - 5000);
	assert_int_equal(find(1, wrap + 7000).at_ms, wrap - 5000);
	assert_int_equal(find(1, wrap - 60000).at_ms, wrap - 60000);
}

static void
old_events_are_aged_away(void **state)
{
	(void)state;
	note(1, REASON_EVICTED, 0, KIT_NOW);
	note(2, REASON_EVICTED, 0, KIT_NOW + 10 * DAY_MS);
	ghost_bar(cells, 3, 1, KIT_NOW, 1000);
	ghost_bar(cells, 4, 1, KIT_NOW, 50 * DAY_MS);
	ghost_age(cells, KIT_NOW + 31 * DAY_MS);
	assert_int_equal(find(1, KIT_NOW + 31 * DAY_MS).event, REASON_NONE);
	assert_int_equal(find(2, KIT_NOW + 31 * DAY_MS).event, REASON_EVICTED);
	for (uint32_t i = 0; i < cells->count; i++)
		assert_false(cell_kind(cells_get(cells, i)) == CELL_BARRED && cell_is_named(cells_get(cells, i), 3));
}

static void
a_bar_ends(void **state)
{
	uint8_t why = 0;

	(void)state;
	ghost_bar(cells, 7, 9, KIT_NOW, 10000);
	note(7, REASON_EVICTED, 2, KIT_NOW); /* beside it */
	assert_true(ghost_barred(cells, 7, KIT_NOW + 9000, &why));
	assert_int_equal(why, 9);
	assert_int_equal(find(7, KIT_NOW).event, REASON_EVICTED);
	assert_false(ghost_barred(cells, 7, KIT_NOW + 10000, &why));
	assert_false(ghost_barred(cells, 7, KIT_NOW + 20 * DAY_MS, &why));
	assert_false(ghost_barred(cells, 8, KIT_NOW, &why));
	assert_false(ghost_barred(NULL, 7, KIT_NOW, &why));
}

static void
variants_have_names_of_their_own(void **state)
{
	struct hash128 key = { .lo = 42, .hi = 1 };
	uint64_t a = ghost_name(k.store, key, STR("foo"), STR("1"));

	(void)state;
	assert_int_equal(ghost_name(k.store, key, STR_NONE, STR_NONE), 42);
	assert_int_equal(ghost_name(k.store, key, STR("foo"), STR("1")), a);
	assert_true(a != 42);
	assert_true(a != ghost_name(k.store, key, STR("foo"), STR("2")));
	assert_true(a != ghost_name(k.store, key, STR("bar"), STR("1")));
	assert_true(a != ghost_name(k.store, key, STR("1"), STR("foo")));
}

/* There are about as many memories as resources, whatever leaves. */
static void
memories_keep_pace_with_resources(void **state)
{
	struct store_totals t;
	unsigned remembered = 0;
	char url[64];

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		snprintf(url, sizeof url, "http://a.example/%u", i);
		kit_put_patiently(&k, url, 300);
	}
	t = kit_totals(&k);
	assert_true(t.evictions > 15000);
	assert_true(t.ghost >= t.resources * 6);
	assert_true(t.ghost + t.index < MIB / 20);
	for (unsigned i = 0; i < 20000; i++) {
		struct arena_mark mark = arena_mark(k.a);

		snprintf(url, sizeof url, "http://a.example/%u", 19999 - i);
		remembered += kit_find(&k, url, "").absent == REASON_EVICTED;
		arena_rollback(k.a, mark);
	}
	assert_true(remembered > t.entries / 2);
}

/* However long entries have come and gone, a search looks at some cells of a bucket, and not at all of them. */
static void
a_search_ends_near_its_home(void **state)
{
	uint32_t count = 0, reach = 0, reach_of_memories = 0;
	char url[64];

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		snprintf(url, sizeof url, "http://a.example/%u", i);
		kit_put_patiently(&k, url, 10);
	}
	for (uint64_t bucket = 0; bucket < k.store->index.buckets; bucket++) {
		const struct cells *c = index_cells(&k.store->index, bucket);

		count += c->count;
		reach += cells_reach(c, true);
		reach_of_memories += cells_reach(c, false);
	}
	assert_true(count / k.store->index.buckets > 150);
	assert_true(reach / k.store->index.buckets < 30);
	assert_true(reach_of_memories / k.store->index.buckets < 30);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_event_is_remembered, setup, teardown),
		cmocka_unit_test_setup_teardown(a_later_event_takes_the_place, setup, teardown),
		cmocka_unit_test_setup_teardown(the_oldest_gives_way, setup, teardown),
		cmocka_unit_test_setup_teardown(times_wrap, setup, teardown),
		cmocka_unit_test_setup_teardown(old_events_are_aged_away, setup, teardown),
		cmocka_unit_test_setup_teardown(a_bar_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(variants_have_names_of_their_own, setup, teardown),
		cmocka_unit_test_setup_teardown(memories_keep_pace_with_resources, setup, teardown),
		cmocka_unit_test_setup_teardown(a_search_ends_near_its_home, setup, teardown),
	};

	rcu_thread_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
