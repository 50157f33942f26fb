#include "http/heads.h"
#include "with_arena.h"

#include "base/strbuf.h"
#include "cache/stored.h"

#define NOW_MS 1700000000700
#define DATE   "Date: Tue, 14 Nov 2023 22:13:20 GMT" /* 1700000000 */
#define LATER  "Date: Tue, 14 Nov 2023 23:13:20 GMT"

WITH_ARENA(a, 1 << 20);

static struct stored *
pack(const struct draft *d)
{
	size_t most = stored_most(d), size;
	char *mem = arena_alloc(a, most + 1);

	mem[most] = 'x';
	size = stored_pack(d, mem, most);
	assert_int_equal(stored_bytes((struct stored *)mem), size);
	assert_in_range(size, 1, most);
	assert_int_equal(mem[most], 'x');
	return (struct stored *)mem;
}

static struct meta
meta_of(const struct head *response)
{
	struct head request = head_of("", a);
	struct meta m;

	request.method = METHOD_GET;
	meta_read(&m, response, &request, NOW_MS - 20, NOW_MS, a);
	return m;
}

/* The head of a draft that differs from `like` in its fields. */
static struct stored *
pack_lines(const char *lines, int status, struct draft like)
{
	struct head h = head_of(lines, a);
	struct meta m;

	h.status = status;
	m = meta_of(&h);
	like.head = &h;
	like.meta = &m;
	return pack(&like);
}

/* "A: 1\nB: 2" as stored lines would say it. */
static struct str
wire(const char *text)
{
	struct str rest = str_c(text), line;
	struct strbuf out = strbuf_in(a, 2 * rest.n + 16);
	bool more = rest.n > 0;

	while (more) {
		more = str_cut(&rest, '\n', &line);
		strbuf_add(&out, line);
		strbuf_lit(&out, "\r\n");
	}
	return strbuf_str(&out);
}

static void
is(const char *what, struct str got, struct str want)
{
	if (!str_eq(got, want))
		fail_msg("%s: got\n%.*swant\n%.*s", what, STR_FMT(got), STR_FMT(want));
}

/* ---- packing ---- */

static void
texts_come_back(void **state)
{
	static const char lines[] =
	    DATE "\neTaG: \"a\"\nX-Own: 1\nx-own: 2\nCache-Control: max-age=60\nX-Empty: \nServer: s";
	struct stored *s = pack_lines(lines, 200,
				      (struct draft){ .key = STR("http://h/a"),
						      .chain = str_of("\0\1\2", 3),
						      .vary_names = STR("accept"),
						      .vary_values = STR("text/html\n"),
						      .trail_ms = NOW_MS - 5000 });

	(void)state;
	is("lines", stored_lines(s), wire(lines));
	is("key", stored_key(s), STR("http://h/a"));
	is("chain", stored_chain(s), str_of("\0\1\2", 3));
	is("names", stored_vary_names(s), STR("accept"));
	is("values", stored_vary_values(s), STR("text/html\n"));
	assert_int_equal(stored_trail_ms(s), NOW_MS - 5000);
	is("ETag", stored_field(s, HDR_ETAG), STR("\"a\""));
	is("Server", stored_field(s, HDR_SERVER), STR("s"));
	assert_null(stored_field(s, HDR_AGE).p);
}

static void
nothing_comes_back_as_nothing(void **state)
{
	struct stored *s = pack_lines(DATE, 200, (struct draft){ 0 });

	(void)state;
	assert_null(stored_vary_names(s).p);
	assert_int_equal(stored_key(s).n, 0);
	assert_int_equal(stored_chain(s).n, 0);
	assert_int_equal(stored_vary_values(s).n, 0);
	assert_int_equal(stored_trail_ms(s), 0);
}

static void
a_long_line(void **state)
{
	static char text[70000] = "X-Long: ";
	struct stored *s;

	(void)state;
	memset(text + 8, 'v', sizeof text - 9);
	s = pack_lines(text, 200, (struct draft){ 0 });
	assert_int_equal(stored_lines(s).n, sizeof text - 1 + 2 + sizeof DATE - 1 + 2);
	assert_int_equal(stored_field(s, HDR_DATE).n, 29);
}

static void
the_head_comes_back(void **state)
{
	struct stored *s = pack_lines(DATE "\nX-A: 1\nVia: 1.1 a\nx-a:\nVia: 1.1 b", 404, (struct draft){ 0 });
	struct head h;

	(void)state;
	assert_true(stored_head(s, &h, a));
	assert_int_equal(h.status, 404);
	assert_int_equal(h.minor, 1);
	assert_int_equal(h.count, 5);
	is("name", field_name(&h.fields[1]), STR("X-A"));
	is("value", field_value(&h.fields[1]), STR("1"));
	is("empty", field_value(&h.fields[3]), STR(""));
	assert_int_equal(head_count(&h, HDR_VIA), 2);
}

static void
metas_come_back(void **state)
{
	static const struct meta rows[] = {
		{ .expires = META_ABSENT, .last_modified = META_ABSENT },
		{ .requested_ms = NOW_MS - 20,
		  .received_ms = NOW_MS,
		  .date = 1700000000,
		  .expires = 1700000060,
		  .last_modified = 1600000000,
		  .age = 7,
		  .status = 200,
		  .flags = META_ETAG | META_LAST_MODIFIED },
		{ .received_ms = NOW_MS,
		  .requested_ms = NOW_MS + 99999,
		  .expires = META_INVALID,
		  .last_modified = META_ABSENT },
		{ .date = 253402300799, .expires = -62167219200, .last_modified = 0, .status = 999, .flags = 0xffff },
		{ .date = -62167219200, .expires = 253402300799, .last_modified = META_ABSENT, .age = INT32_MAX },
		{ .received_ms = INT64_MAX,
		  .requested_ms = INT64_MIN + 9,
		  .date = INT64_MIN + 9,
		  .expires = INT64_MAX,
		  .last_modified = INT64_MIN + 9 },
		{ .expires = META_ABSENT,
		  .last_modified = META_ABSENT,
		  .cc = { CC_MAX_AGE | CC_SWR | CC_PUBLIC, .max_age = 3600, .swr = 60 },
		  .targeted = { CC_S_MAXAGE | CC_SIE | CC_MIN_FRESH, .s_maxage = 256, .sie = UINT32_MAX },
		  .flags = META_TARGETED },
		{ .received_ms = INT64_C(1) << 44,
		  .requested_ms = INT64_C(1) << 44,
		  .date = (INT64_C(1) << 44) / 1000 },
		{ .received_ms = (INT64_C(1) << 44) - 1,
		  .requested_ms = (INT64_C(1) << 44) - 1 - INT32_MAX,
		  .date = ((INT64_C(1) << 44) - 1) / 1000 + INT32_MIN,
		  .expires = META_ABSENT,
		  .last_modified = META_ABSENT,
		  .age = 65536,
		  .cc = { 255, .max_age = 255, .s_maxage = 256, .swr = 65535, .sie = 65536 } },
		{ .received_ms = -1 },
	};
	struct head h = head_of("", a);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct draft d = { .meta = &rows[i], .head = &h, .trail_ms = NOW_MS };
		struct stored *s = pack(&d);
		struct meta m;

		memset(&m, 0xff, sizeof m);
		stored_meta(s, &m);
		if (memcmp(&m, &rows[i], sizeof m) != 0)
			fail_msg("row %zu", i);
		assert_int_equal(stored_trail_ms(s), NOW_MS);
	}
}

/* What an object costs beyond its lines and key: a budget (facts: a million of them). */
static void
it_is_small(void **state)
{
	struct draft d = { .key = STR("http://example.com/img/1.jpg"), .trail_ms = NOW_MS };
	struct stored *s =
	    pack_lines(DATE "\nServer: nginx\nContent-Type: image/jpeg\nETag: \"5f3e-abc\"\n"
			    "Last-Modified: Mon, 13 Nov 2023 22:13:20 GMT\nAccept-Ranges: bytes\n"
			    "Cache-Control: public, max-age=86400\nExpires: Wed, 15 Nov 2023 22:13:20 GMT",
		       200, d);

	(void)state;
	assert_in_range(stored_bytes(s) - stored_lines(s).n - d.key.n, 1, 64);
}

/* ---- which fields are kept ---- */

static void
keeps(void **state)
{
	static const struct {
		int status;
		bool strip, relay;
		const char *lines, *want;
	} rows[] = {
		{ 200, 0, 0, DATE "\nA: 1", DATE "\nA: 1" },
		{ 200, 0, 0, DATE "\nConnection: a, B\nA: 1\nb: 2\nC: 3", DATE "\nC: 3" },
		{ 200, 0, 0, DATE "\nConnection: cache-control\nCache-Control: max-age=1",
		  DATE "\nCache-Control: max-age=1" },
		{ 200, 0, 0,
		  DATE "\nKeep-Alive: 1\nTE: 1\nTransfer-Encoding: chunked\nUpgrade: x\nProxy-Connection: x\n"
		       "Proxy-Authenticate: x\nProxy-Authentication-Info: x\nProxy-Authorization: x",
		  DATE },
		{ 200, 0, 0, DATE "\nAge: 5\nContent-Length: 9\nContent-Type: t", DATE "\nContent-Type: t" },
		{ 200, 0, 0, DATE "\nX-Cache: HIT from a\nCache-Status: a; hit\nX-Cache-Hits: 1\nVia: 1.1 a",
		  DATE "\nVia: 1.1 a" },
		{ 200, 0, 0, DATE "\nCache-Control: private=\"a, b\"\nA: 1\nB: 2\nC: 3",
		  DATE "\nCache-Control: private=\"a, b\"\nC: 3" },
		{ 200, 0, 1, DATE "\nCache-Control: private=\"a\"\nA: 1", DATE "\nCache-Control: private=\"a\"\nA: 1" },
		{ 200, 0, 0, DATE "\nCache-Control: no-cache=\"a\"\nA: 1\nB: 2",
		  DATE "\nCache-Control: no-cache=\"a\"\nB: 2" },
		{ 200, 0, 0, DATE "\nSet-Cookie: a=b\nSet-Cookie: c=d", DATE "\nSet-Cookie: a=b\nSet-Cookie: c=d" },
		{ 200, 1, 0, DATE "\nSet-Cookie: a=b\nSet-Cookie: c=d\nA: 1", DATE "\nA: 1" },
		{ 200, 1, 1, DATE "\nSet-Cookie: a=b", DATE "\nSet-Cookie: a=b" },
		{ 206, 0, 0, DATE "\nContent-Range: bytes 0-1/2", DATE },
		{ 206, 0, 1, DATE "\nContent-Range: bytes 0-1/2", DATE "\nContent-Range: bytes 0-1/2" },
		{ 200, 0, 0, DATE "\nContent-Range: odd", DATE "\nContent-Range: odd" },
		{ 200, 0, 0, "A: 1", "A: 1\n" DATE },
		{ 200, 0, 1, "A: 1", "A: 1\n" DATE },
		{ 200, 0, 0, "Date: foo\nA: 1", "A: 1\n" DATE },
		{ 200, 0, 0, LATER "\n" LATER "\nA: 1", "A: 1\n" DATE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct draft d = { .strip_cookies = rows[i].strip, .relay = rows[i].relay };
		struct stored *s = pack_lines(rows[i].lines, rows[i].status, d);

		is(rows[i].lines, stored_lines(s), wire(rows[i].want));
	}
}

static void
stripped_counts_as_without(void **state)
{
	struct meta m;

	(void)state;
	stored_meta(pack_lines("Set-Cookie: a=b", 200, (struct draft){ .strip_cookies = true }), &m);
	assert_int_equal(m.flags & META_SET_COOKIE, 0);
	stored_meta(pack_lines("Set-Cookie: a=b", 200, (struct draft){ .strip_cookies = false }), &m);
	assert_int_equal(m.flags & META_SET_COOKIE, META_SET_COOKIE);
}

/* A head as it came: lines that stand there as they are to stand here are copied together, all others apart. */
static void
lines_that_came(void **state)
{
	static const struct {
		const char *came, *want;
	} rows[] = {
		{ DATE "\r\nA: 1\r\nB: 2\r\n", DATE "\nA: 1\nB: 2" },
		{ "Keep-Alive: 1\r\n" DATE "\r\nA: 1\r\nContent-Length: 0\r\nB: 2\r\nAge: 1\r\n", DATE "\nA: 1\nB: 2" },
		{ DATE "\r\nA:1\r\nB: 2\r\n", DATE "\nA: 1\nB: 2" },
		{ DATE "\r\nA:\t1\r\nB:  2\r\nC: 3\r\n", DATE "\nA: 1\nB: 2\nC: 3" },
		{ DATE "\r\nA: 1 \r\nB: 2\t\r\nC: 3\r\n", DATE "\nA: 1\nB: 2\nC: 3" },
		{ DATE "\r\nA: 1\r\n 2\r\nB: 2\r\n", DATE "\nA: 1 2\nB: 2" },
		{ DATE "\r\nA:\r\nB: \r\nC: 3\r\n", DATE "\nA: \nB: \nC: 3" },
		{ DATE "\r\nA : 1\r\nB: 2\r\n", DATE "\nA: 1\nB: 2" },
		{ "A: 1\r\nB: 2\r\n", "A: 1\nB: 2\n" DATE },
		{ "Content-Length: 0\r\n", DATE },
		{ "", DATE },
	};
	const struct head_limits limits = { 1000, 0, 100 };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct strbuf text = strbuf_in(a, 256);
		struct head_scan scan = { 0 };
		enum fault fault;
		struct head h;
		struct meta m;
		size_t used;

		strbuf_printf(&text, "HTTP/1.1 200 OK\r\n%s\r\n", rows[i].came);
		head_init(&h, a);
		if (head_parse_response(&h, strbuf_str(&text), &limits, &scan, &used, &fault) != HEAD_OK)
			fail_msg("not read: %s", rows[i].came);
		m = meta_of(&h);
		for (int passing = 0; passing < 2; passing++) {
			struct draft d = { .head = &h, .meta = &m, .passing = passing };
			struct stored *s = pack(&d);
			struct head again;

			is(rows[i].came, stored_lines(s), wire(rows[i].want));
			assert_true(stored_head(s, &again, a));
			assert_int_equal(again.count, head_of(rows[i].want, a).count);
		}
	}
}

/* What only passes is packed otherwise, and says the same. */
static void
what_passes(void **state)
{
	struct head h =
	    head_of(DATE "\nETag: \"a\"\nSet-Cookie: a=b\nVia: 1.1 a\nLast-Modified: Tue, 14 Nov 2023 22:13:20 GMT", a);
	struct meta m = meta_of(&h), kept, passed;
	struct draft d = { .meta = &m, .head = &h, .key = STR("k"), .strip_cookies = true, .trail_ms = NOW_MS - 5 };
	struct stored *s = pack(&d), *t;

	(void)state;
	d.passing = true;
	t = pack(&d);
	stored_meta(s, &kept);
	stored_meta(t, &passed);
	assert_memory_equal(&kept, &passed, sizeof kept);
	assert_int_equal(passed.flags & META_SET_COOKIE, 0);
	is("lines", stored_lines(t), stored_lines(s));
	is("key", stored_key(t), STR("k"));
	assert_int_equal(stored_trail_ms(t), NOW_MS - 5);
	is("ETag", stored_field(t, HDR_ETAG), STR("\"a\""));
	assert_true(stored_bytes(t) > stored_bytes(s));
}

static void
what_tiers_left(void **state)
{
	(void)state;
	assert_false(stored_tells_of_tiers(pack_lines(DATE "\nETag: \"a\"", 200, (struct draft){ 0 })));
	assert_true(stored_tells_of_tiers(pack_lines(DATE "\nVia: 1.1 a", 200, (struct draft){ 0 })));
	assert_true(stored_tells_of_tiers(pack_lines(DATE "\nProxy-Status: a", 200, (struct draft){ 0 })));
	assert_true(stored_tells_of_tiers(pack_lines(DATE, 200, (struct draft){ .chain = STR("x") })));
}

/* ---- updates ---- */

/* The suite's 304-etag-update-response-*, RFC 9111 3.2. */
static void
updated(void **state)
{
	static const struct {
		const char *stored, *update, *want;
	} rows[] = {
		{ DATE "\nA: 1", LATER, LATER "\nA: 1" },
		{ DATE "\nA: 1\nB: 2", LATER "\nB: 3\nA: 4", LATER "\nA: 4\nB: 3" },
		{ DATE "\nA: 1", LATER "\nC: 3", LATER "\nA: 1\nC: 3" },
		{ DATE "\nA: 1\nB: 2\na: 3", LATER "\na: 4\nA: 5", LATER "\na: 4\nA: 5\nB: 2" },
		{ DATE "\nA: 1\nB: 2", LATER "\nA: 4\nA: 5", LATER "\nA: 4\nA: 5\nB: 2" },
		{ DATE "\nCache-Control: max-age=1", LATER "\nCache-Control: max-age=9",
		  LATER "\nCache-Control: max-age=9" },
		{ DATE "\nContent-Type: a", LATER "\nContent-Type: b", LATER "\nContent-Type: b" },
		{ DATE "\nSet-Cookie: a=b", LATER "\nSet-Cookie: a=c", LATER "\nSet-Cookie: a=c" },
		{ DATE "\nContent-Encoding: a", LATER "\nContent-Encoding: b", LATER "\nContent-Encoding: a" },
		{ DATE "\nContent-Range: a", LATER "\nContent-Range: b", LATER "\nContent-Range: a" },
		{ DATE "\nContent-MD5: a", LATER "\nContent-MD5: b", LATER "\nContent-MD5: a" },
		{ DATE "\nA: 1", LATER "\nContent-Encoding: b\nContent-Length: 0", LATER "\nA: 1" },
		{ DATE "\nA: 1", LATER "\nConnection: a\nA: 2", LATER "\nA: 1" },
		{ DATE "\nA: 1", LATER "\nKeep-Alive: 5\nX-Cache: HIT from a", LATER "\nA: 1" },
		{ DATE "\nA: 1", LATER "\nCache-Control: private=\"a\"", LATER "\nCache-Control: private=\"a\"" },
		{ LATER "\nA: 1", "A: 2", "A: 2\n" DATE }, /* no date of its own: that of its receipt */
		{ LATER "\nA: 1", "Date: foo\nA: 2", "A: 2\n" DATE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct stored *s = pack_lines(rows[i].stored, 203, (struct draft){ 0 });
		struct head update = head_of(rows[i].update, a), out;
		struct meta m;
		struct draft d = { .meta = &m, .head = &out };

		update.status = 304;
		assert_true(stored_updated(s, &update, &out, a));
		assert_int_equal(out.status, 203);
		m = meta_of(&out);
		is(rows[i].update, stored_lines(pack(&d)), wire(rows[i].want));
	}
}

static void
the_update_gives_age_and_freshness(void **state)
{
	struct stored *s = pack_lines(DATE "\nCache-Control: max-age=1\nAge: 50", 200, (struct draft){ 0 });
	struct head update = head_of(LATER "\nAge: 7\nCache-Control: max-age=9", a), out;
	struct meta m;

	(void)state;
	assert_true(stored_updated(s, &update, &out, a));
	m = meta_of(&out);
	assert_int_equal(m.age, 7);
	assert_int_equal(m.cc.max_age, 9);
	assert_int_equal(m.date, 1700003600);
	update = head_of(LATER, a);
	assert_true(stored_updated(s, &update, &out, a));
	assert_int_equal(meta_of(&out).age, 0);
}

/* RFC 9111 4.3.5. */
static void
contradictions(void **state)
{
	static const struct {
		const char *stored, *head;
		uint64_t length;
		bool want;
	} rows[] = {
		{ "ETag: \"a\"", "A: 1", 5, false },
		{ "ETag: \"a\"", "ETag: \"a\"", 5, false },
		{ "ETag: \"a\"", "ETag: \"b\"", 5, true },
		{ "ETag: \"a\"", "ETag: W/\"a\"", 5, true },
		{ "A: 1", "ETag: \"b\"", 5, true },
		{ "A: 1", "Content-Length: 5", 5, false },
		{ "A: 1", "Content-Length: 6", 5, true },
		{ "A: 1", "Content-Length: x", 5, true },
		{ "A: 1", "Content-Length: 6", RANGE_UNKNOWN, false },
		{ "Last-Modified: a", "Last-Modified: a", 5, false },
		{ "Last-Modified: a", "Last-Modified: b", 5, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct stored *s = pack_lines(rows[i].stored, 200, (struct draft){ 0 });
		struct head update = head_of(rows[i].head, a);

		if (stored_contradicts(s, rows[i].length, &update) != rows[i].want)
			fail_msg("%s against %s", rows[i].stored, rows[i].head);
	}
}

/* RFC 9111 4.3.4. */
static void
whom_a_304_means(void **state)
{
	static const struct {
		const char *stored, *update;
		bool want;
	} rows[] = {
		{ "ETag: \"a\"", "ETag: \"a\"", true },
		{ "ETag: \"a\"", "ETag: \"b\"", false },
		{ "ETag: W/\"a\"", "ETag: \"a\"", false },
		{ "ETag: \"a\"", "ETag: W/\"a\"", true },
		{ "ETag: W/\"a\"", "ETag: W/\"a\"", true },
		{ "ETag: \"a\"", "ETag: W/\"b\"", false },
		{ "ETag: \"a\"", "A: 1", true },
		{ "A: 1", "ETag: \"a\"", true },
		{ "ETag: a", "ETag: a", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct stored *s = pack_lines(rows[i].stored, 200, (struct draft){ 0 });
		struct head update = head_of(rows[i].update, a);

		if (stored_is_meant(s, &update) != rows[i].want)
			fail_msg("%s against %s", rows[i].stored, rows[i].update);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_come_back),
		cmocka_unit_test(nothing_comes_back_as_nothing),
		cmocka_unit_test(a_long_line),
		cmocka_unit_test(the_head_comes_back),
		cmocka_unit_test(metas_come_back),
		cmocka_unit_test(it_is_small),
		cmocka_unit_test(keeps),
		cmocka_unit_test(lines_that_came),
		cmocka_unit_test(what_passes),
		cmocka_unit_test(what_tiers_left),
		cmocka_unit_test(stripped_counts_as_without),
		cmocka_unit_test(updated),
		cmocka_unit_test(the_update_gives_age_and_freshness),
		cmocka_unit_test(contradictions),
		cmocka_unit_test(whom_a_304_means),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
