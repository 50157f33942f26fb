/* Several tiers in a row: the three moments, what is replayed, who reached back, and what strangers see of all that. */
#include "several.h"
#include "with_arena.h"

WITH_ARENA(arena, 1 << 24);

static const struct audience trusted = { .names = NAMES_PLAIN, .history = true };

static const struct chain *
chain_of(struct str lines)
{
	unsigned dropped = 0;
	const struct chain *c = chain_read(response_of(arena, lines), arena, &dropped);

	assert_int_equal(dropped, 0);
	return c;
}

static struct str
line(struct str lines, enum hdr id)
{
	return value_in(arena, lines, id);
}

/* ---- the three moments (trail.md section 2) ---- */

struct tiers {
	struct trail_node shield, edge;
	struct str packed; /* what the edge's entry keeps of the shield's words */
};

static struct tiers
three_moments(void)
{
	return (struct tiers){ tier(arena, "proxy.domain.tld"), tier(arena, "proxy.local"), STR_NONE };
}

/* The shield's origin is no tier: its trail is dropped. */
static struct str
shield_says(const struct tiers *t, const struct verdict *v)
{
	struct trail_extra x = { .port = 3128 };

	if (v->asked)
		x.miss_from = chain_miss_from(NULL, t->shield.name, arena);
	return written(arena, &t->shield, &trusted, v, NULL, &x);
}

/* The edge asked the shield, which answered with these lines: they are news, and are kept. */
static struct str
edge_fetches(struct tiers *t, const struct verdict *v, struct str shield)
{
	const struct chain *c = chain_of(shield);
	struct trail_extra x = { .port = 3128, .miss_from = chain_miss_from(c, t->edge.name, arena) };

	t->packed = chain_pack(c, arena);
	return written(arena, &t->edge, &trusted, v, c, &x);
}

static struct str
edge_hits(const struct tiers *t, const struct verdict *v)
{
	struct trail_extra x = { .port = 3128 };

	return written(arena, &t->edge, &trusted, v, chain_unpack(t->packed, arena), &x);
}

static void
first_visit(struct tiers *t)
{
	struct verdict shield = { .lookup = LOOKUP_HIT,
				  .hit = true,
				  .hits = 1,
				  .has_ttl = true,
				  .ttl = 290,
				  .replayed = true,
				  .cairn_age = 10 };
	struct verdict edge = { .lookup = LOOKUP_MISS,
				.fwd = FWD_URI_MISS,
				.fwd_status = 200,
				.asked = true,
				.reason = REASON_NEVER_SEEN,
				.stored = true,
				.has_ttl = true,
				.ttl = 290 };
	struct str got = edge_fetches(t, &edge, shield_says(t, &shield));

	assert_str(line(got, HDR_X_CACHE), "HIT from proxy.domain.tld, MISS from proxy.local");
	assert_str(line(got, HDR_X_CACHE_LOOKUP), "HIT from proxy.domain.tld:3128, MISS from proxy.local:3128");
	assert_str(line(got, HDR_X_CACHE_HITS), "1, 0");
	assert_str(line(got, HDR_X_CACHE_MISS_FROM), "proxy.local");
	assert_str(line(got, HDR_CACHE_STATUS), "proxy.domain.tld; hit; ttl=290; cairn-age=10, "
						"proxy.local; fwd=uri-miss; fwd-status=200; stored; ttl=290; "
						"detail=never-seen");
}

static void
reload(struct tiers *t, int origin_status)
{
	struct verdict v = { .lookup = LOOKUP_HIT,
			     .fwd = FWD_REQUEST,
			     .fwd_status = origin_status,
			     .asked = true,
			     .reason = REASON_RELOAD,
			     .stored = origin_status == 200,
			     .has_ttl = true,
			     .ttl = 300 };
	struct str got = edge_fetches(t, &v, shield_says(t, &v));

	assert_str(line(got, HDR_X_CACHE), "MISS from proxy.domain.tld, MISS from proxy.local");
	assert_str(line(got, HDR_X_CACHE_LOOKUP), "HIT from proxy.domain.tld:3128, HIT from proxy.local:3128");
	assert_str(line(got, HDR_X_CACHE_HITS), "0, 0");
	assert_str(line(got, HDR_X_CACHE_MISS_FROM), "proxy.domain.tld");
}

static void
again_with_an_empty_browser_cache(struct tiers *t)
{
	struct verdict edge = { .lookup = LOOKUP_HIT,
				.hit = true,
				.hits = 1,
				.has_ttl = true,
				.ttl = 297,
				.replayed = true,
				.cairn_age = 3 };
	struct str got = edge_hits(t, &edge);

	assert_str(line(got, HDR_X_CACHE), "MISS from proxy.domain.tld, HIT from proxy.local");
	assert_str(line(got, HDR_X_CACHE_LOOKUP), "HIT from proxy.domain.tld:3128, HIT from proxy.local:3128");
	assert_str(line(got, HDR_X_CACHE_HITS), "0, 1");
	assert_null(line(got, HDR_X_CACHE_MISS_FROM).p);
	assert_true(
	    str_ends(line(got, HDR_CACHE_STATUS), STR("detail=reload, proxy.local; hit; ttl=297; cairn-age=3")));
}

static void
the_three_moments(void **state)
{
	static const int answers[] = { 200, 304 };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct tiers t = three_moments();

		first_visit(&t);
		reload(&t, answers[i]);
		again_with_an_empty_browser_cache(&t);
	}
}

/* ---- lists have what tiers wrote ---- */

static const struct verdict miss = {
	.lookup = LOOKUP_MISS, .fwd = FWD_URI_MISS, .fwd_status = 200, .asked = true, .reason = REASON_NEVER_SEEN
};
static const struct verdict hit = { .lookup = LOOKUP_HIT, .hit = true, .hits = 5, .replayed = true, .cairn_age = 9 };
static const struct verdict refused = {
	.lookup = LOOKUP_MISS, .made_up = true, .asked = true, .error = PROXY_ERROR_HTTP_RESPONSE_INCOMPLETE
};

static struct str
edge_writes(const struct audience *who, const struct verdict *v, struct str upstream)
{
	struct trail_node edge = tier(arena, "edge-1");
	struct trail_extra x = { .port = 80 };

	return written(arena, &edge, who, v, chain_of(upstream), &x);
}

static void
old_squid_writes_no_cache_status(void **state)
{
	struct str got =
	    edge_writes(&trusted, &miss, STR("X-Cache: MISS from sq\r\nX-Cache-Lookup: HIT from sq:3128\r\n"));

	(void)state;
	assert_str(line(got, HDR_X_CACHE), "MISS from sq, MISS from edge-1");
	assert_str(line(got, HDR_X_CACHE_LOOKUP), "HIT from sq:3128, MISS from edge-1:80");
	assert_str(line(got, HDR_X_CACHE_HITS), "0");
	assert_str(line(got, HDR_CACHE_STATUS), "edge-1; fwd=uri-miss; fwd-status=200; detail=never-seen");
}

static void
new_squid_writes_nothing_else(void **state)
{
	struct str got = edge_writes(&trusted, &miss, STR("Cache-Status: p1;hit;detail=match\r\n"));

	(void)state;
	assert_str(line(got, HDR_X_CACHE), "MISS from edge-1");
	assert_str(line(got, HDR_CACHE_STATUS),
		   "p1; hit; detail=match, edge-1; fwd=uri-miss; fwd-status=200; detail=never-seen");
}

/* Squid adds a line; we write one. */
static void
several_lines_become_one(void **state)
{
	struct str got = edge_writes(&trusted, &hit,
				     STR("X-Cache: MISS from a\r\nCache-Status: a;fwd=miss\r\nX-Cache-Hits: 0, 3\r\n"
					 "X-Cache: HIT from b\r\nCache-Status: b;hit\r\n"));

	(void)state;
	assert_str(line(got, HDR_X_CACHE), "MISS from a, HIT from b, HIT from edge-1");
	assert_str(line(got, HDR_X_CACHE_HITS), "0, 3, 5");
	assert_str(line(got, HDR_CACHE_STATUS), "a; fwd=miss, b; hit, edge-1; hit; cairn-age=9");
}

static void
a_discarded_answer_is_not_written(void **state)
{
	struct str got = edge_writes(&trusted, &refused,
				     STR("X-Cache: MISS from a\r\nX-Cache-Lookup: MISS from a:1\r\n"
					 "X-Cache-Hits: 0\r\nCache-Status: a;fwd=miss\r\n"));

	(void)state;
	assert_str(got, "X-Cache: MISS from edge-1\r\nX-Cache-Lookup: MISS from edge-1:80\r\nX-Cache-Hits: 0\r\n"
			"Proxy-Status: edge-1; error=http_response_incomplete\r\n");
}

/* ---- what a reader may see ---- */

static const char mixed[] =
    "X-Cache: HIT from n-0badcafe, TCP_MISS from a1.example (Akamai/1) (-), cp1 hit/3, HIT\r\n"
    "X-Cache-Lookup: HIT from shield:3128\r\n"
    "X-Cache-Hits: 4\r\n"
    "Cache-Status: \"Some CDN\"; hit; detail=x; key=\"k\", shield; fwd=stale; cairn-age=5; odd=\"y\"\r\n"
    "X-Cache-Miss-From: shield\r\n";

/* The opaque form of a name, by the tiers' secret. */
static struct str
opaque(const char *name)
{
	struct trail_node n = tier(arena, "edge-1");
	char *buf = arena_alloc(arena, TRAIL_OPAQUE_SIZE);

	trail_opaque(&n, str_c(name), buf);
	return str_of(buf, TRAIL_OPAQUE_SIZE);
}

#define OPAQUE(name) STR_FMT(opaque(name))

static void
plain_names_and_history(void **state)
{
	struct str got = edge_writes(&trusted, &hit, str_c(mixed));

	(void)state;
	assert_str(line(got, HDR_X_CACHE),
		   "HIT from n-0badcafe, TCP_MISS from a1.example (Akamai/1) (-), cp1 hit/3, HIT, HIT from edge-1");
	assert_str(line(got, HDR_CACHE_STATUS),
		   "\"Some CDN\"; hit; detail=x, shield; fwd=stale; odd=\"y\"; cairn-age=5, "
		   "edge-1; hit; cairn-age=9");
}

static void
every_tiers_name_is_opaque_to_strangers(void **state)
{
	struct audience stranger = { .names = NAMES_OPAQUE, .history = true };
	struct str got = edge_writes(&stranger, &hit, str_c(mixed));

	(void)state;
	assert_true(str_eq(line(got, HDR_X_CACHE),
			   arena_printf(arena, "HIT from n-0badcafe, TCP_MISS from %.*s, %.*s, HIT, HIT from %.*s",
					OPAQUE("a1.example"), OPAQUE("cp1 hit/3"), OPAQUE("edge-1"))));
	assert_true(str_eq(line(got, HDR_X_CACHE_LOOKUP), arena_printf(arena, "HIT from %.*s:3128, HIT from %.*s:80",
								       OPAQUE("shield"), OPAQUE("edge-1"))));
	assert_str(line(got, HDR_X_CACHE_HITS), "4, 5");
	assert_true(str_eq(line(got, HDR_CACHE_STATUS),
			   arena_printf(arena,
					"%.*s; hit; detail=x, %.*s; fwd=stale; odd=\"y\"; cairn-age=5, "
					"%.*s; hit; cairn-age=9",
					OPAQUE("Some CDN"), OPAQUE("shield"), OPAQUE("edge-1"))));
	assert_int_equal(str_find(got, STR("shield")), -1);
}

/* An edge shows a stranger the same names that its shield would have shown. */
static void
opaque_names_pass_unchanged(void **state)
{
	struct audience stranger = { .names = NAMES_OPAQUE, .history = true };
	struct trail_node shield = tier(arena, "shield");
	struct trail_extra x = { .port = 3128, .miss_from = shield.name };
	struct str of_shield = written(arena, &shield, &stranger, &miss, NULL, &x);
	struct str got = edge_writes(&stranger, &miss, of_shield);

	(void)state;
	assert_true(str_eq(line(got, HDR_X_CACHE),
			   arena_printf(arena, "MISS from %.*s, MISS from %.*s", OPAQUE("shield"), OPAQUE("edge-1"))));
	assert_true(str_starts(line(got, HDR_CACHE_STATUS), opaque("shield")));
	assert_true(str_eq(chain_miss_from(chain_of(of_shield), STR("edge-1"), arena), opaque("shield")));
}

static void
no_tiers_name_where_names_are_off(void **state)
{
	struct audience off = { .names = NAMES_OFF, .history = true };

	(void)state;
	assert_str(edge_writes(&off, &hit, str_c(mixed)), "X-Cache-Hits: 4, 5\r\n"
							  "Cache-Status: cairn; hit; detail=x, cairn; fwd=stale; "
							  "odd=\"y\"; cairn-age=5, cairn; hit; cairn-age=9\r\n");
}

static void
no_tiers_history_for_those_who_may_not_see_it(void **state)
{
	struct audience reader = { .names = NAMES_PLAIN, .extras = true };
	struct str got = edge_writes(&reader, &hit, str_c(mixed));

	(void)state;
	assert_null(line(got, HDR_X_CACHE_HITS).p);
	assert_str(line(got, HDR_CACHE_STATUS), "\"Some CDN\"; hit, shield; fwd=stale; odd=\"y\", edge-1; hit");
}

static void
keys_for_holders_of_the_token_alone(void **state)
{
	struct audience holder = { .names = NAMES_PLAIN, .history = true, .extras = true };
	struct str lines = STR("Cache-Status: s; hit; key=\"a, \\\"b\\\"\"; cairn-record=r7; detail=x\r\n");
	struct trail_node edge = tier(arena, "edge-1");
	struct trail_extra x = { 0 };
	const struct chain *stored = chain_unpack(chain_pack(chain_of(lines), arena), arena);

	(void)state;
	assert_str(line(edge_writes(&holder, &hit, lines), HDR_CACHE_STATUS),
		   "s; hit; key=\"a, \\\"b\\\"\"; cairn-record=r7; detail=x, edge-1; hit; cairn-age=9");
	assert_str(line(edge_writes(&trusted, &hit, lines), HDR_CACHE_STATUS),
		   "s; hit; detail=x, edge-1; hit; cairn-age=9");
	assert_str(line(written(arena, &edge, &holder, &hit, stored, &x), HDR_CACHE_STATUS),
		   "s; hit; detail=x, edge-1; hit; cairn-age=9");
}

static void
miss_from_is_shown_as_names_are(void **state)
{
	struct audience stranger = { .names = NAMES_OPAQUE };
	struct trail_node edge = tier(arena, "edge-1");
	struct trail_extra x = { .miss_from = STR("shield") };

	(void)state;
	assert_true(
	    str_eq(line(written(arena, &edge, &stranger, &miss, NULL, &x), HDR_X_CACHE_MISS_FROM), opaque("shield")));
}

/* ---- Server-Timing ---- */

static struct str
timing(const struct audience *who, bool own, const char *upstream)
{
	struct trail_node edge = tier(arena, "edge-1");
	struct trail_extra x = { .upstream_server_timing = str_c(upstream), .duration_us = 2000 };

	edge.fields = (struct trail_fields){ .server_timing = own };
	return line(written(arena, &edge, who, &miss, NULL, &x), HDR_SERVER_TIMING);
}

static void
times_of_all_tiers(void **state)
{
	static const char up[] = "shield;desc=\"miss: evicted\";dur=12.3, db;dur=3, x;desc=\"missing\"";
	struct audience stranger = { .names = NAMES_OPAQUE }, off = { .names = NAMES_OFF, .history = true };

	(void)state;
	assert_str(timing(&trusted, true, up), "shield;desc=\"miss: evicted\";dur=12.3, db;dur=3, x;desc=\"missing\", "
					       "edge-1;desc=\"miss: never-seen\";dur=2.0");
	assert_str(timing(&off, false, up), "cairn;desc=\"miss: evicted\";dur=12.3, db;dur=3, x;desc=\"missing\"");
	assert_true(
	    str_eq(timing(&stranger, false, up),
		   arena_printf(arena, "%.*s;desc=miss;dur=12.3, db;dur=3, x;desc=\"missing\"", OPAQUE("shield"))));
	assert_null(timing(&trusted, false, "").p);
	assert_str(timing(&trusted, true, " , "), "edge-1;desc=\"miss: never-seen\";dur=2.0");
}

/* ---- Proxy-Status ---- */

static struct str
errors_seen(const struct audience *who, const struct verdict *v, const char *upstream)
{
	struct trail_node edge = tier(arena, "edge-1");
	struct trail_extra x = { .upstream_proxy_status = str_c(upstream) };

	return line(written(arena, &edge, who, v, NULL, &x), HDR_PROXY_STATUS);
}

static void
errors_of_all_tiers(void **state)
{
	static const char up[] =
	    "shield; error=dns_error; next-hop=\"o.internal\"; details=\"no o\", \"1b\"; received-status=503";
	struct audience stranger = { .names = NAMES_OPAQUE }, off = { .names = NAMES_OFF };
	struct verdict silent = { .lookup = LOOKUP_HIT, .fwd = FWD_STALE, .error = PROXY_ERROR_CONNECTION_TIMEOUT };

	(void)state;
	assert_true(str_eq(errors_seen(&trusted, &miss, up), str_c(up)));
	assert_true(str_eq(
	    errors_seen(&stranger, &miss, up),
	    arena_printf(arena, "%.*s;error=dns_error, %.*s;received-status=503", OPAQUE("shield"), OPAQUE("1b"))));
	assert_str(errors_seen(&off, &silent, up), "cairn;error=dns_error, cairn;received-status=503, "
						   "cairn; error=connection_timeout");
	assert_str(errors_seen(&trusted, &refused, up), "edge-1; error=http_response_incomplete");
	assert_str(errors_seen(&trusted, &silent, "a; details=\"open"), "edge-1; error=connection_timeout");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_three_moments),
		cmocka_unit_test(old_squid_writes_no_cache_status),
		cmocka_unit_test(new_squid_writes_nothing_else),
		cmocka_unit_test(several_lines_become_one),
		cmocka_unit_test(a_discarded_answer_is_not_written),
		cmocka_unit_test(plain_names_and_history),
		cmocka_unit_test(every_tiers_name_is_opaque_to_strangers),
		cmocka_unit_test(opaque_names_pass_unchanged),
		cmocka_unit_test(no_tiers_name_where_names_are_off),
		cmocka_unit_test(no_tiers_history_for_those_who_may_not_see_it),
		cmocka_unit_test(keys_for_holders_of_the_token_alone),
		cmocka_unit_test(miss_from_is_shown_as_names_are),
		cmocka_unit_test(times_of_all_tiers),
		cmocka_unit_test(errors_of_all_tiers),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
