#include "cache/store_kit.h"

#include "proxy/digest_make.h"

static struct conf_route routes[] = {
	{ .host = STR_INIT("a.example"), .path = STR_INIT("/off/") },
	{ .host = STR_INIT("a.example"), .path = STR_INIT("/long/") },
	{ .host = STR_INIT("a.example"), .path = STR_INIT("/") },
};
static struct conf_listener listener = { .mode = CONF_mode_REVERSE };

static const struct conf conf = { .routes = routes,
				  .route_count = sizeof routes / sizeof routes[0],
				  .listeners = &listener,
				  .listener_count = 1,
				  .store = { .max_object = 1000 } };

struct look {
	struct kit *kit;
	struct cache_policy direct;
	int64_t fresh_for_ms;
	bool listed;
};

static void
look_at(void *arg, struct entry *e)
{
	struct look *l = arg;

	l->listed = digest_lists(&conf, &l->direct, e, l->kit->now, l->fresh_for_ms);
}

static bool
lists(const char *url, const char *response, uint64_t n, uint64_t length, int64_t fresh_for_ms)
{
	struct kit k = kit_begin(MIB);
	struct kit_put p = { .url = url, .response = response, .n = n, .length = length };
	struct look l = { .kit = &k, .fresh_for_ms = fresh_for_ms };

	cache_policy_direct(&l.direct);
	assert_int_equal(kit_put_part(&k, &p, NULL), STORE_PUT_OK);
	store_each(k.store, look_at, &l);
	kit_end(&k);
	return l.listed;
}

static void
what_any_get_may_have(void **state)
{
	static const struct {
		const char *url, *response;
		uint64_t n, length;
		int64_t fresh_for_ms;
		bool listed;
	} rows[] = {
		{ "http://a.example/x", FRESH, 10, 10, 5000, true },
		{ "http://a.example:8080/x?y", FRESH, 10, 10, 5000, true },
		{ "http://a.example/x", FRESH, 10, 10, 99999, true },
		{ "http://a.example/x", FRESH, 10, 10, 100000, false },     /* stale too soon */
		{ "http://a.example/long/x", FRESH, 10, 10, 100000, true }, /* by the route's policy */
		{ "http://a.example/off/x", FRESH, 10, 10, 5000, false },
		{ "http://a.example/x", FRESH ", no-cache", 10, 10, 5000, false },
		{ "http://a.example/x", FRESH "\nVary: *", 10, 10, 5000, false },
		{ "http://a.example/x", FRESH "\nVary: Accept", 10, 10, 5000, true },
		{ "http://a.example/x", FRESH, 5, 10, 5000, false }, /* a part */
		{ "http://a.example/x", FRESH, 1000, 1000, 5000, true },
		{ "http://a.example/x", FRESH, 1001, 1001, 5000, false }, /* store.max_object is less by now */
		{ "http://b.example/x", FRESH, 10, 10, 5000, false },     /* no route any more */
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (lists(rows[i].url, rows[i].response, rows[i].n, rows[i].length, rows[i].fresh_for_ms) !=
		    rows[i].listed)
			fail_msg("row %zu", i);
}

static void
hosts_without_route(void **state)
{
	(void)state;
	listener.mode = CONF_mode_FORWARD;
	assert_true(lists("http://b.example/x", FRESH, 10, 10, 5000));
	assert_true(lists("http://[::1]:81/x", FRESH, 10, 10, 5000));
	listener.mode = CONF_mode_REVERSE;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_any_get_may_have),
		cmocka_unit_test(hosts_without_route),
	};

	for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++)
		cache_policy_defaults(&routes[i].policy);
	routes[0].policy.enabled = false;
	routes[1].policy.ttl = 1000;
	rcu_thread_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
