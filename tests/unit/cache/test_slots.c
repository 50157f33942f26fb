#include "unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "base/must.h"
#include "cache/slots.h"

#define MIB ((uint64_t)1024 * 1024)

/* Of so many bytes, beside what it needs for itself. */
static struct slots *
make(uint64_t bytes)
{
	const char *why = NULL;
	struct slots *s = slots_new(bytes + 8192, SLOTS_AS_NEEDED, &why);
	struct slots_totals t;

	assert_non_null(s);
	slots_totals(s, &t);
	assert_true(t.limit + t.own <= bytes + 8192);
	assert_in_range(t.limit, bytes, bytes + 4096);
	return s;
}

static uint64_t
used(struct slots *s)
{
	struct slots_totals t;

	slots_totals(s, &t);
	assert_true(t.taken <= t.limit && t.used <= t.taken);
	return t.used;
}

static uint64_t
next_random(uint64_t *seed)
{
	*seed += UINT64_C(0x9e3779b97f4a7c15);
	return (*seed ^ *seed >> 29) * UINT64_C(0xbf58476d1ce4e5b9) >> 20;
}

/* ---- one slot ---- */

static void
slot_is_aligned_and_large_enough(void **state)
{
	struct slots *s = make(4 * MIB);

	(void)state;
	for (size_t n = 1; n <= SLOT_MAX; n = n * 5 / 4 + 1) {
		size_t cap;
		char *p = slot_alloc(s, n, SLOT_ENTRY, &cap);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 16, 0);
		assert_true(cap >= n && cap <= n + n / 32 + 31 + 64);
		assert_int_equal(cap, slot_cap(s, p));
		memset(p, 0xa5, cap);
		assert_ptr_equal(slot_at(s, slot_offset(s, p)), p);
		assert_true(slot_offset(s, p) > 0);
	}
	slots_check(s);
	slots_free(&s);
	assert_null(s);
}

static void
a_kibibyte_costs_little_more(void **state)
{
	(void)state;
	assert_true(slot_cost(1400) <= 1400 + 8 + 32);
	assert_true(slot_cost(100) <= 100 + 8 + 15);
}

static void
what_is_freed_is_joined(void **state)
{
	struct slots *s = make(64 * 1024);
	void *p[40];

	(void)state;
	for (int i = 0; i < 40; i++)
		assert_non_null(p[i] = slot_alloc(s, 1500, SLOT_ENTRY, NULL));
	for (int i = 0; i < 40; i += 2)
		slot_free(s, p[i]);
	slots_check(s);
	for (int i = 1; i < 40; i += 2)
		slot_free(s, p[i]);
	slots_check(s);
	assert_int_equal(used(s), 0);
	assert_non_null(slot_alloc(s, SLOT_MAX, SLOT_ENTRY, NULL));
	slots_free(&s);
}

static void
totals_tell_the_kinds_apart(void **state)
{
	struct slots *s = make(MIB);
	void *e = slot_alloc(s, 100, SLOT_ENTRY, NULL);
	void *c = slot_alloc(s, 5000, SLOT_CHUNK, NULL);
	struct slots_totals t;

	(void)state;
	slots_totals(s, &t);
	assert_int_equal(t.count[SLOT_ENTRY], 1);
	assert_int_equal(t.count[SLOT_CHUNK], 1);
	assert_int_equal(t.bytes[SLOT_ENTRY], slot_cost(100));
	assert_int_equal(t.bytes[SLOT_CHUNK], slot_cost(5000));
	assert_int_equal(t.used, slot_cost(100) + slot_cost(5000));
	assert_int_equal(t.taken, 64 * 1024);
	slot_free(s, e);
	slot_free(s, c);
	assert_int_equal(used(s), 0);
	slots_free(&s);
}

/* ---- the limit ---- */

static unsigned
fill(struct slots *s, size_t n, enum slot_kind kind)
{
	unsigned count = 0;

	while (slot_alloc(s, n, kind, NULL) != NULL)
		count++;
	return count;
}

static void
nothing_beyond_the_limit(void **state)
{
	struct slots *s = make(MIB);
	struct slots_totals t;

	(void)state;
	assert_true(fill(s, 1000, SLOT_ENTRY) >= 1000);
	slots_totals(s, &t);
	assert_true(t.taken <= t.limit);
	assert_null(slot_alloc(s, 1000, SLOT_CHUNK, NULL));
	slots_check(s);
	slots_free(&s);
}

static void
a_limit_that_is_no_multiple_of_an_extent_is_used_whole(void **state)
{
	struct slots *s = make(64 * 1024 + 40 * 1024);

	(void)state;
	assert_true(fill(s, 1000, SLOT_ENTRY) >= 100);
	slots_check(s);
	slots_free(&s);
}

static void
too_little_is_refused(void **state)
{
	const char *why = NULL;

	(void)state;
	assert_null(slots_new(100, SLOTS_AS_NEEDED, &why));
	assert_non_null(why);
}

static void
empty_extents_go_back_to_the_system(void **state)
{
	struct slots *s = make(4 * MIB);
	void *p[100];
	struct slots_totals t;

	(void)state;
	for (int i = 0; i < 100; i++)
		p[i] = slot_alloc(s, 30000, SLOT_ENTRY, NULL);
	slots_totals(s, &t);
	assert_int_equal(t.taken, 50 * 64 * 1024);
	memset(p[99], 1, 30000);
	for (int i = 0; i < 100; i++)
		slot_free(s, p[i]);
	slots_totals(s, &t);
	assert_int_equal(t.taken, 64 * 1024); /* one is kept */
	slots_check(s);
	assert_true(fill(s, 30000, SLOT_ENTRY) >= 128);
	slots_check(s);
	slots_free(&s);
}

static void
what_is_taken_at_the_start_is_kept(void **state)
{
	const char *why = NULL;
	struct slots *s = slots_new(4 * MIB + 8192, SLOTS_AT_START, &why);
	static unsigned char in[1024];
	struct slots_totals t;
	void *first, *p[100];

	(void)state;
	assert_non_null(s);
	first = slot_at(s, 0);
	for (int i = 0; i < 100; i++)
		p[i] = slot_alloc(s, 30000, SLOT_ENTRY, NULL);
	for (int i = 0; i < 100; i++)
		slot_free(s, p[i]);
	slots_totals(s, &t);
	assert_int_equal(t.taken, 64 * 1024);
	assert_int_equal(mincore(first, 4 * MIB, in), 0);
	for (size_t i = 0; i < sizeof in; i++)
		assert_true(in[i] & 1);
	slots_check(s);
	slots_free(&s);
}

/* ---- chunks ---- */

static void
a_chunk_takes_what_there_is(void **state)
{
	struct slots *s = make(64 * 1024);
	void *p[20];
	size_t cap = 0;

	(void)state;
	for (int i = 0; i < 20; i++)
		p[i] = slot_alloc(s, 3000, SLOT_ENTRY, NULL);
	while (slot_alloc(s, 200, SLOT_ENTRY, NULL) != NULL)
		;
	slot_free(s, p[7]);
	assert_null(slot_alloc(s, SLOT_MAX, SLOT_ENTRY, NULL));
	assert_non_null(slot_alloc(s, SLOT_MAX, SLOT_CHUNK, &cap));
	assert_true(cap >= 3000 && cap < 3500);
	assert_null(slot_alloc(s, SLOT_MAX, SLOT_CHUNK, &cap));
	slots_check(s);
	slots_free(&s);
}

static void
chunks_leave_the_last_bytes_to_others(void **state)
{
	struct slots *s = make(MIB);

	(void)state;
	slots_on_low(s, 0, 100000, NULL, NULL);
	fill(s, 20000, SLOT_CHUNK);
	assert_in_range(slots_spare(s), 100000, 100000 + SLOT_LEAST + 64);
	assert_true(fill(s, 1000, SLOT_ENTRY) > 80);
	slots_free(&s);
}

static void
note(void *arg)
{
	++*(int *)arg;
}

static void
a_chunk_that_leaves_little_says_so(void **state)
{
	struct slots *s = make(MIB);
	int told = 0;

	(void)state;
	slots_on_low(s, MIB / 2, 0, note, &told);
	while (slots_spare(s) >= MIB / 2 + 25000) {
		assert_int_equal(told, 0);
		slot_alloc(s, 20000, SLOT_CHUNK, NULL);
	}
	slot_alloc(s, 20000, SLOT_CHUNK, NULL);
	slot_alloc(s, 20000, SLOT_CHUNK, NULL);
	assert_true(told > 0);
	told = 0;
	slot_alloc(s, 20000, SLOT_ENTRY, NULL);
	assert_int_equal(told, 0);
	slots_free(&s);
}

/* ---- long runs ---- */

#define HELD 600

/* Sizes of the kind that entries and chunks have, in and out at random: contents stay, the structure holds, and memory
 * is used well although sizes differ. */
static void
random_use_keeps_contents(void **state)
{
	struct slots *s = make(MIB);
	struct {
		unsigned char *p;
		size_t n;
	} held[HELD] = { 0 };
	uint64_t seed = 42;
	unsigned failed = 0;

	(void)state;
	for (int turn = 0; turn < 60000; turn++) {
		size_t i = next_random(&seed) % HELD;
		size_t n = next_random(&seed) % 16 == 0 ? next_random(&seed) % SLOT_MAX : next_random(&seed) % 2500;

		if (held[i].p != NULL) {
			for (size_t at = 0; at < held[i].n; at += 97)
				assert_int_equal(held[i].p[at], (unsigned char)i);
			slot_free(s, held[i].p);
		}
		held[i].p = slot_alloc(s, n, SLOT_ENTRY, NULL);
		held[i].n = n;
		if (held[i].p != NULL)
			memset(held[i].p, (int)i, n);
		else
			failed++;
		if (turn % 5000 == 0)
			slots_check(s);
	}
	assert_true(failed < 60000 / 2 && failed > 0);
	assert_true(used(s) > MIB * 85 / 100);
	for (int i = 0; i < HELD; i++)
		if (held[i].p != NULL)
			slot_free(s, held[i].p);
	slots_check(s);
	assert_int_equal(used(s), 0);
	slots_free(&s);
}

#define THREADS 4

static void *
churn(void *arg)
{
	struct slots *s = arg;
	unsigned char *p[64] = { NULL };
	uint64_t seed = (uintptr_t)&p;

	for (int turn = 0; turn < 20000; turn++) {
		size_t i = next_random(&seed) % 64;

		if (p[i] != NULL) {
			MUST(p[i][0] == (unsigned char)i);
			slot_free(s, p[i]);
		}
		p[i] = slot_alloc(s, 1 + next_random(&seed) % 20000, i % 2 ? SLOT_CHUNK : SLOT_ENTRY, NULL);
		if (p[i] != NULL)
			p[i][0] = (unsigned char)i;
	}
	for (int i = 0; i < 64; i++)
		if (p[i] != NULL)
			slot_free(s, p[i]);
	return NULL;
}

static void
threads_share_it(void **state)
{
	struct slots *s = make(2 * MIB);
	pthread_t thread[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, churn, s), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	slots_check(s);
	assert_int_equal(used(s), 0);
	slots_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slot_is_aligned_and_large_enough),
		cmocka_unit_test(a_kibibyte_costs_little_more),
		cmocka_unit_test(what_is_freed_is_joined),
		cmocka_unit_test(totals_tell_the_kinds_apart),
		cmocka_unit_test(nothing_beyond_the_limit),
		cmocka_unit_test(a_limit_that_is_no_multiple_of_an_extent_is_used_whole),
		cmocka_unit_test(too_little_is_refused),
		cmocka_unit_test(empty_extents_go_back_to_the_system),
		cmocka_unit_test(what_is_taken_at_the_start_is_kept),
		cmocka_unit_test(a_chunk_takes_what_there_is),
		cmocka_unit_test(chunks_leave_the_last_bytes_to_others),
		cmocka_unit_test(a_chunk_that_leaves_little_says_so),
		cmocka_unit_test(random_use_keeps_contents),
		cmocka_unit_test(threads_share_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
