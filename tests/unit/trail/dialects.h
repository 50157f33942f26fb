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

#endif
