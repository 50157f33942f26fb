#include "explain/x_cache.h"

enum pair_id {
#define PAIR(id, x, lookup, proves, not_proves) PAIR_##id,
#define CAUSE(id, who, what)
#include "tbl/x_cache.def"
#undef PAIR
#undef CAUSE
	PAIR_COUNT
};

static const struct pair {
	struct str x, lookup, proves, not_proves;
} pairs[] = {
#define PAIR(id, x, lookup, proves, not_proves) \
	{ STR_INIT(x), STR_INIT(lookup), STR_INIT(proves), STR_INIT(not_proves) },
#define CAUSE(id, who, what)
#include "tbl/x_cache.def"
#undef PAIR
#undef CAUSE
};

static const struct cause {
	enum pair_id of;
	struct str who, what;
} causes[] = {
#define PAIR(id, x, lookup, proves, not_proves)
#define CAUSE(id, who, what) { PAIR_##id, STR_INIT(who), STR_INIT(what) },
#include "tbl/x_cache.def"
#undef PAIR
#undef CAUSE
};

/* The pair's next cause, from *i on; NULL behind the last. */
static const struct cause *
next_cause(enum pair_id of, size_t *i)
{
	while (*i < sizeof causes / sizeof causes[0]) {
		const struct cause *c = &causes[(*i)++];

		if (c->of == of)
			return c;
	}
	return NULL;
}

/* ---- for a terminal ---- */

#define INDENT 2
#define RIGHT  18 /* where the right of the two columns begins */
#define NARROW 60 /* with fewer columns than this there is but one */

static enum ink
ink_of(struct str word)
{
	return str_is(word, "HIT") ? INK_GREEN : str_is(word, "MISS") ? INK_YELLOW : INK_FAINT;
}

static void
put_pair(struct sheet *s, const struct pair *p)
{
	sheet_put(s, INK_PLAIN, STR("X-Cache "));
	sheet_put(s, ink_of(p->x), p->x);
	sheet_put(s, INK_PLAIN, STR(", X-Cache-Lookup "));
	sheet_put(s, ink_of(p->lookup), p->lookup);
	sheet_newline(s);
}

static void
two_columns(struct sheet *s, enum ink ink, struct str left, struct str right)
{
	struct sheet_margin margin = { .indent = s->look->width < NARROW ? 2 * INDENT : RIGHT };

	sheet_to(s, INDENT);
	sheet_put(s, ink, left);
	if (s->column + 2 > margin.indent)
		sheet_newline(s);
	sheet_to(s, margin.indent);
	sheet_fill(s, INK_PLAIN, right, &margin);
}

/* Who does it stands before the first of his causes. */
static void
put_causes(struct sheet *s, enum pair_id of)
{
	const struct cause *c, *before = NULL;

	for (size_t i = 0; (c = next_cause(of, &i)) != NULL; before = c)
		two_columns(s, INK_CYAN, before != NULL && str_eq(before->who, c->who) ? STR("") : c->who, c->what);
}

void
x_cache_text(const struct show_look *look, struct strbuf *out)
{
	struct sheet s = { out, look, 0 };

	for (unsigned i = 0; i < PAIR_COUNT; i++) {
		if (i > 0)
			sheet_newline(&s);
		put_pair(&s, &pairs[i]);
		two_columns(&s, INK_BOLD, STR("proves"), pairs[i].proves);
		two_columns(&s, INK_BOLD, STR("does not prove"), pairs[i].not_proves);
		put_causes(&s, i);
	}
}

/* ---- Markdown ---- */

void
x_cache_markdown(struct strbuf *out)
{
	strbuf_lit(out, "| X-Cache | X-Cache-Lookup | what produces it | what it proves | what it does not |\n"
			"|---|---|---|---|---|\n");
	for (unsigned i = 0; i < PAIR_COUNT; i++) {
		const struct pair *p = &pairs[i];
		const struct cause *c;

		strbuf_printf(out, "| %.*s | %.*s | ", STR_FMT(p->x), STR_FMT(p->lookup));
		for (size_t k = 0, first = 1; (c = next_cause(i, &k)) != NULL; first = 0)
			strbuf_printf(out, "%s**%.*s**: %.*s", first ? "" : "<br>", STR_FMT(c->who), STR_FMT(c->what));
		strbuf_printf(out, " | %.*s | %.*s |\n", STR_FMT(p->proves), STR_FMT(p->not_proves));
	}
}

/* ---- JSON ---- */

static void
word_or_null(struct json *j, struct str name, struct str word)
{
	if (str_is(word, "-"))
		json_nothing(j, name);
	else
		json_text(j, name, word);
}

static void
json_pair(struct json *j, enum pair_id id)
{
	const struct cause *c;

	json_open(j, STR_NONE, '{');
	word_or_null(j, STR("x_cache"), pairs[id].x);
	word_or_null(j, STR("x_cache_lookup"), pairs[id].lookup);
	json_text(j, STR("proves"), pairs[id].proves);
	json_text(j, STR("does_not_prove"), pairs[id].not_proves);
	json_open(j, STR("causes"), '[');
	for (size_t i = 0; (c = next_cause(id, &i)) != NULL;) {
		json_open(j, STR_NONE, '{');
		json_text(j, STR("who"), c->who);
		json_text(j, STR("what"), c->what);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_close(j, '}');
}

void
x_cache_json(struct strbuf *out)
{
	struct json j = json_on(out);

	json_open(&j, STR_NONE, '{');
	json_u64(&j, STR("version"), 1);
	json_open(&j, STR("pairs"), '[');
	for (unsigned i = 0; i < PAIR_COUNT; i++)
		json_pair(&j, i);
	json_close(&j, ']');
	json_close(&j, '}');
	strbuf_char(out, '\n');
}
