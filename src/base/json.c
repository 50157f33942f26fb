#include "base/json.h"

#include "base/must.h"
#include "base/utf8.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* ---- text ---- */

static bool
is_plain(char c)
{
	static const bool special[256] = { [0 ... 0x1f] = true, ['"'] = true, ['\\'] = true, [0x7f ... 0xff] = true };

	return !special[(unsigned char)c];
}

/* Are eight bytes plain? Taking one from each byte shows in its high bit which was 0; borrows only ever come from a
 * byte that has shown already. */
static inline bool
all_plain(uint64_t bytes)
{
	const uint64_t ones = 0x0101010101010101u;
	uint64_t small = bytes - ones * ' ', del = (bytes ^ ones * 0x7f) - ones;
	uint64_t quote = (bytes ^ ones * '"') - ones, slash = (bytes ^ ones * '\\') - ones;

	return ((bytes | small | del | quote | slash) & ones * 0x80) == 0;
}

/* Are sixteen? Bytes beyond ASCII are negative to the comparison, and so below a space. */
static inline bool
both_plain(uint64_t a, uint64_t b)
{
#ifdef __SSE2__
	__m128i v = _mm_set_epi64x((long long)a, (long long)b);
	__m128i odd = _mm_or_si128(
	    _mm_or_si128(_mm_cmplt_epi8(v, _mm_set1_epi8(' ')), _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f))),
	    _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'))));

	return _mm_movemask_epi8(odd) == 0;
#else
	return all_plain(a) && all_plain(b);
#endif
}

/* Copies sixteen bytes, and says whether all of them are plain. */
static inline bool
copy_sixteen(char *p, const char *from)
{
	uint64_t two[2];

	memcpy(two, from, sizeof two);
	memcpy(p, two, sizeof two);
	return both_plain(two[0], two[1]);
}

/* The same for a text of 4 to 16 bytes: its two ends overlap, and cover it. */
static inline bool
copy_ends(char *p, struct str s)
{
	uint64_t first, last;
	uint32_t head, tail;

	if (s.n >= sizeof first) {
		memcpy(&first, s.p, sizeof first);
		memcpy(&last, s.p + s.n - sizeof last, sizeof last);
		str_put(p, s);
		return both_plain(first, last);
	}
	memcpy(&head, s.p, sizeof head);
	memcpy(&tail, s.p + s.n - sizeof tail, sizeof tail);
	str_put(p, s);
	return all_plain((uint64_t)head << 32 | tail);
}

/* Copies a text whole where all of it is plain, which nearly all are. */
static inline bool
copy_whole(char *p, struct str s)
{
	size_t n = 0;

	if (s.n < 4)
		return false;
	if (s.n <= 16)
		return copy_ends(p, s);
	for (; s.n - n >= 16; n += 16)
		if (!copy_sixteen(p + n, s.p + n))
			return false;
	return n == s.n || copy_sixteen(p + s.n - 16, s.p + s.n - 16);
}

/* Copies the plain bytes at the start of `s`. Returns how many. */
static inline size_t
copy_plain(char *p, struct str s)
{
	size_t n = 0;

	for (; n < s.n && is_plain(s.p[n]); n++)
		p[n] = s.p[n];
	return n;
}

static char *
put_escaped(char *p, unsigned code)
{
	static const char hex[] = "0123456789abcdef";

	if (code == '"' || code == '\\') {
		memcpy(p, (char[]){ '\\', (char)code }, 2);
		return p + 2;
	}
	memcpy(p, (char[]){ '\\', 'u', hex[code >> 12 & 15], hex[code >> 8 & 15], hex[code >> 4 & 15], hex[code & 15] },
	       6);
	return p + 6;
}

/* The character, or byte, that *s starts with and that is not plain; taken off. What lies beyond U+FFFF is let through
 * even where it acts: it takes two escapes, and no terminal obeys it. */
static char *
put_special(char *p, struct str *s)
{
	uint32_t code;
	size_t n = utf8_next(*s, &code);

	if (n == 0) {
		p = put_escaped(p, (unsigned char)s->p[0]);
	} else if (n == 1 || (n < 4 && utf8_acts(code))) {
		p = put_escaped(p, code);
	} else {
		memcpy(p, s->p, n);
		p += n;
	}
	*s = str_skip(*s, n == 0 ? 1 : n);
	return p;
}

char *
json_put(char *p, struct str s)
{
	if (LIKELY(copy_whole(p, s)))
		return p + s.n;
	for (;;) {
		size_t n = copy_plain(p, s);

		if (n == s.n)
			return p + n;
		s = str_skip(s, n);
		p = put_special(p + n, &s);
	}
}

void
json_escape(struct strbuf *out, struct str s)
{
	char *p = strbuf_room(out, JSON_WORST * s.n);

	if (p != NULL)
		out->n += (size_t)(json_put(p, s) - p);
}

/* ---- values ---- */

/* What stands before a value. */
static void
lead(struct json *j, struct str name)
{
	char *p = strbuf_room(j->out, name.n + sizeof ",\"\":");
	char *at = p;

	if (p == NULL)
		return;
	if (j->comma)
		*at++ = ',';
	j->comma = true;
	if (name.p != NULL) {
		*at++ = '"';
		memcpy(at, name.p, name.n);
		at += name.n;
		*at++ = '"';
		*at++ = ':';
	}
	j->out->n += (size_t)(at - p);
}

void
json_open(struct json *j, struct str name, char bracket)
{
	lead(j, name);
	strbuf_char(j->out, bracket);
	j->comma = false;
}

void
json_close(struct json *j, char bracket)
{
	strbuf_char(j->out, bracket);
	j->comma = true;
}

void
json_text(struct json *j, struct str name, struct str value)
{
	lead(j, name);
	strbuf_char(j->out, '"');
	json_escape(j->out, value);
	strbuf_char(j->out, '"');
}

void
json_u64(struct json *j, struct str name, uint64_t value)
{
	lead(j, name);
	strbuf_u64(j->out, value);
}

void
json_i64(struct json *j, struct str name, int64_t value)
{
	lead(j, name);
	strbuf_i64(j->out, value);
}

void
json_bool(struct json *j, struct str name, bool value)
{
	lead(j, name);
	strbuf_add(j->out, value ? STR("true") : STR("false"));
}

void
json_nothing(struct json *j, struct str name)
{
	lead(j, name);
	strbuf_lit(j->out, "null");
}

void
json_milli(struct json *j, struct str name, int64_t value)
{
	uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	unsigned rest = (unsigned)(size % 1000);
	const char digits[] = { '.', (char)('0' + rest / 100), (char)('0' + rest / 10 % 10), (char)('0' + rest % 10) };

	lead(j, name);
	if (value < 0)
		strbuf_char(j->out, '-');
	strbuf_u64(j->out, size / 1000);
	strbuf_add(j->out, str_of(digits, sizeof digits));
}
