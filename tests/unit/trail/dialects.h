/* Reading a response's fields, and what was read as one line a tier:
 *
 *     cache-sjc3120-SJC fastly miss/miss hits=0
 *     proxy.local squid hit/miss from=proxy.local frozen
 */
#ifndef CAIRN_TESTS_UNIT_TRAIL_DIALECTS_H
#define CAIRN_TESTS_UNIT_TRAIL_DIALECTS_H

#include "unit.h"

#include <assert.h>
#include <stdio.h>

#include "base/strbuf.h"
#include "trail/tiers.h"

static inline void
render_word(struct strbuf *b, struct str word)
{
	strbuf_add(b, word.n == 0 ? STR("-") : word);
}

static inline void
render_tier(struct strbuf *b, const struct tier *t)
{
	if (b->n > 0)
		strbuf_char(b, '\n');
	render_word(b, t->node);
	strbuf_char(b, ' ');
	strbuf_add(b, vendor_name(t->vendor));
	strbuf_char(b, ' ');
	render_word(b, tier_lookup_word(t->lookup));
	strbuf_char(b, '/');
	render_word(b, tier_served_word(t->served));
	if (t->hits != TIER_NUMBER_NONE)
		strbuf_printf(b, " hits=%lld", (long long)t->hits);
	if (t->miss_from.n > 0)
		strbuf_printf(b, " from=%.*s", STR_FMT(t->miss_from));
	if (t->frozen)
		strbuf_lit(b, " frozen");
}

/* All tiers that say something. */
static inline struct str
render(const struct tiers *t, struct arena *a)
{
	struct strbuf b = strbuf_in(a, 512);

	for (unsigned i = 0; i < t->count; i++)
		if (!t->tier[i].says_nothing)
			render_tier(&b, &t->tier[i]);
	return strbuf_str(&b);
}

static inline void
assert_lines_are(struct str got, struct str want, const char *file, int line)
{
	if (str_eq(got, want))
		return;
	print_error("got\n%.*s\nwant\n%.*s\n", STR_FMT(got), STR_FMT(want));
	_fail(file, line);
}

#define assert_lines(got, want) assert_lines_are((got), (want), __FILE__, __LINE__)

/* Adds "Name: value" lines to a head. A status line may precede them. */
static inline void
add_lines(struct head *h, struct str lines)
{
	struct str line, name;

	if (str_starts(lines, STR("HTTP/1.1 ")))
		h->status = atoi(lines.p + sizeof "HTTP/1.1");
	while (str_cut(&lines, '\n', &line) || line.n > 0)
		if (str_cut(&line, ':', &name))
			assert_true(head_add(h, name, str_trim(line)));
}

/* Fields, and the tiers that have to be read of them. */
struct row {
	const char *name, *fields, *tiers;
	const char *note; /* words that a note has; NULL: there is no note */
};

static inline void
check_row(void **state)
{
	const struct row *row = *state;
	struct arena *a = arena_new(1 << 20);
	struct head h;
	struct tiers out;

	head_init(&h, a);
	add_lines(&h, str_c(row->fields));
	assert_true(tiers_read(&h, NULL, a, &out));
	assert_lines(render(&out, a), str_c(row->tiers));
	assert_true((out.notes != NULL) == (row->note != NULL));
	assert_true(row->note == NULL || str_find(out.notes->text, str_c(row->note)) >= 0);
	arena_free(&a);
}

/* A test each. */
static inline int
run_rows(const char *group, const struct row *rows, size_t n)
{
	struct CMUnitTest tests[128] = { 0 };

	assert(n <= sizeof tests / sizeof *tests);
	for (size_t i = 0; i < n; i++)
		tests[i] = (struct CMUnitTest){ rows[i].name, check_row, NULL, NULL, (void *)&rows[i] };
	return _cmocka_run_group_tests(group, tests, n, NULL, NULL) != 0;
}

#endif
