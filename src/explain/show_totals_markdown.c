/* A page's totals as Markdown. */
#include "explain/show_markdown.h"
#include "explain/show_totals.h"
#include "explain/words.h"

static void
put_us(struct strbuf *out, int64_t us)
{
	if (us >= 0)
		words_us(out, us);
	else
		strbuf_char(out, '-');
	strbuf_lit(out, " | ");
}

static void
put_bytes(struct strbuf *out, int64_t bytes)
{
	if (bytes >= 0)
		words_bytes(out, (uint64_t)bytes);
	else
		strbuf_char(out, '-');
	strbuf_lit(out, " | ");
}

static void
put_entries(struct strbuf *out, const struct totals *t)
{
	strbuf_lit(out, "| # | status | answered by | time | moved | what |\n|--:|--:|---|--:|--:|---|\n");
	for (size_t i = 0; i < t->count; i++) {
		const struct totals_entry *e = &t->entry[i];

		strbuf_printf(out, "| %zu | ", i + 1);
		if (e->status > 0)
			strbuf_i64(out, e->status);
		strbuf_lit(out, " | ");
		show_markdown_text(e->who, out);
		strbuf_lit(out, " | ");
		put_us(out, e->all_us);
		put_bytes(out, e->wire_bytes);
		show_markdown_text(e->url, out);
		strbuf_lit(out, " |\n");
	}
}

static void
put_sums(struct strbuf *out, struct str title, const struct totals_sums *sums)
{
	if (sums->count == 0)
		return;
	strbuf_lit(out, "\n### ");
	strbuf_add(out, title);
	strbuf_lit(out, "\n\n| entries | time | moved | |\n|--:|--:|--:|---|\n");
	for (unsigned i = 0; i < sums->count; i++) {
		const struct totals_sum *sum = &sums->row[i];

		strbuf_lit(out, "| ");
		strbuf_u64(out, sum->count);
		strbuf_lit(out, " | ");
		put_us(out, sum->us);
		put_bytes(out, (int64_t)sum->bytes);
		show_markdown_text(sum->name.n > 0 ? sum->name : STR("not told"), out);
		strbuf_lit(out, " |\n");
	}
}

static void
put_worst(struct strbuf *out, const struct totals *t)
{
	if (t->worst_count == 0)
		return;
	strbuf_lit(out, "\n### The worst misses\n\n");
	for (unsigned i = 0; i < t->worst_count; i++) {
		const struct totals_miss *m = &t->worst[i];

		strbuf_printf(out, "%u. ", i + 1);
		show_markdown_text(m->entry.url, out);
		if (m->entry.all_us >= 0) {
			strbuf_lit(out, ", ");
			words_us(out, m->entry.all_us);
		}
		strbuf_lit(out, ": ");
		show_markdown_text(m->why, out);
		strbuf_char(out, ' ');
		show_markdown_text(m->advice, out);
		strbuf_char(out, '\n');
	}
}

void
show_totals_markdown(const struct totals *t, struct strbuf *out)
{
	strbuf_lit(out, "**");
	show_totals_headline(t, out);
	strbuf_lit(out, "**\n\n");
	put_entries(out, t);
	put_sums(out, STR("Answered by"), &t->tiers);
	put_sums(out, STR("By host"), &t->hosts);
	put_sums(out, STR("Why they were no hits"), &t->reasons);
	strbuf_lit(out, "\n### Saved and lost\n\n");
	show_totals_costs(t, out);
	strbuf_char(out, '\n');
	put_worst(out, t);
}
