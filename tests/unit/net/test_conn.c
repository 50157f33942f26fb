#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "net/conn_impl.h"
#include "listening.h"
#include "turn.h"

#define BIG ((size_t)4 * 1024 * 1024)

/* One conn on a loop, and the other end of it in the test's hands: a plain blocking descriptor. */
static struct loop *loop;
static struct conn *conn;
static int far_fd;

static unsigned readables, writables, expiries;
static char seen[256]; /* what the owner read */
static size_t seen_n;
static ssize_t last_read;

static void
on_readable(struct conn *c, void *owner)
{
	assert_ptr_equal(c, conn);
	assert_ptr_equal(owner, &seen);
	readables++;
	while ((last_read = conn_read(c, seen + seen_n, sizeof seen - seen_n)) > 0)
		seen_n += (size_t)last_read;
	if (last_read != -EAGAIN)
		conn_want(c, false, false);
}

static void
on_writable(struct conn *c, void *owner)
{
	assert_ptr_equal(c, conn);
	assert_ptr_equal(owner, &seen);
	writables++;
}

static void
on_expired(struct conn *c, void *owner)
{
	assert_ptr_equal(c, conn);
	assert_ptr_equal(owner, &seen);
	expiries++;
}

static const struct conn_events events = { on_readable, on_writable, on_expired };

/* The two ends of a new TCP connection; ours, in a conn, is the accepted one. */
static void
join(void)
{
	union addr at;
	int l = listening_anywhere(&at, 0), fd;

	far_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(far_fd, &at.sa, addr_size(&at)), 0);
	fd = accept4(l, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	assert_true(fd >= 0);
	close(l);
	conn = conn_adopt(loop, fd, &events, &seen);
	assert_non_null(conn);
}

static int
setup(void **state)
{
	(void)state;
	readables = writables = expiries = 0;
	seen_n = 0;
	last_read = 1;
	far_fd = -1;
	conn = NULL;
	loop = loop_new();
	return loop == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	conn_close(&conn);
	if (far_fd >= 0)
		close(far_fd);
	if (conn_count(loop) != 0)
		return 1;
	loop_free(&loop);
	return 0;
}

static void
say(const char *text)
{
	assert_int_equal(write(far_fd, text, strlen(text)), strlen(text));
}

static ssize_t
send_all(const char *p, size_t n)
{
	struct iovec iov[2] = { { (char *)p, n / 2 }, { (char *)p + n / 2, n - n / 2 } };

	return conn_writev(conn, iov, 2);
}

static void
tells_what_is_wanted(void **state)
{
	(void)state;
	join();
	say("one");
	loop_turn(loop);
	loop_turn(loop);
	assert_int_equal(readables, 0);
	conn_want(conn, true, false);
	TURN_UNTIL(loop, seen_n == 3);
	conn_want(conn, false, false);
	say("two");
	for (int i = 0; i < 4; i++)
		turn_once(loop);
	assert_int_equal(seen_n, 3);
	conn_want(conn, true, false);
	TURN_UNTIL(loop, seen_n == 6);
	assert_memory_equal(seen, "onetwo", 6);
	assert_int_equal(writables, 0);
}

/* An event that nobody wants is put away once, and does not keep the loop awake. */
static void
unwanted_input_lets_the_loop_sleep(void **state)
{
	struct pollfd bell = { .fd = uv_backend_fd(loop_uv(loop)), .events = POLLIN };

	(void)state;
	join();
	conn_want(conn, true, false);
	loop_turn(loop);
	conn_want(conn, false, false);
	say("x");
	assert_int_equal(poll(&bell, 1, 10000), 1); /* still armed */
	loop_turn(loop);
	loop_turn(loop);
	assert_int_equal(poll(&bell, 1, 0), 0);
	assert_int_equal(readables, 0);
}

static void
sees_the_end(void **state)
{
	(void)state;
	join();
	conn_want(conn, true, false);
	say("bye");
	shutdown(far_fd, SHUT_WR);
	TURN_UNTIL(loop, last_read == 0);
	assert_int_equal(seen_n, 3);
}

static void
sees_a_reset(void **state)
{
	const struct linger hard = { 1, 0 };

	(void)state;
	join();
	conn_want(conn, true, false);
	loop_turn(loop);
	setsockopt(far_fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
	close(far_fd);
	far_fd = -1;
	TURN_UNTIL(loop, last_read == -ECONNRESET);
	assert_int_equal(send_all("xy", 2), -EPIPE); /* and no signal */
}

/* libuv looks away from a socket in error. Whoever wants something of it later is told all the same. */
static void
a_reset_is_kept_for_who_wants_it_later(void **state)
{
	const struct linger hard = { 1, 0 };

	(void)state;
	join();
	conn_want(conn, true, false);
	loop_turn(loop);
	conn_want(conn, false, false);
	setsockopt(far_fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
	close(far_fd);
	far_fd = -1;
	for (int i = 0; i < 4; i++)
		turn_once(loop);
	assert_int_equal(readables, 0);
	conn_want(conn, true, false);
	TURN_UNTIL(loop, readables > 0);
	assert_int_equal(last_read, -ECONNRESET);
}

static void
writes_until_full_and_goes_on(void **state)
{
	char *data = malloc(BIG), *got = malloc(BIG);
	size_t sent = 0, read_n = 0;

	(void)state;
	join();
	for (size_t i = 0; i < BIG; i++)
		data[i] = (char)(i * 7 >> 3);
	fcntl(far_fd, F_SETFL, O_NONBLOCK);
	while (read_n < BIG) {
		ssize_t n = sent == BIG ? 0 : send_all(data + sent, BIG - sent);

		assert_true(n >= 0 || n == -EAGAIN);
		if (n == -EAGAIN) {
			unsigned before = writables;

			conn_want(conn, false, true);
			while ((n = read(far_fd, got + read_n, BIG - read_n)) > 0)
				read_n += (size_t)n;
			TURN_UNTIL(loop, writables > before);
			conn_want(conn, false, false);
			continue;
		}
		sent += (size_t)n;
		if (sent == BIG && (n = read(far_fd, got + read_n, BIG - read_n)) > 0)
			read_n += (size_t)n;
	}
	assert_true(writables > 0);
	assert_memory_equal(data, got, BIG);
	free(data);
	free(got);
}

static void
timer_expires_and_is_taken_away(void **state)
{
	(void)state;
	join();
	conn_timer(conn, 1);
	conn_timer(conn, 0);
	conn_timer(conn, 1);
	TURN_UNTIL(loop, expiries == 1);
	conn_timer(conn, 1);
	conn_timer(conn, 0);
	for (int i = 0; i < 4; i++)
		turn_once(loop);
	assert_int_equal(expiries, 1);
}

static void
change_mind_when_readable(struct conn *c, void *owner)
{
	(void)owner;
	readables++;
	conn_want(c, false, false);
}

static void
no_event_that_is_no_longer_wanted(void **state)
{
	static const struct conn_events changing = { change_mind_when_readable, on_writable, on_expired };

	(void)state;
	join();
	conn_own(conn, &changing, &seen);
	say("x");
	while (!conn_stirs(conn))
		turn_once(loop);
	conn_want(conn, true, true);
	TURN_UNTIL(loop, readables == 1);
	assert_int_equal(writables, 0);
}

static void
close_when_readable(struct conn *c, void *owner)
{
	(void)owner;
	readables++;
	conn_close(&c);
	conn = NULL;
}

static void
no_event_after_close(void **state)
{
	static const struct conn_events closing = { close_when_readable, on_writable, on_expired };
	char byte;

	(void)state;
	join();
	conn_own(conn, &closing, &seen);
	say("x");
	while (!conn_stirs(conn))
		turn_once(loop);
	conn_want(conn, true, true); /* both events are there at once */
	TURN_UNTIL(loop, readables == 1);
	for (int i = 0; i < 4; i++)
		turn_once(loop);
	assert_int_equal(readables, 1);
	assert_int_equal(writables, 0);
	assert_int_equal(conn_count(loop), 0);
	assert_true(read(far_fd, &byte, 1) <= 0);
}

static void
close_frees_the_descriptor_at_once(void **state)
{
	int fd;

	(void)state;
	join();
	fd = conn->fd;
	conn_close(&conn);
	assert_null(conn);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	conn_close(&conn); /* NULL is fine */
}

/* A descriptor's number is used again while the old conn is still closing. */
static void
descriptor_numbers_are_reused(void **state)
{
	(void)state;
	for (int i = 0; i < 50; i++) {
		join();
		conn_want(conn, true, false);
		say("x");
		seen_n = 0;
		TURN_UNTIL(loop, seen_n == 1);
		close(far_fd);
		conn_close(&conn);
	}
	far_fd = -1;
	assert_int_equal(conn_count(loop), 0);
}

static void
stirs(void **state)
{
	char c;

	(void)state;
	join();
	assert_false(conn_stirs(conn));
	say("x");
	conn_want(conn, true, false);
	TURN_UNTIL(loop, seen_n == 1);
	assert_false(conn_stirs(conn));
	say("y");
	conn_want(conn, false, true); /* not for the byte, which must stay where it is */
	while (!conn_stirs(conn))
		turn_once(loop);
	assert_int_equal(conn_read(conn, &c, 1), 1);
	assert_int_equal(c, 'y');
	shutdown(far_fd, SHUT_WR);
	while (!conn_stirs(conn))
		turn_once(loop);
}

static void
abort_resets(void **state)
{
	char byte;

	(void)state;
	join();
	conn_abort(&conn);
	assert_null(conn);
	assert_int_equal(read(far_fd, &byte, 1), -1);
	assert_int_equal(errno, ECONNRESET);
}

static void
shutdown_ends_our_side_alone(void **state)
{
	char byte;

	(void)state;
	join();
	conn_shutdown(conn);
	assert_int_equal(read(far_fd, &byte, 1), 0);
	say("still");
	conn_want(conn, true, false);
	TURN_UNTIL(loop, seen_n == 5);
}

/* Without lingering, the unread input would turn our answer into a reset. */
static void
linger_lets_the_answer_through(void **state)
{
	char answer[8];

	(void)state;
	join();
	say("more than anybody reads");
	assert_int_equal(send_all("answer", 6), 6);
	conn_linger(&conn);
	assert_null(conn);
	assert_int_equal(conn_count(loop), 1);
	say(", and more");
	for (int i = 0; i < 4; i++)
		turn_once(loop);
	assert_int_equal(read(far_fd, answer, sizeof answer), 6);
	assert_int_equal(read(far_fd, answer, sizeof answer), 0);
	shutdown(far_fd, SHUT_WR);
	TURN_UNTIL(loop, conn_count(loop) == 0);
	assert_int_equal(readables, 0);
}

static void
linger_is_bounded_in_time(void **state)
{
	(void)state;
	join();
	conn_linger(&conn);
	TURN_UNTIL(loop, conn_count(loop) == 0); /* the other end never closes */
}

static void
linger_is_bounded_in_bytes(void **state)
{
	static const char junk[64 * 1024];
	size_t sent = 0;

	(void)state;
	join();
	conn_linger(&conn);
	fcntl(far_fd, F_SETFL, O_NONBLOCK);
	while (conn_count(loop) > 0) {
		ssize_t n = send(far_fd, junk, sizeof junk, MSG_NOSIGNAL);

		sent += n > 0 ? (size_t)n : 0;
		turn_once(loop);
	}
	assert_true(sent >= (size_t)256 * 1024);
}

static void
what_lingers_ends_with_the_loop(void **state)
{
	char byte;

	(void)state;
	join();
	conn_linger(&conn);
	assert_int_equal(read(far_fd, &byte, 1), 0);
	/* and loop_free in the teardown finds nothing open, but for this one */
	loop_free(&loop);
	loop = loop_new();
}

static void
connects(void **state)
{
	char ours[ADDR_TEXT_SIZE], theirs[ADDR_TEXT_SIZE];
	union addr at, peer;
	socklen_t n = sizeof peer;
	int l = listening_anywhere(&at, 0), err = 0;

	(void)state;
	conn = conn_connect(loop, &at, &events, &seen, &err);
	assert_non_null(conn);
	assert_int_equal(writables, 0);
	TURN_UNTIL(loop, writables == 1);
	assert_int_equal(conn_error(conn), 0);
	for (int i = 0; i < 3; i++)
		turn_once(loop);
	assert_int_equal(writables, 1); /* told once */
	far_fd = accept(l, &peer.sa, &n);
	close(l);
	addr_text_port(conn_peer(conn), ours);
	addr_text_port(&at, theirs);
	assert_string_equal(ours, theirs);
	addr_text_port(conn_local(conn), ours);
	addr_text_port(&peer, theirs);
	assert_string_equal(ours, theirs);
	conn_want(conn, true, false);
	say("hi");
	TURN_UNTIL(loop, seen_n == 2);
}

static void
a_refusal_is_an_event_or_an_error(void **state)
{
	union addr at;
	int err = 0;

	(void)state;
	close(listening_anywhere(&at, 0)); /* a port where nobody listens */
	conn = conn_connect(loop, &at, &events, &seen, &err);
	if (conn == NULL) {
		assert_int_equal(err, -ECONNREFUSED);
		return;
	}
	TURN_UNTIL(loop, writables == 1);
	assert_int_equal(readables, 0);
	assert_int_equal(conn_error(conn), -ECONNREFUSED);
	assert_int_equal(conn_error(conn), -ECONNREFUSED); /* remembered */
}

static void
what_cannot_begin_says_why(void **state)
{
	union addr nowhere = { .sa.sa_family = AF_UNSPEC };
	int err = 0;

	(void)state;
	assert_null(conn_connect(loop, &nowhere, &events, &seen, &err));
	assert_true(err < 0);
	assert_int_equal(conn_count(loop), 0);
}

static void
knows_both_ends(void **state)
{
	char ours[ADDR_TEXT_SIZE], theirs[ADDR_TEXT_SIZE];
	union addr a;
	socklen_t n = sizeof a;

	(void)state;
	join();
	assert_int_equal(getsockname(far_fd, &a.sa, &n), 0);
	close(far_fd);
	far_fd = -1;
	addr_text_port(conn_peer(conn), ours);
	addr_text_port(&a, theirs);
	assert_string_equal(ours, theirs);
}

static void
nodelay_is_on_from_the_start(void **state)
{
	int value = 0;
	socklen_t n = sizeof value;

	(void)state;
	join();
	getsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &value, &n);
	assert_int_not_equal(value, 0);
	conn_nodelay(conn, false);
	getsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &value, &n);
	assert_int_equal(value, 0);
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(tells_what_is_wanted),
		ROW(unwanted_input_lets_the_loop_sleep),
		ROW(sees_the_end),
		ROW(sees_a_reset),
		ROW(a_reset_is_kept_for_who_wants_it_later),
		ROW(writes_until_full_and_goes_on),
		ROW(timer_expires_and_is_taken_away),
		ROW(no_event_that_is_no_longer_wanted),
		ROW(no_event_after_close),
		ROW(close_frees_the_descriptor_at_once),
		ROW(descriptor_numbers_are_reused),
		ROW(stirs),
		ROW(abort_resets),
		ROW(shutdown_ends_our_side_alone),
		ROW(linger_lets_the_answer_through),
		ROW(linger_is_bounded_in_time),
		ROW(linger_is_bounded_in_bytes),
		ROW(what_lingers_ends_with_the_loop),
		ROW(connects),
		ROW(a_refusal_is_an_event_or_an_error),
		ROW(what_cannot_begin_says_why),
		ROW(knows_both_ends),
		ROW(nodelay_is_on_from_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
