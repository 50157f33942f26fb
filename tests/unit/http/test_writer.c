#include "unit.h"

#include "base/arena.h"
#include "http/head.h"
#include "http/writer.h"

static const struct head_limits limits = { 1024, 256, 16 };

static void
responses(void **state)
{
	char room[256];
	struct strbuf b = strbuf_fixed(room, sizeof room);

	(void)state;
	write_status_line(&b, 200);
	write_field(&b, STR("A"), STR("b c"));
	write_field_id(&b, HDR_ETAG, STR("\"x\""));
	write_field_id(&b, HDR_WARNING, STR(""));
	write_date(&b, HDR_DATE, 784111777);
	write_end(&b);
	assert_false(b.over);
	assert_str(strbuf_str(&b), "HTTP/1.1 200 OK\r\nA: b c\r\nETag: \"x\"\r\nWarning: \r\n"
				   "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n");
	b = strbuf_fixed(room, sizeof room);
	write_status_line(&b, 299);
	assert_str(strbuf_str(&b), "HTTP/1.1 299 \r\n");
}

static void
requests(void **state)
{
	char room[64];
	struct strbuf b = strbuf_fixed(room, sizeof room);

	(void)state;
	write_request_line(&b, STR("M-SEARCH"), STR("/a?b"), 1);
	assert_str(strbuf_str(&b), "M-SEARCH /a?b HTTP/1.1\r\n");
	b = strbuf_fixed(room, sizeof room);
	write_request_line(&b, STR("OPTIONS"), STR("*"), 0);
	assert_str(strbuf_str(&b), "OPTIONS * HTTP/1.0\r\n");
}

/* What is written, the parser takes for what it was. */
static void
parses(void **state)
{
	struct arena *a = arena_new(1 << 16);
	struct strbuf b = strbuf_in(a, 16);
	struct head_scan scan = { 0 };
	enum fault fault;
	struct head h;
	size_t used;

	(void)state;
	write_status_line(&b, 599);
	write_field(&b, STR("x-y"), STR(""));
	write_date(&b, HDR_LAST_MODIFIED, 0);
	write_end(&b);
	assert_false(b.over);
	head_init(&h, a);
	assert_int_equal(head_parse_response(&h, strbuf_str(&b), &limits, &scan, &used, &fault), HEAD_OK);
	assert_int_equal(used, b.n);
	assert_int_equal(h.status, 599);
	assert_int_equal(h.count, 2);
	assert_str(field_name(head_named(&h, STR("X-Y"))), "x-y");
	assert_str(head_get(&h, HDR_LAST_MODIFIED), "Thu, 01 Jan 1970 00:00:00 GMT");
	arena_free(&a);
}

static void
too_small(void **state)
{
	char room[64];

	(void)state;
	for (size_t n = 0; n < sizeof "A: b\r\n" - 1; n++) {
		struct strbuf b = strbuf_fixed(room, n);

		write_field(&b, STR("A"), STR("b"));
		assert_true(b.over);
		assert_true(b.n <= n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(responses),
		cmocka_unit_test(requests),
		cmocka_unit_test(parses),
		cmocka_unit_test(too_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
