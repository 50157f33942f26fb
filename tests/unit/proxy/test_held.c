#include "../cache/store_kit.h"

#include "proxy/held.h"

#define URL    "http://a.example/x"
#define STRONG FRESH "\nETag: \"1\""

WITH_KIT(8 * MIB);

static struct head
request_of(const char *fields)
{
	struct head h = head_of(fields, k.a);

	h.method = METHOD_GET;
	return h;
}

static struct held
weigh(const struct head *request)
{
	struct key key = kit_key(&k, URL);
	struct wish w = { .request = request };
	struct found found;
	struct held held = { 0 };
	struct meta m;

	w.has_range = wish_range(request, &w.range);
	rcu_read_begin();
	store_find(k.store, &key, request, k.now, &found);
	assert_int_equal(found.what, FOUND_ENTRY);
	entry_meta(found.entry, &m);
	held_weigh(&w, found.entry, &m, &held);
	rcu_read_end();
	return held;
}

static void
reads_one_range(void **state)
{
	static const struct {
		const char *fields;
		bool want;
	} rows[] = {
		{ "", false },
		{ "Range: bytes=1-2", true },
		{ "Range: bytes=-2", true },
		{ "Range: bytes=1-2, 4-5", false },
		{ "Range: bytes=1-2\nRange: bytes=1-2", false },
		{ "Range: lines=1-2", false },
		{ "Range: bytes=2-1", false },
	};
	struct range_spec r;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct head h = request_of(rows[i].fields);

		assert_int_equal(wish_range(&h, &r), rows[i].want);
		h.method = METHOD_HEAD;
		assert_false(wish_range(&h, &r));
	}
}

/* Bytes 10 to 19 are stored, of 100 or of nobody knows how many. */
static void
finds_what_is_missing(void **state)
{
	static const struct {
		const char *what, *response, *request;
		uint64_t length;
		bool covers, gap;
		uint64_t first, last;
	} rows[] = {
		{ "inside", STRONG, "Range: bytes=12-13", 100, true, false, 0, 0 },
		{ "all of it", STRONG, "Range: bytes=10-19", 100, true, false, 0, 0 },
		{ "behind it", STRONG, "Range: bytes=20-29", 100, false, true, 20, 29 },
		{ "across its end", STRONG, "Range: bytes=15-29", 100, false, true, 20, 29 },
		{ "across its beginning", STRONG, "Range: bytes=5-15", 100, false, true, 5, 9 },
		{ "around it", STRONG, "Range: bytes=5-29", 100, false, true, 5, 29 },
		{ "to the end", STRONG, "Range: bytes=15-", 100, false, true, 20, 99 },
		{ "the whole", STRONG, "", 100, false, true, 0, 99 },
		{ "beyond the end", STRONG, "Range: bytes=100-", 100, true, false, 0, 0 },
		{ "a condition that holds", STRONG, "Range: bytes=0-5\nIf-None-Match: \"1\"", 100, true, false, 0, 0 },
		{ "a condition that does not", STRONG, "Range: bytes=0-5\nIf-None-Match: \"2\"", 100, false, true, 0,
		  5 },
		{ "If-Range", STRONG, "Range: bytes=12-13\nIf-Range: \"1\"", 100, true, false, 0, 0 },
		{ "If-Range of another", STRONG, "Range: bytes=12-13\nIf-Range: \"2\"", 100, false, true, 0, 99 },
		/* RFC 9110 15.3.7.3 */
		{ "a weak validator", FRESH "\nETag: W/\"1\"", "Range: bytes=20-29", 100, false, false, 0, 0 },
		{ "a date", FRESH "\nLast-Modified: Sat, 01 Jan 2000 00:00:00 GMT", "", 100, false, false, 0, 0 },
		{ "no validator", FRESH, "Range: bytes=20-29", 100, false, true, 20, 29 },
		{ "of unknown length, inside", STRONG, "Range: bytes=12-13", RANGE_UNKNOWN, true, false, 0, 0 },
		{ "of unknown length, behind", STRONG, "Range: bytes=20-29", RANGE_UNKNOWN, false, false, 0, 0 },
		{ "of unknown length, a suffix", STRONG, "Range: bytes=-5", RANGE_UNKNOWN, false, false, 0, 0 },
		{ "of unknown length, the whole", STRONG, "", RANGE_UNKNOWN, false, false, 0, 0 },
		{ "of unknown length, a condition", STRONG, "Range: bytes=-5\nIf-None-Match: \"1\"", RANGE_UNKNOWN,
		  true, false, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct kit_put part = {
			.url = URL, .response = rows[i].response, .first = 10, .n = 10, .length = rows[i].length
		};
		struct head request = request_of(rows[i].request);
		struct held h;

		assert_int_equal(kit_put_part(&k, &part, NULL), STORE_PUT_OK);
		h = weigh(&request);
		if (h.covers != rows[i].covers || h.gap != rows[i].gap)
			fail_msg("%s: covers %d, gap %d", rows[i].what, h.covers, h.gap);
		if (h.gap && (h.gap_first != rows[i].first || h.gap_last != rows[i].last))
			fail_msg("%s: %llu to %llu", rows[i].what, (unsigned long long)h.gap_first,
				 (unsigned long long)h.gap_last);
		request.method = METHOD_HEAD;
		assert_true(weigh(&request).covers);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_one_range, setup, teardown),
		cmocka_unit_test_setup_teardown(finds_what_is_missing, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
