#include "served.h"

#include "base/counter.h"
#include "peer/digests.h"

#define URL "http://a.example/x"

static struct digests *digests;
static char told[256];

static void
on_news(void *ctx, struct str line)
{
	(void)ctx;
	snprintf(told, sizeof told, "%.*s", STR_FMT(line));
}

/* Days go by between two rounds; clock_now is replaced at link time (--wrap). */
static int64_t ahead_ms;

struct now __real_clock_now(void);
struct now __wrap_clock_now(void);

struct now
__wrap_clock_now(void)
{
	struct now now = __real_clock_now();

	return (struct now){ now.wall_ms + ahead_ms, now.mono_ns + ahead_ms * NS_PER_MS };
}

static int
setup(void **state)
{
	(void)state;
	served_begin();
	digests = digests_new(loop, pool, on_news, NULL);
	return digests == NULL;
}

static int
teardown(void **state)
{
	int left;

	(void)state;
	digests_free(&digests);
	left = served_end();
	rcu_settle();
	return left;
}

/* As worker 0 does. */
static void
go(enum digest_wish wish)
{
	digests_want(digests, member, wish);
	digests_go(digests);
	turn_once(loop);
}

/* The next request's first line, and what is answered. Each connection is for one request. */
static struct str
serve(enum digest_wish wish, const char *head, const void *body, size_t n)
{
	char length[64];
	struct str asked;
	int fd;

	TURN_UNTIL_BY(go(wish), stirs(listener));
	fd = accept(listener, NULL, NULL);
	asked = request(fd);
	snprintf(length, sizeof length, "Connection: close\r\nContent-Length: %zu\r\n\r\n", n);
	say(fd, head);
	say(fd, length);
	assert_int_equal(write(fd, body, n), n);
	TURN_UNTIL(loop, stirs(fd)); /* the other end has it all, and closes */
	close(fd);
	return asked;
}

static enum digest_says
says(void)
{
	struct digest_question q = digest_question(STR(URL), STR(URL));

	return digest_peer_says(member, &q);
}

#define CAIRNS "HTTP/1.1 200 OK\r\nContent-Type: " DIGEST_CAIRN_TYPE "\r\n"
#define BYTES  ((size_t)100)

struct cairns {
	unsigned char head[DIGEST_CAIRN_HEAD];
	unsigned char filter[BYTES];
};

/* A whole digest, with or without the URL. */
static struct cairns
whole(bool with)
{
	const struct digest_cairn d = { DIGEST_CAIRN_WHOLE, 7, 1, 0xab, 5, 0, BYTES * 8, 1, 100 };
	struct cairns c = { { 0 }, { 0 } };
	uint64_t at[DIGEST_CAIRN_HASHES_MAX];

	digest_cairn_write(&d, c.head);
	digest_cairn_bits(hash_plain(STR(URL)), BYTES * 8, 7, at);
	for (unsigned i = 0; with && i < 7; i++)
		c.filter[at[i] / 8] |= (unsigned char)(1 << at[i] % 8);
	return c;
}

#define HOUR_MS (3600 * MS_PER_S)

/* Is nothing asked for, a while later? */
static bool
rests(enum digest_wish wish, int64_t ms)
{
	ahead_ms += ms;
	turn_once(loop);
	digests_want(digests, member, wish);
	digests_go(digests);
	for (int i = 0; i < 10; i++)
		turn_once(loop);
	return !stirs(listener);
}

static void
cairns_whole_then_changes(void **state)
{
	const struct digest_cairn d = { DIGEST_CAIRN_CHANGES, 7, 1, 0xab, 6, 5, BYTES * 8, 1, 100 };
	struct cairns without = whole(false), with = whole(true);
	char changes[1024], *from;
	struct str asked;
	size_t n;

	(void)state;
	asked = serve(DIGEST_WANT_EITHER, CAIRNS, &without, sizeof without);
	assert_true(str_starts(asked, STR("GET " DIGEST_CAIRN_PATH " HTTP/1.1\r\nHost: 127.0.0.1:")));
	assert_int_equal(says(), DIGEST_LACKS);
	assert_true(digest_cairn_changes(without.filter, with.filter, BYTES, 1000, &from, &n));
	digest_cairn_write(&d, (unsigned char *)changes);
	memcpy(changes + DIGEST_CAIRN_HEAD, from, n);
	free(from);
	asked = serve(DIGEST_WANT_EITHER, CAIRNS, changes, DIGEST_CAIRN_HEAD + n);
	assert_true(str_starts(asked, STR("GET " DIGEST_CAIRN_PATH "?since=ab.5 HTTP/1.1\r\n")));
	assert_int_equal(says(), DIGEST_HOLDS);
	/* Of another generation than the one that is here: all anew. */
	serve(DIGEST_WANT_EITHER, CAIRNS, changes, DIGEST_CAIRN_HEAD + n);
	assert_int_equal(says(), DIGEST_SILENT);
	asked = serve(DIGEST_WANT_EITHER, CAIRNS, &with, sizeof with);
	assert_true(str_starts(asked, STR("GET " DIGEST_CAIRN_PATH " HTTP/1.1\r\n")));
	assert_int_equal(says(), DIGEST_HOLDS);
}

static size_t
squids(unsigned char *out)
{
	const struct digest_squid d = { 1000, 1, 625, 5 };
	struct digest_squid_key k;
	uint64_t at[DIGEST_SQUID_HASHES];

	memset(out, 0, DIGEST_SQUID_BLOCK + d.mask_size);
	digest_squid_write(&d, out);
	assert_true(digest_squid_key(&k, STR(URL)));
	digest_squid_bits(&k, d.mask_size, at);
	for (unsigned i = 0; i < DIGEST_SQUID_HASHES; i++)
		out[DIGEST_SQUID_BLOCK + at[i] / 8] |= (unsigned char)(1 << at[i] % 8);
	return DIGEST_SQUID_BLOCK + d.mask_size;
}

#define SQUIDS                                                                       \
	"HTTP/1.1 200 Cache Digest OK\r\nContent-Type: application/cache-digest\r\n" \
	"Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n"

static void
squids_where_there_is_no_cairns(void **state)
{
	struct digest_peer_state known;
	unsigned char body[1024];
	size_t n = squids(body);
	struct str asked;

	(void)state;
	serve(DIGEST_WANT_EITHER, "HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n", "no", 2);
	asked = serve(DIGEST_WANT_EITHER, SQUIDS, body, n);
	assert_true(str_starts(asked, STR("GET " DIGEST_SQUID_PATH " HTTP/1.1\r\n")));
	assert_int_equal(says(), DIGEST_HOLDS);
	assert_true(digest_peer_state(member, &known));
	assert_int_equal(known.made_ms, INT64_C(1767225600) * MS_PER_S);
}

/* Whatever it says of when there will be another one: give or take a tenth. */
static void
asked_for_daily_at_least(void **state)
{
	const struct digest_cairn d = { DIGEST_CAIRN_WHOLE, 7, UINT32_MAX, 0xab, 5, 0, BYTES * 8, 1, 100 };
	struct cairns with = whole(true);
	unsigned char body[1024];
	size_t n = squids(body);

	(void)state;
	digest_cairn_write(&d, with.head);
	serve(DIGEST_WANT_CAIRN, CAIRNS, &with, sizeof with);
	assert_true(rests(DIGEST_WANT_CAIRN, 21 * HOUR_MS));
	assert_false(rests(DIGEST_WANT_CAIRN, 6 * HOUR_MS));
	serve(DIGEST_WANT_CAIRN, CAIRNS, &with, sizeof with);
	assert_int_equal(says(), DIGEST_HOLDS);
	digests_free(&digests);
	digests = digests_new(loop, pool, on_news, NULL);
	serve(DIGEST_WANT_SQUID,
	      SQUIDS "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\nExpires: Fri, 01 Jan 2027 00:00:00 GMT\r\n", body, n);
	assert_true(rests(DIGEST_WANT_SQUID, 21 * HOUR_MS));
	assert_false(rests(DIGEST_WANT_SQUID, 6 * HOUR_MS));
}

/* What a member says is wrong is kept from being believed, and what was good stays for a while. */
static void
what_fails_is_tried_again(void **state)
{
	uint64_t failures = counter_sum(COUNTER_DIGEST_FAILURES);
	struct cairns with = whole(true);

	(void)state;
	serve(DIGEST_WANT_CAIRN, CAIRNS, &with, sizeof with);
	serve(DIGEST_WANT_CAIRN, CAIRNS, "nonsense", 8);
	assert_int_equal(counter_sum(COUNTER_DIGEST_FAILURES), failures + 1);
	assert_int_equal(says(), DIGEST_HOLDS);
	serve(DIGEST_WANT_CAIRN, "HTTP/1.1 503 Busy\r\nContent-Type: text/plain\r\n", "no", 2);
	assert_int_equal(counter_sum(COUNTER_DIGEST_FAILURES), failures + 2);
	assert_int_equal(says(), DIGEST_HOLDS);
	assert_string_equal(told, "");
	serve(DIGEST_WANT_CAIRN, "HTTP/1.1 404 Not Found\r\n", "no", 2);
	assert_non_null(strstr(told, ": its digest cannot be had: the answer is 404; "));
	serve(DIGEST_WANT_CAIRN, CAIRNS, &with, sizeof with);
	assert_non_null(strstr(told, ": its digest can be had again"));
}

static void
not_wanted_not_believed(void **state)
{
	struct cairns with = whole(true);

	(void)state;
	serve(DIGEST_WANT_CAIRN, CAIRNS, &with, sizeof with);
	assert_int_equal(says(), DIGEST_HOLDS);
	digests_go(digests);
	digests_go(digests);
	assert_int_equal(says(), DIGEST_SILENT);
}

static void
ended_on_its_way(void **state)
{
	(void)state;
	TURN_UNTIL_BY(go(DIGEST_WANT_SQUID), stirs(listener));
	digests_free(&digests);
	assert_null(digests);
	digests_free(&digests);
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(cairns_whole_then_changes), TEST(squids_where_there_is_no_cairns), TEST(asked_for_daily_at_least),
		TEST(what_fails_is_tried_again), TEST(not_wanted_not_believed),         TEST(ended_on_its_way),
	};

	rcu_thread_begin();
	counter_thread_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
