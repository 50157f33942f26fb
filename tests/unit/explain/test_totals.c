#include "explain/stories.h"

#include <stdio.h>

#include "explain/totals.h"

static struct arena *a;
static struct totals *t;

static int
setup(void **state)
{
	(void)state;
	a = arena_new(1 << 20);
	t = totals_new();
	return a == NULL || t == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	totals_free(&t);
	arena_free(&a);
	return 0;
}

#define EDGE_HIT  "CF-Cache-Status: HIT\nCF-Ray: 8a1b2c3d4e5f6071-FRA"
#define EDGE_MISS "CF-Cache-Status: MISS\nCF-Ray: 8a1b2c3d4e5f6071-FRA\nCache-Control: max-age=60"
#define CONFIRMED "CF-Cache-Status: REVALIDATED\nCF-Ray: 8a1b2c3d4e5f6071-FRA\nCache-Control: max-age=60"
#define NO_STORE  "CF-Cache-Status: BYPASS\nCF-Ray: 8a1b2c3d4e5f6071-FRA\nCache-Control: no-store"

/* An entry of a page: times in ms. */
static void
add(const char *url, const char *head, int64_t wait, int64_t all, int64_t wire, int64_t body)
{
	struct exchange x = exchange_of(200, head, NULL, a);
	struct story s;

	x.url = str_c(url);
	x.wait_us = 1000 * wait;
	x.all_us = 1000 * all;
	x.wire_bytes = wire;
	x.body_bytes = body;
	assert_true(story_tell(&x, a, &s));
	assert_true(totals_add(t, &s));
	arena_reset(a);
}

static void
check_sum(const struct totals_sums *sums, unsigned i, const char *name, uint64_t count, uint64_t bytes, int64_t ms)
{
	assert_true(i < sums->count);
	assert_str_is(sums->row[i].name, str_c(name), __FILE__, __LINE__);
	assert_int_equal(sums->row[i].count, count);
	assert_int_equal(sums->row[i].bytes, bytes);
	assert_int_equal(sums->row[i].us, 1000 * ms);
}

static void
a_page(void **state)
{
	(void)state;
	add("https://a.example/1", EDGE_MISS, 200, 210, 5000, 9000);
	add("https://a.example/2", EDGE_HIT, 20, 30, 1000, 1000);
	add("https://a.example/3", EDGE_HIT, 20, 30, 1000, 1000);
	add("https://a.example/4", EDGE_MISS, 100, 120, 3000, 3000);
	add("https://user:pw@b.example:8443/5?x#y", NO_STORE, 60, 70, 700, 700);
	add("https://c.example", EDGE_HIT, 20, 30, 1000, 1000);
	add("https://c.example/6", CONFIRMED, 50, 60, 1000, 1000);
	add("https://d.example/7", "Server: x", 10, 10, 100, 100);
	totals_end(t);

	assert_int_equal(t->count, 8);
	assert_int_equal(t->entry[0].kind, TOTALS_ORIGIN);
	assert_int_equal(t->entry[1].kind, TOTALS_CACHE);
	assert_int_equal(t->entry[6].kind, TOTALS_CONFIRMED);
	assert_int_equal(t->entry[7].kind, TOTALS_UNTOLD);
	check_sum(&t->tiers, 0, "Cloudflare", 3, 3000, 90);
	check_sum(&t->tiers, 1, "the origin", 3, 8700, 400);
	check_sum(&t->tiers, 2, "Cloudflare", 1, 1000, 60); /* confirmed ones */
	check_sum(&t->tiers, 3, "not told", 1, 100, 10);
	check_sum(&t->hosts, 0, "a.example", 4, 10000, 390);
	check_sum(&t->hosts, 1, "c.example", 2, 2000, 90);
	check_sum(&t->hosts, 2, "b.example:8443", 1, 700, 70);
	check_sum(&t->reasons, 0, "It was not stored yet, or not any more.", 2, 8000, 330);
	assert_int_equal(t->moved, 12800);
	assert_int_equal(t->lost, 8700);
	assert_int_equal(t->spared, 0);
	assert_int_equal(t->waited_us, 360000);
	/* Two hits where misses wait 150 ms on the average, one where none is known: there it is 120. */
	assert_int_equal(t->saved_us, 2 * 130000 + 100000);
}

static void
the_worst(void **state)
{
	char url[64];

	(void)state;
	for (int i = 0; i < 40; i++) {
		snprintf(url, sizeof url, "http://a.example/%d", i);
		add(url, i % 2 == 0 ? EDGE_MISS : EDGE_HIT, 1, 1000 - (i * 7) % 40, 1, 1);
	}
	totals_end(t);
	assert_int_equal(t->worst_count, TOTALS_WORST);
	for (unsigned i = 0; i < TOTALS_WORST; i++) {
		const struct totals_miss *m = &t->worst[i];

		assert_int_equal(m->entry.kind, TOTALS_ORIGIN);
		assert_int_equal(m->entry.all_us,
				 1000 * (1000 - 2 * (int)i)); /* every second number of 1 to 40 is a miss */
		assert_str(m->verdict, "Answered by the origin: Cloudflare in Frankfurt did not have it.");
		assert_str(m->why, "It was not stored yet, or not any more.");
		assert_str(m->advice, "It may be stored now: ask again. (RFC 9111 3)");
	}
}

/* More names than are told apart become one. */
static void
others(void **state)
{
	char url[64];

	(void)state;
	for (int i = 0; i < 3 * TOTALS_SUMS; i++) {
		snprintf(url, sizeof url, "http://h%d.example/", i);
		add(url, EDGE_MISS, 1, 1, 10, 10);
	}
	totals_end(t);
	assert_int_equal(t->hosts.count, TOTALS_SUMS + 1);
	check_sum(&t->hosts, 0, "others", 2 * TOTALS_SUMS, 20 * TOTALS_SUMS, 2 * TOTALS_SUMS);
}

/* Numbers that nobody told count as nothing, and URLs are made harmless. */
static void
unknown_and_hostile(void **state)
{
	struct exchange x = exchange_of(200, EDGE_MISS, NULL, a);
	struct story s;

	(void)state;
	x.url = STR("http://\x1b[31m/\x9b");
	assert_true(story_tell(&x, a, &s));
	assert_true(totals_add(t, &s));
	totals_end(t);
	assert_int_equal(t->moved + t->lost + t->spared, 0);
	assert_int_equal(t->waited_us + t->saved_us, 0);
	assert_str(t->entry[0].url, "http://\\x1b[31m/\\x9b");
	assert_str(t->hosts.row[0].name, "\\x1b[31m");
	assert_int_equal(t->worst_count, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_page, setup, teardown),
		cmocka_unit_test_setup_teardown(the_worst, setup, teardown),
		cmocka_unit_test_setup_teardown(others, setup, teardown),
		cmocka_unit_test_setup_teardown(unknown_and_hostile, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
