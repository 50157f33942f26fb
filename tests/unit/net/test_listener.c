#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <unistd.h>

#include "net/addr.h"
#include "net/listener.h"
#include "turn.h"

#define CLIENTS 40

static struct loop *loop;
static struct listener *listener;
static union addr at;
static int accepted[CLIENTS];
static unsigned accepted_n;
static uint16_t ports[CLIENTS]; /* of the peers */
static int clients[CLIENTS];
static unsigned clients_n;

static void
on_accept(void *arg, int fd, const union addr *peer)
{
	assert_ptr_equal(arg, &accepted);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_true(accepted_n < CLIENTS);
	ports[accepted_n] = addr_port(peer);
	accepted[accepted_n++] = fd;
}

/* Returns its descriptor, to look at. */
static int
open_listener(bool shared)
{
	union addr any_port;
	int err = 0, fd;

	assert_true(addr_parse(STR("127.0.0.1:0"), &any_port));
	fd = listener_bind(&any_port, shared ? LISTENER_SHARED : 0);
	assert_true(fd >= 0);
	listener_bound(fd, &at);
	assert_int_not_equal(addr_port(&at), 0);
	listener = listener_new(loop, fd, 128, on_accept, accepted, &err);
	assert_non_null(listener);
	return fd;
}

static void
come(unsigned n)
{
	while (n-- > 0) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		assert_true(fd >= 0);
		assert_int_equal(connect(fd, &at.sa, addr_size(&at)), 0);
		clients[clients_n++] = fd;
	}
}

/* Until the kernel has queued `n` connections on the listening descriptor; it counts them there. */
static void
wait_queued(int fd, unsigned n)
{
	struct tcp_info info;
	socklen_t size = sizeof info;

	do
		assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
	while (info.tcpi_unacked < n && poll(NULL, 0, TURN_NAP_MS) == 0);
}

static int
setup(void **state)
{
	(void)state;
	accepted_n = clients_n = 0;
	listener = NULL;
	loop = loop_new();
	return loop == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	listener_free(&listener);
	for (unsigned i = 0; i < accepted_n; i++)
		close(accepted[i]);
	for (unsigned i = 0; i < clients_n; i++)
		close(clients[i]);
	loop_free(&loop);
	return 0;
}

static void
accepts(void **state)
{
	union addr a;
	socklen_t n = sizeof a;

	(void)state;
	open_listener(true);
	come(1);
	TURN_UNTIL(loop, accepted_n == 1);
	assert_int_equal(getsockname(clients[0], &a.sa, &n), 0);
	assert_int_equal(ports[0], addr_port(&a));
}

static void
a_burst_takes_several_rounds(void **state)
{
	unsigned before = 0;

	(void)state;
	open_listener(false);
	loop_turn(loop);
	come(CLIENTS);
	while (accepted_n < CLIENTS) {
		turn_once(loop);
		assert_true(accepted_n - before <= 16);
		before = accepted_n;
	}
}

static void
a_taken_port_is_an_error(void **state)
{
	int fd;

	(void)state;
	open_listener(true);
	fd = listener_bind(&at, 0);
	assert_int_equal(fd, -EADDRINUSE);
	fd = listener_bind(&at, LISTENER_SHARED); /* two that share */
	assert_true(fd >= 0);
	close(fd);
}

static void
any_address_means_ipv4_too(void **state)
{
	union addr any;
	int err, fd;

	(void)state;
	assert_true(addr_parse(STR(":0"), &any));
	fd = listener_bind(&any, 0);
	assert_true(fd >= 0);
	listener_bound(fd, &any);
	listener = listener_new(loop, fd, 8, on_accept, accepted, &err);
	assert_non_null(listener);
	assert_true(addr_parse_ip(STR("127.0.0.1"), addr_port(&any), &at));
	come(1);
	TURN_UNTIL(loop, accepted_n == 1);
}

static void
free_hands_over_what_is_queued(void **state)
{
	int fd = open_listener(false);

	(void)state;
	come(CLIENTS);
	wait_queued(fd, CLIENTS);
	listener_free(&listener);
	assert_null(listener);
	assert_int_equal(accepted_n, CLIENTS);
	assert_int_equal(connect(clients[0], &at.sa, addr_size(&at)), -1);
}

static void
free_on_accept(void *arg, int fd, const union addr *peer)
{
	on_accept(arg, fd, peer);
	listener_free(&listener);
}

static void
may_be_freed_from_inside(void **state)
{
	int err, fd;

	(void)state;
	assert_true(addr_parse(STR("127.0.0.1:0"), &at));
	fd = listener_bind(&at, 0);
	listener_bound(fd, &at);
	listener = listener_new(loop, fd, 8, free_on_accept, accepted, &err);
	assert_non_null(listener);
	come(3);
	wait_queued(fd, 3);
	TURN_UNTIL(loop, listener == NULL);
	loop_turn(loop);
	assert_int_equal(accepted_n, 3);
}

/* With every number below the limit taken, accept4 fails; with one given back, it goes on. */
static void
out_of_descriptors_it_pauses_and_goes_on(void **state)
{
	struct rlimit old, low;
	uint64_t before = listener_pauses();
	int spare;

	(void)state;
	open_listener(false);
	loop_turn(loop);
	come(1);
	spare = dup(clients[0]); /* the lowest free number */
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	low = (struct rlimit){ .rlim_cur = (rlim_t)spare + 1, .rlim_max = old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	TURN_UNTIL(loop, listener_pauses() > before);
	assert_int_equal(accepted_n, 0);
	close(spare);
	TURN_UNTIL(loop, accepted_n == 1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
}

static void
what_cannot_listen_says_why(void **state)
{
	int err = 0, fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_null(listener_new(loop, fds[0], 8, on_accept, accepted, &err));
	assert_int_equal(err, -ENOTSOCK);
	assert_int_equal(fcntl(fds[0], F_GETFD), -1); /* it owned that one */
	close(fds[1]);
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(accepts),
		ROW(a_burst_takes_several_rounds),
		ROW(a_taken_port_is_an_error),
		ROW(any_address_means_ipv4_too),
		ROW(free_hands_over_what_is_queued),
		ROW(may_be_freed_from_inside),
		ROW(out_of_descriptors_it_pauses_and_goes_on),
		ROW(what_cannot_listen_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
