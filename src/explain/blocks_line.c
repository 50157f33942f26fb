#include "explain/blocks_impl.h"
#include "http/fields.h"

#define ESC   '\x1b'
#define BEL   '\a'
#define METER 70 /* columns of curl's progress meter, at least */

/* ---- what is no part of it ---- */

/* Behind an escape sequence of a terminal: a colour (CSI), a link (OSC, which BEL or ST ends), or two bytes. */
static const char *
behind_escape(const char *p, const char *end)
{
	if (++p == end)
		return p;
	if (*p == '[') {
		for (p++; p < end && (*p < '@' || *p > '~'); p++)
			;
		return p < end ? p + 1 : p;
	}
	if (*p != ']')
		return p + 1;
	for (; p < end; p++)
		if (*p == BEL || (*p == ESC && p + 1 < end && p[1] == '\\'))
			return *p == BEL ? p + 1 : p + 2;
	return p;
}

static size_t
strip_escapes(char *p, size_t n)
{
	const char *from = p, *end = p + n;
	char *to = p;

	while (from < end)
		if (*from == ESC)
			from = behind_escape(from, end);
		else
			*to++ = *from++;
	return (size_t)(to - p);
}

/* curl's progress meter has no newline behind it: what comes next stands at its end. */
static struct str
behind_meter(struct str s)
{
	static const char columns[] = " 0123456789:-.kMGTP\r";
	size_t n = 0;

	while (n < s.n && memchr(columns, s.p[n], sizeof columns - 1) != NULL)
		n++;
	if (n < METER || n == s.n || memchr("<>*{}", s.p[n], 5) == NULL)
		return s;
	return str_skip(s, n);
}

/* ---- kinds ---- */

/* "HTTP/1.1", "HTTP/2"; false, and nothing taken, where `s` begins with no version. */
static bool
take_version(struct line *l, struct str *s)
{
	size_t n = sizeof "HTTP/1" - 1;

	if (s->n < n || memcmp(s->p, "HTTP/", 5) != 0 || s->p[5] < '1' || s->p[5] > '3')
		return false;
	l->newer = s->p[5] != '1';
	l->minor = 1;
	if (s->n >= n + 2 && s->p[n] == '.' && ascii_digit(s->p[n + 1])) {
		l->minor = l->newer || s->p[n + 1] != '0';
		n += 2;
	}
	*s = str_skip(*s, n);
	return true;
}

/* Three digits between spaces; 0: it does not begin so. */
static int
take_code(struct str *s)
{
	int code = 0;

	*s = str_trim(*s);
	if (s->n < 3 || (s->n > 3 && s->p[3] != ' '))
		return 0;
	for (int i = 0; i < 3; i++) {
		if (!ascii_digit(s->p[i]))
			return 0;
		code = code * 10 + (s->p[i] - '0');
	}
	*s = str_trim(str_skip(*s, 3));
	return code >= 100 ? code : 0;
}

static bool
is_status(struct line *l, struct str s)
{
	if (!take_version(l, &s) || s.n == 0 || s.p[0] != ' ')
		return false;
	l->status = take_code(&s);
	l->value = s;
	return l->status != 0;
}

static bool
is_request(struct line *l)
{
	struct str s = l->text, version;
	ptrdiff_t space;

	if (!str_cut(&s, ' ', &l->name) || l->name.n == 0 || l->name.n > 20)
		return false;
	for (size_t i = 0; i < l->name.n; i++)
		if (l->name.p[i] < 'A' || l->name.p[i] > 'Z')
			return false;
	space = str_rchr(s, ' ');
	if (space <= 0)
		return false;
	version = str_skip(s, (size_t)space + 1);
	l->value = str_head(s, (size_t)space);
	return take_version(l, &version) && version.n == 0 && str_chr(l->value, ' ') < 0;
}

/* A name, or one of HTTP/2's ":status" and its like; white space before the colon is forgiven. */
static bool
is_field(struct line *l)
{
	bool pseudo = l->text.n > 0 && l->text.p[0] == ':';
	struct str s = str_skip(l->text, pseudo);

	if (!str_cut(&s, ':', &l->name))
		return false;
	l->name = str_trim(l->name);
	if (!token_valid(l->name))
		return false;
	if (pseudo)
		l->name = str_of(l->name.p - 1, l->name.n + 1);
	l->value = str_trim(s);
	return true;
}

static enum line_kind
kind_of(struct line *l)
{
	if (l->text.n == 0)
		return LINE_EMPTY;
	if (l->text.p[0] == 'H' && is_status(l, l->text))
		return LINE_STATUS;
	if (is_field(l))
		return LINE_FIELD;
	if (is_request(l))
		return LINE_REQUEST;
	return LINE_TEXT;
}

/* "< " and its like stand before the line, or alone. */
static bool
has_mark(struct str s, const char *marks, size_t n)
{
	return s.n > 0 && memchr(marks, s.p[0], n) != NULL && (s.n == 1 || s.p[1] == ' ');
}

static void
take_side(struct line *l)
{
	if (!has_mark(l->text, "<>", 2))
		return;
	l->side = l->text.p[0];
	l->text = str_skip(l->text, l->text.n == 1 ? 1 : 2);
}

static void
take_indent(struct line *l)
{
	while (l->indent < l->text.n && (l->text.p[l->indent] == ' ' || l->text.p[l->indent] == '\t'))
		l->indent++;
	l->text = str_trim(str_skip(l->text, l->indent));
}

void
line_read(struct line *l, char *p, size_t n)
{
	*l = (struct line){ 0 };
	if (n > 0 && memchr(p, ESC, n) != NULL)
		n = strip_escapes(p, n);
	l->crlf = n > 0 && p[n - 1] == '\r';
	while (n > 0 && p[n - 1] == '\r')
		n--;
	l->text = str_of(p, n);
	if (n > METER)
		l->text = behind_meter(l->text);
	take_side(l);
	if (l->side == 0 && has_mark(l->text, "*{}", 3)) {
		l->text = str_trim(str_skip(l->text, 1));
		l->kind = LINE_NOTE;
		return;
	}
	take_indent(l);
	l->kind = kind_of(l);
}

bool
line_find_status(struct line *l)
{
	for (ptrdiff_t at; (at = str_find(l->text, STR("HTTP/"))) >= 0;) {
		l->text = str_skip(l->text, (size_t)at);
		if (is_status(l, l->text)) {
			l->kind = LINE_STATUS;
			return true;
		}
		l->text = str_skip(l->text, 5);
	}
	return false;
}
