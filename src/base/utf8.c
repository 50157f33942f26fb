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
