#include "http/chars_impl.h"
#include "http/sf_impl.h"

/* tchar, ":" and "/" (RFC 8941 3.3.4). */
static bool
is_token(char c)
{
	return char_is(c, CHAR_TOKEN) || c == ':' || c == '/';
}

static bool
is_base64(char c)
{
	return char_is(c, CHAR_ALPHA) || ascii_digit(c) || c == '+' || c == '/';
}

struct str
sf_run(struct sf_in *in, bool (*of)(char))
{
	size_t n = 0;
	struct str taken;

	while (n < in->s.n && of(in->s.p[n]))
		n++;
	taken = str_head(in->s, n);
	in->s = str_skip(in->s, n);
	return taken;
}

/* Fifteen digits, or twelve before a point and three behind it (RFC 8941 4.2.4). A decimal is kept in thousandths. */
static bool
number(struct sf_in *in, struct sf_item *out)
{
	int64_t sign = sf_eat(in, '-') ? -1 : 1;
	struct str whole = sf_run(in, ascii_digit), part = STR_NONE;
	uint64_t v = 0, fraction = 0;

	out->type = SF_INTEGER;
	if (sf_eat(in, '.')) {
		out->type = SF_DECIMAL;
		part = sf_run(in, ascii_digit);
		if (whole.n > 12 || part.n > 3 || !str_u64(part, &fraction))
			return false;
	}
	if (whole.n > 15 || !str_u64(whole, &v))
		return false;
	if (out->type == SF_DECIMAL) {
		for (size_t i = part.n; i < 3; i++)
			fraction *= 10;
		v = v * 1000 + fraction;
	}
	out->number = sign * (int64_t)v;
	return true;
}

/* How long the string's text is with its backslashes, up to the closing quote; -1 for what may not be in one. */
static ptrdiff_t
string_length(struct str s, size_t *escapes)
{
	*escapes = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			return (ptrdiff_t)i;
		if (s.p[i] < 0x20 || s.p[i] > 0x7e)
			return -1;
		if (s.p[i] != '\\')
			continue;
		if (++i == s.n || (s.p[i] != '"' && s.p[i] != '\\'))
			return -1;
		++*escapes;
	}
	return -1;
}

static bool
string(struct sf_in *in, struct sf_item *out)
{
	size_t escapes;
	ptrdiff_t n;
	struct str text;
	char *p;

	sf_eat(in, '"');
	n = string_length(in->s, &escapes);
	if (n < 0)
		return false;
	text = str_head(in->s, (size_t)n);
	in->s = str_skip(in->s, (size_t)n + 1);
	out->type = SF_STRING;
	out->text = text;
	if (escapes == 0)
		return true;
	p = arena_alloc(in->a, text.n - escapes);
	if (p == NULL)
		return false;
	out->text = str_of(p, text.n - escapes);
	for (size_t i = 0; i < text.n; i++)
		*p++ = text.p[i] == '\\' ? text.p[++i] : text.p[i];
	return true;
}

static bool
token(struct sf_in *in, struct sf_item *out)
{
	out->type = SF_TOKEN;
	out->text = sf_run(in, is_token);
	return true;
}

static bool
bytes(struct sf_in *in, struct sf_item *out)
{
	sf_eat(in, ':');
	out->type = SF_BYTES;
	out->text = sf_run(in, is_base64);
	for (int pad = 0; pad < 2 && sf_eat(in, '='); pad++)
		out->text.n++;
	return sf_eat(in, ':');
}

static bool
boolean(struct sf_in *in, struct sf_item *out)
{
	sf_eat(in, '?');
	out->type = SF_BOOLEAN;
	out->number = sf_front(in) == '1';
	return sf_eat(in, '0') || sf_eat(in, '1');
}

static bool
date(struct sf_in *in, struct sf_item *out)
{
	sf_eat(in, '@');
	if (!number(in, out) || out->type != SF_INTEGER)
		return false;
	out->type = SF_DATE;
	return true;
}

bool
sf_bare(struct sf_in *in, struct sf_item *out)
{
	char c = sf_front(in);

	if (ascii_digit(c) || c == '-')
		return number(in, out);
	if (char_is(c, CHAR_ALPHA) || c == '*')
		return token(in, out);
	switch (c) {
	case '"':
		return string(in, out);
	case ':':
		return bytes(in, out);
	case '?':
		return boolean(in, out);
	case '@':
		return date(in, out);
	default:
		return false;
	}
}

bool
sf_is_token(struct str s)
{
	if (s.n == 0 || (!char_is(s.p[0], CHAR_ALPHA) && s.p[0] != '*'))
		return false;
	for (size_t i = 1; i < s.n; i++)
		if (!is_token(s.p[i]))
			return false;
	return true;
}

bool
sf_is_string(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] > 0x7e)
			return false;
	return true;
}
