#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/counter.h"
#include "net/listening.h"
#include "net/name_server.h"
#include "net/turn.h"
#include "peer/upconn.h"

#define LONG_MS (60 * MS_PER_S)

static struct loop *loop;
static struct resolver *resolver;
static struct upconn_pool *pool;
static struct arena *arena;
static struct group *group;
static struct name_server server; /* of the tests that open it */
static int upstream_fd;           /* listening; blocking */
static unsigned upstream_port;

/* One borrower. */
struct borrower {
	struct upconn *u;
	unsigned opened;
	enum upconn_fault fault;
	const char *why;
	unsigned readable;
	bool drops; /* from inside `opened` */
};

static void
on_opened(struct upconn *u, void *owner, enum upconn_fault fault, const char *why)
{
	struct borrower *b = owner;

	assert_ptr_equal(u, b->u);
	assert_int_equal(fault == UPCONN_OK, why == NULL);
	assert_int_equal(upconn_ready(u), fault == UPCONN_OK);
	b->opened++;
	b->fault = fault;
	b->why = why;
	if (b->drops)
		upconn_drop(&b->u);
}

static void
on_readable(struct conn *c, void *owner)
{
	struct borrower *b = owner;

	b->readable++;
	conn_want(c, false, false);
}

static const struct upconn_events events = { .opened = on_opened, .io.readable = on_readable };

static int
listen_at(const char *ip, unsigned port, int backlog)
{
	union addr at;
	int fd;

	assert_true(addr_parse_ip(str_c(ip), (uint16_t)port, &at));
	fd = listening(&at, backlog, 0);
	upstream_port = addr_port(&at);
	return fd;
}

static void
new_pool(unsigned idle_per_member, int64_t idle_ms, int64_t connect_ms)
{
	const struct upconn_limits limits = { idle_per_member, idle_ms, connect_ms };

	upconn_pool_free(&pool);
	pool = upconn_pool_new(loop, resolver, &limits);
	assert_non_null(pool);
}

static struct member *
member(const char *host)
{
	const char *why;
	struct seat *seat = group_add(group, arena_printf(arena, "http://%s:%u", host, upstream_port), &why);

	assert_non_null(seat);
	return seat->member;
}

static int
setup(void **state)
{
	(void)state;
	loop = loop_new();
	resolver = resolver_new(loop);
	new_pool(4, LONG_MS, LONG_MS);
	arena = arena_new(1 << 20);
	group = group_new(arena, STR("site"), GROUP_ORIGIN);
	upstream_fd = listen_at("127.0.0.1", 0, 16);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	upconn_pool_free(&pool);
	resolver_free(&resolver);
	arena_free(&arena);
	close(upstream_fd);
	if (conn_count(loop) != 0)
		return 1;
	loop_free(&loop);
	return 0;
}

static void
begin(struct borrower *b, struct member *m, enum upconn_wish wish)
{
	*b = (struct borrower){ 0 };
	b->u = upconn_open(pool, m, wish, &events, b);
	assert_non_null(b->u);
}

/* Opens a new one; returns the other end of it. */
static int
open_fresh(struct borrower *b, struct member *m)
{
	begin(b, m, UPCONN_FRESH);
	assert_false(upconn_ready(b->u));
	assert_int_equal(b->opened, 0);
	TURN_UNTIL(loop, b->opened == 1);
	assert_int_equal(b->fault, UPCONN_OK);
	return accept(upstream_fd, NULL, NULL);
}

static void
expect_fault(struct borrower *b, struct member *m, enum upconn_fault fault)
{
	begin(b, m, UPCONN_PROVED);
	assert_int_equal(b->opened, 0);
	TURN_UNTIL(loop, b->opened == 1);
	assert_int_equal(b->fault, fault);
	assert_true(strlen(b->why) > 0);
	upconn_drop(&b->u);
	for (int i = 0; i < 3; i++)
		turn_once(loop);
	assert_int_equal(b->opened, 1);
}

static void
opens_and_tells(void **state)
{
	struct member *m = member("127.0.0.1");
	struct borrower b;
	int far = open_fresh(&b, m);

	(void)state;
	assert_int_equal(addr_port(upconn_peer(b.u)), upstream_port);
	assert_false(upconn_reused(b.u));
	assert_int_equal(m->connects, 1);
	assert_int_equal(m->reused, 0);
	conn_want(upconn_conn(b.u), true, false);
	assert_int_equal(write(far, "x", 1), 1);
	TURN_UNTIL(loop, b.readable == 1);
	upconn_drop(&b.u);
	assert_null(b.u);
	upconn_drop(&b.u);
	assert_int_equal(upconn_idle(pool), 0);
	close(far);
}

static void
keeps_and_lends_again(void **state)
{
	struct member *m = member("127.0.0.1"), *twin = member("127.0.0.1");
	struct borrower b;
	int far = open_fresh(&b, m);

	(void)state;
	upconn_keep(&b.u);
	assert_null(b.u);
	assert_int_equal(upconn_idle(pool), 1);
	/* Another configuration's member, at the same place. */
	begin(&b, twin, UPCONN_PROVED);
	assert_true(upconn_ready(b.u));
	assert_true(upconn_reused(b.u));
	assert_int_equal(twin->reused, 1);
	assert_int_equal(twin->connects, 0);
	assert_int_equal(upconn_idle(pool), 0);
	conn_want(upconn_conn(b.u), true, false);
	assert_int_equal(write(far, "x", 1), 1);
	TURN_UNTIL(loop, b.readable == 1);
	assert_int_equal(b.opened, 0);
	upconn_drop(&b.u);
	close(far);
}

static void
lends_the_latest_and_only_to_its_place(void **state)
{
	struct member *m = member("127.0.0.1");
	struct member *other = member("localhost");
	struct borrower a, b;
	int far_a = open_fresh(&a, m), far_b = open_fresh(&b, m);
	struct conn *latest = upconn_conn(b.u);

	(void)state;
	upconn_keep(&a.u);
	upconn_keep(&b.u);
	begin(&a, other, UPCONN_PROVED);
	assert_false(upconn_ready(a.u));
	upconn_drop(&a.u);
	begin(&a, m, UPCONN_PROVED);
	assert_ptr_equal(upconn_conn(a.u), latest);
	begin(&b, m, UPCONN_PROVED);
	assert_true(upconn_ready(b.u));
	upconn_drop(&a.u);
	upconn_drop(&b.u);
	close(far_a);
	close(far_b);
}

static void
fresh_means_new(void **state)
{
	struct member *m = member("127.0.0.1");
	struct borrower a, b;
	int far_a = open_fresh(&a, m), far_b;

	(void)state;
	upconn_keep(&a.u);
	far_b = open_fresh(&b, m);
	assert_int_equal(upconn_idle(pool), 1);
	upconn_drop(&b.u);
	close(far_a);
	close(far_b);
}

static void
keeps_only_so_many(void **state)
{
	struct member *m = member("127.0.0.1");
	struct borrower b[3];
	int far[3];
	char byte;

	(void)state;
	new_pool(2, LONG_MS, LONG_MS);
	for (int i = 0; i < 3; i++)
		far[i] = open_fresh(&b[i], m);
	for (int i = 0; i < 3; i++)
		upconn_keep(&b[i].u);
	assert_int_equal(upconn_idle(pool), 2);
	assert_int_equal(read(far[0], &byte, 1), 0); /* the oldest went */
	for (int i = 0; i < 3; i++)
		close(far[i]);
}

static void
limits_may_change(void **state)
{
	const struct upconn_limits none = { 0, LONG_MS, LONG_MS };
	struct borrower b;
	int far = open_fresh(&b, member("127.0.0.1"));

	(void)state;
	upconn_pool_limit(pool, &none);
	upconn_keep(&b.u);
	assert_int_equal(upconn_idle(pool), 0);
	close(far);
}

static void
an_idle_one_that_ends_is_closed(void **state)
{
	struct borrower b;
	int far = open_fresh(&b, member("127.0.0.1"));

	(void)state;
	upconn_keep(&b.u);
	close(far);
	TURN_UNTIL(loop, upconn_idle(pool) == 0);
}

static void
stray_bytes_end_an_idle_one(void **state)
{
	struct borrower b;
	int far = open_fresh(&b, member("127.0.0.1"));

	(void)state;
	upconn_keep(&b.u);
	assert_int_equal(write(far, "HTTP/1.1 408 ", 13), 13);
	TURN_UNTIL(loop, upconn_idle(pool) == 0);
	close(far);
}

static void
idle_time_runs_out(void **state)
{
	struct borrower b;
	int far;

	(void)state;
	new_pool(4, 5, LONG_MS);
	far = open_fresh(&b, member("127.0.0.1"));
	upconn_keep(&b.u);
	TURN_UNTIL(loop, upconn_idle(pool) == 0);
	close(far);
}

/* The other end closes one that was given back, and the loop has no turn to see it. */
static struct conn *
keep_a_dead_one(struct borrower *b, int far)
{
	struct conn *idle = upconn_conn(b->u);

	upconn_keep(&b->u);
	assert_int_equal(shutdown(far, SHUT_WR), 0);
	while (!conn_stirs(idle))
		poll(NULL, 0, TURN_NAP_MS);
	return idle;
}

/* Who lends looks. */
static void
a_dead_one_is_not_lent(void **state)
{
	struct member *m = member("127.0.0.1");
	struct borrower b;
	int far = open_fresh(&b, m);

	(void)state;
	(void)keep_a_dead_one(&b, far);
	begin(&b, m, UPCONN_PROVED);
	assert_false(upconn_ready(b.u));
	assert_int_equal(upconn_idle(pool), 0);
	TURN_UNTIL(loop, b.opened == 1);
	assert_false(upconn_reused(b.u));
	upconn_drop(&b.u);
	close(far);
}

/* Who can send once more is spared the question, and finds out by itself. */
static void
a_dead_one_is_lent_unasked(void **state)
{
	struct member *m = member("127.0.0.1");
	struct borrower b;
	int far = open_fresh(&b, m);
	struct conn *idle;

	(void)state;
	idle = keep_a_dead_one(&b, far);
	begin(&b, m, UPCONN_ANY);
	assert_true(upconn_ready(b.u));
	assert_ptr_equal(upconn_conn(b.u), idle);
	upconn_drop(&b.u);
	close(far);
}

/* A borrower who may go to one address alone. */
static bool
only_to_the_first(void *owner, const union addr *to)
{
	union addr first;

	(void)owner;
	return addr_parse_ip(STR("127.0.0.1"), 0, &first) && addr_same_ip(to, &first);
}

static const struct upconn_events guarded = { .opened = on_opened,
					      .io.readable = on_readable,
					      .may_reach = only_to_the_first };

/* Opens a new one to the member while it is at that address; returns the other end of it. */
static int
open_at(struct borrower *b, struct member *m, const char *ip, int listening)
{
	union addr at;

	assert_true(addr_parse_ip(str_c(ip), 0, &at));
	member_place(m, &at, 1);
	begin(b, m, UPCONN_FRESH);
	TURN_UNTIL(loop, b->opened == 1);
	assert_int_equal(b->fault, UPCONN_OK);
	return accept(listening, NULL, NULL);
}

static void
begin_guarded(struct borrower *b, struct member *m)
{
	*b = (struct borrower){ 0 };
	b->u = upconn_open(pool, m, UPCONN_PROVED, &guarded, b);
	assert_non_null(b->u);
}

/* Of two idle ones the latest is dead: the rules on destinations are held against the other one. */
static void
what_is_lent_is_what_was_judged(void **state)
{
	struct member *m = member("moves.cairn.test");
	int second_fd = listen_at("127.0.0.2", upstream_port, 16), far[4];
	struct borrower b;

	(void)state;
	rcu_thread_begin();
	far[0] = open_at(&b, m, "127.0.0.2", second_fd);
	upconn_keep(&b.u);
	far[1] = open_at(&b, m, "127.0.0.1", upstream_fd);
	(void)keep_a_dead_one(&b, far[1]);
	begin_guarded(&b, m);
	assert_false(upconn_ready(b.u)); /* the one that is left leads to the second */
	assert_int_equal(upconn_idle(pool), 1);
	upconn_drop(&b.u);
	far[2] = open_at(&b, m, "127.0.0.1", upstream_fd);
	upconn_keep(&b.u);
	far[3] = open_at(&b, m, "127.0.0.2", second_fd);
	(void)keep_a_dead_one(&b, far[3]);
	begin_guarded(&b, m);
	assert_true(upconn_ready(b.u));
	assert_true(only_to_the_first(NULL, upconn_peer(b.u)));
	assert_int_equal(upconn_idle(pool), 1);
	upconn_drop(&b.u);
	for (int i = 0; i < 4; i++)
		close(far[i]);
	close(second_fd);
	rcu_settle();
	rcu_thread_end();
}

static void
a_refusal_is_told(void **state)
{
	struct borrower b;

	(void)state;
	close(upstream_fd);
	expect_fault(&b, member("127.0.0.1"), UPCONN_REFUSED);
	upstream_fd = listen_at("127.0.0.1", 0, 1);
}

static void
no_way_there_is_told(void **state)
{
	struct borrower b;

	(void)state;
	expect_fault(&b, member("127.255.255.255"), UPCONN_UNREACHABLE); /* a broadcast address: no TCP */
}

/* A listener whose queue is full drops what else comes. */
static void
silence_is_told(void **state)
{
	int fd = listen_at("127.0.0.1", 0, 0), fill[4];
	struct member *m = member("127.0.0.1");
	struct borrower b;

	(void)state;
	for (int i = 0; i < 4; i++) {
		union addr at;

		assert_true(addr_parse_ip(STR("127.0.0.1"), (uint16_t)upstream_port, &at));
		fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		(void)connect(fill[i], &at.sa, addr_size(&at));
	}
	new_pool(4, LONG_MS, 30);
	expect_fault(&b, m, UPCONN_TIMEOUT);
	for (int i = 0; i < 4; i++)
		close(fill[i]);
	close(fd);
}

static void
no_descriptor_is_told(void **state)
{
	struct member *m = member("127.0.0.1");
	struct rlimit old, none;
	struct borrower b;

	(void)state;
	loop_turn(loop);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = (struct rlimit){ .rlim_cur = 0, .rlim_max = old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	begin(&b, m, UPCONN_PROVED);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(b.opened, 0);
	TURN_UNTIL(loop, b.opened == 1);
	assert_int_equal(b.fault, UPCONN_SHORT);
	upconn_drop(&b.u);
}

static void
names_are_looked_up(void **state)
{
	struct borrower b;
	int far;

	(void)state;
	name_server_open(&server, loop);
	assert_true(resolver_servers(resolver, server.list));
	far = open_fresh(&b, member("origin.cairn.test"));
	assert_true(far >= 0);
	upconn_drop(&b.u);
	server.rcode = NAME_SERVER_RCODE_NONE;
	expect_fault(&b, member("gone.cairn.test"), UPCONN_DNS);
	server.silent = true;
	new_pool(4, LONG_MS, 30);
	expect_fault(&b, member("slow.cairn.test"), UPCONN_DNS_TIMEOUT);
	server.silent = false;
	/* Given back while the name is looked up. */
	begin(&b, member("other.cairn.test"), UPCONN_PROVED);
	upconn_drop(&b.u);
	for (int i = 0; i < 5; i++)
		turn_once(loop);
	assert_int_equal(b.opened, 0);
	close(far);
	name_server_close(&server);
}

/* Two addresses, one of which refuses: whichever comes first, both members are reached. */
static void
the_next_address_is_tried(void **state)
{
	struct member *first = member("first.cairn.test");
	struct borrower b;
	int fd, far;

	(void)state;
	name_server_open(&server, loop);
	server.addrs = 2;
	assert_true(resolver_servers(resolver, server.list));
	far = open_fresh(&b, first);
	upconn_drop(&b.u);
	close(far);
	fd = listen_at("127.0.0.2", upstream_port, 4);
	close(upstream_fd);
	upstream_fd = fd;
	far = open_fresh(&b, first);
	assert_int_equal(first->connects, 2);
	upconn_drop(&b.u);
	close(far);
	name_server_close(&server);
}

static void
may_be_dropped_from_inside(void **state)
{
	struct borrower b;

	(void)state;
	begin(&b, member("127.0.0.1"), UPCONN_PROVED);
	b.drops = true;
	TURN_UNTIL(loop, b.opened == 1);
	assert_null(b.u);
	assert_int_equal(conn_count(loop), 0);
	close(upstream_fd);
	begin(&b, member("127.0.0.1"), UPCONN_PROVED);
	b.drops = true;
	TURN_UNTIL(loop, b.opened == 1);
	assert_int_equal(b.fault, UPCONN_REFUSED);
	assert_null(b.u);
	upstream_fd = listen_at("127.0.0.1", 0, 1);
}

static void
dropped_while_connecting_it_tells_nothing(void **state)
{
	struct borrower b;

	(void)state;
	begin(&b, member("127.0.0.1"), UPCONN_PROVED);
	upconn_drop(&b.u);
	for (int i = 0; i < 3; i++)
		turn_once(loop);
	assert_int_equal(b.opened, 0);
	assert_int_equal(conn_count(loop), 0);
}

static void
changes_hands(void **state)
{
	struct borrower a, b = { 0 };
	int far;

	(void)state;
	begin(&a, member("127.0.0.1"), UPCONN_PROVED);
	b.u = a.u;
	upconn_own(a.u, &events, &b); /* while it is being opened */
	TURN_UNTIL(loop, b.opened == 1);
	far = accept(upstream_fd, NULL, NULL);
	upconn_own(b.u, &events, &a);
	conn_want(upconn_conn(b.u), true, false);
	assert_int_equal(write(far, "x", 1), 1);
	TURN_UNTIL(loop, a.readable == 1);
	assert_int_equal(a.opened, 0);
	assert_int_equal(b.readable, 0);
	upconn_drop(&b.u);
	close(far);
}

static void
taken_out_it_is_no_longer_the_pools(void **state)
{
	struct borrower b;
	int far = open_fresh(&b, member("127.0.0.1"));
	struct conn *c = upconn_take(&b.u);

	(void)state;
	assert_null(b.u);
	upconn_pool_free(&pool);
	conn_want(c, true, false);
	assert_int_equal(write(far, "x", 1), 1);
	TURN_UNTIL(loop, b.readable == 1);
	conn_close(&c);
	close(far);
}

static void
the_pool_ends_before_what_is_lent(void **state)
{
	struct member *m = member("127.0.0.1");
	struct borrower a, b;
	int far_a = open_fresh(&a, m), far_b = open_fresh(&b, m);
	char byte;

	(void)state;
	upconn_keep(&a.u);
	upconn_pool_free(&pool);
	assert_null(pool);
	assert_int_equal(read(far_a, &byte, 1), 0);
	upconn_keep(&b.u); /* comes back too late */
	assert_null(b.u);
	assert_int_equal(read(far_b, &byte, 1), 0);
	close(far_a);
	close(far_b);
}

static void
idle_ones_go_with_their_member(void **state)
{
	struct member *stays = member("127.0.0.1"), *leaves = member("localhost");
	struct borrower a, b, lent;
	int far[3];
	char byte;

	(void)state;
	far[0] = open_fresh(&a, stays);
	far[1] = open_fresh(&b, leaves);
	far[2] = open_fresh(&lent, leaves);
	upconn_keep(&a.u);
	upconn_keep(&b.u);
	upconn_pool_tidy(pool);
	assert_int_equal(upconn_idle(pool), 2);
	member_leave(leaves);
	upconn_pool_tidy(pool);
	assert_int_equal(upconn_idle(pool), 1);
	assert_int_equal(read(far[1], &byte, 1), 0);
	upconn_keep(&lent.u); /* comes back, and is not kept */
	assert_null(lent.u);
	assert_int_equal(upconn_idle(pool), 1);
	for (int i = 0; i < 3; i++)
		close(far[i]);
}

static void
idle_ones_go_where_their_member_has_moved(void **state)
{
	struct member *m = member("moves.cairn.test");
	struct borrower b;
	union addr here, there;
	int far;

	(void)state;
	rcu_thread_begin();
	assert_true(addr_parse_ip(STR("127.0.0.1"), 0, &here) && addr_parse_ip(STR("127.0.0.2"), 0, &there));
	member_place(m, &here, 1); /* nobody asks where it is */
	far = open_fresh(&b, m);
	upconn_keep(&b.u);
	upconn_pool_tidy(pool);
	assert_int_equal(upconn_idle(pool), 1);
	member_place(m, &there, 1);
	upconn_pool_tidy(pool);
	assert_int_equal(upconn_idle(pool), 0);
	close(far);
	rcu_settle();
	rcu_thread_end();
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(opens_and_tells),
		ROW(keeps_and_lends_again),
		ROW(lends_the_latest_and_only_to_its_place),
		ROW(fresh_means_new),
		ROW(keeps_only_so_many),
		ROW(limits_may_change),
		ROW(an_idle_one_that_ends_is_closed),
		ROW(stray_bytes_end_an_idle_one),
		ROW(idle_time_runs_out),
		ROW(a_dead_one_is_not_lent),
		ROW(a_dead_one_is_lent_unasked),
		ROW(what_is_lent_is_what_was_judged),
		ROW(a_refusal_is_told),
		ROW(no_way_there_is_told),
		ROW(silence_is_told),
		ROW(no_descriptor_is_told),
		ROW(names_are_looked_up),
		ROW(the_next_address_is_tried),
		ROW(may_be_dropped_from_inside),
		ROW(dropped_while_connecting_it_tells_nothing),
		ROW(changes_hands),
		ROW(idle_ones_go_with_their_member),
		ROW(idle_ones_go_where_their_member_has_moved),
		ROW(taken_out_it_is_no_longer_the_pools),
		ROW(the_pool_ends_before_what_is_lent),
	};

	counter_thread_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
