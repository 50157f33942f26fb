#include "ops/settings_case.h"

static void
defaults(void **state)
{
	struct conf *c = read_yaml(REST);
	const struct conf_route *r = &c->routes[0];

	(void)state;
	assert_int_equal(c->node.warmup, 5 * 60 * 1000);
	assert_int_equal(c->node.workers, 0);
	assert_true(trail_name_valid(c->node.name));
	assert_int_equal(c->store.memory, 256 << 20);
	assert_int_equal(c->store.objective, CONF_objective_OBJECTS);
	assert_int_equal(c->trail.names, CONF_names_AUTO);
	assert_int_equal(c->trail.trusted_nets.count, 2);
	assert_int_equal(c->trail.tiers_nets.count, 0);
	assert_true(c->trail.node.fields.x_cache && c->trail.node.fields.cache_status);
	assert_false(c->trail.node.fields.server_timing || c->trail.node.fields.x_cache_status);
	assert_true(str_eq(c->trail.node.name, c->node.name));
	assert_true(c->trail.node.instance != 0);
	assert_int_equal(c->log_count, 1);
	assert_str(c->logs[0].file, "-");
	assert_int_equal(c->logs[0].format, CONF_format_JSON);
	assert_str(c->admin.address, "127.0.0.1:9180");
	assert_false(c->admin.asked_for);
	assert_int_equal(c->forwarding.connect_ports.count, 1);
	assert_str(c->forwarding.connect_ports.items[0], "443");
	assert_int_equal(c->forwarding.x_forwarded, CONF_xff_APPEND);
	assert_int_equal(c->purge.allow_nets.count, 2);
	assert_int_equal(c->limits.head, 32 << 10);
	assert_int_equal(c->timeouts.head, 10000);
	assert_str(r->host, "*");
	assert_str(r->path, "/");
	assert_ptr_equal(r->to, &c->upstreams[0]);
	assert_int_equal(r->cache.ttl, -1);
	assert_int_equal(r->policy.ttl, POLICY_UNSET);
	assert_int_equal(r->policy.heuristic_percent, 10);
	assert_int_equal(r->policy.heuristic_max, 7 * 86400);
	assert_true(r->policy.enabled && r->policy.targeted);
	assert_int_equal(r->request.set.count, 0);
	conf_unref(&c);
}

static void
what_the_file_says(void **state)
{
	struct conf *c =
	    read_yaml("node: {name: edge-1, warmup: 300ms, user: nobody, workers: 2}\n"
		      "listeners:\n"
		      "  - {address: 127.0.0.1:8080, mode: both, shown_port: 80, default_host: \"a:81\"}\n"
		      "  - {address: \"[::1]:8081\", mode: forward}\n"
		      "upstreams:\n"
		      "  one: {kind: parent, members: [http://a:8000, {url: \"http://b\", weight: 3}], max_fails: 1, down: 1s}\n"
		      "  two: {members: [http://c], trail: keep, host: www.example.org, retries: 0}\n"
		      "routes:\n"
		      "  - {host: WWW.Example.org, path: /img, upstream: two}\n"
		      "  - upstream: one\n"
		      "store: {memory: 1G, max_object: 4096, objective: bytes}\n"
		      "trail: {names: opaque, trusted: [10.0.0.0/8], tiers: [\"fd00::/8\"], secret: s,\n"
		      "        x_cache: no, server_timing: yes, revalidated_is_hit: true}\n"
		      "logs: [{file: a.log, format: squid}, {file: off}]\n"
		      "admin: {address: \"127.0.0.1:9180\"}\n"
		      "limits: {head: 1K}\n");

	(void)state;
	assert_str(c->node.name, "edge-1");
	assert_int_equal(c->node.warmup, 300);
	assert_int_equal(c->node.workers, 2);
	assert_int_equal(c->listener_count, 2);
	assert_int_equal(c->listeners[0].mode, CONF_mode_BOTH);
	assert_int_equal(addr_port(&c->listeners[0].at), 8080);
	assert_int_equal(c->listeners[0].shown_port, 80);
	assert_str(c->listeners[0].default_host, "a:81");
	assert_int_equal(c->listeners[1].at.sa.sa_family, AF_INET6);
	assert_int_equal(c->upstream_count, 2);
	assert_str(c->upstreams[0].name, "one");
	assert_int_equal(c->upstreams[0].group->kind, GROUP_PARENT);
	assert_int_equal(group_roster(c->upstreams[0].group)->count, 2);
	assert_int_equal(c->upstreams[0].group->max_fails, 1);
	assert_int_equal(c->upstreams[0].group->down_ms, 1000);
	assert_str(group_roster(c->upstreams[0].group)->seats[0].member->label, "a:8000");
	assert_int_equal(group_roster(c->upstreams[0].group)->seats[0].weight, 1);
	assert_str(group_roster(c->upstreams[0].group)->seats[1].member->label, "b:80");
	assert_int_equal(group_roster(c->upstreams[0].group)->seats[1].weight, 3);
	assert_true(c->upstreams[0].keeps_trail);
	assert_true(c->upstreams[1].keeps_trail);
	assert_int_equal(c->upstreams[1].retries, 0);
	assert_str(c->upstreams[1].host, "www.example.org");
	assert_str(c->routes[0].host, "www.example.org");
	assert_ptr_equal(c->routes[0].to, &c->upstreams[1]);
	assert_int_equal(c->routes[1].index, 1);
	assert_int_equal(c->store.memory, 1 << 30);
	assert_int_equal(c->store.max_object, 4096);
	assert_int_equal(c->store.objective, CONF_objective_BYTES);
	assert_int_equal(c->trail.names, CONF_names_OPAQUE);
	assert_int_equal(c->trail.tiers_nets.count, 1);
	assert_false(c->trail.node.fields.x_cache);
	assert_true(c->trail.node.fields.server_timing);
	assert_true(c->trail.node.revalidated_is_hit);
	assert_int_equal(c->log_count, 2);
	assert_int_equal(c->logs[0].format, CONF_format_SQUID);
	assert_str(c->logs[1].file, "off");
	assert_true(c->admin.asked_for);
	assert_int_equal(c->limits.head, 1024);
	conf_unref(&c);
}

static void
a_policy(void **state)
{
	struct conf *c = read_yaml(
	    "routes:\n"
	    "  - upstream: s\n"
	    "    cache: {ttl: 500ms, max_ttl: 1d, negative_ttl: 0s, default_ttl: unset, stale_while_revalidate: 1m,\n"
	    "            stale_if_error: 1h, heuristic_percent: 0, heuristic_max: 1h, keep_stale: 2s, set_cookie: "
	    "strip,\n"
	    "            ignore_query: [\"utm_*\", fbclid], sort_query: yes, key_fields: [X-Device], bypass: "
	    "[\"cookie:sid\"],\n"
	    "            enabled: false}\n"
	    "    request_fields: {set: [\"X-A: b: c\"], remove: [Cookie]}\n"
	    "    response_fields: {add: [\"Vary: X\", \"X:\"]}\n" LISTEN ASK SECRET);
	const struct cache_policy *p = &c->routes[0].policy;

	(void)state;
	assert_int_equal(p->ttl, 1);
	assert_int_equal(p->max_ttl, 86400);
	assert_int_equal(p->negative_ttl, 0);
	assert_int_equal(p->default_ttl, POLICY_UNSET);
	assert_int_equal(p->swr, 60);
	assert_int_equal(p->sie, 3600);
	assert_int_equal(p->heuristic_percent, 0);
	assert_int_equal(p->heuristic_max, 3600);
	assert_int_equal(p->keep_stale, 2);
	assert_int_equal(p->set_cookie, SET_COOKIE_STRIP);
	assert_false(p->enabled);
	assert_int_equal(p->key.ignore_count, 2);
	assert_str(p->key.ignore[0], "utm_*");
	assert_true(p->key.sort_query);
	assert_int_equal(p->key.field_count, 1);
	assert_str(p->key.fields[0], "x-device");
	assert_str(c->routes[0].cache.bypass.items[0], "cookie:sid");
	assert_str(c->routes[0].request.set.items[0], "X-A: b: c");
	assert_str(c->routes[0].request.remove.items[0], "Cookie");
	assert_int_equal(c->routes[0].response.add.count, 2);
	conf_unref(&c);
}

/* What a row's default, read by the reader, makes of a policy is what the cache has as its own. */
static void
the_policy_of_an_empty_cache_is_the_default(void **state)
{
	struct conf *c = read_yaml(REST);
	struct cache_policy want, got = c->routes[0].policy;

	(void)state;
	cache_policy_defaults(&want);
	got.key = want.key; /* holds pointers to nothing */
	assert_int_equal(got.enabled, want.enabled);
	assert_int_equal(got.targeted, want.targeted);
	assert_int_equal(got.ttl, want.ttl);
	assert_int_equal(got.default_ttl, want.default_ttl);
	assert_int_equal(got.max_ttl, want.max_ttl);
	assert_int_equal(got.negative_ttl, want.negative_ttl);
	assert_int_equal(got.swr, want.swr);
	assert_int_equal(got.sie, want.sie);
	assert_int_equal(got.heuristic_percent, want.heuristic_percent);
	assert_int_equal(got.heuristic_max, want.heuristic_max);
	assert_int_equal(got.keep_stale, want.keep_stale);
	assert_int_equal(got.set_cookie, want.set_cookie);
	conf_unref(&c);
}

static void
a_name_by_default(void **state)
{
	struct conf *c;

	(void)state;
	setenv("HOSTNAME", "_host name!", 1);
	setenv("POD_NAME", "pod-7", 1);
	c = read_yaml(REST);
	assert_str(c->node.name, "pod-7");
	conf_unref(&c);
	setenv("POD_NAME", "--", 1);
	c = read_yaml(REST);
	assert_str(c->node.name, "host-name-");
	conf_unref(&c);
	setenv("POD_NAME", "n-0123abcd", 1);
	c = read_yaml(REST);
	assert_str(c->node.name, "node-n-0123abcd");
	conf_unref(&c);
	unsetenv("POD_NAME");
	unsetenv("HOSTNAME");
}

static void
the_secret_is_kept(void **state)
{
	struct settings_flags flags = { .origin = { { "http://a" }, 1 }, .name = "a", .state = "." };
	struct conf *c = load(&flags, NULL, "a new secret", "");

	(void)state;
	conf_unref(&c);
	assert_int_equal(access("trail-secret", F_OK), 0);
	assert_int_equal(truncate("trail-secret", 3), 0);
	assert_null(load(&flags, NULL, "a damaged secret",
			 "--state: trail-secret in it is damaged: remove it, and another one is made\n"));
	assert_int_equal(unlink("trail-secret"), 0);
	flags.state = "./nowhere";
	assert_null(load(&flags, NULL, "no directory",
			 "--state: trail-secret in it can be neither read nor written: No such file or directory\n"));
	flags.dry = true;
	c = load(&flags, NULL, "only looking", "");
	conf_unref(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(defaults),          TEST(what_the_file_says),
		TEST(a_policy),          TEST(the_policy_of_an_empty_cache_is_the_default),
		TEST(a_name_by_default), TEST(the_secret_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
