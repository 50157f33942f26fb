#include "http/heads.h"
#include "with_arena.h"

#include "base/clock.h"
#include "cache/meta.h"

#define DATE      "Date: Sun, 06 Nov 1994 08:49:37 GMT\n"
#define DATE_S    784111777
#define RECEIVED  ((DATE_S + 2) * MS_PER_S + 345)
#define REQUESTED (RECEIVED - 100)

WITH_ARENA(a, 1 << 20);

static struct meta
read_with(const char *response, const char *request, enum method method, int status)
{
	struct head res = head_of(response, a), req = head_of(request, a);
	struct meta m;

	res.status = status;
	res.minor = 1;
	req.method = method;
	meta_read(&m, &res, &req, REQUESTED, RECEIVED, a);
	return m;
}

static struct meta
meta_of(const char *response)
{
	return read_with(response, "", METHOD_GET, 200);
}

static void
times(void **state)
{
	struct meta m =
	    meta_of(DATE "Expires: Sun, 06 Nov 1994 08:50:37 GMT\nLast-Modified: Sun, 06 Nov 1994 08:48:37 GMT");

	(void)state;
	assert_int_equal(m.requested_ms, REQUESTED);
	assert_int_equal(m.received_ms, RECEIVED);
	assert_int_equal(m.date, DATE_S);
	assert_int_equal(m.expires, DATE_S + 60);
	assert_int_equal(m.last_modified, DATE_S - 60);
	assert_int_equal(m.flags, META_LAST_MODIFIED);
	assert_int_equal(m.status, 200);
}

/* The suite's age-parse-* and RFC 9111 5.1: the first member counts, and what is no number is ignored. */
static void
ages(void **state)
{
	static const struct {
		const char *lines;
		uint32_t want;
	} rows[] = {
		{ "X: 1", 0 },
		{ "Age: 0", 0 },
		{ "Age: 7200", 7200 },
		{ "Age: 007200", 7200 },
		{ "Age: abc", 0 },
		{ "Age: -7200", 0 },
		{ "Age: +7200", 0 },
		{ "Age: 7200.0", 0 },
		{ "Age: \"7200\"", 0 },
		{ "Age: 7200;foo=bar", 0 },
		{ "Age:", 0 },
		{ "Age: 7200,0", 7200 },
		{ "Age: 7200, 0", 7200 },
		{ "Age: 0,7200", 0 },
		{ "Age: 7200\nAge: 0", 7200 },
		{ "Age: 0\nAge: 7200", 0 },
		{ "Age: 3600, 3600", 3600 },
		{ "Age: abc, 7200", 0 },
		{ "Age: 2147483646", 2147483646 },
		{ "Age: 2147483647", 2147483647 },
		{ "Age: 2147483648", 2147483647 },
		{ "Age: 99999999999", 2147483647 },
		{ "Age: 99999999999999999999999", 2147483647 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (meta_of(rows[i].lines).age != rows[i].want)
			fail_msg("%s: %u", rows[i].lines, meta_of(rows[i].lines).age);
}

static void
expires(void **state)
{
	static const struct {
		const char *lines;
		int64_t want;
	} rows[] = {
		{ "X: 1", META_ABSENT },
		{ "Expires: 0", META_INVALID },
		{ "Expires:", META_INVALID },
		{ "Expires: Thu, 18 Aug 2050 02:01:18 UTC", META_INVALID },
		{ "Expires: Thu, 18 Aug 2050 2:01:18 GMT\nExpires: Thu, 18 Aug 2050 2:01:19 GMT", META_INVALID },
		{ "Expires: Thu, 18 Aug 2050 02:01:18 GMT\nExpires: Thu, 18 Aug 2050 02:01:18 GMT", META_INVALID },
		{ "Expires: Sun, 06 Nov 1994 08:49:37 GMT", DATE_S },
		{ "Expires: Sunday, 06-Nov-94 08:49:37 GMT", DATE_S },
		{ "Expires: Sun Nov  6 08:49:37 1994", DATE_S },
		{ "Expires: Thu, 18 Aug 2050 02:01:18 GMT", 2544400878 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (meta_of(rows[i].lines).expires != rows[i].want)
			fail_msg("%s: %lld", rows[i].lines, (long long)meta_of(rows[i].lines).expires);
}

/* RFC 9110 6.6.1. */
static void
dates(void **state)
{
	static const struct {
		const char *lines;
		bool added;
	} rows[] = {
		{ DATE, false },
		{ "X: 1", true },
		{ "Date: foo", true },
		{ DATE DATE, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct str text = str_c(rows[i].lines);
		char lines[128] = { 0 };
		struct meta m;

		memcpy(lines, text.p, text.n - str_ends(text, STR("\n")));
		m = meta_of(lines);
		assert_int_equal(!!(m.flags & META_DATE_ADDED), rows[i].added);
		assert_int_equal(m.date, rows[i].added ? RECEIVED / MS_PER_S : DATE_S);
	}
}

static void
flags(void **state)
{
	static const struct {
		const char *response, *request;
		enum method method;
		int status;
		unsigned want;
	} rows[] = {
		{ "X: 1", "", METHOD_GET, 200, 0 },
		{ "ETag: \"a\"", "", METHOD_GET, 200, META_ETAG },
		{ "ETag:", "", METHOD_GET, 200, 0 },
		{ "Last-Modified: yesterday", "", METHOD_GET, 200, 0 },
		{ "Set-Cookie: a=b", "", METHOD_GET, 200, META_SET_COOKIE },
		{ "Vary: A\nVary: , *", "", METHOD_GET, 200, META_VARY_ANY },
		{ "Vary: A", "", METHOD_GET, 200, 0 },
		{ "X: 1", "Authorization: x", METHOD_GET, 200, META_AUTHORIZED },
		{ "Authorization: x", "", METHOD_GET, 200, 0 },
		{ "X: 1", "", METHOD_POST, 200, META_FROM_POST },
		{ "X: 1", "", METHOD_GET, 206, META_PARTIAL },
		{ "CDN-Cache-Control: max-age=1", "", METHOD_GET, 200, META_TARGETED },
		{ "CDN-Cache-Control: max-age=1, &", "", METHOD_GET, 200, 0 },
		{ "CDN-Cache-Control:", "", METHOD_GET, 200, 0 },
		{ "Pragma: no-cache", "", METHOD_GET, 200, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct meta m = read_with(rows[i].response, rows[i].request, rows[i].method, rows[i].status);

		if (m.flags != (rows[i].want | META_DATE_ADDED))
			fail_msg("%s: %x", rows[i].response, m.flags);
	}
}

static void
version(void **state)
{
	struct head response = head_of("X: 1", a), request = head_of("", a);
	struct meta m;

	(void)state;
	response.minor = 0;
	meta_read(&m, &response, &request, REQUESTED, RECEIVED, a);
	assert_int_equal(m.flags, META_HTTP_1_0 | META_DATE_ADDED);
}

static void
directives(void **state)
{
	struct meta m = meta_of("Cache-Control: max-age=5, private\nCDN-Cache-Control: max-age=7, no-store");

	(void)state;
	assert_int_equal(m.cc.bits, CC_MAX_AGE | CC_PRIVATE);
	assert_int_equal(m.cc.max_age, 5);
	assert_int_equal(m.targeted.bits, CC_MAX_AGE | CC_NO_STORE);
	assert_int_equal(m.targeted.max_age, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times), cmocka_unit_test(ages),  cmocka_unit_test(expires),
		cmocka_unit_test(dates), cmocka_unit_test(flags), cmocka_unit_test(directives),
		cmocka_unit_test(version),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
