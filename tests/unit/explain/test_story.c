#include "explain/stories.h"
#include "with_arena.h"

WITH_ARENA(a, 1 << 20);

#define DATE "Date: Tue, 14 Nov 2023 22:13:20 GMT\n"
#define LM   "Last-Modified: Tue, 14 Nov 2023 12:13:20 GMT\n" /* ten hours before */

/* ---- verdicts ---- */

static void
verdicts(void **state)
{
	static const struct {
		const char *head;
		const char *verdict;
	} rows[] = {
		{ "X-Served-By: cache-fra1234-FRA\nX-Cache: HIT\nX-Cache-Hits: 2",
		  "Answered by Fastly cache-fra1234-FRA in Frankfurt; the origin was not asked." },
		{ "X-Served-By: cache-iad2120-IAD, cache-fra1234-FRA\nX-Cache: MISS, HIT\nX-Cache-Hits: 0, 2",
		  "Answered by the edge in Frankfurt (Fastly cache-fra1234-FRA); the origin was not asked." },
		{ "X-Served-By: cache-iad2120-IAD, cache-fra1234-FRA\nX-Cache: HIT, MISS\nX-Cache-Hits: 1, 0",
		  "Answered by the second tier in Washington (Fastly cache-iad2120-IAD), since the edge in Frankfurt "
		  "(Fastly "
		  "cache-fra1234-FRA) did not have it; the origin was not asked." },
		{ "X-Served-By: cache-iad2120-IAD, cache-fra1234-FRA\nX-Cache: MISS, MISS\nX-Cache-Hits: 0, 0",
		  "Answered by the origin: none of the 2 caches on the way had it." },
		{ "CF-Cache-Status: DYNAMIC\nCF-Ray: 8a1b2c3d4e5f6071-FRA",
		  "Answered by the origin: Cloudflare in Frankfurt passed the request on without looking." },
		{ "CF-Cache-Status: EXPIRED\nCF-Ray: 8a1b2c3d4e5f6071-FRA",
		  "Answered by the origin: Cloudflare in Frankfurt had a copy, but no longer a fresh one." },
		{ "CF-Cache-Status: STALE\nCF-Ray: 8a1b2c3d4e5f6071-FRA",
		  "Answered by Cloudflare in Frankfurt with a copy past its freshness; nothing new came from the "
		  "origin." },
		{ "CF-Cache-Status: REVALIDATED\nCF-Ray: 8a1b2c3d4e5f6071-FRA",
		  "Answered by Cloudflare in Frankfurt from its copy, which the origin confirmed first." },
		{ "Cache-Status: shield; hit; ttl=5, edge; fwd=stale; fwd-status=304",
		  "Answered by the edge (the cache edge) from its copy, which the second tier (the cache shield) "
		  "confirmed first; "
		  "the origin was not asked." },
		{ "X-Cache: HIT from a\nX-Cache-Lookup: HIT from a:3128\nAge: 0\nVia: 1.1 a (squid/5.7)",
		  "Answered by Squid a; it does not say whether it had its copy confirmed first." },
		{ "X-Cache: HIT from a\nX-Cache-Lookup: HIT from a:3128\nAge: 9\nVia: 1.1 a (squid/5.7)",
		  "Answered by Squid a; the origin was not asked." },
		{ "X-Cache: MISS from b, HIT from a\nX-Cache-Lookup: MISS from b:1, HIT from a:1\nAge: 9\nVia: 1.1 b "
		  "(squid/5.7), 1.1 a "
		  "(squid/5.7)",
		  "Answered by the edge (Squid a); it does not say whether it had its copy confirmed first." },
		{ "Cache-Status: edge; fwd=request; fwd-status=200",
		  "Answered by the origin: the cache edge had a copy, but could not answer this request with it." },
		{ "Cache-Status: shield; fwd=request, edge; fwd=request",
		  "Answered by the origin: each of the 2 caches on the way had a copy, and none answered with it." },
		{ "Cache-Status: shield; fwd=bypass, edge; fwd=uri-miss",
		  "Answered by the origin: none of the 2 caches on the way answered." },
		{ "Server: x", "No cache says a word here: the origin answered, or a cache that keeps silent." },
		{ "Age: 3\nServer: x",
		  "Answered by a cache that does not name itself: Age says so, which an origin does not send." },
		{ "X-Cache: MISS from edge-1\nX-Cache-Hits: 0\nProxy-Status: edge-1; error=dns_error",
		  "Answered by Cairn edge-1, which made the response itself: nothing came from the origin." },
		{ "X-Cache: MISS from shield, MISS from edge\nX-Cache-Hits: 0, 0\nVia: 1.1 edge (cairn)\nProxy-Status: "
		  "shield; error=http_request_denied\nCache-Status: edge; fwd=uri-miss; fwd-status=403",
		  "Answered by the second tier (Cairn shield), which made the response itself: nothing came from the "
		  "origin." },
		{ "X-Cache: MISS from edge\nVia: 1.1 edge (cairn)\nProxy-Status: edge; error=connection_refused\n"
		  "Cache-Status: edge; fwd=stale; ttl=-40; cairn-age=9",
		  "Answered by Cairn edge with a copy past its freshness; nothing new came from the origin." },
		{ "X-Cache: Error from cloudfront",
		  "An error: it came from Amazon CloudFront, or from the origin behind it." },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct exchange x = exchange_of(200, rows[i].head, NULL, a);
		struct story s;

		assert_true(story_tell(&x, a, &s));
		if (!str_eq(s.verdict, str_c(rows[i].verdict)))
			fail_msg("%s:\n%.*s", rows[i].head, STR_FMT(s.verdict));
		arena_reset(a);
	}
}

/* ---- remarks ---- */

struct row {
	int status;
	const char *head, *request; /* request: NULL: not known */
	const char *has;            /* of one of the remarks; with "!" before it: none has it */
};

static void
check(const struct row *rows, size_t count, const struct remark *(*of)(const struct story *s))
{
	for (size_t i = 0; i < count; i++) {
		struct exchange x = exchange_of(rows[i].status, rows[i].head, rows[i].request, a);
		bool wanted = rows[i].has[0] != '!';
		struct story s;

		assert_true(story_tell(&x, a, &s));
		if (remarks_have(of(&s), rows[i].has + !wanted) == wanted) {
			arena_reset(a);
			continue;
		}
		for (const struct remark *r = of(&s); r != NULL; r = r->next)
			print_error("- %.*s\n", STR_FMT(r->text));
		fail_msg("row %zu, %s: %s", i, rows[i].head, rows[i].has);
	}
}

#define CHECK(rows, of) check(rows, sizeof rows / sizeof rows[0], of)

static const struct remark *
notes_of(const struct story *s)
{
	return s->notes;
}

static const struct remark *
policy_of(const struct story *s)
{
	return s->policy;
}

static const struct remark *
advice_of(const struct story *s)
{
	return s->advice;
}

#define TWO_FASTLY "X-Served-By: cache-iad2120-IAD, cache-fra1234-FRA\n"
#define CF         "CF-Ray: 8a1b2c3d4e5f6071-FRA\n"
#define FRESH      DATE "Cache-Control: max-age=60\nETag: \"a\"\n"

static void
notes(void **state)
{
	static const struct row rows[] = {
		{ 200, TWO_FASTLY "X-Cache: MISS, HIT\nX-Cache-Hits: 0, 2\nAge: 90", NULL,
		  "What the tier further back says is history: it was written when the copy was made, at most 1 minute "
		  "30 seconds "
		  "ago" },
		{ 200, TWO_FASTLY "X-Cache: HIT, MISS\nX-Cache-Hits: 1, 0", NULL, "!history" },
		{ 200, "X-Cache: MISS from a, MISS from b\nX-Cache-Miss-From: a", NULL,
		  "X-Cache-Miss-From names a: it reached back" },
		{ 200, "X-Cache: HIT from a, MISS from b\nX-Cache-Miss-From: b", NULL,
		  "X-Cache-Miss-From names b: it reached back furthest, to a tier that answered with its copy." },
		{ 200,
		  "X-Cache: HIT from a, MISS from b\nX-Cache-Miss-From: b\nVia: 1.1 a (cairn), 1.1 b (cairn)\n"
		  "Cache-Status: a; hit; ttl=5, b; fwd=stale; fwd-status=304; ttl=5",
		  NULL, "X-Cache-Miss-From names b: it reached back furthest, and a copy was used all the same." },
		{ 200, "X-Cache: MISS from a, HIT from b\nX-Cache-Miss-From: a", NULL,
		  "X-Cache-Miss-From names a, but a copy was used" },
		{ 200, "X-Cache: MISS from a, HIT from b\nAge: 0\nVia: 1.1 a (squid/5.7), 1.1 b (squid/5.7)", NULL,
		  "What the tier further back says was written when the copy was made or last confirmed." },
		{ 200, "CF-Cache-Status: MISS\nAge: 6", NULL, "Age is 6, so some cache had it" },
		{ 200, "CF-Cache-Status: HIT\nAge: 6", NULL, "!some cache had it" },
		{ 200, "CF-Cache-Status: HIT\n" FRESH "Set-Cookie: a=b", NULL, "A stored copy that sets a cookie" },
		{ 200, "CF-Cache-Status: MISS\n" FRESH "Set-Cookie: a=b", NULL, "!cookie" },
		{ 200, "CF-Cache-Status: HIT\nCache-Control: no-store", NULL, "though by these fields none may" },
		{ 200, "CF-Cache-Status: HIT\n" DATE "Cache-Control: max-age=60\nAge: 100", NULL,
		  "it has been stale for 40 seconds, and was called a hit" },
		{ 200, "CF-Cache-Status: HIT\n" DATE "Cache-Control: max-age=60\nAge: 50", NULL, "!stale for" },
		{ 200, "CF-Cache-Status: MISS", "Cache-Control: no-cache", "The request asked to reload" },
		{ 200, "CF-Cache-Status: MISS", "Cache-Control: max-age=0", "The request asked to reload" },
		{ 200, "CF-Cache-Status: MISS", "Pragma: no-cache", "The request asked to reload" },
		{ 200, "CF-Cache-Status: MISS", "Cache-Control: max-age=5\nPragma: no-cache", "!reload" },
		{ 304, "CF-Cache-Status: HIT", NULL, "304: who asked had a copy already" },
		{ 0, "CF-Cache-Status: HIT", NULL, "There was no status line" },
	};

	(void)state;
	CHECK(rows, notes_of);
}

static void
policy(void **state)
{
	static const struct row rows[] = {
		{ 200, FRESH, NULL, "A shared cache may store it." },
		{ 0, FRESH, NULL, "A shared cache may store it." },
		{ 304, FRESH, NULL, "A shared cache may store it." },
		{ 200, FRESH, NULL, "In a shared cache it is fresh for 1 minute. Cache-Control: max-age says it." },
		{ 200, FRESH "Age: 20", NULL, "It is 20 seconds old: fresh for another 40 seconds." },
		{ 200, DATE "Cache-Control: max-age=60\nAge: 90", NULL,
		  "A shared cache may store it." }, /* and could then */
		{ 200, FRESH "Age: 90", NULL, "It is 1 minute 30 seconds old: stale for 30 seconds." },
		{ 200, FRESH, NULL, "!A browser" }, /* it is the same there */
		{ 200, DATE "Cache-Control: max-age=60, s-maxage=3600", NULL,
		  "fresh for 1 hour. Cache-Control: s-maxage says it." },
		{ 200, DATE "Cache-Control: max-age=60, s-maxage=3600", NULL,
		  "A browser may store it, and there it is fresh for 1 minute." },
		{ 200, DATE "Cache-Control: max-age=60\nCDN-Cache-Control: max-age=600", NULL,
		  "fresh for 10 minutes. CDN-Cache-Control says it." },
		{ 200, DATE LM, NULL, "fresh for 1 hour. It was guessed from Last-Modified." },
		{ 200, DATE "Expires: Tue, 14 Nov 2023 22:14:20 GMT", NULL, "fresh for 1 minute. Expires says it." },
		{ 200, "Expires: Tue, 14 Nov 2023 22:14:20 GMT", NULL, "until the time that Expires names" },
		{ 200, DATE "ETag: \"a\"", NULL, "never fresh. Nothing gives it a lifetime." },
		{ 200, DATE "ETag: \"a\"\nExpires: 0", NULL, "stale at once. Expires says it." },
		{ 200, "Cache-Control: no-store", NULL,
		  "A shared cache may not store it. The response says no-store." },
		{ 200, DATE "Cache-Control: private, max-age=60", NULL, "may not store it. The response says private" },
		{ 200, DATE "Cache-Control: private, max-age=60", NULL,
		  "A browser may store it, and there it is fresh for 1 minute." },
		{ 200, FRESH, "Authorization: Basic x", "may not store it. The request had Authorization" },
		{ 200, DATE "Cache-Control: max-age=60, public", "Authorization: Basic x",
		  "A shared cache may store it." },
		{ 200, "Set-Cookie: a=b\n" DATE LM, NULL, "may not store it. It sets a cookie" },
		{ 200, FRESH "Vary: *", NULL, "may not store it. Vary: *" },
		{ 200, FRESH "Vary: Accept-Encoding, Accept-Language, Cookie", NULL,
		  "each value of accept-encoding, accept-language and cookie" },
		{ 200, DATE "Cache-Control: no-cache\nETag: \"a\"", NULL,
		  "a copy has to be confirmed before each use" },
		{ 200, DATE "Cache-Control: max-age=60, must-revalidate", NULL, "must-revalidate: once stale" },
		{ 200, DATE "Cache-Control: max-age=60, stale-while-revalidate=30", NULL,
		  "For 30 seconds past its freshness it may be used while it is fetched anew." },
		{ 200, DATE "Cache-Control: max-age=60, stale-while-revalidate=30, must-revalidate", NULL,
		  "!past its freshness" },
		{ 200, DATE "Cache-Control: max-age=60, stale-if-error=86400", NULL, "For 1 day past its freshness" },
		{ 200, DATE "Cache-Control: max-age=60", NULL, "It has no validator" },
		{ 200, FRESH, NULL, "ETag: a stale copy can be confirmed with a 304." },
		{ 418, DATE LM, NULL, "may not store it. Its status code" },
	};

	(void)state;
	CHECK(rows, policy_of);
}

static void
advice(void **state)
{
	static const struct row rows[] = {
		{ 200, "CF-Cache-Status: HIT\n" FRESH, NULL, "!" }, /* none at all */
		{ 200, "CF-Cache-Status: MISS\n" FRESH, NULL, "It may be stored now: ask again." },
		{ 200, "CF-Cache-Status: MISS\n" FRESH "Vary: Cookie", NULL, "Take Cookie or User-Agent out of Vary" },
		{ 200, "CF-Cache-Status: MISS\n" FRESH "Vary: Cookie", NULL, "!ask again" },
		{ 200, "CF-Cache-Status: MISS\n" FRESH, "Cache-Control: no-cache",
		  "Ask without Cache-Control: no-cache" },
		{ 200, "CF-Cache-Status: MISS\n" FRESH, "Cache-Control: no-store",
		  "Ask without Cache-Control: no-store" },
		{ 200, "Cache-Status: a; fwd=request\n" FRESH, NULL, "A cache has a copy, and did not answer" },
		{ 200, "Cache-Control: no-store", NULL, "Take no-store out" },
		{ 200, "Cache-Control: private", NULL, "instead of private" },
		{ 200, FRESH, "Authorization: Basic x",
		  "say public or s-maxage: an answer to a request with Authorization" },
		{ 200, "Set-Cookie: a=b\n" DATE LM, NULL, "Set no cookie on what is meant for everybody" },
		{ 200, FRESH "Vary: *", NULL, "instead of Vary: *" },
		{ 200, DATE "Content-Type: text/html", NULL, "Say for how long it is fresh" },
		{ 200, DATE "Cache-Control: max-age=0\nETag: \"a\"", NULL, "Give it a lifetime above zero" },
		{ 200, DATE "Cache-Control: no-cache, max-age=5\nETag: \"a\"", NULL,
		  "Replace no-cache by a short max-age" },
		{ 200, DATE "Expires: 0\nETag: \"a\"", NULL, "Expires is no date" },
		{ 200, DATE "Expires: 0\nETag: \"a\"", NULL, "!above zero" },
		{ 200, DATE LM, NULL, "Its lifetime is a guess" },
		{ 200, DATE "Cache-Control: max-age=60", NULL, "Send an ETag or Last-Modified" },
		{ 200, FRESH, NULL, "!Send an ETag" },
		{ 200, DATE "Pragma: no-cache", NULL, "Pragma means nothing in a response" },
		{ 200, "Cache-Control: max-age=60", NULL, "Send Date" },
		{ 0, "Cache-Control: max-age=60", NULL, "!Send Date" }, /* it may have been left out */
		{ 200, "CF-Cache-Status: DYNAMIC\n" FRESH, NULL, "passes the request on by its configuration" },
		{ 200, "CF-Cache-Status: BYPASS\nCache-Control: private", NULL, "!by its configuration" },
		{ 200, "CF-Cache-Status: EXPIRED\n" FRESH, NULL, "The copy was no longer fresh." },
		{ 418, DATE LM, NULL, "with this status none is assumed" },
		{ 503, DATE "Cache-Control: no-cache", NULL, "Say stale-if-error" },
		{ 201, FRESH, NULL, "!Ask with GET" },
	};
	struct exchange post = exchange_of(201, FRESH, "Host: a", a);
	struct story s;

	(void)state;
	post.request.method = METHOD_POST;
	assert_true(story_tell(&post, a, &s));
	assert_true(remarks_have(s.advice, "Ask with GET"));
	arena_reset(a);
	CHECK(rows, advice_of);
}

/* ---- what is cited ---- */

/* Every paragraph that a remark may name, and what it is about: as the RFCs number them. */
static const struct {
	const char *source, *about;
} paragraphs[] = {
	{ "RFC 5861 3", "The stale-while-revalidate Cache-Control Extension" },
	{ "RFC 5861 4", "The stale-if-error Cache-Control Extension" },
	{ "RFC 8246 2", "The Immutable Cache-Control Extension" },
	{ "RFC 9110 6.6.1", "Date" },
	{ "RFC 9110 7.6.3", "Via" },
	{ "RFC 9110 8.8", "Validator Fields" },
	{ "RFC 9110 8.8.2", "Last-Modified" },
	{ "RFC 9110 8.8.3", "ETag" },
	{ "RFC 9110 9.3.1", "GET" },
	{ "RFC 9110 15.1", "Overview of Status Codes" },
	{ "RFC 9111 3", "Storing Responses in Caches" },
	{ "RFC 9111 3.3", "Storing Incomplete Responses" },
	{ "RFC 9111 3.5", "Storing Responses to Authenticated Requests" },
	{ "RFC 9111 4.1", "Calculating Cache Keys with the Vary Header Field" },
	{ "RFC 9111 4.2", "Freshness" },
	{ "RFC 9111 4.2.1", "Calculating Freshness Lifetime" },
	{ "RFC 9111 4.2.2", "Calculating Heuristic Freshness" },
	{ "RFC 9111 4.2.3", "Calculating Age" },
	{ "RFC 9111 4.2.4", "Serving Stale Responses" },
	{ "RFC 9111 4.3.4", "Freshening Stored Responses upon Validation" },
	{ "RFC 9111 5.2.1", "Request Directives" },
	{ "RFC 9111 5.2.1.4", "no-cache" },
	{ "RFC 9111 5.2.1.5", "no-store" },
	{ "RFC 9111 5.2.2.1", "max-age" },
	{ "RFC 9111 5.2.2.2", "must-revalidate" },
	{ "RFC 9111 5.2.2.4", "no-cache" },
	{ "RFC 9111 5.2.2.5", "no-store" },
	{ "RFC 9111 5.2.2.7", "private" },
	{ "RFC 9111 5.2.2.8", "proxy-revalidate" },
	{ "RFC 9111 5.2.2.10", "s-maxage" },
	{ "RFC 9111 5.3", "Expires" },
	{ "RFC 9111 5.4", "Pragma" },
	{ "RFC 9111 7.3", "Caching of Sensitive Information" },
	{ "RFC 9211 2.2", "The fwd Parameter" },
	{ "RFC 9213 2.2", "Cache Behavior" },
};

static void
known(struct str source)
{
	for (size_t i = 0; i < sizeof paragraphs / sizeof paragraphs[0]; i++)
		if (str_eq(source, str_c(paragraphs[i].source)))
			return;
	if (source.n > 0)
		fail_msg("nobody has looked up what \"%.*s\" is about", STR_FMT(source));
}

static void
paragraphs_exist(void **state)
{
	static const struct str sources[] = {
#define ADVICE(id, text, source) STR_INIT(source),
#include "tbl/advice.def"
#undef ADVICE
#define UNSTORABLE(id, token, sentence, source) STR_INIT(source),
#include "tbl/unstorable.def"
#undef UNSTORABLE
#define FRESH_RULE(id, token, flag, sentence, source) STR_INIT(source),
#include "tbl/fresh_rules.def"
#undef FRESH_RULE
	};
	static const char *const heads[] = {
		FRESH "Age: 20\nVary: Cookie",
		DATE "Cache-Control: max-age=5, stale-while-revalidate=9, stale-if-error=9",
		"CF-Cache-Status: HIT\nAge: 90\n" DATE
		"Cache-Control: max-age=5, must-revalidate, proxy-revalidate, immutable\nSet-Cookie: a=b\n" LM,
		"CF-Cache-Status: MISS\nAge: 9\nCache-Control: no-cache\nETag: \"a\"",
		"Expires: Tue, 14 Nov 2023 22:14:20 GMT",
	};

	(void)state;
	for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++)
		known(sources[i]);
	for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
		struct exchange x = exchange_of(i == 0 ? 304 : 200, heads[i], "Pragma: no-cache", a);
		struct story s;

		assert_true(story_tell(&x, a, &s));
		for (const struct remark *r = s.notes; r != NULL; r = r->next)
			known(r->source);
		for (const struct remark *r = s.policy; r != NULL; r = r->next)
			known(r->source);
		arena_reset(a);
	}
}

/* ---- the rest ---- */

static void
why(void **state)
{
	static const struct {
		const char *head, *request, *why;
	} rows[] = {
		{ "CF-Cache-Status: HIT", NULL, "" },
		{ "CF-Cache-Status: MISS\n" FRESH, NULL, "It was not stored yet, or not any more." },
		{ "CF-Cache-Status: MISS\n" FRESH, "Pragma: no-cache", "The client asked to reload." },
		{ "CF-Cache-Status: EXPIRED\n" FRESH, NULL, "The copy was no longer fresh." },
		{ "CF-Cache-Status: DYNAMIC\n" FRESH, NULL, "A cache passed it on without looking." },
		{ "CF-Cache-Status: MISS\nCache-Control: no-store", NULL, "The response says no-store." },
		{ "Cache-Status: a; fwd=request\n" FRESH, NULL, "The copy could not answer this request." },
		{ FRESH, NULL, "No cache says a word." },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct exchange x = exchange_of(200, rows[i].head, rows[i].request, a);
		struct story s;

		assert_true(story_tell(&x, a, &s));
		if (!str_eq(s.why, str_c(rows[i].why)))
			fail_msg("%s: %.*s", rows[i].head, STR_FMT(s.why));
		arena_reset(a);
	}
}

/* What there was room for may be shown. */
static void
a_full_arena(void **state)
{
	struct arena *heads = arena_new(1 << 20), *small = arena_new(8 << 10);
	struct exchange x =
	    exchange_of(200, TWO_FASTLY "X-Cache: MISS, HIT\nX-Cache-Hits: 0, 2\nAge: 90\n" FRESH, NULL, heads);
	struct story s;

	(void)state;
	while (arena_alloc(small, 64) != NULL)
		continue;
	assert_false(story_tell(&x, small, &s));
	arena_free(&small);
	arena_free(&heads);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(verdicts, setup, teardown),
		cmocka_unit_test_setup_teardown(notes, setup, teardown),
		cmocka_unit_test_setup_teardown(policy, setup, teardown),
		cmocka_unit_test_setup_teardown(advice, setup, teardown),
		cmocka_unit_test_setup_teardown(paragraphs_exist, setup, teardown),
		cmocka_unit_test_setup_teardown(why, setup, teardown),
		cmocka_unit_test(a_full_arena),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
