/* A page's totals for a terminal, and as JSON. */
#include "explain/show_totals.h"

#include "base/wrap.h"
#include "explain/words.h"

static enum ink
ink_of(enum totals_kind kind)
{
	static const enum ink inks[TOTALS_KINDS] = {
		[TOTALS_BROWSER] = INK_BLUE,  [TOTALS_CACHE] = INK_GREEN,  [TOTALS_CONFIRMED] = INK_CYAN,
		[TOTALS_ORIGIN] = INK_YELLOW, [TOTALS_UNTOLD] = INK_FAINT,
	};

	return inks[kind];
}

/* ---- cells ---- */

#define CELL 64 /* bytes of a composed one */

struct cell {
	char text[CELL];
	struct strbuf b;
};

static struct strbuf *
cell(struct cell *c)
{
	c->b = strbuf_fixed(c->text, sizeof c->text);
	return &c->b;
}

static void
put_right(struct sheet *s, enum ink ink, struct str text, size_t end)
{
	size_t n = wrap_columns(text);

	sheet_to(s, end > n ? end - n : 0);
	sheet_put(s, ink, text);
}

/* The last bytes of `text` that take at most so many columns. */
static struct str
last_columns(struct str text, size_t columns)
{
	while (text.n > 0 && wrap_columns(text) > columns)
		text = str_skip(text, 1);
	while (text.n > 0 && (text.p[0] & 0xc0) == 0x80)
		text = str_skip(text, 1); /* not within a character */
	return text;
}

/* As much as fits before `end`: of what is too long a third of the beginning and two of the end, where URLs differ. */
static void
put_cut(struct sheet *s, enum ink ink, struct str text, size_t end)
{
	size_t room = end > s->column ? end - s->column : 0;
	struct str rest = text;

	if (wrap_columns(text) <= room) {
		sheet_put(s, ink, text);
	} else if (room > 8) {
		sheet_put(s, ink, wrap_cut(&rest, (room - 2) / 3));
		sheet_put(s, INK_FAINT, STR(".."));
		sheet_put(s, ink, last_columns(text, end - s->column));
	}
}

/* Nearly all begin alike. */
static struct str
without_https(struct str url)
{
	return str_starts(url, STR("https://")) ? str_skip(url, 8) : url;
}

static void
put_bytes(struct sheet *s, int64_t bytes, size_t end)
{
	struct cell c;

	if (bytes >= 0)
		words_bytes(cell(&c), (uint64_t)bytes);
	else
		strbuf_char(cell(&c), '-');
	put_right(s, INK_PLAIN, strbuf_str(&c.b), end);
}

static void
put_us(struct sheet *s, int64_t us, size_t end)
{
	struct cell c;

	if (us >= 0)
		words_us(cell(&c), us);
	else
		strbuf_char(cell(&c), '-');
	put_right(s, INK_PLAIN, strbuf_str(&c.b), end);
}

static void
put_count(struct sheet *s, enum ink ink, uint64_t n, size_t end)
{
	struct cell c;

	strbuf_u64(cell(&c), n);
	put_right(s, ink, strbuf_str(&c.b), end);
}

/* ---- all in one line ---- */

void
show_totals_headline(const struct totals *t, struct strbuf *out)
{
	static const struct str from[TOTALS_KINDS] = {
		[TOTALS_BROWSER] = STR_INIT(" from the browser"),
		[TOTALS_CACHE] = STR_INIT(" from caches on the way"),
		[TOTALS_CONFIRMED] = STR_INIT(" from copies that were confirmed first"),
		[TOTALS_ORIGIN] = STR_INIT(" from the origin"),
		[TOTALS_UNTOLD] = STR_INIT(" from whom is not told"),
	};
	struct str before = STR(": ");

	words_count(out, t->count, STR("entry"), STR("entries"));
	for (unsigned kind = 0; kind < TOTALS_KINDS; kind++) {
		if (t->by_kind[kind] == 0)
			continue;
		strbuf_add(out, before);
		strbuf_u64(out, t->by_kind[kind]);
		strbuf_add(out, from[kind]);
		before = STR(", ");
	}
	strbuf_char(out, '.');
}

/* The same as a bar: each kind has its share of the width. */
static void
put_bar(struct sheet *s, const struct totals *t)
{
	size_t width = s->look->width, sum = 0;

	for (unsigned kind = 0; kind < TOTALS_KINDS; kind++) {
		char text[3 * 256];
		struct strbuf out = strbuf_fixed(text, sizeof text);

		sum += t->by_kind[kind];
		for (size_t end = sum * width / t->count; s->column + out.n / 3 < end && out.n + 3 <= sizeof text;)
			strbuf_lit(&out, "▀");
		sheet_put(s, ink_of(kind), strbuf_str(&out));
	}
	sheet_newline(s);
}

#define HEADLINE 320 /* bytes of it */

static void
put_headline(struct sheet *s, const struct totals *t)
{
	char text[HEADLINE];
	struct strbuf out = strbuf_fixed(text, sizeof text);
	struct sheet_margin none = { 0 };

	show_totals_headline(t, &out);
	sheet_fill(s, INK_BOLD, strbuf_str(&out), &none);
	if (s->look->drawn && s->look->colours && t->count > 0)
		put_bar(s, t);
	sheet_newline(s);
}

/* ---- a table by entry ---- */

/* Where columns end, or begin. */
enum {
	NUMBER = 6,
	STATUS = 11,
	WHO = 13,
	WHO_END = 34,
	TIME = 43,
	SIZE = 52,
	URL = 54,
	NARROW = 72, /* with fewer columns than this the URL has a line of its own */
};

static void
put_entry(struct sheet *s, const struct totals_entry *e, size_t number)
{
	put_count(s, INK_FAINT, number, NUMBER);
	if (e->status > 0)
		put_count(s, e->status >= 400 ? INK_RED : INK_PLAIN, (uint64_t)e->status, STATUS);
	sheet_to(s, WHO);
	put_cut(s, ink_of(e->kind), e->who, WHO_END < s->look->width ? WHO_END : s->look->width);
	if (s->look->width >= NARROW) {
		put_us(s, e->all_us, TIME);
		put_bytes(s, e->wire_bytes, SIZE);
		sheet_to(s, URL);
	} else {
		sheet_newline(s);
		sheet_to(s, NUMBER + 2);
	}
	put_cut(s, INK_PLAIN, without_https(e->url), s->look->width);
	sheet_newline(s);
}

static void
put_entries(struct sheet *s, const struct totals *t)
{
	if (s->look->width >= NARROW) {
		put_right(s, INK_FAINT, STR("#"), NUMBER);
		sheet_to(s, WHO);
		sheet_put(s, INK_FAINT, STR("answered by"));
		put_right(s, INK_FAINT, STR("time"), TIME);
		put_right(s, INK_FAINT, STR("moved"), SIZE);
		sheet_to(s, URL);
		sheet_put(s, INK_FAINT, STR("what"));
		sheet_newline(s);
	}
	for (size_t i = 0; i < t->count; i++)
		put_entry(s, &t->entry[i], i + 1);
}

/* ---- sums ---- */

enum {
	SUM_COUNT = 8,
	SUM_TIME = 18,
	SUM_SIZE = 28,
	SUM_NAME = 30,
};

static void
put_sums(struct sheet *s, struct str title, const struct totals_sums *sums, bool coloured)
{
	struct sheet_margin margin = { .indent = SUM_NAME }, title_margin = { .indent = 2 };

	if (sums->count == 0)
		return;
	sheet_newline(s);
	sheet_put(s, INK_BOLD, title);
	sheet_piece(s, INK_FAINT, STR("(entries, time, moved)"), &title_margin);
	sheet_newline(s);
	for (unsigned i = 0; i < sums->count; i++) {
		const struct totals_sum *sum = &sums->row[i];

		put_count(s, INK_PLAIN, sum->count, SUM_COUNT);
		put_us(s, sum->us, SUM_TIME);
		put_bytes(s, (int64_t)sum->bytes, SUM_SIZE);
		sheet_to(s, SUM_NAME);
		sheet_fill(s, coloured ? ink_of(sum->kind) : INK_PLAIN, sum->name.n > 0 ? sum->name : STR("not told"),
			   &margin);
	}
}

/* ---- saved and lost ---- */

void
show_totals_costs(const struct totals *t, struct strbuf *out)
{
	strbuf_lit(out, "The network moved ");
	words_bytes(out, t->moved);
	strbuf_lit(out, ", ");
	words_bytes(out, t->lost);
	strbuf_lit(out, " of it for misses; the browser's own caches spared ");
	words_bytes(out, t->spared);
	strbuf_lit(out, ". Misses waited ");
	words_us(out, t->waited_us);
	strbuf_lit(out, " for their first byte, all in all; hits saved about ");
	words_us(out, t->saved_us);
	strbuf_lit(out, ", by what misses of the same host waited on the average.");
}

#define COSTS 512 /* bytes of that sentence */

static void
put_costs(struct sheet *s, const struct totals *t)
{
	char text[COSTS];
	struct strbuf out = strbuf_fixed(text, sizeof text);
	struct sheet_margin margin = { .indent = 2 };

	show_totals_costs(t, &out);
	sheet_newline(s);
	sheet_put(s, INK_BOLD, STR("Saved and lost"));
	sheet_newline(s);
	sheet_to(s, 2);
	sheet_fill(s, INK_PLAIN, strbuf_str(&out), &margin);
}

/* ---- the worst ---- */

/* What was waited for and moved, and beside it what and why. */
static void
put_miss(struct sheet *s, const struct totals_miss *m)
{
	struct sheet_margin margin = { .indent = s->look->width < NARROW ? 4 : 20 };
	struct sheet_margin inner = { .indent = margin.indent + 2 };

	put_us(s, m->entry.all_us, 9);
	put_bytes(s, m->entry.wire_bytes, 18);
	sheet_to(s, 20);
	put_cut(s, INK_BOLD, without_https(m->entry.url), s->look->width);
	sheet_newline(s);
	sheet_to(s, margin.indent);
	sheet_fill(s, INK_PLAIN, m->why, &margin);
	if (m->advice.n == 0)
		return;
	sheet_to(s, margin.indent);
	sheet_put(s, INK_CYAN, s->look->drawn ? STR("→ ") : STR("> "));
	sheet_fill(s, INK_PLAIN, m->advice, &inner);
}

static void
put_worst(struct sheet *s, const struct totals *t)
{
	if (t->worst_count == 0)
		return;
	sheet_newline(s);
	sheet_put(s, INK_BOLD, t->worst_count == 1 ? STR("The worst miss") : STR("The worst misses"));
	sheet_newline(s);
	for (unsigned i = 0; i < t->worst_count; i++)
		put_miss(s, &t->worst[i]);
}

void
show_totals_text(const struct totals *t, const struct show_look *look, struct strbuf *out)
{
	struct sheet s = { out, look, 0 };

	put_headline(&s, t);
	put_entries(&s, t);
	put_sums(&s, STR("Answered by"), &t->tiers, true);
	put_sums(&s, STR("By host"), &t->hosts, false);
	put_sums(&s, STR("Why they were no hits"), &t->reasons, false);
	put_costs(&s, t);
	put_worst(&s, t);
}
