#include "with_arena.h"

#include "http/body.h"

WITH_ARENA(arena, 1 << 22);

/* ---- framing ---- */

static struct head
head_of(bool is_response, int minor, int status, const char *lines)
{
	static const struct head_limits limits = { 1 << 16, 1 << 12, 100 };
	struct head_scan scan = { 0 };
	struct head h;
	enum fault fault;
	size_t used;
	struct str text;
	enum head_result result;

	head_init(&h, arena);
	if (is_response) {
		text = arena_printf(arena, "HTTP/1.%d %d x\r\n%s\r\n", minor, status, lines);
		result = head_parse_response(&h, text, &limits, &scan, &used, &fault);
	} else {
		text = arena_printf(arena, "POST / HTTP/1.%d\r\n%s\r\n", minor, lines);
		result = head_parse_request(&h, text, &limits, &scan, &used, &fault);
	}
	assert_int_equal(result, HEAD_OK);
	return h;
}

static void
requests(void **state)
{
	static const struct {
		int minor;
		const char *lines;
		enum fault fault;
		enum framing framing;
		uint64_t length;
	} rows[] = {
		{ 1, "", FAULT_NONE, FRAMING_NONE, 0 },
		{ 0, "", FAULT_NONE, FRAMING_NONE, 0 },
		{ 1, "Content-Length: 0\r\n", FAULT_NONE, FRAMING_LENGTH, 0 },
		{ 1, "Content-Length: 005\r\n", FAULT_NONE, FRAMING_LENGTH, 5 },
		{ 0, "Content-Length: 5\r\n", FAULT_NONE, FRAMING_LENGTH, 5 },
		{ 1, "Content-Length: 9223372036854775807\r\n", FAULT_NONE, FRAMING_LENGTH, INT64_MAX },
		{ 1, "Content-Length: 9223372036854775808\r\n", FAULT_LENGTH_BAD },
		{ 1, "Content-Length: 18446744073709551616\r\n", FAULT_LENGTH_BAD },
		{ 1, "Content-Length: 18446744073709551621\r\n", FAULT_LENGTH_BAD },
		{ 1, "Content-Length:\r\n", FAULT_LENGTH_BAD },
		{ 1, "Content-Length: +5\r\n", FAULT_LENGTH_BAD },
		{ 1, "Content-Length: -5\r\n", FAULT_LENGTH_BAD },
		{ 1, "Content-Length: 0x5\r\n", FAULT_LENGTH_BAD },
		{ 1, "Content-Length: 5 5\r\n", FAULT_LENGTH_BAD },
		{ 1, "Content-Length: 5.0\r\n", FAULT_LENGTH_BAD },
		{ 1, "Content-Length: \"5\"\r\n", FAULT_LENGTH_BAD },
		{ 1, "Content-Length: 5,5 \r\n", FAULT_LENGTH_BAD },
		{ 1, "Content-Length: 5, 6\r\n", FAULT_LENGTH_BAD },
		{ 1, "Content-Length: 5;\r\n", FAULT_LENGTH_BAD },
		{ 1, "Content-Length: 5\r\nContent-Length: 6\r\n", FAULT_LENGTHS_DIFFER },
		{ 1, "Content-Length: 5\r\ncontent-length: 5\r\n", FAULT_LENGTHS_DIFFER },
		{ 1, "Transfer-Encoding: chunked\r\n", FAULT_NONE, FRAMING_CHUNKED, 0 },
		{ 1, "Transfer-Encoding: CHUNKED \r\n", FAULT_NONE, FRAMING_CHUNKED, 0 },
		{ 1, "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", FAULT_LENGTH_AND_CODING },
		{ 1, "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", FAULT_LENGTH_AND_CODING },
		{ 1, "Content-Length: 0\r\nTransfer-Encoding: identity\r\n", FAULT_LENGTH_AND_CODING },
		{ 1, "Transfer-Encoding:\r\n", FAULT_CODING },
		{ 1, "Transfer-Encoding: identity\r\n", FAULT_CODING },
		{ 1, "Transfer-Encoding: xchunked\r\n", FAULT_CODING },
		{ 1, "Transfer-Encoding: chunked-x\r\n", FAULT_CODING },
		{ 1, "Transfer-Encoding: chunked,\r\n", FAULT_CODING },
		{ 1, "Transfer-Encoding: chunked;a=b\r\n", FAULT_CODING },
		{ 1, "Transfer-Encoding: \"chunked\"\r\n", FAULT_CODING },
		{ 1, "Transfer-Encoding: gzip, chunked\r\n", FAULT_CODING },
		{ 1, "Transfer-Encoding: chunked, gzip\r\n", FAULT_CODING },
		{ 1, "Transfer-Encoding: chunked, chunked\r\n", FAULT_CODING },
		{ 1, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", FAULT_CODING },
		{ 1, "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", FAULT_CODING },
		{ 0, "Transfer-Encoding: chunked\r\n", FAULT_CODING_IN_1_0 },
		{ 0, "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", FAULT_CODING_IN_1_0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct head h = head_of(false, rows[i].minor, 0, rows[i].lines);
		struct body_frame frame;
		enum fault fault = body_of_request(&h, &frame);

		if (fault != rows[i].fault)
			fail_msg("%s: fault %d, want %d", rows[i].lines, (int)fault, (int)rows[i].fault);
		if (fault != FAULT_NONE)
			continue;
		assert_int_equal(frame.framing, rows[i].framing);
		assert_int_equal(frame.length, rows[i].length);
	}
}

static void
responses(void **state)
{
	static const struct {
		enum method method;
		int minor, status;
		const char *lines;
		enum fault fault;
		enum framing framing;
		uint64_t length;
	} rows[] = {
		{ METHOD_GET, 1, 200, "", FAULT_NONE, FRAMING_CLOSE, 0 },
		{ METHOD_GET, 0, 200, "", FAULT_NONE, FRAMING_CLOSE, 0 },
		{ METHOD_GET, 1, 200, "Content-Length: 7\r\n", FAULT_NONE, FRAMING_LENGTH, 7 },
		{ METHOD_GET, 1, 200, "Transfer-Encoding: chunked\r\n", FAULT_NONE, FRAMING_CHUNKED, 0 },
		{ METHOD_GET, 1, 205, "Content-Length: 7\r\n", FAULT_NONE, FRAMING_LENGTH, 7 },
		{ METHOD_GET, 1, 599, "Content-Length: 7\r\n", FAULT_NONE, FRAMING_LENGTH, 7 },
		{ METHOD_HEAD, 1, 200, "Content-Length: 7\r\n", FAULT_NONE, FRAMING_NONE, 0 },
		{ METHOD_HEAD, 1, 200, "Transfer-Encoding: chunked\r\n", FAULT_NONE, FRAMING_NONE, 0 },
		{ METHOD_HEAD, 1, 200, "Transfer-Encoding: abc\r\n", FAULT_NONE, FRAMING_NONE, 0 },
		{ METHOD_HEAD, 1, 200, "Content-Length: 5\r\nContent-Length: 6\r\n", FAULT_LENGTHS_DIFFER },
		{ METHOD_HEAD, 1, 200, "Content-Length: 5, 6\r\n", FAULT_LENGTH_BAD },
		{ METHOD_HEAD, 1, 200, "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", FAULT_LENGTH_AND_CODING },
		{ METHOD_GET, 1, 304, "Content-Length: 5\r\nContent-Length: 6\r\n", FAULT_LENGTHS_DIFFER },
		{ METHOD_GET, 1, 100, "Content-Length: 7\r\n", FAULT_NONE, FRAMING_NONE, 0 },
		{ METHOD_GET, 1, 103, "", FAULT_NONE, FRAMING_NONE, 0 },
		{ METHOD_GET, 1, 199, "", FAULT_NONE, FRAMING_NONE, 0 },
		{ METHOD_GET, 1, 204, "Content-Length: 7\r\n", FAULT_NONE, FRAMING_NONE, 0 },
		{ METHOD_GET, 1, 304, "Content-Length: 7\r\n", FAULT_NONE, FRAMING_NONE, 0 },
		{ METHOD_CONNECT, 1, 200, "Transfer-Encoding: chunked\r\n", FAULT_NONE, FRAMING_NONE, 0 },
		{ METHOD_CONNECT, 1, 299, "", FAULT_NONE, FRAMING_NONE, 0 },
		{ METHOD_CONNECT, 1, 300, "", FAULT_NONE, FRAMING_CLOSE, 0 },
		{ METHOD_CONNECT, 1, 403, "Content-Length: 7\r\n", FAULT_NONE, FRAMING_LENGTH, 7 },
		{ METHOD_GET, 1, 200, "Content-Length: 7\r\nTransfer-Encoding: chunked\r\n", FAULT_LENGTH_AND_CODING },
		{ METHOD_GET, 1, 200, "Content-Length: 7\r\nContent-Length: 7\r\n", FAULT_LENGTHS_DIFFER },
		{ METHOD_GET, 1, 200, "Content-Length: 7, 7\r\n", FAULT_LENGTH_BAD },
		{ METHOD_GET, 1, 200, "Transfer-Encoding: gzip\r\n", FAULT_CODING },
		{ METHOD_GET, 1, 200, "Transfer-Encoding: abc, chunked\r\n", FAULT_CODING },
		{ METHOD_GET, 1, 200, "Transfer-Encoding: abc\r\nContent-Length: 3\r\n", FAULT_LENGTH_AND_CODING },
		{ METHOD_GET, 0, 200, "Transfer-Encoding: chunked\r\n", FAULT_CODING_IN_1_0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct head h = head_of(true, rows[i].minor, rows[i].status, rows[i].lines);
		struct body_frame frame;
		enum fault fault = body_of_response(&h, rows[i].method, &frame);

		if (fault != rows[i].fault)
			fail_msg("row %zu: fault %d, want %d", i, (int)fault, (int)rows[i].fault);
		if (fault != FAULT_NONE)
			continue;
		assert_int_equal(frame.framing, rows[i].framing);
		assert_int_equal(frame.length, rows[i].length);
	}
}

/* ---- the chunked coding ---- */

static const struct chunked_limits wide = { 1000, 1000 };

struct decoded {
	enum fault fault;
	bool done;
	size_t used;
	struct strbuf data;
	struct strbuf trailers;
};

/* Decodes, given `step` bytes more at a time. */
static struct decoded
decode(struct str in, const struct chunked_limits *limits, size_t step)
{
	struct decoded d = { .data = strbuf_in(arena, 64), .trailers = strbuf_in(arena, 64) };
	struct chunked c = { 0 };

	while (d.fault == FAULT_NONE && !c.done && d.used < in.n) {
		struct str piece = str_head(str_skip(in, d.used), step), data;
		size_t used;

		d.fault = chunked_take(&c, piece, limits, &used, &data, &d.trailers);
		assert_true(used <= piece.n && (used > 0 || d.fault != FAULT_NONE));
		strbuf_add(&d.data, data);
		d.used += used;
	}
	d.done = c.done;
	return d;
}

static void
decodes(void **state)
{
	static const struct {
		const char *in, *data, *trailers;
	} rows[] = {
		{ "0\r\n\r\n", "", "" },
		{ "000\r\n\r\n", "", "" },
		{ "5\r\nhello\r\n0\r\n\r\n", "hello", "" },
		{ "5\r\nhello\r\n00006\r\n world\r\n0\r\n\r\n", "hello world", "" },
		{ "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789", "" },
		{ "0000000000000001\r\nx\r\n0\r\n\r\n", "x", "" },
		{ "1;a\r\nx\r\n0;b=\"c\"\r\n\r\n", "x", "" },
		{ "1 \t;a = b;\tc\r\nx\r\n0 ;\r\n\r\n", "x", "" },
		{ "2\r\n\r\n\r\n0\r\n\r\n", "\r\n", "" },
		{ "0\r\nA: b\r\nc:\r\n\r\n", "", "A: b\r\nc:\r\n" },
		{ "0\r\nA: \xe9\t\r\n\r\n", "", "A: \xe9\t\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct str in = arena_printf(arena, "%sNEXT", rows[i].in);

		for (size_t step = 1; step <= in.n; step++) {
			struct decoded d = decode(in, &wide, step);

			assert_int_equal(d.fault, FAULT_NONE);
			assert_true(d.done);
			assert_int_equal(d.used, strlen(rows[i].in));
			assert_true(str_eq(strbuf_str(&d.data), str_c(rows[i].data)));
			assert_true(str_eq(strbuf_str(&d.trailers), str_c(rows[i].trailers)));
		}
	}
}

static void
refuses(void **state)
{
	static const struct {
		struct str in;
		enum fault fault;
	} rows[] = {
		{ STR_INIT("\r\n"), FAULT_CHUNK_SIZE },
		{ STR_INIT("x"), FAULT_CHUNK_SIZE },
		{ STR_INIT(" 1\r\n"), FAULT_CHUNK_SIZE },
		{ STR_INIT("+1\r\n"), FAULT_CHUNK_SIZE },
		{ STR_INIT("-1\r\n"), FAULT_CHUNK_SIZE },
		{ STR_INIT("0x1\r\n"), FAULT_CHUNK_SIZE },
		{ STR_INIT("1g\r\n"), FAULT_CHUNK_SIZE },
		{ STR_INIT("1\n"), FAULT_CHUNK_SIZE },
		{ STR_INIT("1\rx"), FAULT_CHUNK_SIZE },
		{ STR_INIT("1\r\r\n"), FAULT_CHUNK_SIZE },
		{ STR_INIT("1 \r\n"), FAULT_CHUNK_SIZE },
		{ STR_INIT("1 2\r\n"), FAULT_CHUNK_SIZE },
		{ STR_INIT("1\0\r\n"), FAULT_CHUNK_SIZE },
		{ STR_INIT(";a\r\n"), FAULT_CHUNK_SIZE },
		{ STR_INIT("8000000000000000\r\n"), FAULT_CHUNK_SIZE },
		{ STR_INIT("ffffffffffffffff\r\n"), FAULT_CHUNK_SIZE },
		{ STR_INIT("10000000000000000\r\n"), FAULT_CHUNK_SIZE },
		{ STR_INIT("00000000000000001\r\n"), FAULT_CHUNK_SIZE },
		{ STR_INIT("1;a\n"), FAULT_CHUNK_EXT },
		{ STR_INIT("1;a\0b\r\n"), FAULT_CHUNK_EXT },
		{ STR_INIT("1;\x7f\r\n"), FAULT_CHUNK_EXT },
		{ STR_INIT("1;a\rb\r\n"), FAULT_CHUNK_SIZE },
		{ STR_INIT("1\r\nxx"), FAULT_CHUNK_END },
		{ STR_INIT("1\r\nx\n"), FAULT_CHUNK_END },
		{ STR_INIT("1\r\nx\rx"), FAULT_CHUNK_END },
		{ STR_INIT("1\r\nx0\r\n\r\n"), FAULT_CHUNK_END },
		{ STR_INIT("0\r\nx\r\n"), FAULT_TRAILERS },
		{ STR_INIT("0\r\nA : b\r\n"), FAULT_TRAILERS },
		{ STR_INIT("0\r\n: b\r\n"), FAULT_TRAILERS },
		{ STR_INIT("0\r\n A: b\r\n"), FAULT_TRAILERS },
		{ STR_INIT("0\r\nA: b\r\n c\r\n"), FAULT_TRAILERS },
		{ STR_INIT("0\r\nA: b\n"), FAULT_TRAILERS },
		{ STR_INIT("0\r\nA: b\rc"), FAULT_TRAILERS },
		{ STR_INIT("0\r\nA: \0\r\n"), FAULT_TRAILERS },
		{ STR_INIT("0\r\n\n"), FAULT_TRAILERS },
		{ STR_INIT("0\r\n\rx"), FAULT_TRAILERS },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		for (size_t step = 1; step <= rows[i].in.n; step++) {
			struct decoded d = decode(rows[i].in, &wide, step);

			if (d.fault != rows[i].fault)
				fail_msg("row %zu: fault %d, want %d", i, (int)d.fault, (int)rows[i].fault);
		}
	}
}

static void
chunk_limits(void **state)
{
	static const struct chunked_limits narrow = { .extension = 8, .trailers = 12 };
	static const struct {
		const char *in;
		enum fault fault;
	} rows[] = {
		{ "1;2345\r\nx\r\n0\r\n\r\n", FAULT_NONE },
		{ "1;23456\r\nx\r\n0\r\n\r\n", FAULT_CHUNK_EXT },
		{ "1;23456789", FAULT_CHUNK_EXT },
		{ "1       ;", FAULT_CHUNK_EXT },
		{ "000001\r\nx\r\n0\r\n\r\n", FAULT_NONE },
		{ "000000001", FAULT_CHUNK_SIZE },
		{ "0\r\nA: b\r\nC: de\r\n\r\n", FAULT_TRAILERS }, /* 13 bytes */
		{ "0\r\nA: b\r\nC: d\r\n\r\n", FAULT_NONE },
		{ "0\r\nA: 45678901234", FAULT_TRAILERS },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct str in = str_c(rows[i].in);

		for (size_t step = 1; step <= in.n; step++)
			assert_int_equal(decode(in, &narrow, step).fault, rows[i].fault);
	}
}

/* The largest size there is can be taken, and is waited for. */
static void
a_huge_chunk(void **state)
{
	struct decoded d = decode(STR("7fffffffffffffff\r\nabc"), &wide, 100);

	(void)state;
	assert_int_equal(d.fault, FAULT_NONE);
	assert_false(d.done);
	assert_str(strbuf_str(&d.data), "abc");
}

static void
trailers_may_be_dropped(void **state)
{
	struct chunked c = { 0 };
	struct str in = STR("0\r\nA: b\r\n\r\n"), data;
	size_t used;

	(void)state;
	assert_int_equal(chunked_take(&c, in, &wide, &used, &data, NULL), FAULT_NONE);
	assert_int_equal(used, in.n);
	assert_true(c.done);
	/* What is done takes nothing more. */
	assert_int_equal(chunked_take(&c, in, &wide, &used, &data, NULL), FAULT_NONE);
	assert_int_equal(used, 0);
}

static void
size_lines(void **state)
{
	static const struct {
		uint64_t n;
		const char *line;
	} rows[] = {
		{ 0, "0\r\n" },   { 9, "9\r\n" },         { 15, "f\r\n" },
		{ 16, "10\r\n" }, { 65536, "10000\r\n" }, { UINT64_MAX, "ffffffffffffffff\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char line[CHUNK_LINE_MAX];

		assert_true(str_eq(str_of(line, chunk_line(line, rows[i].n)), str_c(rows[i].line)));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests),     cmocka_unit_test(responses),
		cmocka_unit_test(decodes),      cmocka_unit_test(refuses),
		cmocka_unit_test(chunk_limits), cmocka_unit_test(a_huge_chunk),
		cmocka_unit_test(size_lines),   cmocka_unit_test(trailers_may_be_dropped),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
