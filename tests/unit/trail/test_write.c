/* Every row of the table of cases, and what a reader may see, for a node alone: with other tiers it is test_tiers.c. */
#include "alone.h"

#include "trail/write.h"

#define ASKED       .asked = true
#define TTL(n)      .has_ttl = true, .ttl = (n)
#define REPLAYED(n) .replayed = true, .cairn_age = (n)

static const struct audience trusted = { .names = NAMES_PLAIN, .history = true };

static struct str
render(const struct trail_node *n, const struct audience *who, const struct verdict *v, const struct trail_extra *x)
{
	struct strbuf out = strbuf_in(arena, 64);

	trail_write(&out, n, who, v, NULL, x);
	assert_false(out.over);
	return strbuf_str(&out);
}

/* ---- the table of cases ---- */

/* One row: what the node has to say, and the values of the fields; NULL where one is absent. */
struct row {
	const char *name;
	struct verdict v;
	bool silent; /* nobody is named as having reached back */
	const char *x_cache, *lookup, *hits, *miss_from, *cache_status, *proxy_status;
};

/* clang-format off */
static const struct row rows[] = {
	{ "fresh", { .lookup = LOOKUP_HIT, .hit = true, .hits = 7, TTL(258), REPLAYED(42) }, true,
	  "HIT", "HIT", "7", NULL, "edge-1; hit; ttl=258; cairn-age=42", NULL },
	{ "max-stale used",
	  { .lookup = LOOKUP_HIT, .hit = true, .hits = 7, .reason = REASON_MAX_STALE, TTL(-30), REPLAYED(330) }, true,
	  "HIT", "HIT", "7", NULL, "edge-1; hit; ttl=-30; cairn-age=330; detail=max-stale", NULL },
	{ "stale-while-revalidate",
	  { .lookup = LOOKUP_HIT, .hit = true, .hits = 1, .reason = REASON_REFRESHING, TTL(-5), REPLAYED(305) }, true,
	  "HIT", "HIT", "1", NULL, "edge-1; hit; ttl=-5; cairn-age=305; detail=refreshing", NULL },
	{ "upstream known down, not asked",
	  { .lookup = LOOKUP_HIT, .hit = true, .hits = 7, .reason = REASON_UPSTREAM_DOWN, TTL(-40), REPLAYED(340) }, true,
	  "HIT", "HIT", "7", NULL, "edge-1; hit; ttl=-40; cairn-age=340; detail=upstream-down", NULL },
	{ "asked, 503 came, stale served",
	  { .lookup = LOOKUP_HIT, .fwd = FWD_STALE, .fwd_status = 503, .reason = REASON_UPSTREAM_ERROR, ASKED, TTL(-40),
	    REPLAYED(340) }, false,
	  "MISS", "HIT", "0", "edge-1",
	  "edge-1; fwd=stale; fwd-status=503; ttl=-40; cairn-age=340; detail=upstream-error", NULL },
	{ "asked, refused or silent, stale served",
	  { .lookup = LOOKUP_HIT, .fwd = FWD_STALE, .reason = REASON_UPSTREAM_ERROR, ASKED, TTL(-40), REPLAYED(340),
	    .error = PROXY_ERROR_CONNECTION_REFUSED }, false,
	  "MISS", "HIT", "0", "edge-1", "edge-1; fwd=stale; ttl=-40; cairn-age=340; detail=upstream-error",
	  "edge-1; error=connection_refused" },
	{ "stale, 503 came, stale forbidden: relayed",
	  { .lookup = LOOKUP_HIT, .fwd = FWD_STALE, .fwd_status = 503, .reason = REASON_EXPIRED, ASKED }, false,
	  "MISS", "HIT", "0", "edge-1", "edge-1; fwd=stale; fwd-status=503; detail=expired", NULL },
	{ "stale, 304 came",
	  { .lookup = LOOKUP_HIT, .fwd = FWD_STALE, .fwd_status = 304, .reason = REASON_EXPIRED, ASKED, TTL(300) }, false,
	  "MISS", "HIT", "0", "edge-1", "edge-1; fwd=stale; fwd-status=304; ttl=300; detail=expired", NULL },
	{ "stale, a new 200 came",
	  { .lookup = LOOKUP_HIT, .fwd = FWD_STALE, .fwd_status = 200, .reason = REASON_EXPIRED, ASKED, .stored = true,
	    TTL(300) }, false,
	  "MISS", "HIT", "0", "edge-1", "edge-1; fwd=stale; fwd-status=200; stored; ttl=300; detail=expired", NULL },
	{ "first request",
	  { .lookup = LOOKUP_MISS, .fwd = FWD_URI_MISS, .fwd_status = 200, .reason = REASON_NEVER_SEEN, ASKED,
	    .stored = true, TTL(300) }, false,
	  "MISS", "MISS", "0", "edge-1", "edge-1; fwd=uri-miss; fwd-status=200; stored; ttl=300; detail=never-seen", NULL },
	{ "the same with request no-store, or HEAD",
	  { .lookup = LOOKUP_MISS, .fwd = FWD_URI_MISS, .fwd_status = 200, .reason = REASON_NEVER_SEEN, ASKED }, false,
	  "MISS", "MISS", "0", "edge-1", "edge-1; fwd=uri-miss; fwd-status=200; detail=never-seen", NULL },
	{ "client's condition, nothing stored, 304 relayed",
	  { .lookup = LOOKUP_MISS, .fwd = FWD_URI_MISS, .fwd_status = 304, .reason = REASON_NEVER_SEEN, ASKED }, false,
	  "MISS", "MISS", "0", "edge-1", "edge-1; fwd=uri-miss; fwd-status=304; detail=never-seen", NULL },
	{ "an evicted variant, others stored",
	  { .lookup = LOOKUP_MISS, .fwd = FWD_VARY_MISS, .fwd_status = 200, .reason = REASON_EVICTED, ASKED, .stored = true,
	    TTL(300) }, false,
	  "MISS", "MISS", "0", "edge-1", "edge-1; fwd=vary-miss; fwd-status=200; stored; ttl=300; detail=evicted", NULL },
	{ "follower that the flight served",
	  { .lookup = LOOKUP_MISS, .fwd = FWD_URI_MISS, .fwd_status = 200, .reason = REASON_NEVER_SEEN, ASKED,
	    .stored = true, .collapsed = COLLAPSED_YES, TTL(300) }, false,
	  "MISS", "MISS", "0", "edge-1",
	  "edge-1; fwd=uri-miss; fwd-status=200; stored; collapsed; ttl=300; detail=never-seen", NULL },
	{ "follower of a revalidation",
	  { .lookup = LOOKUP_HIT, .fwd = FWD_STALE, .fwd_status = 304, .reason = REASON_EXPIRED, ASKED,
	    .collapsed = COLLAPSED_YES, TTL(300) }, false,
	  "MISS", "HIT", "0", "edge-1", "edge-1; fwd=stale; fwd-status=304; collapsed; ttl=300; detail=expired", NULL },
	{ "follower that had to go itself",
	  { .lookup = LOOKUP_MISS, .fwd = FWD_URI_MISS, .fwd_status = 200, .reason = REASON_NEVER_SEEN, ASKED,
	    .collapsed = COLLAPSED_TRIED }, false,
	  "MISS", "MISS", "0", "edge-1", "edge-1; fwd=uri-miss; fwd-status=200; collapsed=?0; detail=never-seen", NULL },
	{ "reload, 304",
	  { .lookup = LOOKUP_HIT, .fwd = FWD_REQUEST, .fwd_status = 304, .reason = REASON_RELOAD, ASKED, TTL(300) }, false,
	  "MISS", "HIT", "0", "edge-1", "edge-1; fwd=request; fwd-status=304; ttl=300; detail=reload", NULL },
	{ "reload, 200",
	  { .lookup = LOOKUP_HIT, .fwd = FWD_REQUEST, .fwd_status = 200, .reason = REASON_RELOAD, ASKED, .stored = true,
	    TTL(300) }, false,
	  "MISS", "HIT", "0", "edge-1", "edge-1; fwd=request; fwd-status=200; stored; ttl=300; detail=reload", NULL },
	{ "partial entry does not cover",
	  { .lookup = LOOKUP_HIT, .fwd = FWD_PARTIAL, .fwd_status = 206, .reason = REASON_RANGE, ASKED, .stored = true,
	    TTL(300) }, false,
	  "MISS", "HIT", "0", "edge-1", "edge-1; fwd=partial; fwd-status=206; stored; ttl=300; detail=range", NULL },
	{ "POST and other methods not answered from a cache",
	  { .lookup = LOOKUP_NONE, .fwd = FWD_METHOD, .fwd_status = 201, .reason = REASON_METHOD, ASKED }, false,
	  "MISS", "NONE", "0", "edge-1", "edge-1; fwd=method; fwd-status=201; detail=method", NULL },
	{ "the GET after it, entry removed",
	  { .lookup = LOOKUP_MISS, .fwd = FWD_URI_MISS, .fwd_status = 200, .reason = REASON_INVALIDATED, ASKED,
	    .stored = true, TTL(300) }, false,
	  "MISS", "MISS", "0", "edge-1", "edge-1; fwd=uri-miss; fwd-status=200; stored; ttl=300; detail=invalidated", NULL },
	{ "the GET after it, entry marked",
	  { .lookup = LOOKUP_HIT, .fwd = FWD_STALE, .fwd_status = 200, .reason = REASON_INVALIDATED, ASKED, .stored = true,
	    TTL(300) }, false,
	  "MISS", "HIT", "0", "edge-1", "edge-1; fwd=stale; fwd-status=200; stored; ttl=300; detail=invalidated", NULL },
	{ "the store could not give it",
	  { .lookup = LOOKUP_HIT, .fwd = FWD_MISS, .fwd_status = 200, .reason = REASON_STORE_TROUBLE, ASKED, .stored = true,
	    TTL(300) }, false,
	  "MISS", "HIT", "0", "edge-1", "edge-1; fwd=miss; fwd-status=200; stored; ttl=300; detail=store-trouble", NULL },
	{ "Upgrade: 101",
	  { .lookup = LOOKUP_NONE, .fwd = FWD_BYPASS, .fwd_status = 101, .reason = REASON_UPGRADE, ASKED }, false,
	  "MISS", "NONE", "0", "edge-1", "edge-1; fwd=bypass; fwd-status=101; detail=upgrade", NULL },
	{ "only-if-cached, nothing usable: 504",
	  { .lookup = LOOKUP_MISS, .made_up = true, .reason = REASON_ONLY_IF_CACHED,
	    .error = PROXY_ERROR_PROXY_INTERNAL_RESPONSE }, true,
	  "MISS", "MISS", "0", NULL, NULL, "edge-1; error=proxy_internal_response" },
	{ "only-if-cached, nothing usable: 504, a stale one found",
	  { .lookup = LOOKUP_HIT, .made_up = true, .reason = REASON_ONLY_IF_CACHED,
	    .error = PROXY_ERROR_PROXY_INTERNAL_RESPONSE }, true,
	  "MISS", "HIT", "0", NULL, NULL, "edge-1; error=proxy_internal_response" },
	{ "502, 504 of its own",
	  { .lookup = LOOKUP_MISS, .made_up = true, .reason = REASON_UPSTREAM_FAILED, ASKED,
	    .error = PROXY_ERROR_CONNECTION_REFUSED }, false,
	  "MISS", "MISS", "0", "edge-1", NULL, "edge-1; error=connection_refused" },
	{ "refusals: malformed",
	  { .lookup = LOOKUP_NONE, .made_up = true, .reason = REASON_MALFORMED, .error = PROXY_ERROR_HTTP_REQUEST_ERROR },
	  true, "MISS", "NONE", "0", NULL, NULL, "edge-1; error=http_request_error" },
	{ "refusals: denied",
	  { .lookup = LOOKUP_NONE, .made_up = true, .reason = REASON_DENIED, .error = PROXY_ERROR_HTTP_REQUEST_DENIED },
	  true, "MISS", "NONE", "0", NULL, NULL, "edge-1; error=http_request_denied" },
	{ "refusals: overload",
	  { .lookup = LOOKUP_NONE, .made_up = true, .reason = REASON_OVERLOAD, .error = PROXY_ERROR_PROXY_INTERNAL_ERROR },
	  true, "MISS", "NONE", "0", NULL, NULL, "edge-1; error=proxy_internal_error" },
	{ "a loop: 508",
	  { .lookup = LOOKUP_NONE, .made_up = true, .reason = REASON_LOOP, .error = PROXY_ERROR_PROXY_LOOP_DETECTED }, true,
	  "MISS", "NONE", "0", NULL, NULL, "edge-1; error=proxy_loop_detected" },
	{ "PURGE; OPTIONS and TRACE with Max-Forwards: 0",
	  { .lookup = LOOKUP_NONE, .made_up = true, .reason = REASON_ADMIN }, true,
	  "MISS", "NONE", "0", NULL, NULL, NULL },
	{ "CONNECT 502",
	  { .lookup = LOOKUP_NONE, .made_up = true, .reason = REASON_UPSTREAM_FAILED, ASKED,
	    .error = PROXY_ERROR_CONNECTION_TIMEOUT }, false,
	  "MISS", "NONE", "0", "edge-1", NULL, "edge-1; error=connection_timeout" },
};
/* clang-format on */

static void
expect_line(struct strbuf *b, const char *name, const char *value, const char *behind)
{
	if (value != NULL)
		strbuf_printf(b, "%s: %s%s\r\n", name, value, behind);
}

static void
every_case(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *r = &rows[i];
		struct trail_extra x = { .port = 8080, .miss_from = r->silent ? STR_NONE : STR("edge-1") };
		struct strbuf want = strbuf_in(arena, 64);
		struct str got = render(&node, &trusted, &r->v, &x);

		expect_line(&want, "X-Cache", r->x_cache, " from edge-1");
		expect_line(&want, "X-Cache-Lookup", r->lookup, " from edge-1:8080");
		expect_line(&want, "X-Cache-Hits", r->hits, "");
		expect_line(&want, "X-Cache-Miss-From", r->miss_from, "");
		expect_line(&want, "Cache-Status", r->cache_status, "");
		expect_line(&want, "Proxy-Status", r->proxy_status, "");
		if (!str_eq(got, strbuf_str(&want)))
			fail_msg("%s: got\n%.*swant\n%.*s", r->name, STR_FMT(got), STR_FMT(strbuf_str(&want)));
	}
}

/* ---- one field ---- */

static const struct verdict fresh = { .lookup = LOOKUP_HIT, .hit = true, .hits = 2, TTL(258), REPLAYED(42) };
static const struct verdict first = { .lookup = LOOKUP_MISS,
				      .fwd = FWD_URI_MISS,
				      .fwd_status = 200,
				      .reason = REASON_EVICTED,
				      ASKED,
				      .stored = true,
				      TTL(300) };
static const struct verdict refused = { .lookup = LOOKUP_NONE,
					.made_up = true,
					.error = PROXY_ERROR_HTTP_REQUEST_DENIED };

/* The value of the only line of that name; STR_NONE where there is none. */
static struct str
value_of(struct str lines, const char *name)
{
	struct str line, value, found = STR_NONE;

	while (str_cut(&lines, '\n', &line)) {
		assert_true(str_ends(line, STR("\r")));
		line.n--;
		value = line;
		assert_true(str_cut(&value, ':', &line));
		if (!str_eq(line, str_c(name)))
			continue;
		assert_null(found.p);
		found = str_trim(value);
	}
	assert_int_equal(lines.n, 0);
	return found;
}

static struct str
field(const struct trail_node *n, const struct audience *who, const struct verdict *v, const struct trail_extra *x,
      const char *name)
{
	return value_of(render(n, who, v, x), name);
}

static struct trail_node
node_writing(struct trail_fields fields)
{
	struct trail_node n = node;

	n.fields = fields;
	return n;
}

static void
each_field_can_be_turned_off(void **state)
{
	struct trail_extra x = { .port = 80, .miss_from = STR("edge-1") };
	struct trail_node n = node_writing((struct trail_fields){ 0 });

	(void)state;
	assert_int_equal(render(&n, &trusted, &first, &x).n, 0);
	assert_int_equal(render(&n, &trusted, &refused, &x).n, 0);
	n.fields = (struct trail_fields){ .x_cache = true };
	assert_str(render(&n, &trusted, &first, &x), "X-Cache: MISS from edge-1\r\n");
	n.fields = (struct trail_fields){ .x_cache_lookup = true };
	assert_str(render(&n, &trusted, &first, &x), "X-Cache-Lookup: MISS from edge-1:80\r\n");
	n.fields = (struct trail_fields){ .x_cache_hits = true };
	assert_str(render(&n, &trusted, &fresh, &x), "X-Cache-Hits: 2\r\n");
	n.fields = (struct trail_fields){ .x_cache_miss_from = true };
	assert_str(render(&n, &trusted, &first, &x), "X-Cache-Miss-From: edge-1\r\n");
	n.fields = (struct trail_fields){ .cache_status = true };
	assert_str(render(&n, &trusted, &fresh, &x), "Cache-Status: edge-1; hit; ttl=258; cairn-age=42\r\n");
	n.fields = (struct trail_fields){ .x_cache_status = true };
	assert_str(render(&n, &trusted, &fresh, &x), "X-Cache-Status: HIT\r\n");
	n.fields = (struct trail_fields){ .server_timing = true };
	assert_str(render(&n, &trusted, &fresh, &x), "Server-Timing: edge-1;desc=\"hit\";dur=0.0\r\n");
	n.fields = (struct trail_fields){ .proxy_status = true };
	assert_str(render(&n, &trusted, &refused, &x), "Proxy-Status: edge-1; error=http_request_denied\r\n");
}

static void
miss_from_only_where_somebody_was_asked_and_x_cache_says_miss(void **state)
{
	struct trail_extra named = { .miss_from = STR("shield") }, unnamed = { 0 };
	struct verdict not_asked = first;

	(void)state;
	not_asked.asked = false;
	assert_str(field(&node, &trusted, &first, &named, "X-Cache-Miss-From"), "shield");
	assert_null(field(&node, &trusted, &first, &unnamed, "X-Cache-Miss-From").p);
	assert_null(field(&node, &trusted, &not_asked, &named, "X-Cache-Miss-From").p);
	assert_null(field(&node, &trusted, &fresh, &named, "X-Cache-Miss-From").p);
	assert_null(field(&node, &trusted, &refused, &named, "X-Cache-Miss-From").p);
}

static void
revalidated_is_hit(void **state)
{
	struct trail_extra x = { .port = 80, .miss_from = STR("edge-1") };
	struct verdict v = {
		.lookup = LOOKUP_HIT, .fwd = FWD_STALE, .fwd_status = 304, .reason = REASON_EXPIRED, ASKED, TTL(300)
	};
	struct trail_node n = node;

	(void)state;
	n.revalidated_is_hit = true;
	assert_str(render(&n, &trusted, &v, &x),
		   "X-Cache: HIT from edge-1\r\nX-Cache-Lookup: HIT from edge-1:80\r\n"
		   "X-Cache-Hits: 0\r\n"
		   "Cache-Status: edge-1; fwd=stale; fwd-status=304; ttl=300; detail=expired\r\n");
	v.fwd_status = 200;
	assert_str(field(&n, &trusted, &v, &x, "X-Cache"), "MISS from edge-1");
	assert_str(field(&n, &trusted, &v, &x, "X-Cache-Miss-From"), "edge-1");
	v.fwd_status = 304;
	v.fwd = FWD_REQUEST;
	assert_str(field(&n, &trusted, &v, &x, "X-Cache"), "MISS from edge-1");
}

static void
x_cache_status_is_nginx_word(void **state)
{
	struct trail_node n = node_writing((struct trail_fields){ .x_cache_status = true });
	struct trail_extra x = { 0 };
	static const struct {
		const char *word;
		struct verdict v;
	} words[] = {
		{ "HIT", { .lookup = LOOKUP_HIT, .hit = true, .hits = 1 } },
		{ "UPDATING", { .lookup = LOOKUP_HIT, .hit = true, .hits = 1, .reason = REASON_REFRESHING } },
		{ "STALE", { .lookup = LOOKUP_HIT, .hit = true, .hits = 1, .reason = REASON_UPSTREAM_DOWN } },
		{ "STALE", { .lookup = LOOKUP_HIT, .hit = true, .hits = 1, .reason = REASON_MAX_STALE } },
		{ "STALE",
		  { .lookup = LOOKUP_HIT, .fwd = FWD_STALE, .reason = REASON_UPSTREAM_ERROR, .fwd_status = 503 } },
		{ "REVALIDATED",
		  { .lookup = LOOKUP_HIT, .fwd = FWD_STALE, .reason = REASON_EXPIRED, .fwd_status = 304 } },
		{ "REVALIDATED",
		  { .lookup = LOOKUP_HIT, .fwd = FWD_REQUEST, .reason = REASON_RELOAD, .fwd_status = 304 } },
		{ "EXPIRED", { .lookup = LOOKUP_HIT, .fwd = FWD_STALE, .reason = REASON_EXPIRED, .fwd_status = 200 } },
		{ "EXPIRED", { .lookup = LOOKUP_HIT, .fwd = FWD_STALE, .reason = REASON_PURGED, .fwd_status = 200 } },
		{ "BYPASS", { .lookup = LOOKUP_NONE, .fwd = FWD_BYPASS, .reason = REASON_POLICY, .fwd_status = 200 } },
		{ "BYPASS", { .lookup = LOOKUP_HIT, .fwd = FWD_REQUEST, .reason = REASON_RELOAD, .fwd_status = 200 } },
		{ "BYPASS", { .lookup = LOOKUP_HIT, .fwd = FWD_REQUEST, .reason = REASON_MAX_AGE, .fwd_status = 200 } },
		{ "BYPASS",
		  { .lookup = LOOKUP_HIT, .fwd = FWD_REQUEST, .reason = REASON_MIN_FRESH, .fwd_status = 200 } },
		{ "MISS", { .lookup = LOOKUP_MISS, .fwd = FWD_URI_MISS, .reason = REASON_EVICTED, .fwd_status = 200 } },
		{ "MISS", { .lookup = LOOKUP_MISS, .fwd = FWD_URI_MISS, .reason = REASON_EVICTED, .fwd_status = 304 } },
		{ "MISS",
		  { .lookup = LOOKUP_HIT, .fwd = FWD_MISS, .reason = REASON_STORE_TROUBLE, .fwd_status = 200 } },
		{ "MISS", { .lookup = LOOKUP_HIT, .fwd = FWD_PARTIAL, .reason = REASON_RANGE, .fwd_status = 206 } },
		{ "", { .lookup = LOOKUP_NONE, .fwd = FWD_METHOD, .reason = REASON_METHOD, .fwd_status = 201 } },
		{ "", { .lookup = LOOKUP_NONE, .fwd = FWD_BYPASS, .reason = REASON_UPGRADE, .fwd_status = 101 } },
		{ "", { .lookup = LOOKUP_NONE, .fwd = FWD_METHOD, .reason = REASON_TUNNEL } },
		{ "", { .lookup = LOOKUP_HIT, .made_up = true, .reason = REASON_EXPIRED } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		assert_true(str_eq(field(&n, &trusted, &words[i].v, &x, "X-Cache-Status"), str_c(words[i].word)));
}

static void
server_timing(void **state)
{
	struct trail_node n = node_writing((struct trail_fields){ .server_timing = true });
	struct audience stranger = { .names = NAMES_OPAQUE }, off = { .names = NAMES_OFF, .history = true };
	struct trail_extra x = { .duration_us = 12340 };
	struct str hidden = str_of(node.opaque, TRAIL_OPAQUE_SIZE);

	(void)state;
	assert_str(field(&n, &trusted, &first, &x, "Server-Timing"), "edge-1;desc=\"miss: evicted\";dur=12.3");
	x.duration_us = 12350;
	assert_str(field(&n, &off, &fresh, &x, "Server-Timing"), "cairn;desc=\"hit\";dur=12.4");
	x.duration_us = -1;
	assert_str(field(&n, &trusted, &refused, &x, "Server-Timing"), "edge-1;desc=\"miss\";dur=0.0");
	assert_true(str_eq(field(&n, &stranger, &first, &x, "Server-Timing"),
			   arena_printf(arena, "%.*s;desc=\"miss\";dur=0.0", STR_FMT(hidden))));
}

static void
the_token_brings_extras(void **state)
{
	struct audience holder = { .names = NAMES_PLAIN, .history = true, .extras = true };
	struct trail_extra x = { .key = STR("http://a.example/\xc3\xa9\"\\"),
				 .record_id = STR("7f.2"),
				 .duration_us = 1500 };

	(void)state;
	assert_str(
	    field(&node, &holder, &fresh, &x, "Cache-Status"),
	    "edge-1; hit; ttl=258; key=\"http://a.example/%C3%A9\\\"\\\\\"; cairn-record=\"7f.2\"; cairn-age=42");
	assert_str(field(&node, &holder, &fresh, &x, "Server-Timing"), "edge-1;desc=\"hit\";dur=1.5");
	assert_str(field(&node, &trusted, &fresh, &x, "Cache-Status"), "edge-1; hit; ttl=258; cairn-age=42");
	assert_null(field(&node, &trusted, &fresh, &x, "Server-Timing").p);
	holder.history = false;
	assert_str(field(&node, &holder, &fresh, &x, "Cache-Status"), "edge-1; hit; ttl=258");
}

static void
the_next_hop_is_told_with_the_extras(void **state)
{
	struct trail_extra x = { .next_hop = STR("shield-1:3128") };
	struct audience holder = { .names = NAMES_PLAIN, .history = true, .extras = true };

	(void)state;
	assert_str(field(&node, &trusted, &refused, &x, "Proxy-Status"), "edge-1; error=http_request_denied");
	assert_str(field(&node, &holder, &refused, &x, "Proxy-Status"),
		   "edge-1; error=http_request_denied; next-hop=\"shield-1:3128\"");
}

static void
proxy_status_says_more(void **state)
{
	struct trail_extra x = { .proxy_status_details = STR("no \"way\"") };

	(void)state;
	assert_str(field(&node, &trusted, &refused, &x, "Proxy-Status"),
		   "edge-1; error=http_request_denied; details=\"no \\\"way\\\"\"");
}

/* ---- readers ---- */

static void
opaque_names(void **state)
{
	struct audience stranger = { .names = NAMES_OPAQUE, .history = true };
	struct trail_extra x = { .port = 8080, .miss_from = STR("edge-1") };
	struct str name = str_of(node.opaque, TRAIL_OPAQUE_SIZE);
	struct verdict stale = { .lookup = LOOKUP_HIT,
				 .fwd = FWD_STALE,
				 .reason = REASON_UPSTREAM_ERROR,
				 ASKED,
				 TTL(-4),
				 REPLAYED(5),
				 .error = PROXY_ERROR_CONNECTION_TIMEOUT };

	(void)state;
	assert_true(
	    str_eq(render(&node, &stranger, &stale, &x),
		   arena_printf(arena,
				"X-Cache: MISS from %.*s\r\nX-Cache-Lookup: HIT from %.*s:8080\r\nX-Cache-Hits: 0\r\n"
				"X-Cache-Miss-From: %.*s\r\n"
				"Cache-Status: %.*s; fwd=stale; ttl=-4; cairn-age=5; detail=upstream-error\r\n"
				"Proxy-Status: %.*s; error=connection_timeout\r\n",
				STR_FMT(name), STR_FMT(name), STR_FMT(name), STR_FMT(name), STR_FMT(name))));
}

static void
no_names(void **state)
{
	struct audience off = { .names = NAMES_OFF, .history = true };
	struct trail_extra x = { .port = 8080, .miss_from = STR("edge-1") };

	(void)state;
	assert_str(render(&node, &off, &first, &x),
		   "X-Cache-Hits: 0\r\n"
		   "Cache-Status: cairn; fwd=uri-miss; fwd-status=200; stored; ttl=300; detail=evicted\r\n");
	assert_str(render(&node, &off, &refused, &x),
		   "X-Cache-Hits: 0\r\nProxy-Status: cairn; error=http_request_denied\r\n");
}

static void
no_history(void **state)
{
	struct audience reader = { .names = NAMES_PLAIN, .history = false };
	struct trail_extra x = { .port = 8080, .miss_from = STR("edge-1") };

	(void)state;
	assert_str(render(&node, &reader, &fresh, &x),
		   "X-Cache: HIT from edge-1\r\nX-Cache-Lookup: HIT from edge-1:8080\r\n"
		   "Cache-Status: edge-1; hit; ttl=258\r\n");
	assert_str(field(&node, &reader, &first, &x, "Cache-Status"),
		   "edge-1; fwd=uri-miss; fwd-status=200; stored; ttl=300");
}

/* ---- structured fields ---- */

static void
a_name_that_is_no_token_is_quoted(void **state)
{
	struct trail_extra x = { .port = 1 };
	struct trail_node n;

	(void)state;
	assert_true(trail_node_init(&n, arena, STR("3cfdbfa6f472"), STR("s"), 1));
	assert_str(field(&n, &trusted, &fresh, &x, "Cache-Status"), "\"3cfdbfa6f472\"; hit; ttl=258; cairn-age=42");
	assert_str(field(&n, &trusted, &refused, &x, "Proxy-Status"), "\"3cfdbfa6f472\"; error=http_request_denied");
	assert_str(field(&n, &trusted, &fresh, &x, "X-Cache"), "HIT from 3cfdbfa6f472");
}

static void
integers_have_at_most_fifteen_digits(void **state)
{
	struct trail_extra x = { 0 };
	struct verdict v = {
		.lookup = LOOKUP_HIT, .hit = true, .hits = UINT32_MAX, TTL(INT64_MAX), REPLAYED(INT64_MAX)
	};

	(void)state;
	assert_str(field(&node, &trusted, &v, &x, "Cache-Status"),
		   "edge-1; hit; ttl=999999999999999; cairn-age=999999999999999");
	assert_str(field(&node, &trusted, &v, &x, "X-Cache-Hits"), "4294967295");
	v.ttl = INT64_MIN;
	v.cairn_age = -7; /* a clock went back */
	assert_str(field(&node, &trusted, &v, &x, "Cache-Status"), "edge-1; hit; ttl=-999999999999999; cairn-age=0");
}

static void
a_full_buffer_is_told(void **state)
{
	struct trail_extra x = { .port = 8080 };
	char small[100];
	struct strbuf out = strbuf_fixed(small, sizeof small);

	(void)state;
	trail_write(&out, &node, &trusted, &fresh, NULL, &x);
	assert_true(out.over);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case),
		cmocka_unit_test(each_field_can_be_turned_off),
		cmocka_unit_test(miss_from_only_where_somebody_was_asked_and_x_cache_says_miss),
		cmocka_unit_test(revalidated_is_hit),
		cmocka_unit_test(x_cache_status_is_nginx_word),
		cmocka_unit_test(server_timing),
		cmocka_unit_test(the_token_brings_extras),
		cmocka_unit_test(the_next_hop_is_told_with_the_extras),
		cmocka_unit_test(proxy_status_says_more),
		cmocka_unit_test(opaque_names),
		cmocka_unit_test(no_names),
		cmocka_unit_test(no_history),
		cmocka_unit_test(a_name_that_is_no_token_is_quoted),
		cmocka_unit_test(integers_have_at_most_fifteen_digits),
		cmocka_unit_test(a_full_buffer_is_told),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
