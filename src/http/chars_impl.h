/* Which byte may stand where, as one table look-up a byte. Private to http/. Pure, frozen. */
#ifndef CAIRN_HTTP_CHARS_IMPL_H
#define CAIRN_HTTP_CHARS_IMPL_H

#include "base/str.h"

enum char_class {
	CHAR_TOKEN = 1,  /* tchar, RFC 9110 5.6.2 */
	CHAR_VALUE = 2,  /* field-vchar, SP and HTAB, obs-text among them, RFC 9110 5.5 */
	CHAR_TARGET = 4, /* visible ASCII but "#": what browsers send in a target, if not all that RFC 3986 allows */
	CHAR_HOST = 8,   /* unreserved and sub-delims, RFC 3986 3.2.2 */
	CHAR_HEX = 16,
	CHAR_ALPHA = 32,
};

extern const uint8_t chars_class[256];

static inline bool
char_is(char c, enum char_class class)
{
	return chars_class[(unsigned char)c] & class;
}

/* Of how many bytes at the start of `s` is it true? */
static inline size_t
chars_span(struct str s, enum char_class class)
{
	size_t n = 0;

	while (n < s.n && char_is(s.p[n], class))
		n++;
	return n;
}

#endif
