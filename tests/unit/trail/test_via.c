#include "several.h"

static struct arena *arena;
static struct trail_node node;

static const struct audience trusted = { .names = NAMES_PLAIN };
static const struct audience stranger = { .names = NAMES_OPAQUE };
static const struct audience off = { .names = NAMES_OFF };

static int
set_up(void **state)
{
	(void)state;
	arena = arena_new(1 << 20);
	return arena == NULL || !trail_node_init(&node, arena, STR("edge-1"), STR("secret"), 0x0123456789abcdef);
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static struct str
response_via(const struct audience *who, int minor, const char *received)
{
	struct strbuf out = strbuf_in(arena, 64);

	trail_via_response(&out, &node, who, minor, str_c(received));
	return strbuf_str(&out);
}

static struct str
request_via(int minor, const char *received)
{
	struct strbuf out = strbuf_in(arena, 64);

	trail_via_request(&out, &node, minor, str_c(received));
	return strbuf_str(&out);
}

static struct str
opaque(const char *name)
{
	char *buf = arena_alloc(arena, TRAIL_OPAQUE_SIZE);

	trail_opaque(&node, str_c(name), buf);
	return str_of(buf, TRAIL_OPAQUE_SIZE);
}

#define OPAQUE(name) STR_FMT(opaque(name))

static void
names_the_version_received(void **state)
{
	(void)state;
	assert_str(response_via(&trusted, 1, ""), "Via: 1.1 edge-1 (cairn)\r\n");
	assert_str(response_via(&trusted, 0, ""), "Via: 1.0 edge-1 (cairn)\r\n");
	assert_str(response_via(&trusted, 1, NULL), "Via: 1.1 edge-1 (cairn)\r\n");
	assert_str(request_via(1, ""), "Via: 1.1 edge-1 (cairn 0123456789abcdef)\r\n");
	assert_str(request_via(0, "1.1 a"), "Via: 1.1 a, 1.0 edge-1 (cairn 0123456789abcdef)\r\n");
}

static void
keeps_what_was_received(void **state)
{
	(void)state;
	assert_str(response_via(&trusted, 1, "1.0 fred, 1.1 shield (cairn)"),
		   "Via: 1.0 fred, 1.1 shield (cairn), 1.1 edge-1 (cairn)\r\n");
}

static void
hides_names_of_cairn_tiers_alone(void **state)
{
	static const char received[] = "1.0 fred (a, b), HTTP/1.1 shield (cairn),1.1\tinner  (cairn), 1.1 p (cairnish)";

	(void)state;
	assert_true(str_eq(response_via(&stranger, 1, received),
			   arena_printf(arena,
					"Via: 1.0 fred (a, b), HTTP/1.1 %.*s (cairn),1.1\t%.*s  (cairn), "
					"1.1 p (cairnish), 1.1 %.*s (cairn)\r\n",
					OPAQUE("shield"), OPAQUE("inner"), OPAQUE("edge-1"))));
	assert_str(response_via(&off, 1, received),
		   "Via: 1.0 fred (a, b), HTTP/1.1 cairn (cairn),1.1\tcairn  (cairn), 1.1 p (cairnish), "
		   "1.1 cairn (cairn)\r\n");
}

/* Their X-Cache has the same name. */
static void
hides_names_of_squids(void **state)
{
	static const char received[] = "1.1 parent (squid/5.7), 1.0 far (squid), 1.1 p (squib)";

	(void)state;
	assert_true(str_eq(
	    response_via(&stranger, 1, received),
	    arena_printf(arena, "Via: 1.1 %.*s (squid/5.7), 1.0 %.*s (squid), 1.1 p (squib), 1.1 %.*s (cairn)\r\n",
			 OPAQUE("parent"), OPAQUE("far"), OPAQUE("edge-1"))));
	assert_str(response_via(&trusted, 1, "1.1 parent (squid/5.7)"),
		   "Via: 1.1 parent (squid/5.7), 1.1 edge-1 (cairn)\r\n");
}

static void
a_comment_left_open_hides_no_name_from_the_policy(void **state)
{
	(void)state;
	assert_str(response_via(&off, 1, "1.1 x (open, 1.1 shield (cairn)"),
		   "Via: 1.1 x (open, 1.1 cairn (cairn), 1.1 cairn (cairn)\r\n");
}

static void
odd_elements_pass(void **state)
{
	static const char *const odd[] = { ",", " ", "1.1", "1.1 ", "1.1 x (", "(cairn)", "1.1 (cairn)", ",,1.1 a,," };

	(void)state;
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
		assert_true(str_eq(response_via(&off, 1, odd[i]),
				   arena_printf(arena, "Via: %s, 1.1 cairn (cairn)\r\n", odd[i])));
}

/* ---- loops ---- */

static bool
loops(const char *lines)
{
	struct str text = arena_printf(arena, "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n", lines);
	static const struct head_limits limits = { 1 << 16, 1 << 13, 100 };
	struct head_scan scan = { 0 };
	enum fault fault;
	struct head h;
	size_t used;

	head_init(&h, arena);
	assert_int_equal(head_parse_request(&h, text, &limits, &scan, &used, &fault), HEAD_OK);
	return trail_is_loop(&node, &h);
}

static void
its_own_instance_is_a_loop(void **state)
{
	(void)state;
	assert_true(loops("Via: 1.1 edge-1 (cairn 0123456789abcdef)\r\n"));
	assert_true(loops("Via: 1.1 fred\r\nVia: 1.0 other (x), 1.1 n-01234567 (cairn 0123456789abcdef), 1.1 z\r\n"));
	assert_true(loops("CDN-Loop: cairn-0123456789abcdef\r\n"));
	assert_true(loops("CDN-Loop: cloudflare; loops=1\r\nCDN-Loop: x, cairn-0123456789abcdef; v=1.0\r\n"));
	assert_true(loops("CDN-Loop: \"a quote left open, cairn-0123456789abcdef\r\n"));
	assert_true(loops("Via: 1.1 b (left open, 1.1 edge-1 (cairn 0123456789abcdef)\r\n"));
}

static void
nothing_else_is(void **state)
{
	(void)state;
	assert_false(loops(""));
	assert_false(loops("Via: 1.1 edge-1 (cairn)\r\n"));
	assert_false(loops("Via: 1.1 edge-1 (cairn 0123456789abcdee)\r\n"));
	assert_false(loops("Via: 1.1 edge-1 (cairn 0123456789abcdef0)\r\n"));
	assert_false(loops("CDN-Loop: edge-1, cairn-0123456789abcdee, cairn\r\n"));
	assert_false(loops("X-Other: cairn-0123456789abcdef\r\n"));
}

static void
what_a_request_is_sent_with_is_found_again(void **state)
{
	char member[TRAIL_CDN_LOOP_SIZE];

	(void)state;
	trail_cdn_loop(&node, member);
	assert_str(str_of(member, sizeof member), "cairn-0123456789abcdef");
	assert_true(loops(arena_printf(arena, "CDN-Loop: %.*s\r\n", (int)sizeof member, member).p));
	assert_true(loops(arena_str(arena, request_via(1, "1.1 a, 1.1 b (c)")).p));
	assert_false(loops(arena_str(arena, response_via(&trusted, 1, "")).p));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_the_version_received),
		cmocka_unit_test(keeps_what_was_received),
		cmocka_unit_test(hides_names_of_cairn_tiers_alone),
		cmocka_unit_test(hides_names_of_squids),
		cmocka_unit_test(a_comment_left_open_hides_no_name_from_the_policy),
		cmocka_unit_test(odd_elements_pass),
		cmocka_unit_test(its_own_instance_is_a_loop),
		cmocka_unit_test(nothing_else_is),
		cmocka_unit_test(what_a_request_is_sent_with_is_found_again),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
