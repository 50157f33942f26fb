#include "http/heads.h"
#include "with_arena.h"

#include "cache/storable.h"

#define NOW_MS 1700000000700
#define NOW    "Date: Tue, 14 Nov 2023 22:13:20 GMT\n" /* 1700000000 */
#define SOON   "Expires: Tue, 14 Nov 2023 22:33:20 GMT"
#define LM     "Last-Modified: Mon, 13 Nov 2023 22:13:20 GMT"

WITH_ARENA(a, 1 << 20);

struct row {
	int status;
	const char *response; /* field lines */
	const char *want;     /* a token of tbl/unstorable.def; "": it is stored */
	const char *method;   /* NULL: GET */
	const char *request;  /* field lines, NULL: none */
};

static struct storable
judge(const struct row *r, const struct cache_policy *p)
{
	struct head request = head_of(r->request == NULL ? "" : r->request, a), response = head_of(r->response, a);
	struct meta m;

	request.method = r->method == NULL ? METHOD_GET : method_id(str_c(r->method));
	request.target = STR("/a?b");
	response.status = r->status;
	meta_read(&m, &response, &request, NOW_MS, NOW_MS, a);
	return storable_judge(&m, &request, &response, p, NOW_MS);
}

static void
check(const struct row *rows, size_t count, const struct cache_policy *p)
{
	for (size_t i = 0; i < count; i++) {
		struct str got = unstorable_token(judge(&rows[i], p).why);

		if (!str_eq(got, str_c(rows[i].want)))
			fail_msg("%d %s: %.*s", rows[i].status, rows[i].response, STR_FMT(got));
	}
}

#define CHECK(rows, p) check(rows, sizeof rows / sizeof rows[0], p)

static void
by_response(void **state)
{
	static const struct row rows[] = {
		{ 200, "X: 1", "no-freshness" },
		{ 200, "Cache-Control: max-age=60", "" },
		{ 200, "Cache-Control: s-maxage=60", "" },
		{ 200, NOW SOON, "" },
		{ 200, "Expires: 0", "no-freshness" },
		{ 200, "Expires: 0\nETag: \"a\"", "" },
		{ 200, "ETag: \"a\"", "" },
		{ 200, NOW LM, "" },
		{ 200, "Cache-Control: max-age=0", "no-freshness" },
		{ 200, "Cache-Control: max-age=0\nETag: \"a\"", "" },
		{ 200, "Cache-Control: max-age=0, stale-while-revalidate=60", "" },
		{ 200, "Cache-Control: max-age=0, must-revalidate, stale-while-revalidate=60", "no-freshness" },
		{ 200, "Cache-Control: max-age=0, stale-if-error=60", "" },
		{ 200, "Cache-Control: max-age=1500\nAge: 2000", "" }, /* for clients that accept stale ones */
		{ 200, "Cache-Control: max-age=1500, must-revalidate\nAge: 2000", "no-freshness" },
		{ 200, "Cache-Control: no-store", "no-store" },
		{ 200, "Cache-Control: max-age=60\nCache-Control: No-StOrE\n" NOW SOON, "no-store" },
		{ 200, "Cache-Control: no-cache", "no-freshness" },
		{ 200, "Cache-Control: no-cache\nETag: \"a\"", "" },
		{ 200, "Cache-Control: private, max-age=60", "private" },
		{ 200, "Cache-Control: private=\"x\", max-age=60", "" },
		{ 200, "Cache-Control: private=\"\", max-age=60", "private" },
		{ 200, "Cache-Control: max-age=60\nVary: *", "vary-any" },
		{ 200, "Cache-Control: max-age=60\nVary: A, *", "vary-any" },
		{ 200, "Cache-Control: max-age=60\nVary: A", "" },
		{ 200, "Cache-Control: foobar, max-age=60", "" },
		{ 200, "Pragma: no-cache\nCache-Control: max-age=60", "" },
	};
	struct cache_policy p;

	(void)state;
	cache_policy_defaults(&p);
	CHECK(rows, &p);
}

/* RFC 9111 3, 5.2.2.3; the suite's status-* and heuristic-*. */
static void
by_status(void **state)
{
	static const struct row rows[] = {
		{ 100, "Cache-Control: max-age=60", "status" },
		{ 101, "Cache-Control: max-age=60", "status" },
		{ 103, "Cache-Control: max-age=60", "status" },
		{ 304, "Cache-Control: max-age=60", "status" },
		{ 299, "Cache-Control: max-age=60", "" },
		{ 302, "Cache-Control: max-age=60", "" },
		{ 499, "Cache-Control: max-age=60", "" },
		{ 500, "Cache-Control: max-age=60", "" },
		{ 503, NOW SOON, "" },
		{ 599, "Cache-Control: max-age=60", "" },
		{ 599, "Cache-Control: max-age=60, must-understand", "status" },
		{ 599, "Cache-Control: max-age=60, must-understand, no-store", "status" },
		{ 200, "Cache-Control: max-age=60, must-understand, no-store", "" },
		{ 200, "Cache-Control: max-age=60, must-understand", "" },
		{ 404, NOW LM, "" },
		{ 201, NOW LM, "status" },
		{ 302, NOW LM, "status" },
		{ 403, NOW LM, "status" },
		{ 502, NOW LM, "status" },
		{ 599, NOW LM, "status" },
		{ 599, NOW LM "\nCache-Control: public", "" },
		{ 500, "ETag: \"a\"", "status" },
		{ 204, NOW LM, "" },
	};
	struct cache_policy p;

	(void)state;
	cache_policy_defaults(&p);
	CHECK(rows, &p);
}

static void
by_request(void **state)
{
	static const struct row rows[] = {
		{ 200, "Cache-Control: max-age=60", "method", "HEAD" },
		{ 200, "Cache-Control: max-age=60", "method", "PUT" },
		{ 200, "Cache-Control: max-age=60", "method", "M-SEARCH" },
		{ 200, "Cache-Control: max-age=60", "method", "OPTIONS" },
		{ 200, "Cache-Control: max-age=60", "request-no-store", NULL, "Cache-Control: no-store" },
		{ 200, "Cache-Control: max-age=60", "", NULL, "Cache-Control: no-cache" },
		{ 200, "Cache-Control: max-age=60", "", NULL, "Pragma: no-cache" },
		{ 200, "Cache-Control: max-age=60", "", NULL, "Cookie: a=b" },
		{ 200, "Cache-Control: max-age=60", "request-body", NULL, "Content-Length: 3" },
		{ 200, "Cache-Control: max-age=60", "request-body", NULL, "Transfer-Encoding: chunked" },
		{ 200, "Cache-Control: max-age=60", "", NULL, "Content-Length: 0" },
	};
	struct cache_policy p;

	(void)state;
	cache_policy_defaults(&p);
	CHECK(rows, &p);
}

/* RFC 9110 9.3.3. */
static void
by_post(void **state)
{
#define AT "Cache-Control: max-age=60\nContent-Location: "
	static const struct row rows[] = {
		{ 200, AT "/a?b", "", "POST", "Host: h\nContent-Length: 5" },
		{ 200, AT "?b", "", "POST", "Host: h" },
		{ 200, AT "http://h/a?b", "", "POST", "Host: h" },
		{ 200, AT "http://H:80/a?b", "", "POST", "Host: h" },
		{ 200, AT "https://h/a?b", "", "POST", "Host: h" },
		{ 200, AT "http://other/a?b", "method", "POST", "Host: h" },
		{ 200, AT "/a", "method", "POST", "Host: h" },
		{ 200, AT "/a?b\nContent-Location: /a?b", "method", "POST", "Host: h" },
		{ 201, AT "/a?b", "method", "POST", "Host: h" },
		{ 404, AT "/a?b", "method", "POST", "Host: h" },
		{ 200, AT "/a?b", "method", "PUT", "Host: h" },
		{ 200, AT "/a?b", "request-no-store", "POST", "Host: h\nCache-Control: no-store" },
		{ 200, "Cache-Control: max-age=60", "method", "POST", "Host: h" },
		{ 200, "Cache-Control: max-age=0\nETag: \"a\"\nContent-Location: /a?b", "method", "POST", "Host: h" },
		{ 200, NOW LM "\nContent-Location: /a?b", "method", "POST", "Host: h" },
		{ 200, NOW SOON "\nContent-Location: /a?b", "", "POST", "Host: h" },
	};
	struct cache_policy p;

	(void)state;
	cache_policy_defaults(&p);
	CHECK(rows, &p);
	p.ttl = 60; /* the route's word is not the origin's */
	assert_int_equal(judge(&rows[0], &p).why, UNSTORABLE_METHOD);
}

/* RFC 9111 3.5. */
static void
authorization(void **state)
{
	static const struct row rows[] = {
		{ 200, NOW SOON, "authorization", NULL, "Authorization: FOO" },
		{ 200, "Cache-Control: max-age=60", "authorization", NULL, "Authorization: FOO" },
		{ 200, "Cache-Control: max-age=60, public", "", NULL, "Authorization: FOO" },
		{ 200, "Cache-Control: max-age=60, must-revalidate", "", NULL, "Authorization: FOO" },
		{ 200, "Cache-Control: max-age=60, proxy-revalidate", "authorization", NULL, "Authorization: FOO" },
		{ 200, "Cache-Control: s-maxage=60", "", NULL, "Authorization: FOO" },
		{ 200, "Cache-Control: s-maxage=60, private", "private", NULL, "Authorization: FOO" },
		{ 200, "Cache-Control: max-age=60, public\nCDN-Cache-Control: max-age=60", "authorization", NULL,
		  "Authorization: FOO" },
	};
	struct cache_policy p;

	(void)state;
	cache_policy_defaults(&p);
	CHECK(rows, &p);
}

/* The suite's cdn-*, RFC 9213 2.2. */
static void
targeted(void **state)
{
	static const struct row rows[] = {
		{ 200, "CDN-Cache-Control: max-age=60", "" },
		{ 200, "CDN-Cache-Control: max-age=60\nCache-Control: no-store", "" },
		{ 200, "CDN-Cache-Control: max-age=60\nCache-Control: private", "" },
		{ 200, "CDN-Cache-Control: private\nCache-Control: max-age=60\n" NOW SOON, "private" },
		{ 200, "CDN-Cache-Control: no-store\nCache-Control: max-age=60\n" NOW SOON, "no-store" },
		{ 200, "CDN-Cache-Control: no-cache\nCache-Control: max-age=60\n" NOW SOON, "no-freshness" },
		{ 200, "CDN-Cache-Control: max-age=60, &&&&&\nCache-Control: no-store", "no-store" },
		{ 200, "CDN-Cache-Control: max-age=\"60\"\nCache-Control: max-age=60", "no-freshness" },
	};
	struct cache_policy p;

	(void)state;
	cache_policy_defaults(&p);
	CHECK(rows, &p);
	p.targeted = false;
	assert_int_equal(judge(&rows[0], &p).why, UNSTORABLE_NO_FRESHNESS);
	assert_int_equal(judge(&rows[1], &p).why, UNSTORABLE_NO_STORE);
	assert_int_equal(judge(&rows[4], &p).why, UNSTORABLE_NOT);
}

static void
cookies(void **state)
{
	static const struct row rows[] = {
		{ 200, "Set-Cookie: a=b\nCache-Control: max-age=60", "" },
		{ 200, "Set-Cookie: a=b\n" NOW SOON, "" },
		{ 200, "Set-Cookie: a=b\nCDN-Cache-Control: max-age=60", "" },
		{ 200, "Set-Cookie: a=b\n" NOW LM, "set-cookie" },
		{ 200, "Set-Cookie: a=b\nETag: \"a\"", "set-cookie" },
		{ 200, "Set-Cookie: a=b\nETag: \"a\"\nCache-Control: max-age=0", "set-cookie" },
		{ 200, "Set-Cookie: a=b\nETag: \"a\"\nCache-Control: max-age=60, no-cache", "set-cookie" },
		{ 200, "Set-Cookie: a=b\nCache-Control: public\n" NOW LM, "set-cookie" },
		{ 200, "Set-Cookie: a=b\nETag: \"a\"\nCache-Control: no-cache=\"Set-Cookie\"", "" },
		{ 200, "Set-Cookie: a=b\nCache-Control: private=\"set-cookie\"\n" NOW LM, "" },
		{ 200, "Set-Cookie: a=b\nCache-Control: private=\"other\"\n" NOW LM, "set-cookie" },
	};
	static const struct row guessed = { 200, "Set-Cookie: a=b\n" NOW LM, "" };
	static const struct row negative = { 404, "Set-Cookie: a=b", "" };
	struct cache_policy p;

	(void)state;
	cache_policy_defaults(&p);
	CHECK(rows, &p);
	p.negative_ttl = 60;
	assert_int_equal(judge(&negative, &p).why, UNSTORABLE_SET_COOKIE);
	p.ttl = 60;
	assert_int_equal(judge(&guessed, &p).why, UNSTORABLE_SET_COOKIE);
	p.set_cookie = SET_COOKIE_STRIP;
	assert_int_equal(judge(&guessed, &p).why, UNSTORABLE_NOT);
	p.set_cookie = SET_COOKIE_STORE;
	assert_int_equal(judge(&guessed, &p).why, UNSTORABLE_NOT);
}

static void
parts(void **state)
{
	static const struct row rows[] = {
		{ 206, "Cache-Control: max-age=60\nContent-Range: bytes 4-9/10", "" },
		{ 206, "Cache-Control: max-age=60\nContent-Range: bytes 4-9/*", "" },
		{ 206, "ETag: \"a\"\nContent-Range: bytes 4-9/10", "" },
		{ 206, "Cache-Control: max-age=60", "partial" },
		{ 206, "Cache-Control: max-age=60\nContent-Type: multipart/byteranges; boundary=x", "partial" },
		{ 206, "Cache-Control: max-age=60\nContent-Range: bytes */10", "partial" },
		{ 206, "Cache-Control: max-age=60\nContent-Range: bytes 9-4/10", "partial" },
		{ 206, "Cache-Control: max-age=60\nContent-Range: pages 1-2/3", "partial" },
		{ 206, "Cache-Control: max-age=60\nContent-Range: bytes 0-1/9\nContent-Range: bytes 2-3/9", "partial" },
		{ 206, "Cache-Control: no-store\nContent-Range: bytes 4-9/10", "no-store" },
		{ 200, "Cache-Control: max-age=60\nContent-Range: bytes 9-4/10", "" },
	};
	struct cache_policy p;

	(void)state;
	cache_policy_defaults(&p);
	CHECK(rows, &p);
}

static void
policies(void **state)
{
	static const struct row plain = { 200, "X: 1", "" }, missing = { 404, "X: 1", "" },
				outage = { 503, "X: 1", "" }, forbidden = { 200, "Cache-Control: no-store", "" };
	struct cache_policy p;

	(void)state;
	cache_policy_defaults(&p);
	p.negative_ttl = 60;
	assert_int_equal(judge(&missing, &p).why, UNSTORABLE_NOT);
	assert_int_equal(judge(&plain, &p).why, UNSTORABLE_NO_FRESHNESS);
	p.default_ttl = 60;
	assert_int_equal(judge(&plain, &p).why, UNSTORABLE_NOT);
	assert_int_equal(judge(&outage, &p).why, UNSTORABLE_STATUS);
	p.ttl = 60;
	assert_int_equal(judge(&outage, &p).why, UNSTORABLE_STATUS);
	assert_int_equal(judge(&forbidden, &p).why, UNSTORABLE_NO_STORE);
	p.enabled = false;
	assert_int_equal(judge(&plain, &p).why, UNSTORABLE_POLICY);
}

static void
shared_and_remembered(void **state)
{
	static const struct {
		struct row r;
		bool share, remember;
	} rows[] = {
		{ { 200, "Cache-Control: max-age=60" }, true, false },
		{ { 200, NOW LM }, true, false },
		{ { 200, "ETag: \"a\"" }, false, false },
		{ { 200, "ETag: \"a\"\nCache-Control: max-age=0" }, false, false },
		{ { 200, "ETag: \"a\"\nCache-Control: max-age=60, no-cache" }, false, false },
		{ { 200, "Cache-Control: max-age=60\nAge: 70\nETag: \"a\"" }, false, false },
		{ { 200, "Cache-Control: max-age=0, stale-while-revalidate=60" }, false, false },
		{ { 200, "Cache-Control: no-store" }, false, true },
		{ { 200, "Cache-Control: private, max-age=60" }, false, true },
		{ { 200, "X: 1" }, false, true },
		{ { 200, "Cache-Control: max-age=60\nVary: *" }, false, true },
		{ { 200, "Set-Cookie: a=b\nETag: \"a\"" }, false, true },
		{ { 302, "X: 1" }, false, true },
		{ { 404, "Cache-Control: no-store" }, false, true },
		{ { 503, "X: 1" }, false, false },
		{ { 503, "Cache-Control: no-store" }, false, false },
		{ { 304, "Cache-Control: max-age=60" }, false, false },
		{ { 206, "Cache-Control: max-age=60" }, false, false },
		{ { 200, "Cache-Control: max-age=60", "", NULL, "Authorization: x" }, false, false },
		{ { 200, "Cache-Control: max-age=60, public", "", NULL, "Authorization: x" }, true, false },
		{ { 200, "Cache-Control: no-store", "", NULL, "Cache-Control: no-store" }, false, false },
		{ { 200, "Cache-Control: max-age=60", "", "HEAD" }, false, false },
	};
	struct cache_policy p;

	(void)state;
	cache_policy_defaults(&p);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct storable s = judge(&rows[i].r, &p);

		if (s.shareable != rows[i].share || s.remember != rows[i].remember)
			fail_msg("%d %s: share %d remember %d", rows[i].r.status, rows[i].r.response, s.shareable,
				 s.remember);
	}
}

static void
updates(void **state)
{
	static const struct {
		struct row r;
		bool remember;
	} rows[] = {
		{ { 200, "Cache-Control: max-age=60", "" }, false },
		{ { 200, "Cache-Control: max-age=60", "", "HEAD" }, false },
		{ { 206, "Cache-Control: max-age=60", "" }, false }, /* its place is known from before */
		{ { 200, "Cache-Control: no-store", "no-store" }, true },
		{ { 200, "Cache-Control: private", "private", "HEAD" }, true },
		{ { 200, "Cache-Control: max-age=60", "authorization", NULL, "Authorization: x" }, false },
		{ { 200, "Cache-Control: max-age=60", "request-no-store", NULL, "Cache-Control: no-store" }, false },
	};
	struct cache_policy p;

	(void)state;
	cache_policy_defaults(&p);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *r = &rows[i].r;
		struct head request = head_of(r->request == NULL ? "" : r->request, a),
			    updated = head_of(r->response, a);
		struct storable s;
		struct meta m;

		request.method = r->method == NULL ? METHOD_GET : method_id(str_c(r->method));
		updated.status = r->status;
		meta_read(&m, &updated, &request, NOW_MS, NOW_MS, a);
		s = storable_judge_update(&m, &request, &updated, &p, NOW_MS);
		if (!str_eq(unstorable_token(s.why), str_c(r->want)) || s.remember != rows[i].remember)
			fail_msg("%s: %.*s", r->response, STR_FMT(unstorable_token(s.why)));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_response),   cmocka_unit_test(by_status),
		cmocka_unit_test(by_request),    cmocka_unit_test(by_post),
		cmocka_unit_test(authorization), cmocka_unit_test(targeted),
		cmocka_unit_test(cookies),       cmocka_unit_test(parts),
		cmocka_unit_test(policies),      cmocka_unit_test(shared_and_remembered),
		cmocka_unit_test(updates),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
