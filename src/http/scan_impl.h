/* Looking for the first byte of a kind, sixteen at a time where the processor has SSE2. Private to http/. Pure.
 *
 * Each returns `end` where there is no such byte, and reads nothing at or behind `end`.
 */
#ifndef CAIRN_HTTP_SCAN_IMPL_H
#define CAIRN_HTTP_SCAN_IMPL_H

#include "http/chars_impl.h"

#ifdef __SSE2__
#include <emmintrin.h>

static inline __m128i
scan_load(const char *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline const char *
scan_first(const char *p, unsigned mask)
{
	return p + __builtin_ctz(mask);
}
#endif

/* The first `c`. */
static inline const char *
scan_byte(const char *p, const char *end, char c)
{
#ifdef __SSE2__
	for (; end - p >= 16; p += 16) {
		unsigned mask = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(scan_load(p), _mm_set1_epi8(c)));

		if (mask != 0)
			return scan_first(p, mask);
	}
#endif
	while (p < end && *p != c)
		p++;
	return p;
}

/* The first byte that a field value cannot hold: a control but HTAB, or DEL (RFC 9110 5.5). */
static inline const char *
scan_value(const char *p, const char *end)
{
#ifdef __SSE2__
	for (; end - p >= 16; p += 16) {
		__m128i v = scan_load(p);
		__m128i last_control = _mm_set1_epi8(0x1f);
		__m128i control = _mm_cmpeq_epi8(_mm_max_epu8(v, last_control), last_control);
		__m128i tab = _mm_cmpeq_epi8(v, _mm_set1_epi8('\t'));
		__m128i del = _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f));
		unsigned mask = (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_andnot_si128(tab, control), del));

		if (mask != 0)
			return scan_first(p, mask);
	}
#endif
	while (p < end && char_is(*p, CHAR_VALUE))
		p++;
	return p;
}

/* The first byte that no target has: anything but visible ASCII. "#" is let through: see uri_parse_target. */
static inline const char *
scan_visible(const char *p, const char *end)
{
#ifdef __SSE2__
	for (; end - p >= 16; p += 16) {
		__m128i v = scan_load(p);
		/* As signed numbers, what lies over 0x7f is less than a space. */
		__m128i visible =
		    _mm_andnot_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f)), _mm_cmpgt_epi8(v, _mm_set1_epi8(0x20)));
		unsigned mask = ~(unsigned)_mm_movemask_epi8(visible) & 0xffff;

		if (mask != 0)
			return scan_first(p, mask);
	}
#endif
	while (p<end && * p> 0x20 && *p < 0x7f)
		p++;
	return p;
}

#endif
