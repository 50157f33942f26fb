#include "ops/settings_case.h"

static void
flags_alone(void **state)
{
	struct settings_flags flags = { .origin = { { "http://a", "http://b:81" }, 2 }, .dry = true };
	struct conf *c = load(&flags, NULL, "--origin", "");

	(void)state;
	assert_int_equal(c->listener_count, 1);
	assert_str(c->listeners[0].address, "127.0.0.1:8080");
	assert_int_equal(c->listeners[0].mode, CONF_mode_REVERSE);
	assert_str(c->routes[0].to->name, "origin");
	assert_int_equal(group_roster(c->routes[0].to->group)->count, 2);
	assert_int_equal(c->routes[0].to->group->kind, GROUP_ORIGIN);
	assert_false(c->routes[0].to->keeps_trail);
	conf_unref(&c);
	flags = (struct settings_flags){
		.parent = { { "http://a:3128" }, 1 },
		.listen = { { ":8080", "[::1]:8081" }, 2 },
		.name = "edge-1",
		.admin = "127.0.0.1:0",
		.memory = "512M",
		.workers = "3",
		.log = "off",
		.state = "/tmp",
		.dry = true,
	};
	c = load(&flags, NULL, "--parent", "");
	assert_int_equal(c->listener_count, 2);
	assert_str(c->listeners[1].address, "[::1]:8081");
	assert_str(c->routes[0].to->name, "parent");
	assert_true(c->routes[0].to->keeps_trail);
	assert_str(c->node.name, "edge-1");
	assert_true(c->admin.asked_for);
	assert_int_equal(c->store.memory, 512 << 20);
	assert_int_equal(c->node.workers, 3);
	assert_int_equal(c->log_count, 1);
	assert_str(c->logs[0].file, "off");
	assert_str(c->node.state, "/tmp");
	conf_unref(&c);
}

static void
flags_that_are_wrong(void **state)
{
	const struct settings_flags none = { .dry = true };
	const struct settings_flags both = { .origin = { { "http://a" }, 1 }, .parent = { { "http://a" }, 1 } };
	const struct settings_flags bad = { .origin = { { "a" }, 1 },
					    .listen = { { "x" }, 1 },
					    .memory = "1",
					    .name = "_",
					    .workers = "x",
					    .admin = "9180" };
	const struct settings_flags beside = { .file = "c.yaml", .origin = { { "http://a" }, 1 } };

	(void)state;
	assert_null(
	    load(&none, NULL, "no flags",
		 "nothing says whom to ask: give --origin URL (the site to stand in front of), --parent URL (the next "
		 "cache), or -c FILE\n"));
	assert_null(
	    load(&both, NULL, "both",
		 "--parent: --origin is given as well: a node asks the site itself, or the next tier of caches\n"
		 "listeners: none: a node must listen somewhere, such as listeners: [{address: "
		 "\"127.0.0.1:8080\"}]\n"));
	assert_null(load(
	    &bad, NULL, "bad",
	    "--workers: \"x\" is no whole number\n"
	    "--name: \"_\" is no name for a node: letters, digits, dots, dashes and underscores, a letter or digit "
	    "first, and not n- with 8 hex digits, which is how opaque names look\n"
	    "--origin: \"a\": an upstream is written \"http://host[:port]\" or \"https://host[:port]\"\n"
	    "--listen: \"x\" is no address: write \"127.0.0.1:8080\", \":8080\" or \"[::1]:8080\"\n"
	    "--memory: \"1\" is out of bounds: at least 8M, at most 16T\n"
	    "--admin: \"9180\" is no address: write \"127.0.0.1:8080\", \":8080\" or \"[::1]:8080\"\n"));
	put(STR(REST));
	assert_null(load(&beside, NULL, "beside routes",
			 "--origin: the file has routes, and they say who is asked: use one or the other\n"));
}

static void
flags_over_a_file(void **state)
{
	const struct settings_flags flags = { .file = "c.yaml",
					      .listen = { { ":1", ":2", ":3" }, 3 },
					      .name = "b",
					      .log = "x.log",
					      .memory = "64M",
					      .dry = true };
	struct conf *c;

	(void)state;
	put(STR("node: {name: a, warmup: 1s}\n"
		"listeners: [{address: \":80\", mode: forward, shown_port: 7}, {address: \":81\", shown_port: 8}]\n"
		"logs: [{file: a, format: squid}, {file: b}]\n"
		"store:\n" ASK ROUTE SECRET));
	c = load(&flags, NULL, "flags over a file", "");
	assert_str(c->node.name, "b");
	assert_int_equal(c->node.warmup, 1000);
	assert_int_equal(c->listener_count, 3);
	assert_int_equal(c->listeners[0].mode, CONF_mode_FORWARD);
	assert_str(c->listeners[0].address, ":1");
	assert_int_equal(c->listeners[0].shown_port, 7);
	assert_int_equal(c->listeners[2].shown_port, 8);
	assert_int_equal(c->log_count, 1);
	assert_str(c->logs[0].file, "x.log");
	assert_int_equal(c->logs[0].format, CONF_format_SQUID);
	assert_int_equal(c->store.memory, 64 << 20);
	conf_unref(&c);
	put(STR("store: {memory: 1G}\n" SECRET));
	c = load(&(struct settings_flags){ .file = "c.yaml", .origin = { { "http://a" }, 1 }, .dry = true }, NULL,
		 "an origin for a file without routes", "");
	assert_int_equal(c->store.memory, 1 << 30);
	assert_str(c->listeners[0].address, "127.0.0.1:8080");
	conf_unref(&c);
	put(STR("store: []\n" SECRET));
	assert_null(load(&(struct settings_flags){ .file = "c.yaml", .origin = { { "http://a" }, 1 }, .memory = "1G" },
			 NULL, "a flag for a section that is none",
			 "c.yaml:1:8: store: must be settings with names, not a list\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(flags_alone),
		TEST(flags_that_are_wrong),
		TEST(flags_over_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
