/* What the entries of a page come to: who answered how much, what misses cost, and the worst of them. */
#include "explain/page_impl.h"
#include "explain/show_totals.h"
#include "explain/words.h"

#define NAME_MOST  ((size_t)200)
#define SUMS_SHOWN 12 /* rows of a table; the filter knows all */

/* ---- who answered ---- */

static unsigned
count_all(const struct page_share *by)
{
	unsigned all = 0;

	for (unsigned i = 0; i < BY_COUNT; i++)
		all += by[i].count;
	return all;
}

static void
put_share(struct strbuf *out, const struct page_share *by, unsigned all)
{
	unsigned before = 0, from = 0, to;

	strbuf_lit(out,
		   "<svg class=\"share\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">");
	for (unsigned i = 0; i < BY_COUNT; i++, from = to) {
		before += by[i].count;
		to = (unsigned)((uint64_t)before * 1000 / all);
		if (to > from)
			strbuf_printf(out, "<rect class=\"%s\" x=\"%u\" width=\"%u\" height=\"10\"/>",
				      page_by_class(i).p, from, to - from);
	}
	strbuf_lit(out, "</svg>");
}

static void
put_bytes_cell(struct strbuf *out, int64_t bytes)
{
	strbuf_lit(out, "<td class=\"num\">");
	if (bytes > 0)
		words_bytes(out, (uint64_t)bytes);
	strbuf_lit(out, "</td>");
}

static void
put_us_cell(struct strbuf *out, int64_t us)
{
	strbuf_lit(out, "<td class=\"num\">");
	if (us > 0)
		words_us(out, us);
	strbuf_lit(out, "</td>");
}

static void
put_answerers(struct strbuf *out, const struct page_share *by, unsigned all, bool moved)
{
	strbuf_printf(out,
		      "<table><thead><tr><td></td><th class=\"num\" scope=\"col\">responses</th><td></td>"
		      "<th class=\"num\" scope=\"col\">%s</th></tr></thead><tbody>\n",
		      moved ? "transferred" : "");
	for (unsigned i = 0; i < BY_COUNT; i++) {
		if (by[i].count == 0)
			continue;
		strbuf_printf(out,
			      "<tr><th scope=\"row\" class=\"dot %s\">%s</th><td class=\"num\">%u</td>"
			      "<td class=\"num\">%u%%</td>",
			      page_by_class(i).p, page_by_title(i).p, by[i].count,
			      (by[i].count * 200 + all) / (2 * all));
		put_bytes_cell(out, by[i].bytes);
		strbuf_lit(out, "</tr>\n");
	}
	strbuf_lit(out, "</tbody></table>");
}

/* ---- sums by name ---- */

static void
put_sums(struct strbuf *out, const char *title, const struct totals_sums *sums)
{
	if (sums->count < 2)
		return;
	strbuf_printf(
	    out,
	    "<details class=\"sums\"><summary>%s <span class=\"faint\">%u</span></summary><table><thead><tr><td></td>"
	    "<th class=\"num\" scope=\"col\">responses</th><th class=\"num\" scope=\"col\">transferred</th>"
	    "<th class=\"num\" scope=\"col\">time</th></tr></thead><tbody>\n",
	    title, sums->count);
	for (unsigned i = 0; i < sums->count && i < SUMS_SHOWN; i++) {
		const struct totals_sum *sum = &sums->row[i];

		strbuf_lit(out, "<tr><th scope=\"row\">");
		page_put(out, sum->name.n > 0 ? sum->name : STR("not told"), NAME_MOST);
		strbuf_printf(out, "</th><td class=\"num\">%llu</td>", (unsigned long long)sum->count);
		put_bytes_cell(out, (int64_t)sum->bytes);
		put_us_cell(out, sum->us);
		strbuf_lit(out, "</tr>\n");
	}
	strbuf_lit(out, "</tbody></table></details>");
}

/* ---- the worst ---- */

static void
put_miss(struct strbuf *out, const struct totals_miss *m)
{
	strbuf_printf(out, "<tr><th scope=\"row\"><a href=\"#e%zu\">", m->entry.number);
	page_put(out, m->entry.url.n > 0 ? m->entry.url : STR("a response"), NAME_MOST);
	strbuf_lit(out, "</a><p class=\"faint\">");
	page_put(out, m->why.n > 0 ? m->why : m->verdict, NAME_MOST * 2);
	strbuf_lit(out, "</p></th>");
	put_us_cell(out, m->entry.all_us);
	put_bytes_cell(out, m->entry.wire_bytes);
	strbuf_lit(out, "</tr>\n");
}

static void
put_worst(struct strbuf *out, const struct totals *t)
{
	if (t->worst_count < 2 || t->moved == 0)
		return;
	strbuf_lit(
	    out,
	    "<details class=\"sums\"><summary>The worst misses</summary><table class=\"worst\"><thead><tr><td></td>"
	    "<th class=\"num\" scope=\"col\">time</th><th class=\"num\" scope=\"col\">transferred</th></tr></thead>"
	    "<tbody>\n");
	for (unsigned i = 0; i < t->worst_count; i++)
		put_miss(out, &t->worst[i]);
	strbuf_lit(out, "</tbody></table></details>");
}

void
page_totals(struct strbuf *out, const struct page_share *by, const struct totals *t)
{
	unsigned all = count_all(by);

	if (all == 0) {
		strbuf_lit(out, "<p class=\"none\">There is no response.</p>");
		return;
	}
	put_share(out, by, all);
	put_answerers(out, by, all, t->moved > 0);
	if (t->moved > 0) {
		strbuf_lit(out, "<p class=\"costs\">");
		show_totals_costs(t, out);
		strbuf_lit(out, "</p>");
	}
	put_worst(out, t);
	put_sums(out, "By host", &t->hosts);
	put_sums(out, "By reason", &t->reasons);
}
