#include "served.h"

#include "peer/errand.h"

static struct arena *arena;

/* What was told. */
static struct {
	unsigned count;
	enum errand_end end;
	enum upconn_fault fault;
	int status;
	struct str body, etag;
	bool why;
} told;

static void
on_answer(void *arg, const struct errand_answer *a)
{
	assert_ptr_equal(arg, &told);
	told.count++;
	told.end = a->end;
	told.fault = a->fault;
	told.why = a->why != NULL;
	if (a->end != ERRAND_ANSWERED)
		return;
	told.status = a->head->status;
	told.body = arena_str(arena, a->body);
	told.etag = arena_str(arena, head_get(a->head, HDR_ETAG));
}

static int
setup(void **state)
{
	(void)state;
	served_begin();
	arena = arena_new(1 << 22);
	memset(&told, 0, sizeof told);
	return 0;
}

static int
teardown(void **state)
{
	int left = served_end();

	(void)state;
	arena_free(&arena);
	return left;
}

static struct errand *
start(const struct errand_ask *how)
{
	struct errand_ask ask = *how;
	struct errand *e;

	ask.member = member;
	ask.target = STR("/digest?x=1");
	ask.body_max = ask.body_max == 0 ? 1000 : ask.body_max;
	ask.limit_ms = ask.limit_ms == 0 ? LONG_MS : ask.limit_ms;
	told.count = 0;
	e = errand_start(loop, pool, &ask, on_answer, &told);
	assert_non_null(e);
	assert_int_equal(told.count, 0);
	return e;
}

/* The connection that it comes on. */
static int
called(void)
{
	TURN_UNTIL(loop, stirs(listener));
	return accept(listener, NULL, NULL);
}

static const struct errand_ask plain;

/* An errand that is answered so; the connection. */
static int
answered(const struct errand_ask *ask, const char *answer)
{
	int fd;

	start(ask);
	fd = called();
	request(fd);
	say(fd, answer);
	return fd;
}

static void
asks_as_it_is_told(void **state)
{
	const struct errand_ask ask = { .lines = STR("Accept: a/b\r\n"), .host = STR("other.example") };
	struct errand *e = start(&ask);
	int fd = called();

	(void)state;
	assert_str(request(fd), "GET /digest?x=1 HTTP/1.1\r\nHost: other.example\r\nAccept: a/b\r\n\r\n");
	errand_cancel(&e);
	assert_null(e);
	TURN_UNTIL(loop, stirs(fd)); /* its end */
	assert_int_equal(told.count, 0);
	close(fd);
}

static const struct {
	const char *answer;
	enum errand_end end;
	int status;
	const char *body;
	bool kept;
} answers[] = {
	{ "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", ERRAND_ANSWERED, 200, "abc", true },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ERRAND_ANSWERED, 200, "", true },
	{ "HTTP/1.1 304 Not Modified\r\n\r\n", ERRAND_ANSWERED, 304, "", true },
	{ "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno", ERRAND_ANSWERED, 404, "no",
	  false },
	{ "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", ERRAND_ANSWERED, 200, "a", false },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x\r\nc\r\n0\r\nT: u\r\n\r\n",
	  ERRAND_ANSWERED, 200, "abc", true },
	{ "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: "
	  "1\r\n\r\na",
	  ERRAND_ANSWERED, 200, "a", true },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab", ERRAND_ANSWERED, 200, "a", false },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", ERRAND_TOO_LARGE, 0, "", false },
	{ "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", ERRAND_BROKEN, 0, "", false },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", ERRAND_BROKEN, 0, "", false },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", ERRAND_BROKEN, 0, "", false },
	{ "SSH-2.0-OpenSSH\r\n\r\n", ERRAND_BROKEN, 0, "", false },
};

static void
check(size_t i)
{
	TURN_UNTIL(loop, told.count > 0);
	assert_int_equal(told.end, answers[i].end);
	assert_int_equal(told.why, answers[i].end != ERRAND_ANSWERED);
	if (told.end == ERRAND_ANSWERED) {
		assert_int_equal(told.status, answers[i].status);
		assert_true(str_eq(told.body, str_c(answers[i].body)));
	}
	assert_int_equal(told.count, 1);
}

static void
takes_what_comes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		int fd = answered(&plain, answers[i].answer);

		check(i);
		assert_int_equal(upconn_idle(pool), answers[i].kept);
		close(fd);
		TURN_UNTIL(loop, upconn_idle(pool) == 0);
	}
}

/* Every byte alone: each is looked at before the next is sent. */
static void
takes_it_in_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		int fd;

		start(&plain);
		fd = called();
		request(fd);
		for (const char *p = answers[i].answer; *p != 0 && told.count == 0; p++) {
			(void)!write(fd, p, 1);
			for (int turn = 0; turn < 2; turn++)
				loop_turn(loop);
		}
		check(i);
		close(fd);
		TURN_UNTIL(loop, upconn_idle(pool) == 0);
	}
}

static void
takes_all_until_the_end(void **state)
{
	(void)state;
	close(answered(&plain, "HTTP/1.1 200 OK\r\nETag: \"x\"\r\n\r\nabc"));
	TURN_UNTIL(loop, told.count == 1);
	assert_int_equal(told.end, ERRAND_ANSWERED);
	assert_str(told.body, "abc");
	assert_str(told.etag, "\"x\"");
	assert_int_equal(upconn_idle(pool), 0);
}

static void
an_end_too_early_is_told(void **state)
{
	(void)state;
	close(answered(&plain, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc"));
	TURN_UNTIL(loop, told.count == 1);
	assert_int_equal(told.end, ERRAND_BROKEN);
}

static void
too_long_without_a_length(void **state)
{
	const struct errand_ask ask = { .body_max = 2 };
	int fd = answered(&ask, "HTTP/1.1 200 OK\r\n\r\nabc");

	(void)state;
	TURN_UNTIL(loop, told.count == 1);
	assert_int_equal(told.end, ERRAND_TOO_LARGE);
	close(fd);
}

static void
silence_is_late(void **state)
{
	const struct errand_ask ask = { .limit_ms = 5 };
	int fd;

	(void)state;
	start(&ask);
	fd = called();
	TURN_UNTIL(loop, told.count == 1);
	assert_int_equal(told.end, ERRAND_LATE);
	close(fd);
}

static void
nobody_there(void **state)
{
	(void)state;
	close(listener);
	start(&plain);
	TURN_UNTIL(loop, told.count == 1);
	assert_int_equal(told.end, ERRAND_UNREACHED);
	assert_int_equal(told.fault, UPCONN_REFUSED);
	assert_true(told.why);
}

/* One that was kept ends with the next request on its way: that is its age, and it is asked once more. */
static void
asks_again_where_a_kept_one_has_aged(void **state)
{
	int old = answered(&plain, answers[0].answer), fd;

	(void)state;
	TURN_UNTIL(loop, told.count == 1);
	assert_int_equal(upconn_idle(pool), 1);
	start(&plain);
	assert_true(request(old).n > 0);
	close(old);
	fd = called();
	request(fd);
	say(fd, answers[0].answer);
	TURN_UNTIL(loop, told.count == 1);
	assert_int_equal(told.end, ERRAND_ANSWERED);
	close(fd);
}

static void
a_fresh_one_is_not_kept(void **state)
{
	const struct errand_ask ask = { .fresh = true };
	int fd;

	(void)state;
	start(&ask);
	fd = called();
	assert_true(str_find(request(fd), STR("Connection: close\r\n")) > 0);
	say(fd, answers[0].answer);
	TURN_UNTIL(loop, told.count == 1);
	assert_int_equal(upconn_idle(pool), 0);
	close(fd);
}

static void
cancelled_before_it_began(void **state)
{
	struct errand *e = start(&plain);

	(void)state;
	errand_cancel(&e);
	errand_cancel(&e);
	for (int i = 0; i < 3; i++)
		turn_once(loop);
	assert_false(stirs(listener));
	assert_int_equal(told.count, 0);
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(asks_as_it_is_told),
		TEST(takes_what_comes),
		TEST(takes_it_in_pieces),
		TEST(takes_all_until_the_end),
		TEST(an_end_too_early_is_told),
		TEST(too_long_without_a_length),
		TEST(silence_is_late),
		TEST(nobody_there),
		TEST(asks_again_where_a_kept_one_has_aged),
		TEST(a_fresh_one_is_not_kept),
		TEST(cancelled_before_it_began),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
