/* The page around its entries. Of an entry that was added, its text lies in the spool, and a row of numbers in memory:
 * its bar is drawn when the page is written, and all times are known. */
#include "explain/page.h"

#include <stdlib.h>

#include "explain/page_impl.h"
#include "explain/words.h"

#define ENTRY_CAP (16 << 20) /* bytes of memory, for one entry */

enum part {
	PART_TITLE,
	PART_SUM,
	PART_TOTALS,
	PART_TIMED,
	PART_SCALE,
	PART_ENTRIES,
	PART_END,
};

/* Text of the page as it is, and the part that is written behind it. */
struct piece {
	enum part part;
	struct str text;
};

#include "explain/page_pieces.h"

struct row {
	int64_t begin_us, wait_us, all_us; /* since the epoch; lengths. EXCHANGE_UNKNOWN: not told */
	int64_t bytes;
	uint32_t line_n, story_n; /* bytes in the spool */
	enum page_by by;
};

struct page {
	struct str title;
	struct arena *memory; /* for the title */
	struct arena *arena;  /* of one entry, or one part */
	FILE *spool;
	struct totals *totals;
	struct row *rows;
	unsigned count, cap;
};

struct page *
page_new(struct str title)
{
	struct page *p = calloc(1, sizeof *p);

	if (p == NULL)
		return NULL;
	p->memory = arena_new(title.n + (1 << 14));
	p->arena = arena_new(ENTRY_CAP);
	p->spool = tmpfile();
	p->totals = totals_new();
	if (p->memory != NULL)
		p->title = arena_str(p->memory, title);
	if (p->arena == NULL || p->spool == NULL || p->totals == NULL || p->title.p == NULL)
		page_free(&p);
	return p;
}

void
page_free(struct page **p)
{
	if (*p == NULL)
		return;
	if ((*p)->spool != NULL)
		fclose((*p)->spool);
	totals_free(&(*p)->totals);
	arena_free(&(*p)->memory);
	arena_free(&(*p)->arena);
	free((*p)->rows);
	free(*p);
	*p = NULL;
}

/* ---- adding ---- */

static struct row *
next_row(struct page *p)
{
	unsigned cap = p->cap == 0 ? 64 : p->cap * 2;
	struct row *rows;

	if (p->count < p->cap)
		return &p->rows[p->count];
	rows = realloc(p->rows, cap * sizeof *rows);
	if (rows == NULL)
		return NULL;
	p->rows = rows;
	p->cap = cap;
	return &p->rows[p->count];
}

static int64_t
us_of_ms(int64_t ms)
{
	return ms == EXCHANGE_UNKNOWN ? ms : ms * 1000;
}

bool
page_add(struct page *p, const struct story *s)
{
	struct row *row = next_row(p);
	struct strbuf out;

	arena_reset(p->arena);
	out = strbuf_in(p->arena, 8192);
	if (row == NULL)
		return false;
	*row = (struct row){
		.begin_us = us_of_ms(s->of->started_ms),
		.wait_us = s->of->wait_us,
		.all_us = s->of->all_us,
		.bytes = s->of->wire_bytes,
		.by = page_by(s),
	};
	page_entry_line(&out, s, row->by, p->count + 1);
	row->line_n = (uint32_t)out.n;
	page_entry_story(&out, s);
	row->story_n = (uint32_t)(out.n - row->line_n);
	if (out.over || !totals_add(p->totals, s) || fwrite(out.p, 1, out.n, p->spool) != out.n)
		return false;
	p->count++;
	return true;
}

/* ---- the totals ---- */

static void
put_totals(struct strbuf *out, const struct page *p)
{
	struct page_share by[BY_COUNT] = { 0 };

	for (unsigned i = 0; i < p->count; i++) {
		const struct row *r = &p->rows[i];

		by[r->by].count++;
		by[r->by].bytes += r->bytes > 0 ? r->bytes : 0;
	}
	page_totals(out, by, p->totals);
}

/* ---- time ---- */

struct span {
	int64_t begin, end; /* us; equal: no times are known */
};

static bool
is_timed(const struct row *r)
{
	return r->begin_us != EXCHANGE_UNKNOWN && r->begin_us > 0 && r->all_us >= 0;
}

static struct span
span_of(const struct page *p)
{
	struct span s = { INT64_MAX, 0 };

	for (unsigned i = 0; i < p->count; i++) {
		const struct row *r = &p->rows[i];

		if (!is_timed(r))
			continue;
		s.begin = r->begin_us < s.begin ? r->begin_us : s.begin;
		s.end = r->begin_us + r->all_us > s.end ? r->begin_us + r->all_us : s.end;
	}
	return s.end > s.begin ? s : (struct span){ 0, 0 };
}

static void
put_sum(struct strbuf *out, const struct page *p)
{
	struct span s = span_of(p);
	uint64_t bytes = 0;

	for (unsigned i = 0; i < p->count; i++)
		bytes += p->rows[i].bytes > 0 ? (uint64_t)p->rows[i].bytes : 0;
	words_count(out, p->count, STR("response"), STR("responses"));
	if (bytes > 0) {
		strbuf_lit(out, " &middot; ");
		words_bytes(out, bytes);
		strbuf_lit(out, " over the network");
	}
	if (s.end > s.begin) {
		strbuf_lit(out, " &middot; ");
		words_us(out, s.end - s.begin);
	}
}

static void
put_scale(struct strbuf *out, const struct page *p)
{
	struct span s = span_of(p);

	if (s.end == s.begin)
		return;
	strbuf_lit(out, "<span>0</span><span>");
	words_us(out, (s.end - s.begin) / 2);
	strbuf_lit(out, "</span><span>");
	words_us(out, s.end - s.begin);
	strbuf_lit(out, "</span>");
}

/* Ten-thousandths of the span, so that a bar is told from its neighbours on the largest screens. */
static unsigned
place_in(const struct span *s, int64_t us)
{
	int64_t all = s->end - s->begin, at = us - s->begin;

	return all == 0 || at < 0 ? 0 : at > all ? 10000 : (unsigned)((double)at / (double)all * 10000);
}

static void
put_bar(struct strbuf *out, const struct row *r, const struct span *s)
{
	int64_t wait = r->wait_us >= 0 && r->wait_us <= r->all_us ? r->wait_us : 0;
	unsigned from = place_in(s, r->begin_us), first = place_in(s, r->begin_us + wait),
		 to = place_in(s, r->begin_us + r->all_us);

	strbuf_lit(out,
		   "<svg class=\"bar\" viewBox=\"0 0 10000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">");
	if (is_timed(r))
		strbuf_printf(out,
			      "<rect class=\"wait\" x=\"%u\" width=\"%u\" height=\"10\"/><rect x=\"%u\" width=\"%u\" "
			      "height=\"10\"/>",
			      from, first - from, first > 9960 ? 9960 : first, to - first < 40 ? 40 : to - first);
	strbuf_lit(out, "</svg>");
}

/* ---- writing ---- */

/* `n` bytes from where the spool stands. */
static bool
copy(FILE *from, FILE *to, size_t n)
{
	char room[1 << 14];

	while (n > 0) {
		size_t got = fread(room, 1, n < sizeof room ? n : sizeof room, from);

		if (got == 0 || fwrite(room, 1, got, to) != got)
			return false;
		n -= got;
	}
	return true;
}

static bool
write_entries(struct page *p, FILE *out)
{
	struct span s = span_of(p);

	rewind(p->spool);
	for (unsigned i = 0; i < p->count; i++) {
		const struct row *r = &p->rows[i];
		char room[512];
		struct strbuf bar = strbuf_fixed(room, sizeof room);

		put_bar(&bar, r, &s);
		if (!copy(p->spool, out, r->line_n) || fwrite(bar.p, 1, bar.n, out) != bar.n ||
		    !copy(p->spool, out, r->story_n))
			return false;
	}
	return true;
}

static void
put_part(struct strbuf *out, const struct page *p, enum part part)
{
	switch (part) {
	case PART_TITLE:
		page_put(out, p->title, p->title.n);
		break;
	case PART_SUM:
		put_sum(out, p);
		break;
	case PART_TOTALS:
		put_totals(out, p);
		break;
	case PART_TIMED:
		strbuf_add(out, span_of(p).end > 0 ? STR("timed") : STR("untimed"));
		break;
	case PART_SCALE:
		put_scale(out, p);
		break;
	default:
		break;
	}
}

bool
page_write(struct page *p, FILE *out)
{
	totals_end(p->totals);
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		struct strbuf part;

		arena_reset(p->arena);
		part = strbuf_in(p->arena, 4096);
		put_part(&part, p, pieces[i].part);
		if (part.over || fwrite(pieces[i].text.p, 1, pieces[i].text.n, out) != pieces[i].text.n ||
		    fwrite(part.p, 1, part.n, out) != part.n)
			return false;
		if (pieces[i].part == PART_ENTRIES && !write_entries(p, out))
			return false;
	}
	return fflush(out) == 0;
}
