#include "unit.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/counter.h"
#include "base/rcu.h"
#include "net/addr.h"
#include "net/turn.h"
#include "peer/ask.h"
#include "peer/icp.h"

#define LONG_MS 60000
#define MEMBERS 2

static struct loop *loop;
static struct resolver *resolver;
static struct asker *asker;
static int sockets[MEMBERS]; /* where they are asked; blocking */
static struct ask_whom whom[MEMBERS];
static const struct ask_about about = { STR_INIT("http://a.example/x"), STR_INIT("GET"), STR_NONE };
static const struct member *denied;

/* What was told. */
static struct {
	unsigned count;
	struct ask_end end;
} told;

static void
on_end(void *owner, const struct ask_end *end)
{
	assert_ptr_equal(owner, &told);
	told.count++;
	told.end = *end;
}

static void
on_denied(void *ctx, const struct member *m)
{
	assert_ptr_equal(ctx, &told);
	denied = m;
}

static int
setup(void **state)
{
	(void)state;
	rcu_thread_begin();
	counter_thread_begin();
	loop = loop_new();
	resolver = resolver_new(loop);
	asker = asker_new(loop, resolver, on_denied, &told);
	assert_non_null(asker);
	memset(&told, 0, sizeof told);
	denied = NULL;
	for (unsigned i = 0; i < MEMBERS; i++) {
		union addr at;
		socklen_t n = sizeof at;
		const char *why;

		assert_true(addr_parse_ip(STR("127.0.0.1"), 0, &at));
		sockets[i] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		assert_int_equal(bind(sockets[i], &at.sa, addr_size(&at)), 0);
		assert_int_equal(getsockname(sockets[i], &at.sa, &n), 0);
		whom[i] = (struct ask_whom){ member_new(STR("http://127.0.0.1"), NULL, &why), addr_port(&at), 0 };
		assert_non_null(whom[i].member);
	}
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	asker_free(&asker);
	for (unsigned i = 0; i < MEMBERS; i++) {
		close(sockets[i]);
		member_let_go(&whom[i].member);
	}
	resolver_free(&resolver);
	loop_free(&loop);
	counter_thread_end();
	rcu_settle();
	rcu_thread_end();
	return 0;
}

static struct inquiry *
ask(int64_t wait_ms)
{
	return asker_ask(asker, &about, whom, MEMBERS, wait_ms, on_end, &told);
}

/* Member `i` answers the next question that has come to it; `times` times the same. */
static void
answer(unsigned i, enum icp_opcode opcode, unsigned times)
{
	char in[ICP_MAX], out[ICP_MAX];
	union addr from;
	socklen_t size = sizeof from;
	ssize_t n = recvfrom(sockets[i], in, sizeof in, 0, &from.sa, &size);
	struct icp m;

	assert_int_equal(icp_read(str_of(in, (size_t)n), &m), ICP_READ_OK);
	assert_str(m.url, "http://a.example/x");
	assert_int_not_equal(m.number, 0);
	m.opcode = opcode;
	n = (ssize_t)icp_write(&m, out, sizeof out);
	while (times-- > 0)
		assert_int_equal(sendto(sockets[i], out, (size_t)n, 0, &from.sa, size), n);
}

static unsigned long long
replies(unsigned i, enum neighbour_reply r)
{
	return atomic_load(&whom[i].member->neighbour.replies[r]);
}

static void
the_first_hit_wins(void **state)
{
	(void)state;
	assert_non_null(ask(LONG_MS));
	answer(1, ICP_HIT, 1);
	TURN_UNTIL(loop, told.count == 1);
	assert_ptr_equal(told.end.member, whom[1].member);
	assert_int_equal(told.end.by, TOLD_BY_ICP);
	assert_false(told.end.timed_out);
	/* The other's answer is not waited for, and yet learned from. */
	answer(0, ICP_HIT, 1);
	TURN_UNTIL(loop, replies(0, REPLY_LATE) == 1);
	assert_int_equal(replies(0, REPLY_HIT), 1);
	assert_int_equal(told.count, 1);
}

static void
it_ends_when_all_have_answered(void **state)
{
	uint64_t unasked = counter_sum(COUNTER_REPLIES_UNASKED);

	(void)state;
	assert_non_null(ask(LONG_MS));
	answer(0, ICP_MISS, 3);
	TURN_UNTIL(loop, counter_sum(COUNTER_REPLIES_UNASKED) == unasked + 2);
	assert_int_equal(told.count, 0);
	answer(1, ICP_ERR, 1);
	TURN_UNTIL(loop, told.count == 1);
	assert_null(told.end.member);
	assert_false(told.end.timed_out);
	assert_int_equal(replies(0, REPLY_MISS), 1);
	assert_int_equal(replies(1, REPLY_ERROR), 1);
}

static void
it_ends_when_the_time_is_over(void **state)
{
	(void)state;
	assert_non_null(ask(1));
	answer(0, ICP_MISS, 1);
	TURN_UNTIL(loop, told.count == 1);
	assert_null(told.end.member);
	assert_true(told.end.timed_out);
	assert_int_equal(replies(1, REPLY_TIMEOUT), 1);
	answer(1, ICP_HIT, 1);
	TURN_UNTIL(loop, replies(1, REPLY_LATE) == 1);
	assert_int_equal(told.count, 1);
}

/* Without a time of its own: some milliseconds where they are known to be quick, and what is guessed where nothing is
 * known of them. */
static void
waits_as_long_as_they_take(void **state)
{
	int64_t before;

	(void)state;
	before = clock_mono_ns();
	assert_non_null(ask(0));
	TURN_UNTIL(loop, told.count == 1);
	assert_true(clock_mono_ns() - before >= 200 * NS_PER_MS);
	for (unsigned i = 0; i < MEMBERS; i++)
		neighbour_answered(&whom[i].member->neighbour, REPLY_MISS, false, 20 * NS_PER_MS);
	loop_look_again(loop);
	before = clock_mono_ns();
	assert_non_null(ask(0));
	TURN_UNTIL(loop, told.count == 2);
	assert_true(clock_mono_ns() - before >= 39 * NS_PER_MS);
	assert_true(told.end.timed_out);
}

static void
nothing_is_told_of_one_that_was_dropped(void **state)
{
	struct inquiry *i;

	(void)state;
	i = ask(LONG_MS);
	inquiry_drop(&i);
	assert_null(i);
	answer(0, ICP_HIT, 1);
	TURN_UNTIL(loop, replies(0, REPLY_LATE) == 1);
	assert_int_equal(told.count, 0);
}

static void
nobody_is_waited_for_who_is_not_asked(void **state)
{
	(void)state;
	whom[0].icp = whom[1].icp = 0;
	assert_null(ask(LONG_MS));
	whom[0].icp = 9; /* and of the dead one nobody waits for the answer */
	for (unsigned i = 0; i < 10; i++)
		neighbour_silent(&whom[0].member->neighbour);
	assert_null(ask(LONG_MS));
	assert_int_equal(atomic_load(&whom[0].member->neighbour.queries), 1);
	assert_null(ask(LONG_MS));
	assert_int_equal(atomic_load(&whom[0].member->neighbour.queries), 1);
}

static void
it_is_told_who_denies_all(void **state)
{
	(void)state;
	whom[1].icp = 0;
	for (unsigned i = 1; i <= 20; i++) {
		assert_null(denied);
		assert_non_null(ask(LONG_MS));
		answer(0, ICP_DENIED, 1);
		TURN_UNTIL(loop, told.count == i);
	}
	assert_ptr_equal(denied, whom[0].member);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_hit_wins),
		TEST(it_ends_when_all_have_answered),
		TEST(it_ends_when_the_time_is_over),
		TEST(waits_as_long_as_they_take),
		TEST(nothing_is_told_of_one_that_was_dropped),
		TEST(nobody_is_waited_for_who_is_not_asked),
		TEST(it_is_told_who_denies_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
