/* Looking for where something ends, sixteen bytes at a time where the processor has SSE2 (then SCAN_WIDE is defined)
 * and SCAN_NARROW does not ask for the other form. Private to http/. Pure. Nothing at or behind `end` is read.
 */
#ifndef CAIRN_HTTP_SCAN_IMPL_H
#define CAIRN_HTTP_SCAN_IMPL_H

#include "base/must.h"
#include "http/chars_impl.h"

#if defined __SSE2__ && !defined SCAN_NARROW
#define SCAN_WIDE
#include <emmintrin.h>

static inline __m128i
scan_load(const char *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

#define SCAN_ALL 0xffffu

/* One bit for each of sixteen bytes that lies in floor..0x7e. One higher, the others are small or negative numbers. */
static inline unsigned
scan_printable(__m128i v, char floor)
{
	return (unsigned)_mm_movemask_epi8(_mm_cmpgt_epi8(_mm_add_epi8(v, _mm_set1_epi8(1)), _mm_set1_epi8(floor)));
}

/* One bit for each that is a letter or "-". With the case bit set, and moved up, letters are the largest of the positive
 * numbers. */
static inline unsigned
scan_namely(__m128i v)
{
	__m128i moved = _mm_add_epi8(_mm_or_si128(v, _mm_set1_epi8(0x20)), _mm_set1_epi8(0x7f - 'z'));
	__m128i letter = _mm_cmpgt_epi8(moved, _mm_set1_epi8(0x7f - 26));

	return (unsigned)_mm_movemask_epi8(_mm_or_si128(letter, _mm_cmpeq_epi8(v, _mm_set1_epi8('-'))));
}

/* From 8 to 16 bytes, the last eight of which may be among the first eight, too. */
static inline __m128i
scan_load_short(const char *p, size_t n)
{
	return _mm_unpacklo_epi64(_mm_loadl_epi64((const __m128i *)(const void *)p),
				  _mm_loadl_epi64((const __m128i *)(const void *)(p + n - 8)));
}

/* Of what scan_load_short loaded, which of the `n` bytes does the lowest bit of `mask` stand for? One is set. */
static inline size_t
scan_short_place(size_t n, unsigned mask)
{
	unsigned at = (unsigned)__builtin_ctz(mask);

	return at < 8 ? at : n - 16 + at;
}

/* One bit for each that is one of the two. */
static inline unsigned
scan_those(__m128i v, char a, char b)
{
	return (unsigned)_mm_movemask_epi8(
	    _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8(a)), _mm_cmpeq_epi8(v, _mm_set1_epi8(b))));
}

/* One bit for each that is not visible ASCII, or "#". */
static inline unsigned
scan_untargeted(__m128i v)
{
	unsigned hash = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('#')));

	return (scan_printable(v, 0x21) ^ SCAN_ALL) | hash;
}

/* One bit for each that is none of letter, digit, "-" and ".". */
static inline unsigned
scan_unhostly(__m128i v)
{
	__m128i from_dash = _mm_sub_epi8(v, _mm_set1_epi8('-')); /* "-" and "." are 0 and 1, digits 3 to 12, "/" is 2 */
	__m128i among = _mm_cmpeq_epi8(_mm_min_epu8(from_dash, _mm_set1_epi8('9' - '-')), from_dash);
	unsigned slash = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('/')));

	return ((scan_namely(v) | (unsigned)_mm_movemask_epi8(among)) ^ SCAN_ALL) | slash;
}

/* The first byte whose bit is not set. One is not. */
static inline const char *
scan_first_not(const char *p, unsigned mask)
{
	return p + (unsigned)__builtin_ctz(~mask);
}
#endif

/* The first byte that is not visible ASCII, as all of a target is; `end` where there is none. "#" is let through: see
 * uri_parse_target. */
static inline const char *
scan_visible(const char *p, const char *end)
{
#ifdef SCAN_WIDE
	for (; end - p >= 16; p += 16) {
		unsigned good = scan_printable(scan_load(p), 0x21);

		if (good != SCAN_ALL)
			return scan_first_not(p, good);
	}
#endif
	while (p<end && * p> 0x20 && *p < 0x7f)
		p++;
	return p;
}

/* A run of bytes that is looked at in many places. */
struct scan {
	const char *end;
	const char *last; /* sixteen bytes may be read before it, wherever that is */
	const char *wide; /* and before this, two behind them */
};

static inline struct scan
scan_of(const char *p, const char *end)
{
	return (struct scan){ end, end - p > 16 ? end - 16 : p, end - p > 17 ? end - 17 : p };
}

/* The CR of the CRLF that ends the field value at `p`; NULL where something stands before it that no value holds, a
 * control but HTAB or DEL (RFC 9110 5.5), or where it has not come. */
static inline const char *
scan_crlf(const char *p, const struct scan *s)
{
#ifdef SCAN_WIDE
	while (p < s->last) {
		unsigned good = scan_printable(scan_load(p), 0x20);

		if (good == SCAN_ALL) {
			p += 16;
			continue;
		}
		p = scan_first_not(p, good);
		if (LIKELY(*p == '\r'))
			return p[1] == '\n' ? p : NULL;
		if (!char_is(*p, CHAR_VALUE))
			return NULL;
		p++; /* HTAB or obs-text */
	}
	if (s->end - s->last == 16) { /* the rest lies among these, which are looked at together once more */
		unsigned bad = (scan_printable(scan_load(s->last), 0x20) ^ SCAN_ALL) >> (p - s->last);

		if (bad == 0)
			return NULL;
		p += (unsigned)__builtin_ctz(bad);
	}
#endif
	while (p < s->end && char_is(*p, CHAR_VALUE))
		p++;
	return s->end - p >= 2 && p[0] == '\r' && p[1] == '\n' ? p : NULL;
}

/* The colon that ends the token at `p` (RFC 9110 5.6.2), which may be empty; NULL where another byte ends it, or it has
 * not ended. Names are letters and "-", nearly always. */
static inline const char *
scan_colon(const char *p, const struct scan *s)
{
#ifdef SCAN_WIDE
	for (; p < s->last; p += 16) {
		unsigned good = scan_namely(scan_load(p));

		if (good == SCAN_ALL)
			continue;
		p = scan_first_not(p, good);
		if (LIKELY(*p == ':'))
			return p;
		break;
	}
#endif
	while (p < s->end && char_is(*p, CHAR_TOKEN))
		p++;
	return p < s->end && *p == ':' ? p : NULL;
}

/* Are these bytes a target's (CHAR_TARGET), all of them? */
static inline bool
scan_is_target(struct str s)
{
#ifdef SCAN_WIDE
	unsigned bad = 0;

	if (s.n >= 16) {
		for (size_t i = 0; i + 16 < s.n; i += 16)
			bad |= scan_untargeted(scan_load(s.p + i));
		return (bad | scan_untargeted(scan_load(s.p + s.n - 16))) == 0;
	}
	if (s.n >= 8)
		return scan_untargeted(scan_load_short(s.p, s.n)) == 0;
#endif
	return chars_span(s, CHAR_TARGET) == s.n;
}

/* How many bytes at the start of `s` are of a name as hosts have it: letters, digits, "-" and ".". Perhaps fewer. */
static inline size_t
scan_plain_name(struct str s)
{
#ifdef SCAN_WIDE
	size_t i = 0;
	unsigned bad;

	for (; s.n - i >= 16; i += 16) {
		bad = scan_unhostly(scan_load(s.p + i));
		if (bad != 0)
			return i + (unsigned)__builtin_ctz(bad);
	}
	if (s.n - i < 8)
		return i;
	bad = scan_unhostly(scan_load_short(s.p + i, s.n - i));
	return bad == 0 ? s.n : i + scan_short_place(s.n - i, bad);
#else
	(void)s;
	return 0;
#endif
}

/* Where the first byte stands that is one of the two; s.n: nowhere. */
static inline size_t
scan_either(struct str s, char a, char b)
{
	size_t i = 0;
#ifdef SCAN_WIDE
	unsigned found;

	for (; s.n - i >= 16; i += 16) {
		found = scan_those(scan_load(s.p + i), a, b);
		if (found != 0)
			return i + (unsigned)__builtin_ctz(found);
	}
	if (s.n - i >= 8) {
		found = scan_those(scan_load_short(s.p + i, s.n - i), a, b);
		return found == 0 ? s.n : i + scan_short_place(s.n - i, found);
	}
#endif
	while (i < s.n && s.p[i] != a && s.p[i] != b)
		i++;
	return i;
}

#endif
