#include "explain/show_text.h"

#include "explain/said.h"
#include "explain/words.h"
#include "http/status.h"

#define VALUE_MOST ((size_t)400) /* bytes shown of a header's value */
#define URL_MOST   ((size_t)1000)
#define TEXT_MOST  ((size_t)4000)
#define LINE_AT    2 /* the column of the way's line */
#define TEXT_AT    4 /* of what is told beside it */

struct view {
	struct sheet sheet;
	const struct story *s;
	struct arena *a;
	bool asked; /* what is being told of was asked for this request */
};

static struct str
harmless(struct view *v, struct str text)
{
	struct strbuf out = strbuf_in(v->a, text.n + 1);

	words_harmless(&out, text, TEXT_MOST);
	return strbuf_str(&out);
}

/* ---- the way from the client to the origin ---- */

/* What is drawn, and what stands for it in ASCII. */
struct mark {
	struct str drawn, plain;
};

static struct str
mark(const struct sheet *s, const struct mark *m)
{
	return s->look->drawn ? m->drawn : m->plain;
}

/* The line beside which things are told: whole where somebody was asked, dotted behind who answered. */
static void
put_line(struct sheet *s, const void *arg)
{
	static const struct mark asked = { STR_INIT("│"), STR_INIT("|") }, not_asked = { STR_INIT("┊"), STR_INIT(":") };
	const bool *on = arg;

	sheet_to(s, LINE_AT);
	sheet_put(s, INK_FAINT, mark(s, *on ? &asked : &not_asked));
}

static void
beside(struct view *v, enum ink ink, struct str text)
{
	struct sheet_margin margin = { put_line, &v->asked, TEXT_AT };

	put_line(&v->sheet, &v->asked);
	if (text.n > 0)
		sheet_to(&v->sheet, TEXT_AT);
	sheet_fill(&v->sheet, ink, text, &margin);
}

/* Who stands at an end of the way. */
static void
put_end(struct view *v, struct str who, struct str what)
{
	sheet_to(&v->sheet, LINE_AT);
	sheet_put(&v->sheet, v->asked ? INK_PLAIN : INK_FAINT, who);
	if (what.n > 0)
		sheet_put(&v->sheet, INK_FAINT, what);
	sheet_newline(&v->sheet);
}

/* ---- a tier ---- */

static const struct {
	struct mark mark;
	struct str word;
	enum ink ink;
} served[] = {
	[TIER_SERVED_UNKNOWN] = { { STR_INIT("·"), STR_INIT(".") }, STR_INIT(""), INK_FAINT },
	[TIER_SERVED_HIT] = { { STR_INIT("●"), STR_INIT("*") }, STR_INIT("HIT"), INK_GREEN },
	[TIER_SERVED_MISS] = { { STR_INIT("○"), STR_INIT("o") }, STR_INIT("MISS"), INK_YELLOW },
	[TIER_SERVED_REVALIDATED] = { { STR_INIT("◉"), STR_INIT("@") }, STR_INIT("REVALIDATED"), INK_CYAN },
	[TIER_SERVED_STALE] = { { STR_INIT("◍"), STR_INIT("%") }, STR_INIT("STALE"), INK_BLUE },
	[TIER_SERVED_BYPASS] = { { STR_INIT("◌"), STR_INIT("-") }, STR_INIT("BYPASS"), INK_YELLOW },
	[TIER_SERVED_ERROR] = { { STR_INIT("✗"), STR_INIT("x") }, STR_INIT("ERROR"), INK_RED },
};

static void
put_numbers(struct view *v, const struct tier *t, enum ink ink)
{
	struct strbuf out = strbuf_in(v->a, 128);

	said_numbers(t, &out);
	if (out.n > 0)
		beside(v, ink, strbuf_str(&out));
}

static void
put_evidence(struct view *v, const struct tier *t)
{
	for (const struct evidence *e = t->evidence; e != NULL; e = e->next) {
		struct strbuf out = strbuf_in(v->a, 128);

		words_harmless(&out, e->name, VALUE_MOST);
		strbuf_lit(&out, ": ");
		words_harmless(&out, e->value, VALUE_MOST);
		beside(v, INK_FAINT, strbuf_str(&out));
	}
}

/* "Fastly  cache-fra1-FRA, Frankfurt" */
static struct str
title(struct view *v, const struct tier *t)
{
	struct strbuf out = strbuf_in(v->a, 128);
	struct str town = words_town(t->place);

	if (t->vendor != VENDOR_UNKNOWN || t->node.n == 0)
		strbuf_add(&out, vendor_title(t->vendor));
	if (t->node.n > 0) {
		strbuf_add(&out, out.n > 0 ? STR(" ") : STR(""));
		words_harmless(&out, t->node, VALUE_MOST);
	}
	if (t->vendor == VENDOR_UNKNOWN && t->node.n > 0)
		strbuf_lit(&out, " (of unknown make)");
	if (t->place.n > 0) {
		strbuf_lit(&out, ", ");
		words_harmless(&out, town.n > 0 ? town : t->place, VALUE_MOST);
	}
	return strbuf_str(&out);
}

static void
put_when(struct view *v, const struct sheet_margin *margin)
{
	char text[64];
	struct strbuf out = strbuf_over(text, sizeof text, v->a);

	strbuf_printf(&out, "(%.*s)", STR_FMT(said_when(v->s)));
	sheet_piece(&v->sheet, INK_FAINT, strbuf_str(&out), margin);
}

static void
put_tier(struct view *v, const struct tier *t)
{
	struct sheet_margin margin = { put_line, &v->asked, TEXT_AT };
	enum ink strong = t->frozen ? INK_FAINT : served[t->served].ink, body = t->frozen ? INK_FAINT : INK_PLAIN;

	sheet_to(&v->sheet, LINE_AT);
	sheet_put(&v->sheet, strong, mark(&v->sheet, &served[t->served].mark));
	sheet_to(&v->sheet, TEXT_AT);
	if (served[t->served].word.n > 0) {
		sheet_put(&v->sheet, strong, served[t->served].word);
		sheet_put(&v->sheet, INK_PLAIN, STR("  "));
	}
	sheet_flow(&v->sheet, t->frozen ? INK_FAINT : INK_BOLD, title(v, t), &margin);
	if (t->frozen)
		put_when(v, &margin);
	sheet_newline(&v->sheet);
	if (said_found(t).n > 0)
		beside(v, body, said_found(t));
	if (t->reason.n > 0)
		beside(v, body, harmless(v, t->reason));
	put_numbers(v, t, body);
	put_evidence(v, t);
}

static void
put_way(struct view *v)
{
	const struct tiers *all = &v->s->tiers;

	if (all->count == 0)
		return;
	sheet_newline(&v->sheet);
	put_end(v, STR("you"), STR(""));
	for (unsigned i = 0; i < all->count; i++) {
		v->asked = !all->tier[i].frozen;
		beside(v, INK_PLAIN, STR(""));
		put_tier(v, &all->tier[i]);
	}
	v->asked = v->s->origin_asked;
	beside(v, INK_PLAIN, STR(""));
	put_end(v, STR("the origin"), said_origin(v->s));
}

/* ---- the rest ---- */

/* A line, `columns` long. */
static void
put_rule(struct view *v, size_t columns)
{
	static const struct mark line = { STR_INIT("─"), STR_INIT("-") };
	struct strbuf out = strbuf_in(v->a, 256);

	for (; columns > 0; columns--)
		strbuf_add(&out, mark(&v->sheet, &line));
	sheet_put(&v->sheet, INK_FAINT, strbuf_str(&out));
}

/* What it is about, in a line across. */
static void
put_head(struct view *v)
{
	const struct exchange *x = v->s->of;
	struct strbuf out = strbuf_in(v->a, 256);
	struct sheet_margin none = { 0 };
	size_t width = v->sheet.look->width;

	words_harmless(&out, x->url, URL_MOST);
	strbuf_add(&out, x->url.n > 0 && x->from.n > 0 ? STR(", ") : STR(""));
	words_harmless(&out, x->from, URL_MOST);
	if (x->response.status != 0) {
		strbuf_printf(&out, "%s%d ", out.n > 0 ? "  " : "", x->response.status);
		strbuf_add(&out, status_reason(x->response.status));
	}
	if (x->wait_us >= 0) {
		strbuf_lit(&out, "  ");
		words_us(&out, x->wait_us);
	}
	put_rule(v, 2);
	sheet_put(&v->sheet, INK_PLAIN, STR(" "));
	sheet_flow(&v->sheet, INK_PLAIN, strbuf_str(&out), &none);
	if (v->sheet.column + 1 < width) {
		sheet_put(&v->sheet, INK_PLAIN, STR(" "));
		put_rule(v, width - v->sheet.column);
	}
	sheet_newline(&v->sheet);
	sheet_fill(&v->sheet, INK_BOLD, harmless(v, v->s->verdict), &none);
}

static void
put_remarks(struct view *v, struct str heading, enum ink ink, struct str bullet, const struct remark *r)
{
	struct sheet_margin margin = { .indent = TEXT_AT };

	if (r == NULL)
		return;
	sheet_newline(&v->sheet);
	sheet_put(&v->sheet, INK_BOLD, heading);
	sheet_newline(&v->sheet);
	for (; r != NULL; r = r->next) {
		sheet_to(&v->sheet, LINE_AT);
		sheet_put(&v->sheet, ink, bullet);
		sheet_to(&v->sheet, TEXT_AT);
		sheet_flow(&v->sheet, INK_PLAIN, harmless(v, r->text), &margin);
		if (r->source.n > 0)
			sheet_piece(&v->sheet, INK_FAINT, arena_printf(v->a, "(%.*s)", STR_FMT(r->source)), &margin);
		sheet_newline(&v->sheet);
	}
}

void
show_text_story(const struct story *s, const struct show_look *look, struct arena *a, struct strbuf *out)
{
	static const struct mark dot = { STR_INIT("•"), STR_INIT("-") }, arrow = { STR_INIT("→"), STR_INIT(">") };
	struct view v = { { out, look, 0 }, s, a, true };

	put_head(&v);
	put_way(&v);
	put_remarks(&v, STR("What to make of it"), INK_FAINT, mark(&v.sheet, &dot), s->notes);
	put_remarks(&v, STR("What the response says about caching"), INK_FAINT, mark(&v.sheet, &dot), s->policy);
	put_remarks(&v, STR("To make it a hit"), INK_CYAN, mark(&v.sheet, &arrow), s->advice);
}
