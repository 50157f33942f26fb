#include "unit.h"

#include "proxy/conf.h"

/* Patterns as the settings reader leaves them: hosts in lower case. */
static struct conf_route routes[] = {
	{ .host = STR_INIT("www.example.org"), .path = STR_INIT("/img") },
	{ .host = STR_INIT("www.example.org"), .path = STR_INIT("/*.css") },
	{ .host = STR_INIT("*.example.org"), .path = STR_INIT("/") },
	{ .host = STR_INIT("[::1]"), .path = STR_INIT("/") },
	{ .host = STR_INIT("*"), .path = STR_INIT("/all/") },
	{ .host = STR_INIT("a*c.net"), .path = STR_INIT("*") },
};

static const struct conf conf = { .routes = routes, .route_count = sizeof routes / sizeof routes[0] };

static void
first_match_wins(void **state)
{
	static const struct {
		const char *host, *target;
		int route; /* -1: none */
	} rows[] = {
		{ "www.example.org", "/img", 0 },
		{ "www.example.org", "/img/x", 0 },
		{ "www.example.org", "/imgs", 0 }, /* a prefix, whatever stands behind it */
		{ "WWW.Example.ORG", "/img?x", 0 },
		{ "www.example.org", "/IMG", 2 },
		{ "www.example.org", "/im", 2 },
		{ "www.example.org", "/a/b.css", 1 },
		{ "www.example.org", "/a/b.css?v=1", 1 },
		{ "www.example.org", "/a/b.css/", 2 },
		{ "www.example.org", "/?.css", 2 }, /* the query is no part of the path */
		{ "a.b.example.org", "/", 2 },
		{ "A.EXAMPLE.ORG", "/x", 2 },
		{ ".example.org", "/", 2 },
		{ "example.org", "/", -1 },
		{ "example.org", "/all/x", 4 },
		{ "example.org", "/all", -1 },
		{ "[::1]", "/x", 3 },
		{ "", "/all/", 4 },
		{ "abc.net", "/x", 5 },
		{ "ac.net", "/", 5 },
		{ "ac.net", "*", 5 },
		{ "www.example.org", "*", 2 }, /* OPTIONS *, as if for / */
		{ "acxnet", "/", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct conf_route *want = rows[i].route < 0 ? NULL : &routes[rows[i].route];

		if (conf_route_for(&conf, str_c(rows[i].host), str_c(rows[i].target)) != want)
			fail_msg("%s %s: not route %d", rows[i].host, rows[i].target, rows[i].route);
	}
}

static void
hosts_without_end(void **state)
{
	static char host[4096];

	(void)state;
	memset(host, 'a', sizeof host);
	memcpy(host + sizeof host - 12, ".example.org", 12);
	assert_null(conf_route_for(&conf, str_of(host, sizeof host), STR("/")));
	assert_ptr_equal(conf_route_for(&conf, str_of(host, sizeof host), STR("/all/")), &routes[4]);
}

static void
no_routes(void **state)
{
	const struct conf none = { .route_count = 0 };

	(void)state;
	assert_null(conf_route_for(&none, STR("h"), STR("/")));
}

static bool
listed(const struct net_list *l, const char *ip)
{
	union addr a;

	assert_true(addr_parse_ip(str_c(ip), 80, &a));
	return net_list_has(l, &a);
}

static void
networks(void **state)
{
	struct net nets[2];
	const struct net_list list = { nets, 2 }, none = { NULL, 0 };

	(void)state;
	assert_true(net_parse(STR("127.0.0.0/8"), &nets[0]));
	assert_true(net_parse(STR("::1"), &nets[1]));
	assert_true(listed(&list, "127.1.2.3"));
	assert_true(listed(&list, "::1"));
	assert_true(listed(&list, "::ffff:127.0.0.1"));
	assert_false(listed(&list, "128.0.0.1"));
	assert_false(listed(&list, "::2"));
	assert_false(listed(&none, "127.0.0.1"));
}

static void
count_one(void *arg)
{
	++*(int *)arg;
}

static void
the_last_reference_frees(void **state)
{
	struct arena *a = arena_new(1 << 16);
	struct conf *first = arena_zalloc(a, sizeof *first), *second;
	int freed = 0;

	(void)state;
	first->arena = a;
	atomic_init(&first->refs, 1);
	assert_true(arena_cleanup(a, count_one, &freed));
	second = conf_ref(first);
	assert_ptr_equal(second, first);
	conf_unref(&first);
	assert_null(first);
	assert_int_equal(freed, 0);
	conf_unref(&second);
	assert_int_equal(freed, 1);
	conf_unref(&second); /* nothing is fine */
}

/* However often a worker holds it, it has one reference for that. */
static void
a_worker_holds_one_reference(void **state)
{
	struct arena *a = arena_new(1 << 16);
	struct conf *c = arena_zalloc(a, sizeof *c), *held[3];
	int freed = 0;

	(void)state;
	c->arena = a;
	atomic_init(&c->refs, 1);
	assert_true(arena_cleanup(a, count_one, &freed));
	assert_true(conf_for_workers(c, 2));
	held[0] = conf_hold(c, 0);
	held[1] = conf_hold(c, 0);
	held[2] = conf_hold(c, 1);
	assert_int_equal(c->refs, 3);
	conf_unref(&c);
	conf_let_go(&held[0], 0);
	conf_let_go(&held[2], 1);
	assert_null(held[2]);
	assert_int_equal(held[1]->refs, 1);
	assert_int_equal(freed, 0);
	conf_let_go(&held[1], 0);
	assert_int_equal(freed, 1);
	conf_let_go(&held[1], 0); /* nothing is fine */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_match_wins),
		cmocka_unit_test(hosts_without_end),
		cmocka_unit_test(no_routes),
		cmocka_unit_test(networks),
		cmocka_unit_test(the_last_reference_frees),
		cmocka_unit_test(a_worker_holds_one_reference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
