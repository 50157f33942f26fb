#include "unit.h"

#include "base/counter.h"
#include "net/name_server.h"
#include "net/turn.h"
#include "peer/follow.h"

#define MAX_MS (60 * MS_PER_S)

static struct loop *loop;
static struct follow *follow;
static struct arena *arena;
static struct group *group;
static struct name_server server;
static unsigned changes;
static char said[4096];

static void
on_changed(void *ctx)
{
	(void)ctx;
	changes++;
}

static void
on_said(void *ctx, struct str line)
{
	size_t n = strlen(said);

	(void)ctx;
	snprintf(said + n, sizeof said - n, "%.*s\n", STR_FMT(line));
}

static int
setup(void **state)
{
	static const struct follow_hooks hooks = { .changed = on_changed, .say = on_said };

	(void)state;
	rcu_thread_begin();
	counter_thread_begin();
	loop = loop_new();
	name_server_open(&server, loop);
	follow = follow_new(loop, &hooks);
	assert_true(follow_servers(follow, server.list));
	arena = arena_new(1 << 20);
	group = group_new(arena, STR("site"), GROUP_ORIGIN);
	changes = 0;
	said[0] = '\0';
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	follow_free(&follow);
	name_server_close(&server);
	loop_free(&loop);
	rcu_settle();
	arena_free(&arena);
	counter_thread_end();
	rcu_thread_end();
	return 0;
}

static struct following *
follow_url(const char *url)
{
	const char *why;
	struct following *f = group_follow(group, arena, FOLLOW_ADDRESSES, str_c(url), &why);

	assert_non_null(f);
	return f;
}

static void
begin(void)
{
	struct group *groups[] = { group };

	assert_true(follow_groups(follow, groups, 1, MAX_MS));
}

static struct member *
seat(unsigned i)
{
	return group_roster(group)->seats[i].member;
}

static void
an_answer_makes_members(void **state)
{
	struct following *f = follow_url("http://site.cairn.test:8080");
	struct follow_state s;

	(void)state;
	f->like.weight = 4;
	server.addrs = 2;
	begin();
	assert_int_equal(group_roster(group)->count, 0);
	assert_true(group->awaited);
	TURN_UNTIL(loop, group_roster(group)->count == 2);
	assert_false(group->awaited);
	assert_str(seat(0)->label, "127.0.0.1:8080");
	assert_str(seat(1)->label, "127.0.0.2:8080");
	assert_str(seat(1)->authority, "site.cairn.test:8080");
	assert_int_equal(group_roster(group)->seats[0].weight, 4);
	assert_true(group->changed_ms > 0);
	assert_string_equal(said, "site: 2 members: +127.0.0.1:8080 +127.0.0.2:8080\n");
	assert_true(follow_state(f, clock_now().mono_ns, &s));
	assert_true(s.answered && s.failures == 0 && s.why == NULL);
	assert_true(s.left_ms > MS_PER_S && s.left_ms <= MAX_MS); /* the TTL is an hour */
}

static void
a_change_keeps_those_that_stay(void **state)
{
	struct member *first;
	unsigned before;

	(void)state;
	follow_url("http://site.cairn.test");
	server.addrs = 1;
	server.ttl = 0; /* a second, at least */
	begin();
	TURN_UNTIL(loop, group_roster(group)->count == 1);
	first = seat(0);
	server.addrs = 3;
	before = changes;
	TURN_UNTIL(loop, group_roster(group)->count == 3);
	assert_ptr_equal(seat(0), first);
	assert_int_equal(changes, before + 1);
	server.addrs = 1;
	TURN_UNTIL(loop, group_roster(group)->count == 1);
	assert_ptr_equal(seat(0), first);
	assert_false(member_has_left(first));
}

static void
a_bad_answer_changes_nothing(void **state)
{
	struct following *f = follow_url("http://site.cairn.test");
	struct follow_state s = { 0 };

	(void)state;
	server.ttl = 1;
	begin();
	TURN_UNTIL(loop, group_roster(group)->count == 1);
	server.rcode = NAME_SERVER_RCODE_NONE;
	TURN_UNTIL(loop, follow_state(f, clock_now().mono_ns, &s) && s.failures > 0);
	assert_string_equal(s.why, "the name does not exist");
	assert_int_equal(group_roster(group)->count, 1);
	server.rcode = 0;
	server.addrs = 0;
	TURN_UNTIL(loop, follow_state(f, clock_now().mono_ns, &s) && s.failures > 1);
	assert_int_equal(group_roster(group)->count, 1);
	server.addrs = 2;
	TURN_UNTIL(loop, group_roster(group)->count == 2);
	assert_true(follow_state(f, clock_now().mono_ns, &s) && s.failures == 0);
	assert_non_null(strstr(said, "what is known of it stays\n"));
	assert_non_null(strstr(said, "is answered again\n"));
}

static void
nobody_is_awaited_once_an_answer_was_bad(void **state)
{
	(void)state;
	follow_url("http://site.cairn.test");
	server.rcode = NAME_SERVER_RCODE_NONE;
	begin();
	assert_true(group->awaited);
	TURN_UNTIL(loop, !group->awaited);
	assert_int_equal(group_roster(group)->count, 0);
	assert_true(changes > 0);
}

static void
the_next_configuration_begins_with_what_is_known(void **state)
{
	struct arena *later = arena_new(1 << 20);
	struct group *next = group_new(later, STR("site"), GROUP_ORIGIN), *groups[] = { next };
	struct member *first;
	unsigned asked;
	const char *why;

	(void)state;
	follow_url("http://site.cairn.test");
	begin();
	TURN_UNTIL(loop, group_roster(group)->count == 1);
	first = seat(0);
	asked = server.questions;
	assert_non_null(group_add(next, STR("http://127.0.0.9"), &why));
	assert_non_null(group_follow(next, later, FOLLOW_ADDRESSES, STR("http://site.cairn.test"), &why));
	group_inherit(next, group);
	assert_true(follow_groups(follow, groups, 1, MAX_MS));
	assert_int_equal(group_roster(next)->count, 2);
	assert_str(group_roster(next)->seats[0].member->label, "127.0.0.9:80");
	assert_ptr_equal(group_roster(next)->seats[1].member, first);
	assert_false(next->awaited);
	assert_int_equal(server.questions, asked);
	follow_free(&follow); /* whose groups go with `later` */
	turn_once(loop);
	rcu_settle();
	arena_free(&later);
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(an_answer_makes_members),
		ROW(a_change_keeps_those_that_stay),
		ROW(a_bad_answer_changes_nothing),
		ROW(nobody_is_awaited_once_an_answer_was_bad),
		ROW(the_next_configuration_begins_with_what_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
