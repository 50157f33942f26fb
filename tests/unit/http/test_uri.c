#include "unit.h"

#include "base/arena.h"
#include "http/uri.h"

static void
targets(void **state)
{
	static const struct {
		const char *text;
		enum uri_form form;
		const char *authority, *host, *path;
		int port;
		bool bare, userinfo;
	} rows[] = {
		{ "/", URI_ORIGIN, "", "", "/", 0 },
		{ "/a/../b?c=d&e", URI_ORIGIN, "", "", "/a/../b?c=d&e", 0 },
		{ "//h/a", URI_ORIGIN, "", "", "//h/a", 0 },
		{ "/?a={\"b\"|c}^`<>\\", URI_ORIGIN, "", "", "/?a={\"b\"|c}^`<>\\", 0 },
		{ "*", URI_ASTERISK, "", "", "", 0 },
		{ "http://h", URI_ABSOLUTE, "h", "h", "/", 0, .bare = true },
		{ "http://h/", URI_ABSOLUTE, "h", "h", "/", 0 },
		{ "http://h?q", URI_ABSOLUTE, "h", "h", "?q", 0 },
		{ "HTTP://h:8080/a?b", URI_ABSOLUTE, "h:8080", "h", "/a?b", 8080 },
		{ "http://h:/a", URI_ABSOLUTE, "h:", "h", "/a", 0 },
		{ "http://[::1]:81/", URI_ABSOLUTE, "[::1]:81", "[::1]", "/", 81 },
		{ "http://u:p@h/", URI_ABSOLUTE, "h", "h", "/", 0, .userinfo = true },
		{ "http://a@b@h/", URI_ABSOLUTE, "h", "h", "/", 0, .userinfo = true },
		{ "http://h/u@v", URI_ABSOLUTE, "h", "h", "/u@v", 0 },
		{ "coap+tcp://h/", URI_ABSOLUTE, "h", "h", "/", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct uri u;

		assert_true(uri_parse_target(str_c(rows[i].text), false, &u));
		assert_int_equal(u.form, rows[i].form);
		assert_true(str_eq(u.authority, str_c(rows[i].authority)));
		assert_true(str_eq(u.host, str_c(rows[i].host)));
		assert_true(str_eq(u.path, str_c(rows[i].path)));
		assert_int_equal(u.port, rows[i].port);
		assert_int_equal(u.bare, rows[i].bare);
		assert_int_equal(u.userinfo, rows[i].userinfo);
	}
}

static void
no_targets(void **state)
{
	static const struct str rows[] = {
		STR_INIT(""),          STR_INIT("a"),          STR_INIT("a/b"),         STR_INIT("**"),
		STR_INIT("/a b"),      STR_INIT("/a\tb"),      STR_INIT("/a\0b"),       STR_INIT("/\x7f"),
		STR_INIT("/\xc3\xa9"), STR_INIT("/a#b"),       STR_INIT("http:/a"),     STR_INIT("http://"),
		STR_INIT("http:///a"), STR_INIT("http://?q"),  STR_INIT("http://h:x/"), STR_INIT("http://h:65536/"),
		STR_INIT("://h/"),     STR_INIT("1http://h/"), STR_INIT("urn:isbn:1"),  STR_INIT("h:443"),
		STR_INIT("http://@/"),
	};
	struct uri u;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_false(uri_parse_target(rows[i], false, &u));
}

static void
connects(void **state)
{
	struct uri u;

	(void)state;
	assert_true(uri_parse_target(STR("h:443"), true, &u));
	assert_int_equal(u.form, URI_AUTHORITY);
	assert_str(u.host, "h");
	assert_int_equal(u.port, 443);
	assert_true(uri_parse_target(STR("[::1]:443"), true, &u));
	assert_str(u.host, "[::1]");
	assert_false(uri_parse_target(STR("h"), true, &u));
	assert_false(uri_parse_target(STR("h:"), true, &u));
	assert_false(uri_parse_target(STR("h:0"), true, &u));
	assert_false(uri_parse_target(STR("u@h:443"), true, &u));
	assert_false(uri_parse_target(STR("/"), true, &u));
	assert_false(uri_parse_target(STR("http://h:443/"), true, &u));
}

static void
hosts(void **state)
{
	static const struct {
		const char *text, *host;
		int port;
	} rows[] = {
		{ "example.org", "example.org", 0 },
		{ "example.org:80", "example.org", 80 },
		{ "example.org:", "example.org", 0 },
		{ "h:0080", "h", 80 },
		{ "h:65535", "h", 65535 },
		{ "a_b.svc", "a_b.svc", 0 },
		{ "ex%61mple", "ex%61mple", 0 },
		{ "127.0.0.1:80", "127.0.0.1", 80 },
		{ "[::1]", "[::1]", 0 },
		{ "[2001:DB8::192.0.2.1]:8080", "[2001:DB8::192.0.2.1]", 8080 },
		{ "[v1.fe:a]:80", "[v1.fe:a]", 80 },
	};
	struct str host;
	uint16_t port;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_true(uri_parse_host(str_c(rows[i].text), &host, &port));
		assert_true(str_eq(host, str_c(rows[i].host)));
		assert_int_equal(port, rows[i].port);
	}
}

static void
no_hosts(void **state)
{
	static const struct str rows[] = {
		STR_INIT(""),
		STR_INIT(":80"),
		STR_INIT("h:0"),
		STR_INIT("h:65536"),
		STR_INIT("h:8o"),
		STR_INIT("h:+80"),
		STR_INIT("a:1:2"),
		STR_INIT("::1"),
		STR_INIT("[::1"),
		STR_INIT("[::1]x"),
		STR_INIT("[]"),
		STR_INIT("[1::2::3]"),
		STR_INIT("[::1%25e]"),
		STR_INIT("[1.2.3.4]"),
		STR_INIT("[::1\0]"),
		STR_INIT("[v.a]"),
		STR_INIT("[v1]"),
		STR_INIT("[v1.]"),
		STR_INIT("[v1./]"),
		STR_INIT("u@h"),
		STR_INIT("a/b"),
		STR_INIT("a b"),
		STR_INIT("a?b"),
		STR_INIT("a#b"),
		STR_INIT("a\\b"),
		STR_INIT("ex%6"),
		STR_INIT("ex%6g"),
		STR_INIT("\xc3\xa9"),
		STR_INIT("h\0"),
		STR_INIT("a, b"),
		STR_INIT("[1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa]"),
	};
	struct str host;
	uint16_t port;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_false(uri_parse_host(rows[i], &host, &port));
}

static void
empty_path_before_a_query(void **state)
{
	struct arena *a = arena_new(1 << 16);
	struct uri u;

	(void)state;
	assert_true(uri_parse_target(STR("http://h?q"), false, &u));
	assert_str(uri_path(&u, a), "/?q");
	assert_true(uri_parse_target(STR("/a?q"), false, &u));
	assert_ptr_equal(uri_path(&u, a).p, u.path.p);
	arena_free(&a);
}

/* RFC 3986 5.4, as far as it stays at home, and what leaves it. */
static void
references(void **state)
{
	static const struct {
		const char *ref, *path; /* path NULL: another origin, or malformed */
	} rows[] = {
		{ "g", "/b/c/g" },
		{ "./g", "/b/c/g" },
		{ "g/", "/b/c/g/" },
		{ "/g", "/g" },
		{ "?y", "/b/c/d;p?y" },
		{ "g?y", "/b/c/g?y" },
		{ "#s", "/b/c/d;p?q" },
		{ "g#s", "/b/c/g" },
		{ ";x", "/b/c/;x" },
		{ "", "/b/c/d;p?q" },
		{ ".", "/b/c/" },
		{ "./", "/b/c/" },
		{ "..", "/b/" },
		{ "../g", "/b/g" },
		{ "../..", "/" },
		{ "../../../../g", "/g" },
		{ "/./g", "/g" },
		{ "/../g", "/g" },
		{ "g.", "/b/c/g." },
		{ "..g", "/b/c/..g" },
		{ "./g/.", "/b/c/g/" },
		{ "g/../h", "/b/c/h" },
		{ "g;x=1/../y", "/b/c/y" },
		{ "g?y/../x", "/b/c/g?y/../x" },
		{ "/.//x", "//x" },
		{ "//A", "/" },
		{ "//a?y", "/?y" },
		{ "//a:80/g", "/g" },
		{ "HTTP://A/g", "/g" },
		{ "http://a:80/g?y#s", "/g?y" },
		{ "http://a:81/g", NULL },
		{ "https://a/g", NULL },
		{ "https://a:80/g", NULL },
		{ "//b/g", NULL },
		{ "http://u@a/g", NULL },
		{ "http:g", NULL },
		{ "g:h", NULL },
		{ "http:///g", NULL },
		{ "/g h", NULL },
		{ "/\xc3\xa9", NULL },
	};
	struct arena *a = arena_new(1 << 16);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct str path = STR_NONE;
		bool same =
		    uri_same_origin_path(STR("http"), STR("a"), STR("/b/c/d;p?q"), str_c(rows[i].ref), a, &path);

		assert_int_equal(same, rows[i].path != NULL);
		if (same && !str_eq(path, str_c(rows[i].path)))
			fail_msg("%s: got %.*s, want %s", rows[i].ref, STR_FMT(path), rows[i].path);
	}
	arena_free(&a);
}

static void
references_to_a_base_with_a_port(void **state)
{
	struct arena *a = arena_new(1 << 16);
	struct str path;

	(void)state;
	assert_true(uri_same_origin_path(STR("https"), STR("a:443"), STR("/"), STR("//a/x"), a, &path));
	assert_str(path, "/x");
	assert_false(uri_same_origin_path(STR("http"), STR("a:8080"), STR("/"), STR("//a/x"), a, &path));
	assert_true(uri_same_origin_path(STR("http"), STR("a"), STR("*"), STR("x"), a, &path));
	assert_str(path, "/x");
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(targets),    cmocka_unit_test(no_targets),
		cmocka_unit_test(connects),   cmocka_unit_test(hosts),
		cmocka_unit_test(no_hosts),   cmocka_unit_test(empty_path_before_a_query),
		cmocka_unit_test(references), cmocka_unit_test(references_to_a_base_with_a_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
