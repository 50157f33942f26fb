#include "unit.h"

#include <jansson.h>

#include "net/addr.h"
#include "ops/log_impl.h"
#include "ops/log_line.h"
#include "proxy/conf.h"

/* 2026-11-21 23:10:47.123 UTC */
#define THEN 1795302647123

static char room[1 << 16];
static union addr client, origin, six;

static int
make_client(void **state)
{
	(void)state;
	bool fine = addr_parse(STR("192.0.2.7:4711"), &client) && addr_parse(STR("192.0.2.80:8000"), &origin) &&
		    addr_parse(STR("[2001:db8::1]:8000"), &six);

	return fine ? 0 : -1;
}

static struct str
line_of(int format, const struct record *r)
{
	struct strbuf out = strbuf_fixed(room, sizeof room);

	log_line(&out, format, r);
	assert_false(out.over);
	return strbuf_str(&out);
}

static struct record
hit(void)
{
	return (struct record){
		.id = 17,
		.wall_ms = THEN,
		.duration_ns = 1234567,
		.first_byte_ns = 230999,
		.step_ns = { [STEP_PARSE] = 1, [STEP_LOOKUP] = 12000, [STEP_ACCOUNT] = 1234000 },
		.client = &client,
		.method = STR("GET"),
		.scheme = STR("http"),
		.host = STR("example.org:8080"),
		.target = STR("/a?b=c&d"),
		.minor = 1,
		.status = 200,
		.bytes_in = 80,
		.bytes_out = 5300,
		.body_out = 5120,
		.verdict = { .lookup = LOOKUP_HIT,
			     .hit = true,
			     .hits = 3,
			     .has_ttl = true,
			     .ttl = 258,
			     .replayed = true,
			     .cairn_age = 42 },
		.absent_ago_ms = -1,
		.referer = STR("http://example.org/"),
		.user_agent = STR("curl/7.88.1"),
		.content_type = STR("text/html; charset=utf-8"),
	};
}

static struct record
miss(void)
{
	struct record r = hit();

	r.upstream_ns = 12345678;
	r.verdict = (struct verdict){ .lookup = LOOKUP_MISS,
				      .fwd = FWD_URI_MISS,
				      .reason = REASON_EVICTED,
				      .asked = true,
				      .fwd_status = 200,
				      .stored = true,
				      .has_ttl = true,
				      .ttl = 300 };
	r.absent_ago_ms = 61500;
	r.upstream_group = STR("site");
	r.upstream_member = STR("origin.example:8000");
	r.upstream = &origin;
	return r;
}

/* ---- JSON ---- */

static void
json_tells_a_hit(void **state)
{
	struct record r = hit();

	(void)state;
	assert_str(line_of(CONF_format_JSON, &r),
		   "{\"time\":\"2026-11-21T23:10:47.123Z\",\"id\":17,\"client\":\"192.0.2.7\",\"method\":\"GET\","
		   "\"url\":\"http://example.org:8080/a?b=c&d\",\"protocol\":\"HTTP/1.1\",\"status\":200,"
		   "\"request_bytes\":80,\"bytes\":5300,\"body_bytes\":5120,\"duration_ms\":1.234,"
		   "\"first_byte_ms\":0.230,\"lookup\":\"HIT\",\"served\":\"HIT\",\"hits\":3,\"ttl\":258,"
		   "\"cairn_age\":42,\"content_type\":\"text/html; charset=utf-8\","
		   "\"referer\":\"http://example.org/\",\"user_agent\":\"curl/7.88.1\","
		   "\"steps\":{\"parse\":0.000,\"lookup\":0.012,\"account\":1.234}}\n");
}

static void
json_tells_a_miss(void **state)
{
	struct record r = miss();

	(void)state;
	r.woken_ns = 250000;
	r.verdict.collapsed = COLLAPSED_TRIED;
	assert_str(line_of(CONF_format_JSON, &r),
		   "{\"time\":\"2026-11-21T23:10:47.123Z\",\"id\":17,\"client\":\"192.0.2.7\",\"method\":\"GET\","
		   "\"url\":\"http://example.org:8080/a?b=c&d\",\"protocol\":\"HTTP/1.1\",\"status\":200,"
		   "\"request_bytes\":80,\"bytes\":5300,\"body_bytes\":5120,\"duration_ms\":1.234,"
		   "\"first_byte_ms\":0.230,\"upstream_ms\":12.345,\"woken_ms\":0.250,\"lookup\":\"MISS\",\"served\":\"MISS\","
		   "\"fwd\":\"uri-miss\",\"reason\":\"evicted\",\"absent_ago\":61.500,\"collapsed\":\"tried\","
		   "\"upstream\":\"site\",\"member\":\"origin.example:8000\",\"fwd_status\":200,\"stored\":true,\"ttl\":300,"
		   "\"content_type\":\"text/html; charset=utf-8\","
		   "\"referer\":\"http://example.org/\",\"user_agent\":\"curl/7.88.1\","
		   "\"steps\":{\"parse\":0.000,\"lookup\":0.012,\"account\":1.234}}\n");
}

/* Nothing is written behind the room that there is. */
static void
json_makes_room_for_who_asked(void **state)
{
	static char user[2 * 8192];
	struct record_asker asker = { .user = str_of(user, sizeof user), .rule = STR("access[0]") };
	struct record r = hit();
	struct strbuf out = strbuf_fixed(room, sizeof room / 8);

	(void)state;
	memset(user, 'u', sizeof user);
	memset(room, 0, sizeof room);
	r.asker = &asker;
	log_json(&out, &r);
	assert_true(out.over);
	for (size_t i = sizeof room / 8; i < sizeof room; i++)
		assert_int_equal(room[i], 0);
}

/* A request that was not understood: what is left has nothing of the request in it. */
static void
json_tells_a_refusal(void **state)
{
	struct record r = {
		.wall_ms = THEN,
		.status = 400,
		.fault = FAULT_BARE_LF,
		.absent_ago_ms = -1,
		.verdict = { .made_up = true, .reason = REASON_MALFORMED, .error = PROXY_ERROR_HTTP_REQUEST_ERROR }
	};

	(void)state;
	assert_str(line_of(CONF_format_JSON, &r),
		   "{\"time\":\"2026-11-21T23:10:47.123Z\",\"id\":0,\"status\":400,\"request_bytes\":0,"
		   "\"bytes\":0,\"body_bytes\":0,\"duration_ms\":0.000,\"lookup\":\"NONE\",\"served\":\"MISS\","
		   "\"reason\":\"malformed\","
		   "\"error\":\"http_request_error\",\"fault\":\"bare-lf\"}\n");
}

static void
json_tells_what_is_odd(void **state)
{
	struct record r = hit();
	json_t *got;

	(void)state;
	r.background = r.tunnel = r.direct = r.cut = r.aborted = true;
	r.order = 7;
	r.unstorable = UNSTORABLE_NO_STORE;
	r.absent_ago_ms = 0;
	r.user_agent = STR("a\xff\"\n\xe2\x82\xac");
	r.verdict.ttl = -5;
	got = json_loads(line_of(CONF_format_JSON, &r).p, JSON_DISABLE_EOF_CHECK, NULL);
	assert_non_null(got);
	assert_true(json_is_true(json_object_get(got, "background")));
	assert_true(json_is_true(json_object_get(got, "tunnel")));
	assert_true(json_is_true(json_object_get(got, "direct")));
	assert_true(json_is_true(json_object_get(got, "cut")));
	assert_true(json_is_true(json_object_get(got, "aborted")));
	assert_int_equal(json_integer_value(json_object_get(got, "order")), 7);
	assert_int_equal(json_integer_value(json_object_get(got, "ttl")), -5);
	assert_string_equal(json_string_value(json_object_get(got, "unstorable")), "no-store");
	assert_string_equal(json_string_value(json_object_get(got, "user_agent")), "a\xc3\xbf\"\n\xe2\x82\xac");
	assert_true(json_is_real(json_object_get(got, "absent_ago")));
	json_decref(got);
}

static void
targets_that_are_no_paths_stand_alone(void **state)
{
	struct record r = hit();

	(void)state;
	r.method = STR("CONNECT");
	r.target = STR("example.org:443");
	r.host = STR("example.org:443");
	assert_true(str_find(line_of(CONF_format_JSON, &r), STR("\"url\":\"example.org:443\"")) > 0);
	r.method = STR("OPTIONS");
	r.target = STR("*");
	assert_true(str_find(line_of(CONF_format_JSON, &r), STR("\"url\":\"*\"")) > 0);
}

/* ---- combined ---- */

static void
combined_is_as_others_write_it(void **state)
{
	struct record r = hit();

	(void)state;
	assert_str(line_of(CONF_format_COMBINED, &r),
		   "192.0.2.7 - - [21/Nov/2026:23:10:47 +0000] \"GET /a?b=c&d HTTP/1.1\" 200 5120 "
		   "\"http://example.org/\" \"curl/7.88.1\"\n");
	r.direct = true;
	r.minor = 0;
	r.referer = STR("");
	r.user_agent = STR("a \"quoted\" \\ \n \xe9");
	assert_str(
	    line_of(CONF_format_COMBINED, &r),
	    "192.0.2.7 - - [21/Nov/2026:23:10:47 +0000] \"GET http://example.org:8080/a?b=c&d HTTP/1.0\" 200 5120 "
	    "\"-\" \"a \\x22quoted\\x22 \\x5C \\x0A \\xE9\"\n");
	r = (struct record){ .wall_ms = THEN, .status = 0 };
	assert_str(line_of(CONF_format_COMBINED, &r), "- - - [21/Nov/2026:23:10:47 +0000] \"-\" 000 0 \"-\" \"-\"\n");
}

static void
only_json_tells_of_refreshes(void **state)
{
	struct record r = miss();

	(void)state;
	r.background = true;
	assert_int_equal(line_of(CONF_format_COMBINED, &r).n, 0);
	assert_int_equal(line_of(CONF_format_SQUID, &r).n, 0);
	assert_true(line_of(CONF_format_JSON, &r).n > 0);
	memset(r.step_ns, 0, sizeof r.step_ns); /* it makes no steps, long as it takes */
	assert_true(str_find(line_of(CONF_format_JSON, &r), STR("steps")) < 0);
}

/* ---- Squid ---- */

static void
squid_has_its_columns(void **state)
{
	struct record r = hit();

	(void)state;
	assert_str(line_of(CONF_format_SQUID, &r),
		   "1795302647.124      1 192.0.2.7 TCP_MEM_HIT/200 5300 GET http://example.org:8080/a? - HIER_NONE/- "
		   "text/html\n");
	r = miss();
	r.duration_ns = 1234567 * NS_PER_MS;
	r.upstream = &six;
	r.content_type = STR("");
	assert_str(line_of(CONF_format_SQUID, &r),
		   "1795303881.690 1234567 192.0.2.7 TCP_MISS/200 5300 GET http://example.org:8080/a? - "
		   "HIER_DIRECT/2001:db8::1 -\n");
	r.hierarchy = ROUNDROBIN_PARENT;
	r.aborted = true;
	r.status = 0;
	r.target = STR("/a b\xff?x");
	r.upstream_member = STR("shield.local:3128");
	r.upstream = &origin;
	r.content_type = STR("image/png");
	assert_str(line_of(CONF_format_SQUID, &r),
		   "1795303881.690 1234567 192.0.2.7 TCP_MISS_ABORTED/000 5300 GET http://example.org:8080/a%20b%FF? - "
		   "ROUNDROBIN_PARENT/192.0.2.80 image/png\n");
	r.upstream = NULL; /* its name has no address */
	assert_true(str_find(line_of(CONF_format_SQUID, &r), STR(" - HIER_NONE/- image/png\n")) > 0);
	r = (struct record){ .wall_ms = 1, .status = 400, .verdict = { .made_up = true, .reason = REASON_MALFORMED } };
	assert_str(line_of(CONF_format_SQUID, &r),
		   "        0.001      0 - NONE_NONE/400 0 - error:invalid-request - HIER_NONE/- -\n");
}

#define HIT_(...)                                                         \
	{                                                                 \
		.lookup = LOOKUP_HIT, .hit = true, .hits = 1, __VA_ARGS__ \
	}
#define MISS_(...)                                                \
	{                                                         \
		.lookup = LOOKUP_MISS, .asked = true, __VA_ARGS__ \
	}
#define STALE_(...)                                              \
	{                                                        \
		.lookup = LOOKUP_HIT, .asked = true, __VA_ARGS__ \
	}
#define NONE_(...)                                 \
	{                                          \
		.lookup = LOOKUP_NONE, __VA_ARGS__ \
	}

/* One row a situation of trail.md's table, in Squid's words. */
static const struct {
	const char *code;
	const char *method;
	int status;
	bool if_none_match;
	struct verdict verdict;
} codes[] = {
	{ "TCP_MEM_HIT/200", "GET", 200, false, HIT_(.reason = REASON_NONE) },
	{ "TCP_MEM_HIT/206", "GET", 206, false, HIT_(.reason = REASON_NONE) },
	{ "TCP_MEM_HIT/416", "GET", 416, false, HIT_(.reason = REASON_NONE) },
	{ "TCP_IMS_HIT/304", "GET", 304, false, HIT_(.reason = REASON_NONE) },
	{ "TCP_INM_HIT/304", "GET", 304, true, HIT_(.reason = REASON_NONE) },
	{ "TCP_NEGATIVE_HIT/404", "GET", 404, false, HIT_(.reason = REASON_NONE) },
	{ "TCP_MEM_HIT/200", "GET", 200, false, HIT_(.reason = REASON_MAX_STALE) },
	{ "TCP_MEM_HIT/200", "GET", 200, false, HIT_(.reason = REASON_REFRESHING) },
	{ "TCP_OFFLINE_HIT/200", "GET", 200, false, HIT_(.reason = REASON_UPSTREAM_DOWN) },
	{ "TCP_REFRESH_FAIL_OLD/200", "GET", 200, false,
	  STALE_(.fwd = FWD_STALE, .fwd_status = 503, .reason = REASON_UPSTREAM_ERROR) },
	{ "TCP_REFRESH_FAIL_OLD/200", "GET", 200, false, STALE_(.fwd = FWD_STALE, .reason = REASON_UPSTREAM_ERROR) },
	{ "TCP_REFRESH_FAIL_ERR/503", "GET", 503, false,
	  STALE_(.fwd = FWD_STALE, .fwd_status = 503, .reason = REASON_EXPIRED) },
	{ "TCP_REFRESH_FAIL_ERR/502", "GET", 502, false, STALE_(.made_up = true, .reason = REASON_UPSTREAM_FAILED) },
	{ "TCP_REFRESH_UNMODIFIED/200", "GET", 200, false,
	  STALE_(.fwd = FWD_STALE, .fwd_status = 304, .reason = REASON_EXPIRED) },
	{ "TCP_CF_REFRESH_UNMODIFIED/200", "GET", 200, false,
	  STALE_(.fwd = FWD_STALE, .fwd_status = 304, .reason = REASON_EXPIRED, .collapsed = COLLAPSED_YES) },
	{ "TCP_REFRESH_MODIFIED/200", "GET", 200, false,
	  STALE_(.fwd = FWD_STALE, .fwd_status = 200, .reason = REASON_EXPIRED) },
	{ "TCP_REFRESH_UNMODIFIED/200", "GET", 200, false,
	  STALE_(.fwd = FWD_REQUEST, .fwd_status = 304, .reason = REASON_MAX_AGE) },
	{ "TCP_REFRESH/000", "GET", 0, false, STALE_(.fwd = FWD_STALE, .reason = REASON_EXPIRED) },
	{ "TCP_CLIENT_REFRESH_MISS/200", "GET", 200, false,
	  STALE_(.fwd = FWD_REQUEST, .fwd_status = 200, .reason = REASON_RELOAD) },
	{ "TCP_CLIENT_REFRESH_MISS/200", "GET", 200, false,
	  STALE_(.fwd = FWD_REQUEST, .fwd_status = 304, .reason = REASON_RELOAD) },
	{ "TCP_MISS/200", "GET", 200, false, STALE_(.fwd = FWD_PARTIAL, .fwd_status = 206, .reason = REASON_RANGE) },
	{ "TCP_SWAPFAIL_MISS/200", "GET", 200, false,
	  STALE_(.fwd = FWD_MISS, .fwd_status = 200, .reason = REASON_STORE_TROUBLE) },
	{ "TCP_MISS/200", "GET", 200, false,
	  MISS_(.fwd = FWD_URI_MISS, .fwd_status = 200, .reason = REASON_NEVER_SEEN) },
	{ "TCP_MISS/502", "GET", 502, false, MISS_(.made_up = true, .reason = REASON_UPSTREAM_FAILED) },
	{ "TCP_CF_MISS/200", "GET", 200, false,
	  MISS_(.fwd = FWD_URI_MISS, .fwd_status = 200, .collapsed = COLLAPSED_YES) },
	{ "TCP_CF_MISS/200", "GET", 200, false,
	  MISS_(.fwd = FWD_URI_MISS, .fwd_status = 200, .collapsed = COLLAPSED_TRIED) },
	{ "TCP_MISS/504",
	  "GET",
	  504,
	  false,
	  { .lookup = LOOKUP_HIT, .made_up = true, .reason = REASON_ONLY_IF_CACHED } },
	{ "TCP_MISS/504",
	  "GET",
	  504,
	  false,
	  { .lookup = LOOKUP_MISS, .made_up = true, .reason = REASON_ONLY_IF_CACHED } },
	{ "TCP_MISS/201", "POST", 201, false, NONE_(.fwd = FWD_METHOD, .asked = true, .reason = REASON_METHOD) },
	{ "TCP_MISS/200", "GET", 200, false, NONE_(.fwd = FWD_BYPASS, .asked = true, .reason = REASON_POLICY) },
	{ "TCP_MISS/101", "GET", 101, false, NONE_(.fwd = FWD_BYPASS, .asked = true, .reason = REASON_UPGRADE) },
	{ "TCP_TUNNEL/200", "CONNECT", 200, false, NONE_(.asked = true, .made_up = true, .reason = REASON_TUNNEL) },
	{ "TCP_TUNNEL/502", "CONNECT", 502, false,
	  NONE_(.asked = true, .made_up = true, .reason = REASON_UPSTREAM_FAILED) },
	{ "TCP_DENIED/403", "CONNECT", 403, false, NONE_(.made_up = true, .reason = REASON_DENIED) },
	{ "TCP_DENIED/403", "PURGE", 403, false, NONE_(.made_up = true, .reason = REASON_DENIED) },
	{ "TCP_DENIED/403", "GET", 403, false, NONE_(.made_up = true, .reason = REASON_HOST_MISMATCH) },
	{ "TCP_MISS/200", "GET", 200, false, NONE_(.fwd = FWD_BYPASS, .asked = true, .reason = REASON_HOST_MISMATCH) },
	{ "TCP_REFRESH_FAIL_ERR/502",
	  "GET",
	  502,
	  false,
	  { .lookup = LOOKUP_HIT, .made_up = true, .reason = REASON_UPSTREAM_FAILED } },
	{ "TCP_CF_MISS/502", "GET", 502, false,
	  MISS_(.made_up = true, .reason = REASON_UPSTREAM_FAILED, .collapsed = COLLAPSED_YES) },
	{ "TCP_MISS/200", "PURGE", 200, false, NONE_(.made_up = true, .reason = REASON_ADMIN) },
	{ "TCP_MISS/508", "GET", 508, false, NONE_(.made_up = true, .reason = REASON_LOOP) },
	{ "NONE_NONE/200", "TRACE", 200, false, NONE_(.made_up = true) },
	{ "NONE_NONE/400", "GET", 400, false, NONE_(.made_up = true, .reason = REASON_MALFORMED) },
	{ "NONE_NONE/431", "GET", 431, false, NONE_(.made_up = true, .reason = REASON_TOO_LARGE) },
	{ "NONE_NONE/408", "", 408, false, NONE_(.made_up = true, .reason = REASON_TIMEOUT) },
	{ "NONE_NONE/503", "GET", 503, false, NONE_(.made_up = true, .reason = REASON_OVERLOAD) },
	{ "NONE_NONE/431", "GET", 431, false, NONE_(.made_up = true, .reason = REASON_ARENA_FULL) },
};

static void
squid_has_its_codes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		struct record r = hit();
		struct str line, columns[4];

		r.method = str_c(codes[i].method);
		r.status = codes[i].status;
		r.if_none_match = codes[i].if_none_match;
		r.verdict = codes[i].verdict;
		line = line_of(CONF_format_SQUID, &r);
		str_cut(&line, ' ', &columns[0]);
		line = str_trim(line);
		for (size_t k = 1; k < 4; k++)
			str_cut(&line, ' ', &columns[k]);
		assert_str_is(columns[3], str_c(codes[i].code), __FILE__, (int)i);
	}
}

static void
followers_asked_nobody(void **state)
{
	struct record r = miss();

	(void)state;
	r.verdict.collapsed = COLLAPSED_YES;
	assert_true(str_find(line_of(CONF_format_SQUID, &r), STR(" HIER_NONE/- ")) > 0);
	r.went_on = true;
	assert_true(str_find(line_of(CONF_format_SQUID, &r), STR(" HIER_DIRECT/192.0.2.80 ")) > 0);
	r.went_on = false;
	r.verdict.collapsed = COLLAPSED_TRIED;
	assert_true(str_find(line_of(CONF_format_SQUID, &r), STR(" HIER_DIRECT/192.0.2.80 ")) > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_tells_a_hit),
		cmocka_unit_test(json_tells_a_miss),
		cmocka_unit_test(json_makes_room_for_who_asked),
		cmocka_unit_test(json_tells_a_refusal),
		cmocka_unit_test(json_tells_what_is_odd),
		cmocka_unit_test(targets_that_are_no_paths_stand_alone),
		cmocka_unit_test(combined_is_as_others_write_it),
		cmocka_unit_test(only_json_tells_of_refreshes),
		cmocka_unit_test(squid_has_its_columns),
		cmocka_unit_test(squid_has_its_codes),
		cmocka_unit_test(followers_asked_nobody),
	};

	return cmocka_run_group_tests(tests, make_client, NULL);
}
