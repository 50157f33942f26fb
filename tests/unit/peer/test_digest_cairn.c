#include "unit.h"

#include "peer/digest_cairn.h"

static void
written_and_read(void **state)
{
	const struct digest_cairn d = { DIGEST_CAIRN_WHOLE, 7, 5000, 0x1122334455667788, 9, 0, 64, 3, 250 };
	unsigned char body[DIGEST_CAIRN_HEAD + 8] = { 0 };
	struct digest_cairn again;
	struct str rest;

	(void)state;
	digest_cairn_write(&d, body);
	assert_null(digest_cairn_read(str_of((char *)body, sizeof body), &again, &rest));
	assert_int_equal(again.kind, d.kind);
	assert_int_equal(again.hashes, d.hashes);
	assert_int_equal(again.again_ms, d.again_ms);
	assert_int_equal(again.epoch, d.epoch);
	assert_int_equal(again.to, d.to);
	assert_int_equal(again.from, d.from);
	assert_int_equal(again.bits, d.bits);
	assert_int_equal(again.entries, d.entries);
	assert_int_equal(again.age_ms, d.age_ms);
	assert_ptr_equal(rest.p, body + DIGEST_CAIRN_HEAD);
	assert_int_equal(rest.n, 8);
	for (size_t n = 0; n < sizeof body; n++)
		assert_non_null(digest_cairn_read(str_of((char *)body, n), &again, &rest));
}

static void
what_is_odd_is_refused(void **state)
{
	const struct digest_cairn whole = { DIGEST_CAIRN_WHOLE, 7, 5000, 1, 9, 0, 64, 3, 250 };
	const struct digest_cairn changes = { DIGEST_CAIRN_CHANGES, 7, 5000, 1, 9, 8, 64, 3, 250 };
	static const struct {
		bool changes;
		unsigned at;
		unsigned char value;
		bool taken;
	} rows[] = {
		{ false, 0, 'c', false }, { false, 8, 0, false }, { false, 8, 3, false },   { false, 9, 0, false },
		{ false, 9, 17, false },  { false, 9, 16, true }, { false, 47, 72, false }, { false, 47, 63, false },
		{ false, 47, 0, false },  { true, 39, 9, true },  { true, 39, 10, false },  { true, 39, 0, false },
		{ true, 47, 72, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		unsigned char body[DIGEST_CAIRN_HEAD + 8] = { 0 };
		struct digest_cairn again;
		struct str rest;

		digest_cairn_write(rows[i].changes ? &changes : &whole, body);
		body[rows[i].at] = rows[i].value;
		assert_int_equal(digest_cairn_read(str_of((char *)body, sizeof body), &again, &rest) == NULL,
				 rows[i].taken);
	}
}

#define SIZE ((size_t)1000)

static void
flip_all(unsigned char *filter, struct str changes)
{
	struct digest_cairn_walk w = { .rest = changes, .bits = SIZE * 8 };
	enum digest_cairn_next next;
	uint64_t at;

	while ((next = digest_cairn_next(&w, &at)) == DIGEST_CAIRN_FLIP)
		filter[at / 8] ^= (unsigned char)(1 << at % 8);
	assert_int_equal(next, DIGEST_CAIRN_END);
}

static void
changes_lead_from_one_to_the_next(void **state)
{
	static const unsigned counts[] = { 0, 1, 7, 300, 5000 };
	unsigned char before[SIZE], after[SIZE], filter[SIZE];
	uint64_t random = 1;

	(void)state;
	memset(before, 0, SIZE);
	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
		char *changes;
		size_t n;

		memcpy(after, before, SIZE);
		for (unsigned k = 0; k < counts[i]; k++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			after[random >> 32 & 511] ^= (unsigned char)(1 << (random >> 61));
			after[SIZE - 1] ^= 0x80;
		}
		assert_true(digest_cairn_changes(before, after, SIZE, 100 * SIZE, &changes, &n));
		memcpy(filter, before, SIZE);
		flip_all(filter, str_of(changes, n));
		assert_memory_equal(filter, after, SIZE);
		memcpy(before, after, SIZE);
		free(changes);
	}
}

static void
two_in_a_row_are_as_good_as_one(void **state)
{
	unsigned char a[SIZE] = { 0 }, b[SIZE] = { 1, 2, 3 }, c[SIZE] = { 0, 2, 7 };
	char *first, *second, both[256];
	size_t n, m;

	(void)state;
	assert_true(digest_cairn_changes(a, b, SIZE, SIZE, &first, &n));
	assert_true(digest_cairn_changes(b, c, SIZE, SIZE, &second, &m));
	memcpy(both, first, n);
	memcpy(both + n, second, m);
	flip_all(a, str_of(both, n + m));
	assert_memory_equal(a, c, SIZE);
	free(first);
	free(second);
}

static void
too_many_changes_are_none(void **state)
{
	unsigned char a[SIZE] = { 0 }, b[SIZE];
	char *changes;
	size_t n;

	(void)state;
	memset(b, 0xff, SIZE);
	assert_false(digest_cairn_changes(a, b, SIZE, SIZE, &changes, &n));
}

static void
malformed_changes_end(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		enum digest_cairn_next end;
		unsigned flips;
	} rows[] = {
		{ "", 0, DIGEST_CAIRN_END, 0 },
		{ "\0\0\0", 3, DIGEST_CAIRN_END, 0 },
		{ "\2\1\1", 3, DIGEST_CAIRN_END, 2 },
		{ "\1\100", 2, DIGEST_CAIRN_END, 1 },
		{ "\1\101", 2, DIGEST_CAIRN_BAD, 0 }, /* bit 64 of 64 */
		{ "\2\1\0", 3, DIGEST_CAIRN_BAD, 1 }, /* the same bit again */
		{ "\2\100\1", 3, DIGEST_CAIRN_BAD, 1 },
		{ "\2\1", 2, DIGEST_CAIRN_BAD, 1 },
		{ "\200", 1, DIGEST_CAIRN_BAD, 0 },
		{ "\1\377\377\377\377\377\377\377\377\377\1", 11, DIGEST_CAIRN_BAD, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct digest_cairn_walk w = { .rest = str_of(rows[i].text, rows[i].n), .bits = 64 };
		enum digest_cairn_next next;
		unsigned flips = 0;
		uint64_t at;

		while ((next = digest_cairn_next(&w, &at)) == DIGEST_CAIRN_FLIP) {
			assert_true(at < 64);
			flips++;
		}
		assert_int_equal(next, rows[i].end);
		assert_int_equal(flips, rows[i].flips);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(written_and_read),
		cmocka_unit_test(what_is_odd_is_refused),
		cmocka_unit_test(changes_lead_from_one_to_the_next),
		cmocka_unit_test(two_in_a_row_are_as_good_as_one),
		cmocka_unit_test(too_many_changes_are_none),
		cmocka_unit_test(malformed_changes_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
