#include "ops/settings_case.h"

static void
what_is_fixed_holds_on(void **state)
{
	struct conf *before, *after;

	(void)state;
	put(STR("node: {name: a, workers: 1, state: /x}\nstore: {memory: 64M, prefault: yes, window: 1M}\n"
		"listeners: [{address: \":80\"}, {address: \":81\", mode: forward}]\n" ASK ROUTE SECRET));
	before = load(&from_file, NULL, "before", "");
	put(STR("node: {name: b, workers: 2, state: /y}\nstore: {memory: 128M, window: 2M}\n"
		"admin: {address: \":1\"}\n"
		"listeners: [{address: \":81\"}, {address: \":82\"}]\n" ASK ROUTE SECRET));
	after =
	    load(&from_file, before, "after",
		 "c.yaml:1:26: warning: node.workers: takes effect at the next start: until then it stays as it is\n"
		 "c.yaml:1:36: warning: node.state: takes effect at the next start: until then it stays as it is\n"
		 "c.yaml:2:8: warning: store.prefault: takes effect at the next start: until then it stays as it is\n"
		 "c.yaml:2:17: warning: store.memory: takes effect at the next start: until then it stays as it is\n"
		 "c.yaml:3:18: warning: admin.address: takes effect at the next start: until then it stays as it is\n"
		 "c.yaml:4:12: warning: listeners: takes effect at the next start: until then it stays as it is\n");
	conf_unref(&before);
	assert_str(after->node.name, "b");
	assert_int_equal(after->node.workers, 1);
	assert_str(after->node.state, "/x");
	assert_int_equal(after->store.memory, 64 << 20);
	assert_true(after->store.prefault);
	assert_int_equal(after->store.window, 2 << 20);
	assert_str(after->admin.address, "127.0.0.1:9180");
	assert_int_equal(after->listener_count, 2);
	assert_str(after->listeners[0].address, ":80");
	assert_int_equal(after->listeners[0].mode, CONF_mode_REVERSE);
	assert_str(after->listeners[1].address, ":81");
	assert_int_equal(after->listeners[1].mode, CONF_mode_REVERSE); /* what the new file says about :81 */
	assert_int_equal(addr_port(&after->listeners[1].at), 81);
	conf_unref(&after);
}

static void
put_listener(const char *how)
{
	char text[256];
	int n = snprintf(text, sizeof text, "listeners: [{address: \":80\", %s}]\n" ASK ROUTE SECRET, how);

	put(str_of(text, (size_t)n));
}

/* A socket does not become one for diverted connections, nor one of the other sort. */
static void
interception_holds_on(void **state)
{
	static const struct {
		const char *before, *after;
		bool stays;
	} rows[] = {
		{ "mode: forward", "mode: intercept", true },
		{ "mode: intercept", "mode: forward", true },
		{ "mode: intercept", "mode: intercept, divert: tproxy", true },
		{ "mode: intercept", "mode: intercept, unverified: refuse", false },
	};
	struct conf *before, *after;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		put_listener(rows[i].before);
		before = load(&from_file, NULL, "before", "");
		put_listener(rows[i].after);
		after = load(&from_file, before, "after",
			     rows[i].stays ? "c.yaml:1:12: warning: listeners: takes effect at the next start: until "
					     "then it stays as it is\n"
					   : "");
		assert_int_equal(after->listeners[0].mode, before->listeners[0].mode);
		assert_int_equal(after->listeners[0].divert, before->listeners[0].divert);
		conf_unref(&before);
		conf_unref(&after);
	}
}

static void
nothing_changed_says_nothing(void **state)
{
	struct conf *before, *after;

	(void)state;
	put(STR(REST));
	before = load(&from_file, NULL, "before", "");
	after = load(&from_file, before, "after", "");
	assert_true(before->trail.node.instance == after->trail.node.instance);
	assert_memory_equal(before->trail.node.opaque, after->trail.node.opaque, sizeof before->trail.node.opaque);
	conf_unref(&before);
	conf_unref(&after);
}

/* A reload is no reason to ask a member that is down, or to count anew. */
static void
members_go_on(void **state)
{
	struct conf *before, *after;
	struct member *a;

	(void)state;
	put(STR("listeners: [{address: \":80\"}]\n"
		"upstreams: {s: {members: [\"http://a\", \"http://b\"]}, other: {members: [\"http://c\"]}}\n" ROUTE
		    SECRET));
	before = load(&from_file, NULL, "before", "");
	a = group_roster(before->upstreams[0].group)->seats[0].member;
	a->requests = 7;
	put(STR("listeners: [{address: \":80\"}]\n"
		"upstreams: {new: {members: [\"http://b\"]}, s: {members: [\"http://d\", \"http://A:80\"]}}\n" ROUTE
		    SECRET));
	after = load(&from_file, before, "after", "");
	conf_unref(&before);
	assert_ptr_equal(group_roster(after->upstreams[1].group)->seats[1].member, a);
	assert_int_equal(a->requests, 7);
	assert_str(a->label, "a:80");
	assert_int_equal(group_roster(after->upstreams[1].group)->seats[0].member->requests, 0);
	assert_int_equal(group_roster(after->upstreams[0].group)->seats[0].member->requests, 0);
	conf_unref(&after);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_fixed_holds_on),
		TEST(interception_holds_on),
		TEST(nothing_changed_says_nothing),
		TEST(members_go_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
