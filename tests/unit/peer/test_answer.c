#include "with_arena.h"

#include "base/strbuf.h"
#include "peer/answer.h"

#define BODY_MAX 1000
#define OK       "HTTP/1.1 200 OK\r\n"

WITH_ARENA(arena, 1 << 20);

static const struct {
	const char *bytes;
	enum answer_is is;
	const char *body;
	bool leaves; /* the connection to another */
} rows[] = {
	{ OK "Content-Length: 3\r\n\r\nabc", ANSWER_WHOLE, "abc", true },
	{ OK "Content-Length: 0\r\n\r\n", ANSWER_WHOLE, "", true },
	{ OK "Content-Length: 3\r\nConnection: close\r\n\r\nabc", ANSWER_WHOLE, "abc", false },
	{ "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc", ANSWER_WHOLE, "abc", false },
	{ "HTTP/1.1 304 Not Modified\r\n\r\n", ANSWER_WHOLE, "", true },
	{ OK "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", ANSWER_WHOLE, "abc", true },
	{ "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" OK "Content-Length: 3\r\n\r\nabc", ANSWER_WHOLE, "abc", true },
	{ OK "\r\nabc", ANSWER_MORE, "abc", false },
	{ OK "Content-Length: 4\r\n\r\nabc", ANSWER_MORE, "abc", true },
	{ OK "Content-Length: 1001\r\n\r\n", ANSWER_TOO_LARGE, "", false },
	{ OK "Transfer-Encoding: chunked\r\n\r\nz", ANSWER_BROKEN, "", false },
	{ OK "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", ANSWER_BROKEN, "", false },
	{ "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", ANSWER_BROKEN, "", false },
};

/* In pieces of so many bytes. */
static enum answer_is
take(struct answer *a, struct str s, size_t piece)
{
	enum answer_is is = ANSWER_MORE;

	answer_begin(a, arena, BODY_MAX);
	while (s.n > 0 && is == ANSWER_MORE) {
		is = answer_take(a, str_head(s, piece));
		s = str_skip(s, piece < s.n ? piece : s.n);
	}
	return is;
}

static void
takes_what_comes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (size_t piece = 1; piece <= strlen(rows[i].bytes); piece++) {
			struct answer a;

			assert_int_equal(take(&a, str_c(rows[i].bytes), piece), rows[i].is);
			assert_true(str_eq(answer_body(&a), str_c(rows[i].body)));
			if (rows[i].is == ANSWER_WHOLE)
				assert_int_equal(answer_leaves_connection(&a), rows[i].leaves);
			answer_free(&a);
		}
	}
}

static void
what_comes_behind_it_is_counted(void **state)
{
	static const char bytes[] = OK "Content-Length: 1\r\n\r\nabc";
	struct answer a;

	(void)state;
	assert_int_equal(take(&a, STR(bytes), sizeof bytes), ANSWER_WHOLE);
	assert_int_equal(a.left, 2);
	assert_false(answer_leaves_connection(&a));
	answer_free(&a);
}

static void
it_may_end_with_its_connection(void **state)
{
	struct answer a;

	(void)state;
	assert_int_equal(take(&a, STR("HTTP/1.1 103 Early Hints\r\n\r\n"), 1), ANSWER_MORE);
	assert_false(answer_has_begun(&a));
	assert_int_equal(answer_take(&a, STR(OK)), ANSWER_MORE);
	assert_true(answer_has_begun(&a));
	assert_false(answer_ends_with_connection(&a));
	assert_int_equal(answer_take(&a, STR("\r\n")), ANSWER_MORE);
	assert_true(answer_ends_with_connection(&a));
	answer_free(&a);
}

static void
the_head_may_be_all_of_it(void **state)
{
	struct answer a;

	(void)state;
	answer_begin(&a, arena, BODY_MAX);
	a.head_alone = true;
	assert_int_equal(answer_take(&a, STR(OK "Content-Length: 1001\r\n\r\n")), ANSWER_WHOLE);
	assert_int_equal(a.head.status, 200);
	assert_str(answer_body(&a), "");
	assert_false(answer_leaves_connection(&a)); /* what is on its way there is of no use to anybody */
	answer_free(&a);
}

/* One that outgrows the room it was begun in, behind an interim response and in the middle of a line. */
static void
a_long_head(void **state)
{
	struct strbuf b = strbuf_in(arena, 1 << 16);
	struct answer a;

	(void)state;
	strbuf_lit(&b, "HTTP/1.1 103 Early Hints\r\n\r\n" OK "First: 1\r\n");
	for (int i = 0; i < 30; i++)
		strbuf_printf(&b, "A: %01000d\r\n", i);
	strbuf_lit(&b, "Content-Length: 1\r\n\r\nx");
	assert_int_equal(take(&a, strbuf_str(&b), 8191), ANSWER_WHOLE);
	assert_non_null(head_named(&a.head, STR("First")));
	assert_str(field_value(head_named(&a.head, STR("First"))), "1");
	assert_str(answer_body(&a), "x");
	answer_free(&a);
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(takes_what_comes),
		TEST(what_comes_behind_it_is_counted),
		TEST(it_may_end_with_its_connection),
		TEST(the_head_may_be_all_of_it),
		TEST(a_long_head),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
