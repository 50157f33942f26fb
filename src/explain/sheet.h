/* Coloured text in columns, written into a buffer: what the views for a terminal are made with.
 *
 * thread: local. A sheet knows the column it stands at, so that lines are filled and cut to the terminal's width.
 * Colours take no columns, and are left out where the look has none.
 */
#ifndef CAIRN_EXPLAIN_SHEET_H
#define CAIRN_EXPLAIN_SHEET_H

#include "base/strbuf.h"

/* How the terminal is. */
struct show_look {
	unsigned width; /* columns */
	bool colours;
	bool drawn; /* it shows more than ASCII: lines and dots are drawn */
	bool ascii; /* it may take the bytes of UTF-8 for something else: they are written out */
};

enum ink {
	INK_PLAIN,
	INK_BOLD,
	INK_FAINT,
	INK_RED,
	INK_GREEN,
	INK_YELLOW,
	INK_BLUE,
	INK_CYAN,
};

struct sheet {
	struct strbuf *out;
	const struct show_look *look;
	size_t column; /* where the next character goes */
};

/* Text without characters that act (base/utf8.h). */
void sheet_put(struct sheet *s, enum ink ink, struct str text);

/* Spaces up to a column; none where the sheet stands there or behind. */
void sheet_to(struct sheet *s, size_t column);

void sheet_newline(struct sheet *s);

/* What stands at the beginning of each further line of a text that is filled. */
typedef void sheet_margin_fn(struct sheet *s, const void *arg);

struct sheet_margin {
	sheet_margin_fn *put; /* NULL: nothing */
	const void *arg;
	size_t indent; /* where the text begins behind it */
};

/* Fills lines, from where the sheet stands, and stays behind the last word. */
void sheet_flow(struct sheet *s, enum ink ink, struct str text, const struct sheet_margin *margin);

/* The same, and ends the last line. */
void sheet_fill(struct sheet *s, enum ink ink, struct str text, const struct sheet_margin *margin);

/* Behind other text, a space between: all of it on this line, or at the beginning of the next. */
void sheet_piece(struct sheet *s, enum ink ink, struct str text, const struct sheet_margin *margin);

#endif
