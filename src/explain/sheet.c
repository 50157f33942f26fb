#include "explain/sheet.h"

#include "base/utf8.h"
#include "base/wrap.h"

#define COLUMNS_LEAST 8 /* of text, however narrow the terminal and deep the indent */

/* The text without colours. */
static void
put_bare(struct sheet *s, struct str text)
{
	size_t from = s->out->n;
	uint32_t code;

	if (!s->look->ascii) {
		strbuf_add(s->out, text);
		s->column += wrap_columns(text);
		return;
	}
	for (size_t n; (n = utf8_next(text, &code)) > 0; text = str_skip(text, n)) {
		if (n == 1)
			strbuf_char(s->out, (char)code);
		else
			strbuf_printf(s->out, "\\u%04x", code);
	}
	s->column += s->out->n - from;
}

void
sheet_put(struct sheet *s, enum ink ink, struct str text)
{
	static const struct str codes[] = {
		[INK_PLAIN] = STR_INIT(""),    [INK_BOLD] = STR_INIT("1"),     [INK_FAINT] = STR_INIT("2"),
		[INK_RED] = STR_INIT("1;31"),  [INK_GREEN] = STR_INIT("1;32"), [INK_YELLOW] = STR_INIT("1;33"),
		[INK_BLUE] = STR_INIT("1;34"), [INK_CYAN] = STR_INIT("1;36"),
	};

	if (!s->look->colours || ink == INK_PLAIN) {
		put_bare(s, text);
		return;
	}
	strbuf_lit(s->out, "\x1b[");
	strbuf_add(s->out, codes[ink]);
	strbuf_char(s->out, 'm');
	put_bare(s, text);
	strbuf_lit(s->out, "\x1b[0m");
}

void
sheet_to(struct sheet *s, size_t column)
{
	for (; s->column < column; s->column++)
		strbuf_char(s->out, ' ');
}

void
sheet_newline(struct sheet *s)
{
	strbuf_char(s->out, '\n');
	s->column = 0;
}

static size_t
room(const struct sheet *s)
{
	return s->column + COLUMNS_LEAST < s->look->width ? s->look->width - s->column : COLUMNS_LEAST;
}

static void
begin_line(struct sheet *s, const struct sheet_margin *margin)
{
	sheet_newline(s);
	if (margin->put != NULL)
		margin->put(s, margin->arg);
	sheet_to(s, margin->indent);
}

void
sheet_flow(struct sheet *s, enum ink ink, struct str text, const struct sheet_margin *margin)
{
	for (;;) {
		sheet_put(s, ink, wrap_cut(&text, room(s)));
		if (text.n == 0)
			return;
		begin_line(s, margin);
	}
}

void
sheet_fill(struct sheet *s, enum ink ink, struct str text, const struct sheet_margin *margin)
{
	sheet_flow(s, ink, text, margin);
	sheet_newline(s);
}

void
sheet_piece(struct sheet *s, enum ink ink, struct str text, const struct sheet_margin *margin)
{
	if (s->column + 1 + wrap_columns(text) > s->look->width)
		begin_line(s, margin);
	else
		sheet_put(s, INK_PLAIN, STR(" "));
	sheet_flow(s, ink, text, margin);
}
