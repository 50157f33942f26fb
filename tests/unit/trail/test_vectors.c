/* Real responses of many makers, each with the reading that it must get: a test each, by its name. They are in a file
 * of facts beside the checkout; where that is not there, this test is skipped. */
#include "dialects.h"

#include <jansson.h>

static json_t *vectors;

/* ---- what is expected ---- */

static struct str
text_of(json_t *o, const char *key)
{
	return str_c(json_string_value(json_object_get(o, key)));
}

static void
render_expected(struct strbuf *b, json_t *t)
{
	json_t *hits = json_object_get(t, "hits");
	struct str from = text_of(t, "miss_from");

	if (b->n > 0)
		strbuf_char(b, '\n');
	render_word(b, text_of(t, "node"));
	strbuf_printf(b, " %.*s ", STR_FMT(text_of(t, "vendor")));
	render_word(b, text_of(t, "lookup"));
	strbuf_char(b, '/');
	render_word(b, text_of(t, "served"));
	if (json_is_integer(hits))
		strbuf_printf(b, " hits=%lld", (long long)json_integer_value(hits));
	if (from.n > 0)
		strbuf_printf(b, " from=%.*s", STR_FMT(from));
	if (json_is_true(json_object_get(t, "frozen")))
		strbuf_lit(b, " frozen");
}

static struct str
expected(json_t *vector, struct arena *a)
{
	struct strbuf b = strbuf_in(a, 512);
	json_t *t;
	size_t i;

	json_array_foreach(json_object_get(vector, "expect"), i, t) render_expected(&b, t);
	return strbuf_str(&b);
}

/* ---- one vector ---- */

static void
reads_it(void **state)
{
	json_t *vector = *state, *line;
	struct arena *a = arena_new(1 << 20);
	struct head h;
	struct tiers out;
	size_t i;

	head_init(&h, a);
	json_array_foreach(json_object_get(vector, "headers"), i, line) assert_true(head_add(
	    &h, str_c(json_string_value(json_array_get(line, 0))), str_c(json_string_value(json_array_get(line, 1)))));
	assert_true(tiers_read(&h, NULL, a, &out));
	assert_lines(render(&out, a), expected(vector, a));
	arena_free(&a);
}

int
main(void)
{
	const char *path = getenv("CAIRN_HEADER_VECTORS");
	struct CMUnitTest tests[256] = { 0 };
	size_t n = 0;
	json_t *v;
	size_t i;

	vectors = path == NULL ? NULL : json_load_file(path, 0, NULL);
	if (vectors == NULL) {
		fprintf(stderr, "skipped: CAIRN_HEADER_VECTORS does not name a file of header vectors\n");
		return 77;
	}
	json_array_foreach(vectors, i, v)
	{
		assert(n < sizeof tests / sizeof *tests);
		tests[n++] = (struct CMUnitTest){ text_of(v, "id").p, reads_it, NULL, NULL, v };
	}
	return _cmocka_run_group_tests("vectors", tests, n, NULL, NULL) != 0;
}
