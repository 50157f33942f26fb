#include "unit.h"

#include "proxy/digest_shelf.h"

#define SIZE 100

static struct digest_shelf shelf;
static const struct digest_cairn epoch = { .epoch = 77, .hashes = 7, .again_ms = 5000 };
static const struct now now = { .mono_ns = 9 * NS_PER_S, .wall_ms = 5000 };

static int
setup(void **state)
{
	(void)state;
	digest_shelf_init(&shelf);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	digest_shelf_fini(&shelf);
	return 0;
}

/* A filter in which those bytes have this value. */
static struct digest_body *
filter(size_t n, size_t from, size_t to, unsigned char value)
{
	struct digest_body *b = digest_body_new(n);

	assert_non_null(b);
	for (size_t i = from; i < to; i++)
		b->bytes[i] = value;
	b->made.mono_ns = 7 * NS_PER_S;
	b->entries = to - from;
	return b;
}

static void
put(size_t from, size_t to, unsigned char value)
{
	digest_shelf_cairn(&shelf, filter(SIZE, from, to, value), &epoch);
}

/* What leads from `have`, a generation of the epoch, to the present one. */
static struct digest_cairn
bring(unsigned char have[SIZE], uint64_t of, uint64_t since)
{
	struct digest_cairn head;
	struct digest_body *b = digest_shelf_hold_cairn(&shelf, of, since, now, &head);
	struct digest_cairn_walk w;
	uint64_t at;

	assert_non_null(b);
	assert_int_equal(head.bits, SIZE * 8);
	if (head.kind == DIGEST_CAIRN_WHOLE) {
		assert_int_equal(b->n, SIZE);
		memcpy(have, b->bytes, SIZE);
	} else {
		w = (struct digest_cairn_walk){ .rest = str_of((char *)b->bytes, b->n), .bits = head.bits };
		while (digest_cairn_next(&w, &at) == DIGEST_CAIRN_FLIP)
			have[at / 8] ^= (unsigned char)(1 << at % 8);
	}
	digest_body_unref(&b);
	assert_null(b);
	return head;
}

static void
nothing_at_first(void **state)
{
	struct digest_shelf_state squid, cairn;
	struct digest_cairn head;

	(void)state;
	assert_false(digest_shelf_is_asked(&shelf, 0));
	assert_null(digest_shelf_hold_squid(&shelf));
	assert_null(digest_shelf_hold_cairn(&shelf, 0, 0, now, &head));
	assert_true(digest_shelf_is_asked(&shelf, now.mono_ns));
	assert_false(digest_shelf_is_asked(&shelf, now.mono_ns + 1));
	digest_shelf_state(&shelf, &squid, &cairn);
	assert_int_equal(squid.bytes + cairn.bytes, 0);
	digest_shelf_cairn(&shelf, NULL, NULL);
}

static void
squids(void **state)
{
	struct digest_body *b, *later;

	(void)state;
	digest_shelf_squid(&shelf, filter(200, 0, 3, 1));
	b = digest_shelf_hold_squid(&shelf);
	digest_shelf_squid(&shelf, filter(300, 0, 3, 1));
	later = digest_shelf_hold_squid(&shelf);
	assert_int_equal(b->n, 200);
	assert_int_equal(later->n, 300);
	digest_body_unref(&b);
	digest_body_unref(&later);
	digest_shelf_squid(&shelf, NULL);
	assert_null(digest_shelf_hold_squid(&shelf));
}

static void
whole_then_changes(void **state)
{
	unsigned char have[SIZE];
	struct digest_cairn head;

	(void)state;
	put(0, 3, 1);
	head = bring(have, 0, 0);
	assert_int_equal(head.kind, DIGEST_CAIRN_WHOLE);
	assert_int_equal(head.to, 1);
	assert_int_equal(head.entries, 3);
	assert_int_equal(head.age_ms, 2000);
	assert_int_equal(head.again_ms, 5000);
	put(2, 4, 1);
	put(2, 4, 3);
	head = bring(have, 77, 1);
	assert_int_equal(head.kind, DIGEST_CAIRN_CHANGES);
	assert_int_equal(head.from, 1);
	assert_int_equal(head.to, 3);
	assert_memory_equal(have, shelf.cairn->bytes, SIZE);
	put(5, 6, 1);
	head = bring(have, 77, 3);
	assert_int_equal(head.to, 4);
	assert_memory_equal(have, shelf.cairn->bytes, SIZE);
}

/* A walk that finds what the last one found makes it younger, and changes nothing. */
static void
the_same_again(void **state)
{
	unsigned char have[SIZE];
	struct digest_cairn head;

	(void)state;
	put(0, 3, 1);
	put(0, 3, 1);
	bring(have, 0, 0);
	head = bring(have, 77, 1);
	assert_int_equal(head.kind, DIGEST_CAIRN_CHANGES);
	assert_int_equal(head.to, 1);
	assert_memory_equal(have, shelf.cairn->bytes, SIZE);
}

static void
who_has_nothing_of_use_gets_the_whole(void **state)
{
	unsigned char have[SIZE];

	(void)state;
	put(0, 3, 1);
	put(0, 4, 1);
	assert_int_equal(bring(have, 78, 1).kind, DIGEST_CAIRN_WHOLE); /* another epoch's */
	assert_int_equal(bring(have, 77, 3).kind, DIGEST_CAIRN_WHOLE); /* of the future */
	assert_int_equal(bring(have, 77, 0).kind, DIGEST_CAIRN_WHOLE);
	assert_int_equal(bring(have, 77, 2).kind, DIGEST_CAIRN_CHANGES);
}

/* Changes are kept as long as all together are less than the whole. */
static void
too_old_is_the_whole(void **state)
{
	unsigned char have[SIZE];

	(void)state;
	put(0, 3, 1);
	for (unsigned char i = 0; i < 20; i++)
		put(0, 20, i);
	assert_int_equal(bring(have, 77, 20).kind, DIGEST_CAIRN_CHANGES);
	assert_int_equal(bring(have, 77, 1).kind, DIGEST_CAIRN_WHOLE);
	assert_true(shelf.changes_n <= SIZE);
	put(0, SIZE, 0xff); /* more changes than a whole */
	assert_int_equal(bring(have, 77, 20).kind, DIGEST_CAIRN_WHOLE);
	assert_memory_equal(have, shelf.cairn->bytes, SIZE);
}

static void
another_epoch_forgets(void **state)
{
	const struct digest_cairn next = { .epoch = 78, .hashes = 7, .again_ms = 1000 };
	unsigned char have[SIZE];
	struct digest_cairn head;

	(void)state;
	put(0, 3, 1);
	put(0, 4, 1);
	digest_shelf_cairn(&shelf, filter(SIZE, 0, 9, 1), &next);
	head = bring(have, 77, 2);
	assert_int_equal(head.kind, DIGEST_CAIRN_WHOLE);
	assert_int_equal(head.epoch, 78);
	assert_int_equal(head.to, 1);
	assert_int_equal(head.again_ms, 1000);
	digest_shelf_cairn(&shelf, NULL, NULL);
	assert_null(digest_shelf_hold_cairn(&shelf, 78, 1, now, &head));
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(nothing_at_first),
		TEST(squids),
		TEST(whole_then_changes),
		TEST(the_same_again),
		TEST(who_has_nothing_of_use_gets_the_whole),
		TEST(too_old_is_the_whole),
		TEST(another_epoch_forgets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
