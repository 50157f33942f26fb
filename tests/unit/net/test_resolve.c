#include "unit.h"

#include "base/counter.h"
#include "name_server.h"
#include "net/addr.h"
#include "net/resolve.h"
#include "turn.h"

#define LONG_MS (20 * MS_PER_S)

static struct loop *loop;
static struct resolver *resolver;
static struct name_server server;

/* What one caller was told. */
struct told {
	unsigned calls;
	unsigned count;
	union addr addrs[RESOLVE_MAX];
	enum resolve_end end;
	const char *why;
	struct resolve *also_cancel;
};

static void
on_found(void *arg, const union addr *addrs, unsigned count, enum resolve_end end, const char *why)
{
	struct told *t = arg;

	t->calls++;
	t->count = count;
	t->end = end;
	t->why = why;
	assert_true(count <= RESOLVE_MAX);
	assert_int_equal(count == 0, why != NULL);
	assert_int_equal(count == 0, end != RESOLVE_OK);
	for (unsigned i = 0; i < count; i++)
		t->addrs[i] = addrs[i];
	resolve_cancel(&t->also_cancel);
}

static int
setup(void **state)
{
	(void)state;
	loop = loop_new();
	resolver = resolver_new(loop);
	assert_non_null(resolver);
	name_server_open(&server, loop);
	assert_true(resolver_servers(resolver, server.list));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	resolver_free(&resolver);
	name_server_close(&server);
	loop_free(&loop);
	return 0;
}

static struct resolve *
start(const char *host, struct told *t)
{
	*t = (struct told){ 0 };
	return resolve_start(resolver, str_c(host), 8080, LONG_MS, on_found, t);
}

static void
assert_addr(const union addr *a, const char *want)
{
	char text[ADDR_TEXT_SIZE];

	addr_text_port(a, text);
	assert_string_equal(text, want);
}

static void
literals_are_told_at_once(void **state)
{
	struct told t;

	(void)state;
	assert_null(start("192.0.2.7", &t));
	assert_int_equal(t.calls, 1);
	assert_int_equal(t.count, 1);
	assert_addr(&t.addrs[0], "192.0.2.7:8080");
	assert_null(start("2001:db8::1", &t));
	assert_addr(&t.addrs[0], "[2001:db8::1]:8080");
	assert_null(start("[2001:db8::1]", &t));
	assert_addr(&t.addrs[0], "[2001:db8::1]:8080");
	assert_int_equal(server.questions, 0);
}

static void
what_is_no_name_fails_at_once(void **state)
{
	char longest[260];
	struct told t = { 0 };

	(void)state;
	assert_null(start("", &t));
	assert_int_equal(t.calls, 1);
	assert_int_equal(t.count, 0);
	memset(longest, 'a', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	assert_null(start(longest, &t));
	assert_int_equal(t.calls, 1);
	assert_null(resolve_start(resolver, STR("a\0b"), 1, LONG_MS, on_found, &t));
	assert_int_equal(t.calls, 2);
	assert_int_equal(server.questions, 0);
}

static void
localhost_needs_no_server(void **state)
{
	struct told t;
	struct resolve *h = start("localhost", &t);

	(void)state;
	TURN_UNTIL(loop, t.calls > 0);
	(void)h;
	assert_int_equal(t.calls, 1);
	assert_true(t.count >= 1);
	assert_int_equal(addr_port(&t.addrs[0]), 8080);
	assert_int_equal(server.questions, 0);
}

static void
asks_the_server_and_keeps_the_answer(void **state)
{
	struct told t;

	(void)state;
	server.addrs = 3;
	assert_non_null(start("a.cairn.test", &t));
	assert_int_equal(t.calls, 0);
	TURN_UNTIL(loop, t.calls > 0);
	assert_int_equal(t.count, 3);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(addr_port(&t.addrs[i]), 8080);
	assert_int_equal(server.questions, 1);
	assert_null(start("A.Cairn.TEST", &t)); /* the same name */
	assert_int_equal(t.calls, 1);
	assert_int_equal(t.count, 3);
	assert_int_equal(server.questions, 1);
	assert_non_null(start("b.cairn.test", &t));
	TURN_UNTIL(loop, t.calls > 0);
	assert_int_equal(server.questions, 2);
}

static void
knows_what_it_was_told(void **state)
{
	union addr other;
	struct told t;

	(void)state;
	server.ttl = 1;
	assert_non_null(start("a.cairn.test", &t));
	TURN_UNTIL(loop, t.calls > 0);
	assert_true(resolver_knows(resolver, STR("A.cairn.test"), &t.addrs[0]));
	assert_false(resolver_knows(resolver, STR("b.cairn.test"), &t.addrs[0]));
	assert_true(addr_parse_ip(STR("198.51.100.99"), 0, &other));
	assert_false(resolver_knows(resolver, STR("a.cairn.test"), &other));
	assert_true(resolver_knows(resolver, STR("[::ffff:198.51.100.99]"), &other));
	assert_false(resolver_knows(resolver, STR("198.51.100.98"), &other));
	assert_false(resolver_knows(resolver, STR(""), &other));
	TURN_UNTIL(loop, !resolver_knows(resolver, STR("a.cairn.test"), &t.addrs[0])); /* as long as it is valid */
	assert_int_equal(server.questions, 1);
}

static void
more_addresses_than_fit(void **state)
{
	struct told t;

	(void)state;
	server.addrs = 25;
	assert_non_null(start("many.cairn.test", &t));
	TURN_UNTIL(loop, t.calls > 0);
	assert_int_equal(t.count, RESOLVE_MAX);
}

static void
no_ttl_is_not_kept(void **state)
{
	struct told t;

	(void)state;
	server.ttl = 0;
	for (unsigned i = 1; i <= 2; i++) {
		assert_non_null(start("a.cairn.test", &t));
		TURN_UNTIL(loop, t.calls > 0);
		assert_int_equal(t.count, 1);
		assert_int_equal(server.questions, i);
	}
}

static void
a_short_ttl_runs_out(void **state)
{
	struct told t;

	(void)state;
	server.ttl = 1;
	assert_non_null(start("a.cairn.test", &t));
	TURN_UNTIL(loop, t.calls > 0);
	TURN_UNTIL(loop, start("a.cairn.test", &t) != NULL);
	TURN_UNTIL(loop, t.calls > 0);
	assert_int_equal(server.questions, 2);
}

static void
those_who_wait_share_a_question(void **state)
{
	struct told t[3];

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_non_null(start("a.cairn.test", &t[i]));
	TURN_UNTIL(loop, t[0].calls + t[1].calls + t[2].calls == 3);
	assert_int_equal(server.questions, 1);
	for (int i = 0; i < 3; i++)
		assert_addr(&t[i].addrs[0], "127.0.0.1:8080");
}

static void
a_name_that_is_not_fails(void **state)
{
	struct told t;

	(void)state;
	server.rcode = NAME_SERVER_RCODE_NONE;
	assert_non_null(start("gone.cairn.test", &t));
	TURN_UNTIL(loop, t.calls > 0);
	assert_int_equal(t.count, 0);
	assert_string_equal(t.why, "the name does not exist");
	server.rcode = 0;
	assert_non_null(start("gone.cairn.test", &t)); /* a failure is not kept */
	TURN_UNTIL(loop, t.calls > 0);
	assert_int_equal(t.count, 1);
}

static void
a_name_without_address_fails(void **state)
{
	struct told t;

	(void)state;
	server.addrs = 0;
	assert_non_null(start("empty.cairn.test", &t));
	TURN_UNTIL(loop, t.calls > 0);
	assert_int_equal(t.count, 0);
	assert_int_equal(t.end, RESOLVE_FAILED);
	assert_string_equal(t.why, "the name has no address");
}

static void
a_silent_server_runs_into_the_limit(void **state)
{
	struct told t = { 0 };

	(void)state;
	server.silent = true;
	assert_non_null(resolve_start(resolver, STR("a.cairn.test"), 80, 20, on_found, &t));
	TURN_UNTIL(loop, t.calls > 0);
	assert_int_equal(t.count, 0);
	assert_int_equal(t.end, RESOLVE_TIMEOUT);
	assert_string_equal(t.why, "the name servers did not answer in time");
	assert_true(server.questions >= 1);
	/* The question is still out: who comes now joins it. */
	assert_non_null(start("a.cairn.test", &t));
	server.silent = false;
	TURN_UNTIL(loop, t.calls > 0); /* by c-ares's second attempt */
	assert_int_equal(t.count, 1);
}

/* What is made up does not count, neither as an answer nor as a failure; what comes twice changes nothing. */
static void
what_answers_nothing_is_ignored_and_counted(void **state)
{
	uint64_t ignored = counter_sum(COUNTER_DNS_IGNORED);
	struct told t;

	(void)state;
	server.strays = true;
	for (unsigned i = 1; i <= 3; i++) {
		assert_non_null(start(i == 1 ? "a.cairn.test" : i == 2 ? "b.cairn.test" : "c.cairn.test", &t));
		TURN_UNTIL(loop, t.calls > 0);
		assert_int_equal(t.count, 1);
		assert_addr(&t.addrs[0], "127.0.0.1:8080");
		assert_int_equal(server.questions, i); /* nor is it asked for again */
		assert_int_equal(counter_sum(COUNTER_DNS_IGNORED), ignored + (uint64_t)3 * i);
	}
}

static struct dns_records *records;

static void
on_records(struct question *q, struct dns_records *r, enum question_end end, const char *why)
{
	(void)q;
	(void)why;
	assert_int_equal(end, QUESTION_ANSWERED);
	records = r;
}

/* With the last answer the socket goes, and so does what was sent twice before it could be read. */
static void
what_is_never_read_is_counted(void **state)
{
	uint64_t ignored = counter_sum(COUNTER_DNS_IGNORED);
	struct question q = { .answered = on_records };

	(void)state;
	server.strays = true;
	resolver_ask(resolver, "a.cairn.test", DNS_A, &q);
	TURN_UNTIL(loop, records != NULL);
	assert_int_equal(records->count, 1);
	assert_addr(&records->items[0].addr, "127.0.0.1:0");
	assert_int_equal(counter_sum(COUNTER_DNS_IGNORED), ignored + 3);
	free(records);
	records = NULL;
}

static void
no_server_at_all_fails(void **state)
{
	struct name_server gone;
	struct told t;

	(void)state;
	name_server_open(&gone, loop);
	name_server_close(&gone); /* its port now refuses */
	assert_true(resolver_servers(resolver, gone.list));
	assert_non_null(start("a.cairn.test", &t));
	TURN_UNTIL(loop, t.calls > 0);
	assert_int_equal(t.count, 0);
}

static void
cancelled_it_is_not_told(void **state)
{
	struct told t[3];
	struct resolve *h;

	(void)state;
	h = start("a.cairn.test", &t[0]);
	assert_non_null(h);
	assert_non_null(start("a.cairn.test", &t[1]));
	t[1].also_cancel = start("a.cairn.test", &t[2]); /* from inside a call */
	resolve_cancel(&h);
	assert_null(h);
	resolve_cancel(&h);
	TURN_UNTIL(loop, t[1].calls > 0);
	turn_once(loop);
	assert_int_equal(t[0].calls, 0);
	assert_int_equal(t[1].calls, 1);
	assert_int_equal(t[2].calls, 0);
}

static void
freed_while_somebody_waits(void **state)
{
	struct told t[2];

	(void)state;
	server.silent = true;
	assert_non_null(start("a.cairn.test", &t[0]));
	assert_non_null(start("b.cairn.test", &t[1]));
	TURN_UNTIL(loop, server.questions >= 2);
	resolver_free(&resolver);
	turn_once(loop);
	assert_int_equal(t[0].calls + t[1].calls, 0);
}

static struct resolve *
start_nth(unsigned i, struct told *t)
{
	char host[32];

	snprintf(host, sizeof host, "n%u.cairn.test", i);
	return start(host, t);
}

static void
the_oldest_names_are_forgotten(void **state)
{
	struct told t;

	(void)state;
	for (unsigned i = 0; i < 600; i++) {
		assert_non_null(start_nth(i, &t));
		TURN_UNTIL(loop, t.calls > 0);
	}
	assert_null(start_nth(599, &t));
	assert_non_null(start_nth(0, &t));
	TURN_UNTIL(loop, t.calls > 0);
	assert_int_equal(t.count, 1);
}

static void
questions_on_their_way_are_bounded(void **state)
{
	static struct told t[600];
	unsigned refused = 0;

	(void)state;
	server.silent = true;
	for (unsigned i = 0; i < 600; i++)
		refused += start_nth(i, &t[i]) == NULL;
	assert_true(refused > 0 && refused < 600);
	assert_int_equal(t[599].calls, 1);
	assert_int_equal(t[599].count, 0);
	assert_non_null(start_nth(0, &t[599])); /* one that is on its way is joined all the same */
}

static void
refuses_a_malformed_list_of_servers(void **state)
{
	(void)state;
	assert_false(resolver_servers(resolver, "not an address"));
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(literals_are_told_at_once),
		ROW(what_is_no_name_fails_at_once),
		ROW(localhost_needs_no_server),
		ROW(asks_the_server_and_keeps_the_answer),
		ROW(knows_what_it_was_told),
		ROW(more_addresses_than_fit),
		ROW(no_ttl_is_not_kept),
		ROW(a_short_ttl_runs_out),
		ROW(those_who_wait_share_a_question),
		ROW(a_name_that_is_not_fails),
		ROW(a_name_without_address_fails),
		ROW(a_silent_server_runs_into_the_limit),
		ROW(what_answers_nothing_is_ignored_and_counted),
		ROW(what_is_never_read_is_counted),
		ROW(no_server_at_all_fails),
		ROW(cancelled_it_is_not_told),
		ROW(freed_while_somebody_waits),
		ROW(the_oldest_names_are_forgotten),
		ROW(questions_on_their_way_are_bounded),
		ROW(refuses_a_malformed_list_of_servers),
	};

	counter_thread_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
