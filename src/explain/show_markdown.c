#include "explain/show_markdown.h"

#include "base/utf8.h"
#include "explain/said.h"
#include "explain/words.h"

#define VALUE_MOST ((size_t)400) /* bytes shown of a header's value */
#define URL_MOST   ((size_t)1000)

/* ---- text ---- */

/* Does what stands before `at` make a "-", "+" or "." there the mark of a list? */
static bool
begins_list(struct str s, size_t at)
{
	size_t digits = 0;

	while (digits < at && ascii_digit(s.p[digits]))
		digits++;
	return digits == at && (at > 0) == (s.p[at] == '.');
}

/* Must the byte at `at` be kept from being markup? Addresses become links without being marked as such. */
static bool
is_markup(struct str s, size_t at)
{
	switch (s.p[at]) {
	case ':':
		return at + 1 < s.n && s.p[at + 1] == '/';
	case '.':
		return begins_list(s, at) || (at >= 3 && str_ieq(str_of(s.p + at - 3, 3), STR("www")));
	case '-':
	case '+':
		return begins_list(s, at);
	default:
		return strchr("\\`*_[]<>#|~&$@", s.p[at]) != NULL;
	}
}

void
show_markdown_text(struct str s, struct strbuf *out)
{
	char room[512];
	struct strbuf safe = strbuf_over(room, sizeof room, out->arena);

	words_harmless(&safe, s, URL_MOST);
	for (size_t i = 0; i < safe.n; i++) {
		if (is_markup(strbuf_str(&safe), i))
			strbuf_char(out, '\\');
		strbuf_char(out, safe.p[i]);
	}
}

/* ---- tiers ---- */

static struct str
or_dash(struct str word)
{
	return word.n > 0 ? word : STR("-");
}

static void
put_number(struct strbuf *out, int64_t v)
{
	if (v == TIER_NUMBER_NONE)
		strbuf_char(out, '-');
	else
		strbuf_i64(out, v);
	strbuf_lit(out, " | ");
}

static void
put_tier(struct strbuf *out, const struct story *s, const struct tier *t)
{
	strbuf_lit(out, "| ");
	show_markdown_text(vendor_title(t->vendor), out);
	strbuf_lit(out, " | ");
	show_markdown_text(or_dash(t->node), out);
	strbuf_lit(out, " | ");
	strbuf_add(out, or_dash(tier_lookup_word(t->lookup)));
	strbuf_lit(out, " | ");
	strbuf_add(out, t->served == TIER_SERVED_UNKNOWN ? STR("-") : tier_served_word(t->served));
	strbuf_lit(out, " | ");
	put_number(out, t->hits);
	put_number(out, t->age);
	put_number(out, t->ttl);
	strbuf_add(out, t->frozen ? said_when(s) : STR("this request"));
	strbuf_lit(out, " | ");
	show_markdown_text(or_dash(t->reason), out);
	strbuf_lit(out, " |\n");
}

static void
put_tiers(struct strbuf *out, const struct story *s)
{
	const struct tiers *all = &s->tiers;

	if (all->count == 0)
		return;
	strbuf_lit(out, "| tier | node | found | served | hits | age, s | ttl, s | told of | why |\n"
			"|---|---|---|---|--:|--:|--:|---|---|\n");
	for (unsigned i = 0; i < all->count; i++)
		put_tier(out, s, &all->tier[i]);
	strbuf_char(out, '\n');
}

/* The lines as they came, indented, which makes them code: no byte of them can end that. */
static void
put_evidence(struct strbuf *out, const struct tiers *all)
{
	bool any = false;

	for (unsigned i = 0; i < all->count; i++)
		for (const struct evidence *e = all->tier[i].evidence; e != NULL; e = e->next) {
			if (!any)
				strbuf_lit(out, "Read from:\n\n");
			any = true;
			strbuf_lit(out, "    ");
			words_harmless(out, e->name, VALUE_MOST);
			strbuf_lit(out, ": ");
			words_harmless(out, e->value, VALUE_MOST);
			strbuf_char(out, '\n');
		}
	if (any)
		strbuf_char(out, '\n');
}

/* ---- the rest ---- */

static void
put_remarks(struct strbuf *out, struct str title, const struct remark *r)
{
	if (r == NULL)
		return;
	strbuf_lit(out, "### ");
	strbuf_add(out, title);
	strbuf_lit(out, "\n\n");
	for (; r != NULL; r = r->next) {
		strbuf_lit(out, "- ");
		show_markdown_text(r->text, out);
		if (r->source.n > 0) {
			strbuf_lit(out, " *");
			strbuf_add(out, r->source);
			strbuf_char(out, '*');
		}
		strbuf_char(out, '\n');
	}
	strbuf_char(out, '\n');
}

static void
put_head(struct strbuf *out, const struct exchange *x)
{
	strbuf_lit(out, "## ");
	if (x->url.n > 0)
		show_markdown_text(x->url, out);
	else
		show_markdown_text(x->from.n > 0 ? x->from : STR("Response"), out);
	if (x->response.status != 0)
		strbuf_printf(out, " (%d)", x->response.status);
	strbuf_lit(out, "\n\n");
}

void
show_markdown_story(const struct story *s, struct strbuf *out)
{
	put_head(out, s->of);
	strbuf_lit(out, "**");
	show_markdown_text(s->verdict, out);
	strbuf_lit(out, "**\n\n");
	put_tiers(out, s);
	put_evidence(out, &s->tiers);
	put_remarks(out, STR("To be noted"), s->notes);
	put_remarks(out, STR("What it says about caching"), s->policy);
	put_remarks(out, STR("To make it a hit"), s->advice);
}
