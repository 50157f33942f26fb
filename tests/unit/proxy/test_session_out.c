#include "unit.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/conn.h"
#include "proxy/req_impl.h"
#include "proxy/session_impl.h"
#include "proxy/worker.h"

/* A session that writes to one end of a pair of sockets; the other one is the test's. */
static struct conf conf;
static struct worker worker = { .conf = &conf };
static struct session session;
static struct req request;
static int near_fd, far_fd;

static void
on_event(struct conn *c, void *owner)
{
	(void)c;
	(void)owner;
}

static int
setup(void **state)
{
	static const struct conn_events events = { on_event, on_event, on_event };
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
	near_fd = fds[0];
	far_fd = fds[1];
	conf.timeouts.write = 1000;
	worker.loop = loop_new();
	request = (struct req){ 0 };
	session = (struct session){ .magic = SESSION_MAGIC, .worker = &worker, .req = &request, .minor = 1 };
	session.arena = arena_new(1 << 20);
	session.conn = conn_adopt(worker.loop, fds[0], &events, NULL);
	assert_non_null(session.conn);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	conn_close(&session.conn);
	arena_free(&session.arena);
	loop_free(&worker.loop);
	close(far_fd);
	return 0;
}

/* Until the socket takes no more. */
static void
fill(void)
{
	static char junk[4096];
	struct iovec iov = { junk, sizeof junk };

	while (conn_writev(session.conn, &iov, 1) > 0)
		;
	iov.iov_len = 1;
	while (conn_writev(session.conn, &iov, 1) > 0)
		;
}

/* All that is there, without what fill() wrote. */
static struct str
read_all(void)
{
	static char text[1 << 20];
	size_t have = 0, from = 0;
	ssize_t n;

	while ((n = read(far_fd, text + have, sizeof text - have)) > 0)
		have += (size_t)n;
	while (from < have && text[from] == '\0')
		from++;
	return str_of(text + from, have - from);
}

/* The client reads nothing while the interim response is due, and everything before the final one is. */
static void
interim_stays_before_its_response(void **state)
{
	static const char body[] = "hello";
	struct iovec iov = { (void *)body, 5 };
	struct reply reply = { .status = 200, .length = 5, .lines = STR("A: 1\r\n") };

	(void)state;
	fill();
	session_sink.interim(&session, 103, STR("Link: </x>\r\n"));
	assert_str(read_all(), "");
	assert_int_equal(session_sink.head(&session, &reply, &iov, 1), 5);
	assert_int_equal(session_sink.end(&session, true, STR_NONE), 0);
	assert_str(read_all(), "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
			       "HTTP/1.1 200 OK\r\nA: 1\r\nContent-Length: 5\r\n\r\nhello");
}

/* It reads nothing at all until both are set aside. */
static void
both_wait_in_order(void **state)
{
	struct reply reply = { .status = 204, .no_length = true, .bodiless = true, .length = 0 };

	(void)state;
	fill();
	session_sink.interim(&session, 103, STR("Link: </x>\r\n"));
	assert_int_equal(session_sink.head(&session, &reply, NULL, 0), 0);
	assert_str(read_all(), "");
	assert_int_equal(session_sink.end(&session, true, STR_NONE), 0);
	assert_str(read_all(), "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");
}

/* The socket has room for some of what comes, not for 3000 bytes: it holds twice some 2 KiB, its least, and the first half of
 * what filled it has been read. */
static void
narrow(void)
{
	const int least = 1;
	char half[2304];

	assert_int_equal(setsockopt(near_fd, SOL_SOCKET, SO_SNDBUF, &least, sizeof least), 0);
	fill();
	assert_int_equal(read(far_fd, half, sizeof half), sizeof half);
}

static char letters[3000];

static struct str
letters_of(size_t n)
{
	memset(letters, 'x', sizeof letters);
	return str_of(letters, n);
}

/* Sends a response in as many calls as it takes, while the client reads what is there. Returns what that read. */
static struct str
sent_in_parts(const struct reply *reply, struct str body, unsigned *parts)
{
	static char text[8192];
	struct iovec iov = { (void *)body.p, body.n };
	ssize_t n = session_sink.head(&session, reply, &iov, 1);
	size_t have = 0;

	for (*parts = 1; session.blocked; ++*parts) {
		struct str got = read_all();

		assert_true(n >= 0 && (size_t)n <= body.n);
		memcpy(text + have, got.p, got.n);
		have += got.n;
		body = str_skip(body, (size_t)n);
		iov = (struct iovec){ (void *)body.p, body.n };
		n = session_sink.body(&session, &iov, body.n > 0);
	}
	assert_int_equal(n, body.n);
	return str_of(text, have + (size_t)(str_put(text + have, read_all()) - text - have));
}

static void
short_response_is_taken_in_parts(void **state)
{
	const char *head = "HTTP/1.1 200 OK\r\nA: 1\r\nContent-Length: 3000\r\n\r\n";
	struct reply reply = { .status = 200, .length = 3000, .lines = STR("A: 1\r\n") };
	struct str got;
	unsigned parts;

	(void)state;
	narrow();
	got = sent_in_parts(&reply, letters_of(3000), &parts);
	assert_true(parts > 1);
	assert_int_equal(got.n, strlen(head) + 3000);
	assert_int_equal(got.n, session.bytes_out);
	assert_memory_equal(got.p, head, strlen(head));
	assert_memory_equal(got.p + strlen(head), letters, 3000);
}

static void
short_response_is_taken_in_parts_of_its_head(void **state)
{
	struct reply reply = { .status = 200, .length = 5, .lines = letters_of(3000) };
	struct str got;
	unsigned parts;

	(void)state;
	narrow();
	got = sent_in_parts(&reply, STR("hello"), &parts);
	assert_true(parts > 1);
	assert_memory_equal(got.p, "HTTP/1.1 200 OK\r\nx", 18);
	assert_str(str_skip(got, 17 + 3000), "Content-Length: 5\r\n\r\nhello");
	assert_int_equal(got.n, session.bytes_out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(interim_stays_before_its_response, setup, teardown),
		cmocka_unit_test_setup_teardown(both_wait_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(short_response_is_taken_in_parts, setup, teardown),
		cmocka_unit_test_setup_teardown(short_response_is_taken_in_parts_of_its_head, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
