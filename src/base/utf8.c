#include "base/utf8.h"

/* What follows the first byte of a character: how many bytes, and between what the first of them lies, so that there
 * are no overlong forms, no surrogates, and nothing beyond U+10FFFF (RFC 3629 4). */
struct tail {
	unsigned count;
	unsigned char least, most;
};

static struct tail
tail_of(unsigned char first)
{
	if (first >= 0xc2 && first <= 0xdf)
		return (struct tail){ 1, 0x80, 0xbf };
	if (first >= 0xe0 && first <= 0xef)
		return (struct tail){ 2, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf };
	if (first >= 0xf0 && first <= 0xf4)
		return (struct tail){ 3, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf };
	return (struct tail){ 0 };
}

size_t
utf8_length(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	struct tail t = tail_of(p[0]);

	if (t.count == 0 || t.count >= s.n || p[1] < t.least || p[1] > t.most)
		return 0;
	for (unsigned i = 2; i <= t.count; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return t.count + 1;
}

/* Of how many bytes at the start, eight at a time, has none its high bit set? */
static size_t
ascii_eights(struct str s)
{
	uint64_t eight;
	size_t n = 0;

	for (; s.n - n >= sizeof eight; n += sizeof eight) {
		memcpy(&eight, s.p + n, sizeof eight);
		if ((eight & 0x8080808080808080u) != 0)
			break;
	}
	return n;
}

size_t
utf8_span(struct str s)
{
	size_t n = ascii_eights(s), length;

	while (n < s.n) {
		length = (unsigned char)s.p[n] < 0x80 ? 1 : utf8_length(str_skip(s, n));
		if (length == 0)
			break;
		n += length;
	}
	return n;
}

size_t
utf8_next(struct str s, uint32_t *code)
{
	size_t n;

	if (s.n == 0)
		return 0;
	*code = (unsigned char)s.p[0];
	if (*code < 0x80)
		return 1;
	n = utf8_length(s);
	if (n == 0)
		return 0;
	*code &= 0x7fu >> n;
	for (size_t i = 1; i < n; i++)
		*code = *code << 6 | (s.p[i] & 0x3f);
	return n;
}

/* ---- what is to be seen ---- */

struct span {
	uint32_t from, to;
};

static bool
in_spans(const struct span *spans, size_t count, uint32_t code)
{
	for (size_t i = 0; i < count; i++)
		if (code >= spans[i].from && code <= spans[i].to)
			return true;
	return false;
}

#define IN(spans, code) in_spans(spans, sizeof(spans) / sizeof((spans)[0]), code)

bool
utf8_acts(uint32_t code)
{
	static const struct span spans[] = {
		{ 0x00, 0x1f },     { 0x7f, 0x9f },     { 0xad, 0xad },       /* soft hyphen */
		{ 0x61c, 0x61c },                                             /* Arabic letter mark */
		{ 0x180e, 0x180e }, { 0x200b, 0x200f },                       /* zero width, marks of direction */
		{ 0x2028, 0x202e },                                           /* separators, embeddings and overrides */
		{ 0x2060, 0x206f },                                           /* isolates, and what is invisible */
		{ 0xfeff, 0xfeff }, { 0xfff9, 0xfffb }, { 0xe0000, 0xe0fff }, /* tags */
	};

	if (code >= ' ' && code < 0x7f)
		return false;
	return IN(spans, code);
}

unsigned
utf8_columns(uint32_t code)
{
	static const struct span over[] = { { 0x300, 0x36f },   { 0x483, 0x489 },   { 0x591, 0x5bd },
					    { 0x64b, 0x65f },   { 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff },
					    { 0x20d0, 0x20ff }, { 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f } };
	static const struct span wide[] = { { 0x1100, 0x115f }, { 0x2e80, 0x303e },   { 0x3041, 0xa4cf },
					    { 0xac00, 0xd7a3 }, { 0xf900, 0xfaff },   { 0xfe30, 0xfe6f },
					    { 0xff00, 0xff60 }, { 0x1f300, 0x1faff }, { 0x20000, 0x3fffd } };

	if (code < 0x300)
		return 1;
	if (IN(over, code))
		return 0;
	return IN(wide, code) ? 2 : 1;
}

size_t
utf8_put(char out[UTF8_MOST], uint32_t c)
{
	static const unsigned char firsts[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t n;

	if ((c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff)
		c = 0xfffd;
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(firsts[n] | c);
	return n;
}
