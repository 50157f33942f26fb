/* Heads as other caches really sent them, and the tiers that have to be read of each: blocks/README.md. A test each, by
 * the file's name. */
#include "dialects.h"

#include <dirent.h>
#include <jansson.h>

#define BLOCKS_MAX 512

static struct arena *arena; /* of the names */
static const char *dir;

/* ---- a file ---- */

static struct str
contents(const char *name, struct arena *a)
{
	struct str path = arena_printf(a, "%s/%s", dir, name);
	FILE *f = fopen(path.p, "r");
	char *p = arena_alloc(a, 1 << 16);
	size_t n;

	assert_non_null(f);
	n = fread(p, 1, 1 << 16, f);
	fclose(f);
	return str_of(p, n);
}

/* ---- what is expected: the fields that the file has ---- */

static struct str
text_of(json_t *o, const char *key)
{
	struct str s = str_c(json_string_value(json_object_get(o, key)));

	return s.n == 0 ? STR("-") : s;
}

static struct str
expected(struct str json, struct arena *a)
{
	struct strbuf b = strbuf_in(a, 512);
	json_t *all = json_loadb(json.p, json.n, 0, NULL), *t;
	size_t i;

	assert_non_null(all);
	json_array_foreach(all, i, t)
	    strbuf_printf(&b, "%.*s %.*s %.*s/%.*s%s\n", STR_FMT(text_of(t, "node")), STR_FMT(text_of(t, "vendor")),
			  STR_FMT(text_of(t, "lookup")), STR_FMT(text_of(t, "served")),
			  json_is_true(json_object_get(t, "frozen")) ? " frozen" : "");
	json_decref(all);
	return strbuf_str(&b);
}

static struct str
got(const struct tiers *out, struct arena *a)
{
	struct strbuf b = strbuf_in(a, 512);

	for (unsigned i = 0; i < out->count; i++) {
		const struct tier *t = &out->tier[i];

		if (t->says_nothing)
			continue;
		render_word(&b, t->node);
		strbuf_printf(&b, " %.*s ", STR_FMT(vendor_name(t->vendor)));
		render_word(&b, tier_lookup_word(t->lookup));
		strbuf_char(&b, '/');
		render_word(&b, tier_served_word(t->served));
		strbuf_add(&b, t->frozen ? STR(" frozen\n") : STR("\n"));
	}
	return strbuf_str(&b);
}

static void
reads_it(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct str text = contents(*state, a), head;
	ptrdiff_t end = str_find(text, STR("\n\n"));
	struct head h;
	struct tiers out;

	assert_true(end > 0);
	head = str_head(text, (size_t)end);
	head_init(&h, a);
	add_lines(&h, head);
	assert_true(tiers_read(&h, NULL, a, &out));
	assert_lines(got(&out, a), expected(str_skip(text, (size_t)end + 2), a));
	arena_free(&a);
}

int
main(void)
{
	struct CMUnitTest tests[BLOCKS_MAX] = { 0 };
	struct dirent *e;
	size_t n = 0;
	DIR *d;

	dir = getenv("CAIRN_BLOCKS");
	d = dir == NULL ? NULL : opendir(dir);
	if (d == NULL) {
		fprintf(stderr, "skipped: CAIRN_BLOCKS does not name the folder tests/unit/trail/blocks\n");
		return 77;
	}
	arena = arena_new(1 << 20);
	while ((e = readdir(d)) != NULL && n < BLOCKS_MAX)
		if (e->d_name[0] != '.' && strcmp(e->d_name, "README.md") != 0) {
			char *name = (char *)arena_str(arena, str_c(e->d_name)).p;

			tests[n++] = (struct CMUnitTest){ name, reads_it, NULL, NULL, name };
		}
	closedir(d);
	return n == 0 || _cmocka_run_group_tests("peers", tests, n, NULL, NULL) != 0;
}
