#include "with_arena.h"

#include "base/strbuf.h"
#include "http/head.h"

/* Which parser a row is for. */
typedef enum head_result parse_fn(struct head *, struct str, const struct head_limits *, struct head_scan *, size_t *,
				  enum fault *);

struct outcome {
	struct head head;
	enum head_result result;
	size_t used;
	enum fault fault;
};

static const struct head_limits wide = { 1 << 20, 1 << 19, 1000 };
WITH_ARENA(arena, 1 << 24);

/* Feeds `step` bytes more at a time, as if a socket gave them. */
static struct outcome
feed(parse_fn *parse, struct str text, const struct head_limits *limits, size_t step)
{
	struct outcome o = { .result = HEAD_MORE };
	struct head_scan scan = { 0 };

	head_init(&o.head, arena);
	for (size_t n = step; o.result == HEAD_MORE; n += step) {
		o.result = parse(&o.head, str_head(text, n), limits, &scan, &o.used, &o.fault);
		if (n >= text.n)
			break;
	}
	return o;
}

static struct outcome
whole(parse_fn *parse, struct str text)
{
	return feed(parse, text, &wide, text.n);
}

static struct head
request(const char *text)
{
	struct outcome o = whole(head_parse_request, str_c(text));

	assert_int_equal(o.result, HEAD_OK);
	return o.head;
}

static struct head
response(const char *text)
{
	struct outcome o = whole(head_parse_response, str_c(text));

	assert_int_equal(o.result, HEAD_OK);
	return o.head;
}

/* ---- what is taken ---- */

static void
a_request(void **state)
{
	struct str text = STR("GET /a?b HTTP/1.1\r\nHost: h\r\nX-Odd:\t a  b \t\r\nempty:\r\nHOST2:\xe9\r\n\r\nbody");
	struct outcome o = whole(head_parse_request, text);
	const struct head *h = &o.head;

	(void)state;
	assert_int_equal(o.result, HEAD_OK);
	assert_int_equal(o.used, text.n - 4);
	assert_int_equal(h->method, METHOD_GET);
	assert_str(h->method_text, "GET");
	assert_str(h->target, "/a?b");
	assert_int_equal(h->minor, 1);
	assert_int_equal(h->count, 4);
	assert_str(field_name(&h->fields[0]), "Host");
	assert_int_equal(h->fields[0].id, HDR_HOST);
	assert_str(field_value(&h->fields[0]), "h");
	assert_str(field_name(&h->fields[1]), "X-Odd");
	assert_int_equal(h->fields[1].id, HDR_OTHER);
	assert_str(field_value(&h->fields[1]), "a  b");
	assert_str(field_value(&h->fields[2]), "");
	assert_str(field_value(&h->fields[3]), "\xe9");
}

/* A head that was parsed where it came is as good where its bytes went. */
static void
a_head_moves(void **state)
{
	char came[] = "GET /a?b HTTP/1.1\r\nHost: h\r\nempty:\r\nAccept: x\r\nAccept: y\r\n\r\n";
	struct str in = str_of(came, sizeof came - 1);
	struct outcome before = whole(head_parse_request, in);
	char kept[sizeof came];
	struct head h;

	(void)state;
	memcpy(kept, came, sizeof came);
	head_init(&h, arena);
	assert_true(head_move(&h, &before.head, came, kept));
	memset(came, '!', sizeof came - 1);
	assert_int_equal(h.method, METHOD_GET);
	assert_str(h.method_text, "GET");
	assert_str(h.target, "/a?b");
	assert_int_equal(h.minor, 1);
	assert_int_equal(h.count, 4);
	assert_str(head_get(&h, HDR_HOST), "h");
	assert_str(field_name(&h.fields[1]), "empty");
	assert_str(field_value(&h.fields[1]), "");
	assert_str(head_joined(&h, HDR_ACCEPT, arena), "x, y");
	assert_false(head_has_one(&h, HDR_ACCEPT));
}

static void
a_head_is_copied(void **state)
{
	char came[] = "PUT /a HTTP/1.0\r\nHost: h\r\nempty:\r\nX-Long: 0123456789\r\nVia: x\r\nVia: y\r\n\r\n";
	struct outcome before = whole(head_parse_request, str_of(came, sizeof came - 1));
	struct head h;

	(void)state;
	head_init(&h, arena);
	assert_true(head_copy(&h, &before.head));
	memset(came, '!', sizeof came - 1);
	assert_int_equal(h.method, METHOD_PUT);
	assert_str(h.method_text, "PUT");
	assert_str(h.target, "/a");
	assert_int_equal(h.minor, 0);
	assert_int_equal(h.count, 5);
	assert_str(field_value(&h.fields[1]), "");
	assert_str(field_value(&h.fields[2]), "0123456789");
	assert_str(head_joined(&h, HDR_VIA, arena), "x, y");
	assert_true(head_add(&h, STR("Age"), STR("1")));
	assert_str(head_get(&h, HDR_AGE), "1");
	assert_str(head_get(&h, HDR_HOST), "h");
}

static void
start_lines(void **state)
{
	struct head h;

	(void)state;
	h = request("\r\n\r\nM-SEARCH * HTTP/1.0\r\n\r\n");
	assert_int_equal(h.method, METHOD_OTHER);
	assert_str(h.method_text, "M-SEARCH");
	assert_str(h.target, "*");
	assert_int_equal(h.minor, 0);
	assert_int_equal(h.count, 0);
	assert_int_equal(request("get / HTTP/1.1\r\n\r\n").method, METHOD_OTHER);
	assert_int_equal(request("GET / HTTP/1.7\r\n\r\n").minor, 1);

	h = response("HTTP/1.1 404 Not \tFound\xe9\r\nAge: 1\r\n\r\n");
	assert_int_equal(h.status, 404);
	assert_str(h.reason, "Not \tFound\xe9");
	assert_int_equal(h.minor, 1);
	assert_int_equal(response("HTTP/1.0 100 \r\n\r\n").status, 100);
	assert_int_equal(response("HTTP/1.0 200 \r\n\r\n").minor, 0);
	assert_int_equal(response("HTTP/1.1 999\r\n\r\n").status, 999);
	assert_int_equal(response("HTTP/1.1 200\r\n\r\n").reason.n, 0);
}

static void
an_upstream_may_fold(void **state)
{
	static const struct {
		const char *lines, *value;
	} rows[] = {
		{ "A: b\r\n c\r\n", "b c" },
		{ "A: b \r\n\t c\r\n", "b c" },
		{ "A: b\r\n c\r\n \t\r\n  d e\r\nB: x\r\n", "b c d e" },
		{ "A:\r\n b\r\n", "b" },
		{ "A:\r\n \r\n", "" },
		{ "A: b:c\r\n d: e\r\n", "b:c d: e" },
		{ "A : b\r\n c\r\n", "b c" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct str text = arena_printf(arena, "HTTP/1.1 200 OK\r\n%s\r\n", rows[i].lines);

		for (size_t step = 1; step <= text.n; step++) {
			struct outcome o = feed(head_parse_response, text, &wide, step);

			assert_int_equal(o.result, HEAD_OK);
			assert_str(field_name(&o.head.fields[0]), "A");
			assert_true(str_eq(field_value(&o.head.fields[0]), str_c(rows[i].value)));
		}
	}
}

static void
an_upstream_may_put_space_before_the_colon(void **state)
{
	struct head h = response("HTTP/1.1 200 OK\r\nCache-Control \t : no-store\r\nX-Odd : 1\r\n\r\n");

	(void)state;
	assert_int_equal(h.fields[0].id, HDR_CACHE_CONTROL);
	assert_str(head_get(&h, HDR_CACHE_CONTROL), "no-store");
	assert_str(field_name(&h.fields[1]), "X-Odd");
}

static void
trailers(void **state)
{
	struct outcome o = whole(head_parse_trailers, STR("X-Sum: 1\r\nServer-Timing: a\r\n\r\n"));

	(void)state;
	assert_int_equal(o.result, HEAD_OK);
	assert_int_equal(o.used, 30);
	assert_int_equal(o.head.count, 2);
	o = whole(head_parse_trailers, STR("\r\n"));
	assert_int_equal(o.result, HEAD_OK);
	assert_int_equal(o.head.count, 0);
}

/* ---- what is refused: each rule, and the closest thing that does not break it ---- */

#define GET "GET / HTTP/1.1\r\n"
#define OK  "HTTP/1.1 200 OK\r\n"

struct refusal {
	struct str bad, good;
	enum fault fault;
};

static const struct refusal requests[] = {
	{ STR_INIT("GET\r\n\r\n"), STR_INIT("GET / HTTP/1.1\r\n\r\n"), FAULT_REQUEST_LINE },
	{ STR_INIT("GET /\r\n\r\n"), STR_INIT("GET / HTTP/1.0\r\n\r\n"), FAULT_REQUEST_LINE },
	{ STR_INIT("GET  / HTTP/1.1\r\n\r\n"), STR_INIT("GET / HTTP/1.1\r\n\r\n"), FAULT_REQUEST_LINE },
	{ STR_INIT("GET /  HTTP/1.1\r\n\r\n"), STR_INIT("GET / HTTP/1.1\r\n\r\n"), FAULT_REQUEST_LINE },
	{ STR_INIT("GET / HTTP/1.1 \r\n\r\n"), STR_INIT("GET / HTTP/1.1\r\n\r\n"), FAULT_REQUEST_LINE },
	{ STR_INIT("GET /a b HTTP/1.1\r\n\r\n"), STR_INIT("GET /a+b HTTP/1.1\r\n\r\n"), FAULT_REQUEST_LINE },
	{ STR_INIT("GET / http/1.1\r\n\r\n"), STR_INIT("get / HTTP/1.1\r\n\r\n"), FAULT_REQUEST_LINE },
	{ STR_INIT("GET / HTTP/1.10\r\n\r\n"), STR_INIT("GET / HTTP/1.9\r\n\r\n"), FAULT_REQUEST_LINE },
	{ STR_INIT("GET / HTTP/1,1\r\n\r\n"), STR_INIT("GET / HTTP/1.1\r\n\r\n"), FAULT_REQUEST_LINE },
	{ STR_INIT("G(T / HTTP/1.1\r\n\r\n"), STR_INIT("G!T / HTTP/1.1\r\n\r\n"), FAULT_METHOD },
	{ STR_INIT(" GET / HTTP/1.1\r\n\r\n"), STR_INIT("\r\nGET / HTTP/1.1\r\n\r\n"), FAULT_METHOD },
	{ STR_INIT("\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03"), STR_INIT("\r\n\r\n" GET "\r\n"), FAULT_METHOD }, /* TLS */
	{ STR_INIT("\r\n\x80"), STR_INIT("\r\n" GET "\r\n"), FAULT_METHOD },
	{ STR_INIT("GET\t/ HTTP/1.1\r\n\r\n"), STR_INIT("GET / HTTP/1.1\r\n\r\n"), FAULT_METHOD },
	{ STR_INIT("GET /\t HTTP/1.1\r\n\r\n"), STR_INIT("GET /%09 HTTP/1.1\r\n\r\n"), FAULT_TARGET },
	{ STR_INIT("GET /\x7f HTTP/1.1\r\n\r\n"), STR_INIT("GET /~ HTTP/1.1\r\n\r\n"), FAULT_TARGET },
	{ STR_INIT("GET /\xc3\xa9 HTTP/1.1\r\n\r\n"), STR_INIT("GET /%c3%a9 HTTP/1.1\r\n\r\n"), FAULT_TARGET },
	{ STR_INIT("GET / HTTP/2.0\r\n\r\n"), STR_INIT("GET / HTTP/1.2\r\n\r\n"), FAULT_VERSION },
	{ STR_INIT("GET / HTTP/0.9\r\n\r\n"), STR_INIT("GET / HTTP/1.0\r\n\r\n"), FAULT_VERSION },
	{ STR_INIT("GET / HTTP/1.1\n\r\n"), STR_INIT(GET "\r\n"), FAULT_BARE_LF },
	{ STR_INIT("\nGET / HTTP/1.1\r\n\r\n"), STR_INIT("\r\n" GET "\r\n"), FAULT_BARE_LF },
	{ STR_INIT(GET "A: b\n\r\n"), STR_INIT(GET "A: b\r\n\r\n"), FAULT_BARE_LF },
	{ STR_INIT(GET "A: b\r\n\n"), STR_INIT(GET "A: b\r\n\r\n"), FAULT_BARE_LF },
	{ STR_INIT("GET /\r HTTP/1.1\r\n\r\n"), STR_INIT("GET /%0d HTTP/1.1\r\n\r\n"), FAULT_BARE_CR },
	{ STR_INIT("\rGET / HTTP/1.1\r\n\r\n"), STR_INIT("\r\nGET / HTTP/1.1\r\n\r\n"), FAULT_BARE_CR },
	{ STR_INIT("GET / HTTP/1.1\r\r\n\r\n"), STR_INIT(GET "\r\n"), FAULT_BARE_CR },
	{ STR_INIT(GET "A: b\rc\r\n\r\n"), STR_INIT(GET "A: b\tc\r\n\r\n"), FAULT_BARE_CR },
	{ STR_INIT(GET "A: b\r\n\r\r\n"), STR_INIT(GET "A: b\r\n\r\n"), FAULT_BARE_CR },
	{ STR_INIT("GET /\0 HTTP/1.1\r\n\r\n"), STR_INIT("GET /%00 HTTP/1.1\r\n\r\n"), FAULT_NUL },
	{ STR_INIT(GET "A: b\0c\r\n\r\n"), STR_INIT(GET "A: b\\0c\r\n\r\n"), FAULT_NUL },
	{ STR_INIT(GET "A\0: b\r\n\r\n"), STR_INIT(GET "A0: b\r\n\r\n"), FAULT_NUL },
	{ STR_INIT(GET "A: \x01\r\n\r\n"), STR_INIT(GET "A: \t1\r\n\r\n"), FAULT_CONTROL },
	{ STR_INIT(GET "A: \x7f\r\n\r\n"), STR_INIT(GET "A: \x80\xff\r\n\r\n"), FAULT_CONTROL },
	{ STR_INIT(GET "A: b\r\n c\r\n\r\n"), STR_INIT(GET "A: b\r\nc:\r\n\r\n"), FAULT_OBS_FOLD },
	{ STR_INIT(GET "A: b\r\n\t\r\n\r\n"), STR_INIT(GET "A: b\t\r\n\r\n"), FAULT_OBS_FOLD },
	{ STR_INIT(GET "Host : h\r\n\r\n"), STR_INIT(GET "Host: h\r\n\r\n"), FAULT_SPACE_COLON },
	{ STR_INIT(GET "X-Odd\t: h\r\n\r\n"), STR_INIT(GET "X-Odd:\th\r\n\r\n"), FAULT_SPACE_COLON },
	{ STR_INIT(GET " Host: h\r\n\r\n"), STR_INIT(GET "Host: h \r\n\r\n"), FAULT_LEADING_SPACE },
	{ STR_INIT(GET " \r\n\r\n"), STR_INIT(GET "\r\n"), FAULT_LEADING_SPACE },
	{ STR_INIT(GET ": h\r\n\r\n"), STR_INIT(GET "h:\r\n\r\n"), FAULT_FIELD_NAME },
	{ STR_INIT(GET "A b: h\r\n\r\n"), STR_INIT(GET "A-b: h\r\n\r\n"), FAULT_FIELD_NAME },
	{ STR_INIT(GET "A(: h\r\n\r\n"), STR_INIT(GET "A!#$%&'*+.^_`|~9: h\r\n\r\n"), FAULT_FIELD_NAME },
	{ STR_INIT(GET "\xc3\xa9: h\r\n\r\n"), STR_INIT(GET "e: \xc3\xa9\r\n\r\n"), FAULT_FIELD_NAME },
	{ STR_INIT(GET "Host\r\n\r\n"), STR_INIT(GET "Host:\r\n\r\n"), FAULT_NO_COLON },
	{ STR_INIT(GET "Host\r\nA: b\r\n\r\n"), STR_INIT(GET "Host:\r\nA: b\r\n\r\n"), FAULT_NO_COLON },
};

static const struct refusal responses[] = {
	{ STR_INIT("HTTP/1.1\r\n\r\n"), STR_INIT("HTTP/1.1 200\r\n\r\n"), FAULT_STATUS_LINE },
	{ STR_INIT("HTTP/1.1 20\r\n\r\n"), STR_INIT("HTTP/1.1 200 \r\n\r\n"), FAULT_STATUS_LINE },
	{ STR_INIT("HTTP/1.1 099 x\r\n\r\n"), STR_INIT("HTTP/1.1 100 x\r\n\r\n"), FAULT_STATUS_LINE },
	{ STR_INIT("HTTP/1.1 2000 x\r\n\r\n"), STR_INIT("HTTP/1.1 200 0x\r\n\r\n"), FAULT_STATUS_LINE },
	{ STR_INIT("HTTP/1.1 2x0 OK\r\n\r\n"), STR_INIT("HTTP/1.1 200 x0\r\n\r\n"), FAULT_STATUS_LINE },
	{ STR_INIT("HTTP/1.1  200 OK\r\n\r\n"), STR_INIT("HTTP/1.1 200  OK\r\n\r\n"), FAULT_STATUS_LINE },
	{ STR_INIT("ICY 200 all right\r\n\r\n"), STR_INIT("HTTP/1.1 200 all right\r\n\r\n"), FAULT_STATUS_LINE },
	{ STR_INIT("HTTP/1.1 200 \x01\r\n\r\n"), STR_INIT("HTTP/1.1 200 \t\r\n\r\n"), FAULT_STATUS_LINE },
	{ STR_INIT("\r\n" OK "\r\n"), STR_INIT(OK "\r\n"), FAULT_STATUS_LINE },
	{ STR_INIT("HTTP/2.0 200 OK\r\n\r\n"), STR_INIT("HTTP/1.0 200 OK\r\n\r\n"), FAULT_VERSION },
	{ STR_INIT("HTTP/1.1 200 OK\n\r\n"), STR_INIT(OK "\r\n"), FAULT_BARE_LF },
	{ STR_INIT(OK "A: b\n\r\n"), STR_INIT(OK "A: b\r\n\r\n"), FAULT_BARE_LF },
	{ STR_INIT(OK "A: b\rc\r\n\r\n"), STR_INIT(OK "A: b\r\n c\r\n\r\n"), FAULT_BARE_CR },
	{ STR_INIT(OK "A: b\r\n c\rd\r\n\r\n"), STR_INIT(OK "A: b\r\n c\r\n d\r\n\r\n"), FAULT_BARE_CR },
	{ STR_INIT(OK "A: b\0\r\n\r\n"), STR_INIT(OK "A: b\r\n\r\n"), FAULT_NUL },
	{ STR_INIT(OK "A: b\r\n \0\r\n\r\n"), STR_INIT(OK "A: b\r\n \r\n\r\n"), FAULT_NUL },
	{ STR_INIT(OK "A: b\r\n \x01\r\n\r\n"), STR_INIT(OK "A: b\r\n \t\r\n\r\n"), FAULT_CONTROL },
	{ STR_INIT(OK "A : \x01\r\n\r\n"), STR_INIT(OK "A : 1\r\n\r\n"), FAULT_CONTROL },
	{ STR_INIT(OK " A: b\r\n\r\n"), STR_INIT(OK "A: b\r\n C: d\r\n\r\n"), FAULT_LEADING_SPACE },
	{ STR_INIT(OK "A b : c\r\n\r\n"), STR_INIT(OK "A-b : c\r\n\r\n"), FAULT_FIELD_NAME },
	{ STR_INIT(OK " : c\r\n\r\n"), STR_INIT(OK "A : c\r\n\r\n"), FAULT_LEADING_SPACE },
	{ STR_INIT(OK "A\r\n\r\n"), STR_INIT(OK "A:\r\n\r\n"), FAULT_NO_COLON },
};

static const struct refusal trailer_lines[] = {
	{ STR_INIT(" A: b\r\n\r\n"), STR_INIT("A: b\r\n\r\n"), FAULT_LEADING_SPACE },
	{ STR_INIT("A: b\r\n c\r\n\r\n"), STR_INIT("A: b\r\nc:\r\n\r\n"), FAULT_OBS_FOLD },
	{ STR_INIT("A : b\r\n\r\n"), STR_INIT("A: b\r\n\r\n"), FAULT_SPACE_COLON },
	{ STR_INIT("A: b\n\r\n"), STR_INIT("A: b\r\n\r\n"), FAULT_BARE_LF },
};

/* Whole, and in pieces of each size: the same fault each time. */
static void
refuses(parse_fn *parse, const struct refusal *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct refusal *r = &rows[i];

		for (size_t step = 1; step <= r->bad.n; step++) {
			struct outcome o = feed(parse, r->bad, &wide, step);

			if (o.result != HEAD_BAD || o.fault != r->fault)
				fail_msg("row %zu, \"%.*s\": result %d, fault %d", i, STR_FMT(r->bad), (int)o.result,
					 (int)o.fault);
		}
		if (whole(parse, r->good).result != HEAD_OK)
			fail_msg("row %zu, \"%.*s\" is not taken", i, STR_FMT(r->good));
	}
}

static void
refused_requests(void **state)
{
	(void)state;
	refuses(head_parse_request, requests, sizeof requests / sizeof requests[0]);
}

static void
refused_responses(void **state)
{
	(void)state;
	refuses(head_parse_response, responses, sizeof responses / sizeof responses[0]);
}

static void
refused_trailers(void **state)
{
	(void)state;
	refuses(head_parse_trailers, trailer_lines, sizeof trailer_lines / sizeof trailer_lines[0]);
}

/* ---- limits ---- */

static void
limits(void **state)
{
	static const struct head_limits narrow = { .head = 40, .target = 6, .fields = 2 };
	static const struct {
		struct str text;
		enum head_result result;
		enum fault fault;
	} rows[] = {
		{ STR_INIT(GET "A: 12345678901234567\r\n\r\n"), HEAD_OK, FAULT_NONE }, /* 40 bytes */
		{ STR_INIT(GET "A: 123456789012345678\r\n\r\n"), HEAD_BAD, FAULT_HEAD_TOO_LARGE },
		{ STR_INIT(GET "A: 123456789012345678901234567890"), HEAD_BAD, FAULT_HEAD_TOO_LARGE },
		{ STR_INIT(GET "A: 12345678901234567890"), HEAD_MORE, FAULT_NONE },
		{ STR_INIT("\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r"),
		  HEAD_BAD, FAULT_HEAD_TOO_LARGE },
		{ STR_INIT("GET /12345 HTTP/1.1\r\n\r\n"), HEAD_OK, FAULT_NONE },
		{ STR_INIT("GET /123456 HTTP/1.1\r\n\r\n"), HEAD_BAD, FAULT_TARGET_TOO_LONG },
		{ STR_INIT("GET /123456"), HEAD_BAD, FAULT_TARGET_TOO_LONG },
		{ STR_INIT("GET /12345"), HEAD_MORE, FAULT_NONE },
		{ STR_INIT("GET /123456 HT"), HEAD_BAD, FAULT_TARGET_TOO_LONG },
		{ STR_INIT("GET /12345 HT"), HEAD_MORE, FAULT_NONE },
		{ STR_INIT("\r\nGET /123456"), HEAD_BAD, FAULT_TARGET_TOO_LONG },
		{ STR_INIT("GET /12345 HTTP/1.1 and more"), HEAD_MORE, FAULT_NONE },
		{ STR_INIT("METHOD-OF-LENGTH"), HEAD_MORE, FAULT_NONE },
		{ STR_INIT(GET "A:\r\nB:\r\n\r\n"), HEAD_OK, FAULT_NONE },
		{ STR_INIT(GET "A:\r\nB:\r\nC:\r\n\r\n"), HEAD_BAD, FAULT_TOO_MANY_FIELDS },
		{ STR_INIT(GET "A:\r\nB:\r\nC:\r\n"), HEAD_BAD, FAULT_TOO_MANY_FIELDS },
		{ STR_INIT(GET "A:\r\nB:\r\nC:"), HEAD_MORE, FAULT_NONE },
		/* What is wrong before the limit counts before it; what is wrong behind it was never looked at. */
		{ STR_INIT(GET "A\r\nB: 123456789012345678901234567890\r\n"), HEAD_BAD, FAULT_NO_COLON },
		{ STR_INIT(GET "A: 123456789012345678901234567890\r\nB\r\n"), HEAD_BAD, FAULT_HEAD_TOO_LARGE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		for (size_t step = 1; step <= rows[i].text.n; step++) {
			struct outcome o = feed(head_parse_request, rows[i].text, &narrow, step);

			if (o.result != rows[i].result || (o.result == HEAD_BAD && o.fault != rows[i].fault))
				fail_msg("row %zu, step %zu: result %d, fault %d", i, step, (int)o.result,
					 (int)o.fault);
		}
	}
}

static void
a_name_longer_than_its_number(void **state)
{
	struct str text = { arena_alloc(arena, 70000), 70000 };

	(void)state;
	memset((char *)text.p, 'a', text.n);
	memcpy((char *)text.p, GET, strlen(GET));
	memcpy((char *)text.p + text.n - 5, ":\r\n\r\n", 5);
	assert_int_equal(whole(head_parse_request, text).fault, FAULT_FIELD_NAME);
	memcpy((char *)text.p + 60000, ":", 1);
	assert_int_equal(whole(head_parse_request, text).result, HEAD_OK);
}

/* A head whose fields do not fit into the arena is too large, not a crash. */
static void
a_full_arena(void **state)
{
	struct arena *small = arena_new(0); /* 8 KiB */
	struct strbuf b = strbuf_in(arena, 1 << 16);
	struct head_scan scan = { 0 };
	struct head h;
	enum fault fault = FAULT_NONE;
	size_t used;

	(void)state;
	strbuf_lit(&b, GET);
	for (int i = 0; i < 900; i++)
		strbuf_lit(&b, "A: b\r\n");
	strbuf_lit(&b, "\r\n");
	head_init(&h, small);
	assert_int_equal(head_parse_request(&h, strbuf_str(&b), &wide, &scan, &used, &fault), HEAD_BAD);
	assert_int_equal(fault, FAULT_HEAD_TOO_LARGE);
	assert_true(arena_failed(small));
	assert_int_equal(whole(head_parse_request, strbuf_str(&b)).result, HEAD_OK);
	arena_free(&small);
}

/* The caller's buffer may move as it grows. */
static void
a_run_that_moves(void **state)
{
	struct str text = STR("HTTP/1.1 200 OK\r\nA: b\r\n c\r\nETag: \"x\"\r\n\r\n");
	struct head_scan scan = { 0 };
	enum head_result result = HEAD_MORE;
	enum fault fault;
	struct head h;
	size_t used = 0;

	(void)state;
	head_init(&h, arena);
	for (size_t n = 1; n <= text.n; n++) {
		struct str copy = arena_str(arena, str_head(text, n));

		assert_int_equal(result, HEAD_MORE);
		result = head_parse_response(&h, copy, &wide, &scan, &used, &fault);
		if (n < text.n)
			memset((char *)copy.p, '?', copy.n);
	}
	assert_int_equal(result, HEAD_OK);
	assert_int_equal(used, text.n);
	assert_int_equal(h.count, 2);
	assert_str(field_value(&h.fields[0]), "b c");
	assert_str(head_get(&h, HDR_ETAG), "\"x\"");
}

/* ---- the readers and changers ---- */

static void
finds(void **state)
{
	struct head h = request(GET "Accept: a\r\nX-One: 1\r\nVary: v\r\naccept: b\r\nx-ONE: 2\r\n\r\n");
	const struct field *f = head_first(&h, HDR_ACCEPT);

	(void)state;
	assert_true(head_has(&h, HDR_ACCEPT));
	assert_false(head_has(&h, HDR_AGE));
	assert_ptr_equal(f, &h.fields[0]);
	f = head_next(&h, f);
	assert_ptr_equal(f, &h.fields[3]);
	assert_null(head_next(&h, f));
	assert_null(head_first(&h, HDR_AGE));
	assert_str(head_get(&h, HDR_VARY), "v");
	assert_null(head_get(&h, HDR_AGE).p);
	assert_int_equal(head_count(&h, HDR_ACCEPT), 2);
	assert_int_equal(head_count(&h, HDR_AGE), 0);
	assert_ptr_equal(head_named(&h, STR("x-one")), &h.fields[1]);
	assert_ptr_equal(head_named(&h, STR("VARY")), &h.fields[2]);
	assert_null(head_named(&h, STR("x-two")));
	assert_null(head_named(&h, STR("age")));
}

static void
joins(void **state)
{
	struct head h = request(GET "Accept: a\r\nVary: v\r\nAccept:\r\nAccept: b, c\r\n\r\n");

	(void)state;
	assert_str(head_joined(&h, HDR_ACCEPT, arena), "a, , b, c");
	assert_ptr_equal(head_joined(&h, HDR_VARY, arena).p, h.fields[1].value);
	assert_null(head_joined(&h, HDR_AGE, arena).p);
}

static void
changes(void **state)
{
	struct head h = request(GET "A: 1\r\nAge: 1\r\nB: 2\r\nage: 2\r\na: 3\r\n\r\n");

	(void)state;
	head_remove(&h, HDR_AGE);
	assert_int_equal(h.count, 3);
	assert_false(head_has(&h, HDR_AGE));
	assert_str(field_name(&h.fields[0]), "A");
	assert_str(field_name(&h.fields[1]), "B");
	assert_str(field_value(&h.fields[2]), "3");
	head_remove(&h, HDR_AGE);
	assert_int_equal(h.count, 3);
	assert_true(head_add(&h, STR("AGE"), STR("8")));
	assert_str(head_get(&h, HDR_AGE), "8");
}

static void
grows(void **state)
{
	struct head h;

	(void)state;
	head_init(&h, arena);
	for (int i = 0; i < 1000; i++)
		assert_true(head_add(&h, i % 2 ? STR("Via") : STR("X-Via"), arena_printf(arena, "%d", i)));
	assert_int_equal(h.count, 1000);
	assert_int_equal(head_count(&h, HDR_VIA), 500);
	assert_str(field_value(&h.fields[999]), "999");
}

static void
hosts(void **state)
{
	static const struct {
		const char *head, *host;
		int port;
		enum fault fault;
	} rows[] = {
		{ GET "Host: h:81\r\n\r\n", "h", 81, FAULT_NONE },
		{ GET "host: [::1]\r\n\r\n", "[::1]", 0, FAULT_NONE },
		{ "GET / HTTP/1.0\r\n\r\n", NULL, 0, FAULT_NONE },
		{ "GET / HTTP/1.0\r\nHost: h\r\n\r\n", "h", 0, FAULT_NONE },
		{ GET "\r\n", NULL, 0, FAULT_NO_HOST },
		{ GET "X-Host: h\r\n\r\n", NULL, 0, FAULT_NO_HOST },
		{ GET "Host: h\r\nHost: h\r\n\r\n", NULL, 0, FAULT_TWO_HOSTS },
		{ "GET / HTTP/1.0\r\nHost: h\r\nHost: g\r\n\r\n", NULL, 0, FAULT_TWO_HOSTS },
		{ GET "Host:\r\n\r\n", NULL, 0, FAULT_BAD_HOST },
		{ GET "Host: h, g\r\n\r\n", NULL, 0, FAULT_BAD_HOST },
		{ GET "Host: h:x\r\n\r\n", NULL, 0, FAULT_BAD_HOST },
		{ GET "Host: u@h\r\n\r\n", NULL, 0, FAULT_BAD_HOST },
		{ GET "Host: h/p\r\n\r\n", NULL, 0, FAULT_BAD_HOST },
		{ "GET / HTTP/1.0\r\nHost: a b\r\n\r\n", NULL, 0, FAULT_BAD_HOST },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct head h = request(rows[i].head);
		struct str host = STR("unset");
		uint16_t port = 7;

		assert_int_equal(head_check_host(&h, &host, &port), rows[i].fault);
		assert_true(str_eq(host, str_c(rows[i].host)));
		assert_int_equal(port, rows[i].port);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request),
		cmocka_unit_test(a_head_moves),
		cmocka_unit_test(a_head_is_copied),
		cmocka_unit_test(start_lines),
		cmocka_unit_test(an_upstream_may_fold),
		cmocka_unit_test(an_upstream_may_put_space_before_the_colon),
		cmocka_unit_test(trailers),
		cmocka_unit_test(refused_requests),
		cmocka_unit_test(refused_responses),
		cmocka_unit_test(refused_trailers),
		cmocka_unit_test(limits),
		cmocka_unit_test(a_name_longer_than_its_number),
		cmocka_unit_test(a_full_arena),
		cmocka_unit_test(a_run_that_moves),
		cmocka_unit_test(finds),
		cmocka_unit_test(joins),
		cmocka_unit_test(changes),
		cmocka_unit_test(grows),
		cmocka_unit_test(hosts),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
