#include "with_arena.h"

#include "trail/node.h"

WITH_ARENA(arena, 1 << 20);

static struct trail_node
node(const char *name, const char *secret)
{
	struct trail_node n;

	assert_true(trail_node_init(&n, arena, str_c(name), str_c(secret), 0));
	return n;
}

static struct str
opaque(const struct trail_node *n, const char *name)
{
	char *buf = arena_alloc(arena, TRAIL_OPAQUE_SIZE);

	trail_opaque(n, str_c(name), buf);
	return str_of(buf, TRAIL_OPAQUE_SIZE);
}

static void
valid_names(void **state)
{
	static const char *const good[] = { "a",           "0",         "edge-1", "3cfdbfa6f472", "proxy.domain.tld",
					    "A_b",         "n-",        "n-123",  "n-0123456g",   "n-0123ABCD",
					    "n-012345678", "N-01234567" };
	static const char *const bad[] = { "",       "-edge",      ".edge",     "_edge",  "edge 1",
					   "edge:1", "edge,1",     "edge\"",    "edge/1", "\xc3\xa9",
					   "edge\n", "n-01234567", "n-deadbeef" };
	char longest[254];

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_true(trail_name_valid(str_c(good[i])));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(trail_name_valid(str_c(bad[i])));
	memset(longest, 'x', sizeof longest);
	assert_true(trail_name_valid(str_of(longest, 253)));
	assert_false(trail_name_valid(str_of(longest, 254)));
}

static void
a_node_copies_its_name(void **state)
{
	char name[] = "edge-1";
	struct trail_node n;

	(void)state;
	assert_true(trail_node_init(&n, arena, str_c(name), STR("s"), 0x123456789abcdef0));
	name[0] = 'X';
	assert_str(n.name, "edge-1");
	assert_true(n.instance == 0x123456789abcdef0);
	assert_true(n.fields.x_cache && n.fields.x_cache_lookup && n.fields.x_cache_hits && n.fields.x_cache_miss_from);
	assert_true(n.fields.cache_status && n.fields.proxy_status);
	assert_false(n.fields.x_cache_status || n.fields.server_timing || n.revalidated_is_hit);
	assert_false(trail_node_init(&n, arena, STR("edge 1"), STR("s"), 0));
	assert_false(trail_node_init(&n, arena, STR("n-01234567"), STR("s"), 0));
}

/* Computed with another program: HMAC-SHA256 of the name, its key that of "cairn opaque names" keyed by the secret. The
 * whole fleet, and the operator who turns a name back, must agree on it for good. */
static void
opaque_names_are_the_same_everywhere(void **state)
{
	struct trail_node n = node("edge-1", "fleet secret");

	(void)state;
	assert_str(str_of(n.opaque, TRAIL_OPAQUE_SIZE), "n-300d22a9");
	assert_str(opaque(&n, "edge-1"), "n-300d22a9");
	assert_str(opaque(&n, "proxy.domain.tld"), "n-4678df7f");
}

static void
opaque_names_depend_on_secret_and_name(void **state)
{
	struct trail_node a = node("edge-1", "one"), b = node("edge-1", "two"), c = node("edge-2", "one"),
			  d = node("x", "");

	(void)state;
	assert_false(str_eq(opaque(&a, "edge-1"), opaque(&b, "edge-1")));
	assert_false(str_eq(opaque(&a, "edge-1"), opaque(&a, "edge-2")));
	assert_true(str_eq(opaque(&a, "edge-2"), opaque(&c, "edge-2")));
	assert_false(str_eq(opaque(&a, "edge-1"), opaque(&d, "edge-1")));
}

static void
opaque_names_have_their_form_whatever_they_hide(void **state)
{
	static char longest[300];
	static const char *const names[] = { "", "edge-1", "edge,1", "\xff\x01", longest };
	struct trail_node n = node("edge-1", "one");

	(void)state;
	memset(longest, 'x', sizeof longest - 1);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct str o = opaque(&n, names[i]);

		assert_true(str_starts(o, STR("n-")));
		assert_true(str_eq(opaque(&n, o.n == 10 ? arena_str(arena, o).p : ""), o)); /* unchanged */
		assert_true(str_eq(opaque(&n, names[i]), o));                               /* remembered */
	}
	assert_str(opaque(&n, "n-00000000"), "n-00000000");
}

/* More names than a thread remembers. */
static void
opaque_names_do_not_mix_up(void **state)
{
	struct trail_node a = node("edge-1", "one"), b = node("edge-1", "two");
	struct str first[200];

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 200; i++) {
			struct str o = opaque(i % 2 ? &a : &b, arena_printf(arena, "node-%d", i / 2).p);

			if (round == 0)
				first[i] = o;
			assert_true(str_eq(first[i], o));
		}
	}
	for (int i = 0; i < 200; i++)
		for (int j = 0; j < i; j++)
			assert_false(str_eq(first[i], first[j]));
}

static void
shown_as_the_audience_may_see(void **state)
{
	struct trail_node n = node("edge-1", "one");
	struct audience plain = { .names = NAMES_PLAIN }, hidden = { .names = NAMES_OPAQUE },
			off = { .names = NAMES_OFF };
	char buf[TRAIL_OPAQUE_SIZE];

	(void)state;
	assert_str(trail_shown(&n, &plain, STR("shield"), buf), "shield");
	assert_true(str_eq(trail_shown(&n, &hidden, STR("shield"), buf), opaque(&n, "shield")));
	assert_str(trail_shown(&n, &hidden, STR("n-0badcafe"), buf), "n-0badcafe");
	assert_str(trail_shown(&n, &off, STR("shield"), buf), "cairn");
	assert_str(trail_shown_self(&n, &plain), "edge-1");
	assert_true(str_eq(trail_shown_self(&n, &hidden), opaque(&n, "edge-1")));
	assert_str(trail_shown_self(&n, &off), "cairn");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(valid_names),
		cmocka_unit_test(a_node_copies_its_name),
		cmocka_unit_test(opaque_names_are_the_same_everywhere),
		cmocka_unit_test(opaque_names_depend_on_secret_and_name),
		cmocka_unit_test(opaque_names_have_their_form_whatever_they_hide),
		cmocka_unit_test(opaque_names_do_not_mix_up),
		cmocka_unit_test(shown_as_the_audience_may_see),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
