#include "unit.h"

#include <errno.h>
#include <unistd.h>

#include "net/addr.h"
#include "net/listener.h"
#include "net/udp.h"
#include "turn.h"

static struct loop *loop;
static struct udp *served;
static union addr at; /* where it is */
static unsigned came;
static char last[UDP_MAX];
static size_t last_n;
static union addr last_from, last_to;
static bool free_at_once;

static void
on_datagram(void *owner, struct str datagram, const union addr *from, const union addr *to)
{
	assert_ptr_equal(owner, &came);
	came++;
	memcpy(last, datagram.p, datagram.n);
	last_n = datagram.n;
	last_from = *from;
	last_to = *to;
	if (free_at_once)
		udp_free(&served);
	else
		udp_send(served, datagram, from, to);
}

static void
serve(const char *where)
{
	union addr asked;
	int err = 0, fd;

	assert_true(addr_parse(str_c(where), &asked));
	fd = udp_bind(&asked, false);
	assert_true(fd >= 0);
	listener_bound(fd, &at);
	served = udp_new(loop, fd, on_datagram, &came, &err);
	assert_non_null(served);
}

/* A plain socket of the other side, connected: it hears answers from the address that it asked alone. */
static int
client_of(const char *ip)
{
	union addr to;
	int fd;

	assert_true(addr_parse_ip(str_c(ip), addr_port(&at), &to));
	fd = socket(to.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, &to.sa, addr_size(&to)), 0);
	return fd;
}

static void
is_told(const union addr *a, const char *ip)
{
	char text[ADDR_TEXT_SIZE] = "";

	addr_text(a, text);
	assert_string_equal(text, ip);
	assert_int_equal(a->sa.sa_family, strchr(ip, ':') == NULL ? AF_INET : AF_INET6);
}

static void
exchange(const char *ip)
{
	int fd = client_of(ip);
	char back[8];

	came = 0;
	assert_int_equal(send(fd, "hello", 5, 0), 5);
	TURN_UNTIL(loop, came == 1);
	is_told(&last_to, ip);
	assert_int_equal(recv(fd, back, sizeof back, 0), 5);
	assert_memory_equal(back, "hello", 5);
	close(fd);
}

/* A socket of any address answers from the one that was asked. */
static void
answers_from_the_address_asked(void **state)
{
	(void)state;
	serve("0.0.0.0:0");
	exchange("127.0.0.1");
	exchange("127.0.0.7");
}

static void
answers_ipv4_on_ipv6(void **state)
{
	(void)state;
	serve("[::]:0");
	if (at.sa.sa_family != AF_INET6)
		skip(); /* no IPv6 here */
	exchange("127.0.0.7");
	is_told(&last_from, "127.0.0.1");
}

/* The longest is taken, a longer one is not cut short: it comes as nothing. */
static void
takes_no_part_of_a_datagram(void **state)
{
	static char bytes[UDP_MAX + 1];
	int fd;

	(void)state;
	serve("127.0.0.1:0");
	fd = client_of("127.0.0.1");
	assert_int_equal(send(fd, bytes, UDP_MAX, 0), UDP_MAX);
	TURN_UNTIL(loop, came == 1);
	assert_int_equal(last_n, UDP_MAX);
	assert_int_equal(send(fd, bytes, UDP_MAX + 1, 0), UDP_MAX + 1);
	TURN_UNTIL(loop, came == 2);
	assert_int_equal(last_n, 0);
	close(fd);
}

/* Many that wait are not all taken in one round. */
static void
lets_others_have_their_turn(void **state)
{
	int fd;

	(void)state;
	serve("127.0.0.1:0");
	fd = client_of("127.0.0.1");
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(send(fd, "x", 1, 0), 1);
	while (came == 0)
		turn_once(loop);
	assert_true(came < 100);
	TURN_UNTIL(loop, came == 100);
	close(fd);
}

static void
may_be_freed_by_its_owner(void **state)
{
	int fd;

	(void)state;
	serve("127.0.0.1:0");
	fd = client_of("127.0.0.1");
	free_at_once = true;
	assert_int_equal(send(fd, "1", 1, 0), 1);
	assert_int_equal(send(fd, "2", 1, 0), 1);
	TURN_UNTIL(loop, came > 0);
	turn_once(loop);
	assert_int_equal(came, 1);
	close(fd);
}

static void
a_port_that_is_taken(void **state)
{
	(void)state;
	serve("127.0.0.1:0");
	assert_int_equal(udp_bind(&at, false), -EADDRINUSE);
}

static int
setup(void **state)
{
	(void)state;
	came = 0;
	free_at_once = false;
	loop = loop_new();
	return loop == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	udp_free(&served);
	loop_turn(loop);
	loop_free(&loop);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(answers_from_the_address_asked), TEST(answers_ipv4_on_ipv6),
		TEST(takes_no_part_of_a_datagram),    TEST(lets_others_have_their_turn),
		TEST(may_be_freed_by_its_owner),      TEST(a_port_that_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
