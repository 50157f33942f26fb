/* Which fields the parser finds, against the rows themselves: it has its own way to a name, and several of them. */
#include "with_arena.h"

#include <stdio.h>

#include "http/head.h"

static const struct {
	enum hdr id;
	struct str name;
} rows[] = {
#define HDR(id, name, flags, source) { HDR_##id, STR_INIT(name) },
#include "tbl/headers.def"
#undef HDR
};

#define ROWS (sizeof rows / sizeof rows[0])

/* What lies behind a field's line decides how it may be read. */
static const char *const behind[] = { "\r\n", "Another: field, and a long one\r\n\r\n" };

WITH_ARENA(arena, 1 << 24);

static enum hdr
row_of(struct str name)
{
	for (size_t i = 0; i < ROWS; i++)
		if (str_ieq(rows[i].name, name))
			return rows[i].id;
	return HDR_OTHER;
}

/* The bytes lie at the very end of their memory. */
static enum head_result
parse(struct head *h, const char *text, size_t n)
{
	static const struct head_limits limits = { 1 << 16, 1 << 10, 100 };
	struct head_scan scan = { 0 };
	enum fault fault;
	char *run = malloc(n);
	enum head_result result;
	size_t used;

	assert_non_null(run);
	memcpy(run, text, n);
	arena_reset(arena);
	head_init(h, arena);
	result = head_parse_trailers(h, str_of(run, n), &limits, &scan, &used, &fault);
	free(run);
	return result;
}

/* A field of this name must be found to be what it is; where the name is none, nothing must be. */
static void
check(struct str name, bool valid)
{
	for (size_t i = 0; i < sizeof behind / sizeof behind[0]; i++) {
		char text[256];
		int n = snprintf(text, sizeof text, "%.*s: v\r\n%s", STR_FMT(name), behind[i]);
		struct head h;

		assert_int_equal(parse(&h, text, (size_t)n), valid ? HEAD_OK : HEAD_BAD);
		if (!valid)
			continue;
		assert_int_equal(h.count, i + 1);
		assert_int_equal(h.fields[0].name_n, name.n);
		assert_int_equal(h.fields[0].value_n, 1);
		assert_int_equal(h.fields[0].id, row_of(name));
		if (h.fields[0].id != HDR_OTHER)
			assert_true(head_has(&h, (enum hdr)h.fields[0].id));
	}
}

static bool
stands_in_names(char c)
{
	return c != '\0' && strchr("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz", ascii_lower(c)) != NULL;
}

/* Each row, in all cases of one letter; and each byte of it changed to each other one. */
static void
names_by_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		for (size_t at = 0; at < rows[i].name.n; at++)
			for (unsigned c = 1; c < 256; c++) {
				char name[64];

				memcpy(name, rows[i].name.p, rows[i].name.n);
				name[at] = (char)c;
				if (c == ':' || (at == 0 && (c == '\r' || c == ' ' || c == '\t')))
					continue; /* another line altogether */
				check(str_of(name, rows[i].name.n), stands_in_names((char)c));
			}
}

/* The same bytes, but more or fewer of them. */
static void
names_of_other_lengths(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		char name[64];
		size_t n = rows[i].name.n;

		memcpy(name, rows[i].name.p, n);
		name[n] = 's';
		check(str_of(name, n + 1), true);
		check(str_of(name, n - 1), true);
		check(str_of(name + 1, n - 1), true);
		if (n <= 16)
			continue;
		memmove(name + 8, name + n - 8, 8); /* a name that ends as the row does */
		check(str_of(name, 16), true);
	}
}

/* Wherever a head is cut off. */
static void
names_that_have_not_all_come(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		char text[64];
		int n = snprintf(text, sizeof text, "%.*s: v\r\n\r\n", STR_FMT(rows[i].name));
		struct head h;

		for (size_t cut = 1; cut <= (size_t)n; cut++)
			assert_int_equal(parse(&h, text, cut), cut < (size_t)n ? HEAD_MORE : HEAD_OK);
	}
}

/* Some share a slot with a row. */
static void
names_of_one_byte_and_two(void **state)
{
	(void)state;
	for (int c = 'A'; c <= 'z'; c++) {
		if (!stands_in_names((char)c))
			continue;
		check(str_of((char[]){ (char)c }, 1), true);
		for (int d = '!'; d <= '~'; d++)
			if (stands_in_names((char)d))
				check(str_of((char[]){ (char)c, (char)d }, 2), true);
	}
}

/* What is there, and what comes again. */
static void
what_is_there(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		for (size_t j = 0; j < ROWS; j++) {
			char text[256];
			int n = snprintf(text, sizeof text, "%.*s: 1\r\nX-Other: 2\r\n%.*s: 3\r\nX-Other: 4\r\n\r\n",
					 STR_FMT(rows[i].name), STR_FMT(rows[j].name));
			struct head h;

			assert_int_equal(parse(&h, text, (size_t)n), HEAD_OK);
			for (size_t k = 0; k < ROWS; k++)
				assert_int_equal(head_has(&h, rows[k].id), k == i || k == j);
			assert_int_equal(head_has_one(&h, rows[i].id), i != j);
			if (i == j)
				assert_true(head_may_repeat(&h, rows[i].id));
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_by_rows),
		cmocka_unit_test(names_of_other_lengths),
		cmocka_unit_test(names_that_have_not_all_come),
		cmocka_unit_test(names_of_one_byte_and_two),
		cmocka_unit_test(what_is_there),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
