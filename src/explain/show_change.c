#include "explain/show_change.h"

#include "explain/show_markdown.h"
#include "explain/words.h"

#define NODES_SHOWN 12

/* ---- what changed ---- */

static bool
from_copy(const struct totals_entry *e)
{
	return e->kind == TOTALS_CACHE || e->kind == TOTALS_BROWSER;
}

/* How many at the beginning were no hits, if all behind them were; else count. */
static size_t
cold_ones(const struct totals *t)
{
	size_t cold = 0;

	while (cold < t->count && !from_copy(&t->entry[cold]))
		cold++;
	for (size_t i = cold; i < t->count; i++)
		if (!from_copy(&t->entry[i]))
			return t->count;
	return cold;
}

static size_t
copies(const struct totals *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->count; i++)
		n += from_copy(&t->entry[i]);
	return n;
}

static void
tell_course(const struct totals *t, struct strbuf *out)
{
	size_t hits = copies(t), cold = cold_ones(t);

	if (hits == t->count)
		strbuf_printf(out, "Warm: all %zu came from caches.", hits);
	else if (hits == 0)
		strbuf_printf(out, "None of the %zu came from a cache alone.", t->count);
	else if (cold == 1)
		strbuf_printf(out, "Cold, then warm: the first came from further back, the %zu after it from caches.",
			      hits);
	else if (cold < t->count)
		strbuf_printf(out,
			      "Cold, then warm: the first %zu came from further back, the %zu after them from caches.",
			      cold, hits);
	else
		strbuf_printf(out, "%zu of %zu came from caches, in no order that a single cache would give.", hits,
			      t->count);
}

/* ---- the nodes ---- */

static bool
seen_before(const struct totals *t, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (str_eq(t->entry[k].edge, t->entry[i].edge))
			return true;
	return false;
}

/* The nodes that stand nearest to the client, where there are several. */
static void
tell_nodes(const struct totals *t, struct strbuf *out)
{
	size_t nodes = 0, shown = 0;

	for (size_t i = 0; i < t->count; i++)
		nodes += t->entry[i].edge.n > 0 && !seen_before(t, i);
	if (nodes < 2)
		return;
	strbuf_printf(out, " %zu nodes answer behind this name, each with copies of its own: ", nodes);
	for (size_t i = 0; i < t->count && shown < NODES_SHOWN; i++) {
		if (t->entry[i].edge.n == 0 || seen_before(t, i))
			continue;
		strbuf_add(out, shown++ > 0 ? STR(", ") : STR(""));
		strbuf_add(out, t->entry[i].edge);
	}
	strbuf_add(out, shown < nodes ? STR(" and others.") : STR("."));
}

void
show_change_sentences(const struct totals *t, struct strbuf *out)
{
	tell_course(t, out);
	tell_nodes(t, out);
}

/* ---- forms ---- */

#define SENTENCES 4096 /* bytes of them */

void
show_change_text(const struct totals *t, const struct show_look *look, struct strbuf *out)
{
	struct sheet s = { out, look, 0 };
	struct sheet_margin none = { 0 }, margin = { .indent = 20 };
	char text[SENTENCES];
	struct strbuf b = strbuf_fixed(text, sizeof text);

	sheet_newline(&s);
	show_change_sentences(t, &b);
	sheet_fill(&s, INK_BOLD, strbuf_str(&b), &none);
	for (size_t i = 0; i < t->count; i++) {
		const struct totals_entry *e = &t->entry[i];

		b = strbuf_fixed(text, sizeof text);
		strbuf_printf(&b, "%5zu  ", i + 1);
		sheet_put(&s, INK_FAINT, strbuf_str(&b));
		b.n = 0;
		words_us(&b, e->wait_us);
		sheet_put(&s, INK_PLAIN, strbuf_str(&b));
		sheet_to(&s, 20);
		sheet_flow(&s, from_copy(e) ? INK_GREEN : INK_YELLOW, e->who, &margin);
		if (e->edge.n > 0)
			sheet_piece(&s, INK_FAINT, e->edge, &margin);
		sheet_newline(&s);
	}
}

void
show_change_markdown(const struct totals *t, struct strbuf *out)
{
	char text[SENTENCES];
	struct strbuf b = strbuf_fixed(text, sizeof text);

	show_change_sentences(t, &b);
	strbuf_lit(out, "## What changed\n\n");
	show_markdown_text(strbuf_str(&b), out);
	strbuf_lit(out, "\n\n");
	for (size_t i = 0; i < t->count; i++) {
		strbuf_printf(out, "%zu. ", i + 1);
		words_us(out, t->entry[i].wait_us);
		strbuf_lit(out, ", ");
		show_markdown_text(t->entry[i].who, out);
		strbuf_char(out, ' ');
		show_markdown_text(t->entry[i].edge, out);
		strbuf_char(out, '\n');
	}
}
