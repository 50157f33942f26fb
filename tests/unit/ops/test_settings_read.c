#include "ops/settings_case.h"

static void
names_of_settings(void **state)
{
	static const struct row rows[] = {
		{ "listeners: [{prot: 1, address: \":80\"}]\n" ASK ROUTE SECRET,
		  "c.yaml:1:14: listeners[0].prot: unknown setting; known here: address, mode, shown_port, "
		  "default_host, proxy_protocol_from, divert, keep_client, unverified\n" },
		{ "listeners:\n  - adress: \":80\"\n" ASK ROUTE SECRET,
		  "c.yaml:2:5: listeners[0].adress: unknown setting; did you mean \"address\"?\n"
		  "c.yaml:2:5: listeners[0].address: must be given, such as \"127.0.0.1:8080\"\n" },
		{ "memory: 1G\n" REST, "c.yaml:1:1: memory: unknown setting; did you mean \"store.memory\"?\n" },
		{ "sotre: {}\n" REST, "c.yaml:1:1: sotre: unknown setting; did you mean \"store\"?\n" },
		{ "zzzzzzzz: 1\n" REST, "c.yaml:1:1: zzzzzzzz: unknown setting; known here: node, upstreams, routes, "
					"listeners, pac, authentication, access, store, trail, logs, "
					"admin, forwarding, purge, neighbours, digest, limits, timeouts\n" },
		{ "routes: [{upstream: s, cache: {tll: 1s}}]\n" LISTEN ASK SECRET,
		  "c.yaml:1:32: routes[0].cache.tll: unknown setting; did you mean \"ttl\"?\n" },
		{ "routes: [{upstream: s, cach: {}}]\n" LISTEN ASK SECRET,
		  "c.yaml:1:24: routes[0].cach: unknown setting; did you mean \"cache\"?\n" },
		{ "\"a\\e[31m\": 1\n" REST, "c.yaml:1:1: a?[31m: unknown setting; known here: node, upstreams, routes, "
					    "listeners, pac, authentication, access, store, trail, logs, "
					    "admin, forwarding, purge, neighbours, digest, limits, timeouts\n" },
		{ "node: {name: a,\n  name: b}\n" REST, "c.yaml:2:3: node.name: set twice: line 1 has it already\n" },
		{ "node: {}\nnode: {}\n" REST, "c.yaml:2:1: node: set twice: line 1 has it already\n" },
		{ "upstreams:\n  s: {members: [\"http://a\"]}\n  s: {}\n" LISTEN ROUTE SECRET,
		  "c.yaml:3:3: upstreams.s: set twice: line 2 has it already\n" },
		{ "routes: [{upstream: s, cache: {}, cache: {}}]\n" LISTEN ASK SECRET,
		  "c.yaml:1:35: routes[0].cache: set twice: line 1 has it already\n" },
	};

	(void)state;
	RUN(rows);
}

static void
values(void **state)
{
	static const struct row rows[] = {
		{ "node: {warmup: 5 minutes}\n" REST, "c.yaml:1:16: node.warmup: \"5 minutes\" is no duration: write a "
						      "number and ms, s, m, h or d, such as 300ms "
						      "or 5m\n" },
		{ "node: {warmup: unset}\n" REST, "c.yaml:1:16: node.warmup: \"unset\" is no duration: write a number "
						  "and ms, s, m, h or d, such as 300ms or "
						  "5m\n" },
		{ "timeouts: {head: 99ms}\n" REST,
		  "c.yaml:1:18: timeouts.head: \"99ms\" is out of bounds: at least 100ms, at most 1h\n" },
		{ "timeouts: {head: 61m}\n" REST,
		  "c.yaml:1:18: timeouts.head: \"61m\" is out of bounds: at least 100ms, at most 1h\n" },
		{ "timeouts: {head: 99999999999999999999d}\n" REST,
		  "c.yaml:1:18: timeouts.head: \"99999999999999999999d\" is no duration: write a number and ms, s, m, "
		  "h or "
		  "d, such as 300ms or 5m\n" },
		{ "timeouts: {head: 1h, drain: 0, body: 1d}\n" REST, "" },
		{ "store: {memory: 64MB}\n" REST, "c.yaml:1:17: store.memory: \"64MB\" is no size: write bytes, or a "
						  "number and K, M, G or T, such as 64M\n" },
		{ "store: {memory: 1K}\n" REST,
		  "c.yaml:1:17: store.memory: \"1K\" is out of bounds: at least 8M, at most 16T\n" },
		{ "node: {workers: two}\n" REST, "c.yaml:1:17: node.workers: \"two\" is no whole number\n" },
		{ "node: {workers: -1}\n" REST, "c.yaml:1:17: node.workers: \"-1\" is no whole number\n" },
		{ "node: {workers: 257}\n" REST,
		  "c.yaml:1:17: node.workers: \"257\" is out of bounds: at least 0, at most 256\n" },
		{ "forwarding: {via: maybe}\n" REST,
		  "c.yaml:1:19: forwarding.via: \"maybe\" is neither true nor false\n" },
		{ "forwarding: {via: \"No\", x_forwarded: 'off'}\n" REST, "" },
		{ "store: {objective: object}\n" REST,
		  "c.yaml:1:20: store.objective: \"object\" is none of objects, bytes; did you mean \"objects\"?\n" },
		{ "store: {objective: x}\n" REST, "c.yaml:1:20: store.objective: \"x\" is none of objects, bytes\n" },
		{ "store: {memory: [1]}\n" REST, "c.yaml:1:17: store.memory: must be a size, not a list\n" },
		{ "store: {memory: }\n" REST, "c.yaml:1:17: store.memory: has no value: must be a size\n" },
		{ "store: {objective: {}}\n" REST,
		  "c.yaml:1:20: store.objective: must be one of a few words, not settings with names\n" },
		{ "node: {name: ~}\n" REST, "c.yaml:1:14: node.name: has no value: must be text\n" },
		{ "node: {user: \"\"}\n" REST, "" },
		{ "node: {user: \"a\\nb\"}\n" REST,
		  "c.yaml:1:14: node.user: holds a control character, such as the end of a line\n" },
		{ "purge: {allow: \"::1\"}\n" REST, "c.yaml:1:16: purge.allow: must be a list, not a single value\n" },
		{ "purge: {allow: [\"::1\", [a], \"::1\", {}]}\n" REST,
		  "c.yaml:1:24: purge.allow[1]: must be text, not a list\n"
		  "c.yaml:1:36: purge.allow[3]: must be text, not settings with names\n" },
		{ "store: 512M\n" REST, "c.yaml:1:8: store: must be settings with names, not a single value\n" },
		{ "store:\nlimits: ~\ntimeouts: {}\n" REST, "" },
		{ "node: {name: "
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xc3\xa9\xc3\xa9\xc3\xa9}\n" REST,
		  "c.yaml:1:14: node.name: \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xc3\xa9...\" is "
		  "no name "
		  "for a node: letters, digits, dots, dashes and underscores, a letter or digit first, and not n- with "
		  "8 hex "
		  "digits, which is how opaque names look\n" },
	};

	(void)state;
	RUN(rows);
}

/* A report ends, and says that there is more. */
static void
too_many_messages(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct strbuf b = strbuf_in(a, 1 << 12), got = strbuf_in(a, 1 << 12);
	struct settings_report *r = settings_report_new();

	(void)state;
	strbuf_lit(&b, "node:\n");
	for (int i = 0; i < 1000; i++)
		strbuf_printf(&b, "  no%d: 1\n", i);
	put(strbuf_str(&b));
	assert_null(settings_load(&from_file, r));
	settings_report_text(r, &got);
	assert_true(str_ends(strbuf_str(&got), STR("more messages are left out: these are the first 200\n")));
	settings_report_free(&r);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(names_of_settings),
		TEST(values),
		TEST(too_many_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
