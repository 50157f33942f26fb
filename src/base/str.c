#include "base/str.h"

#include <endian.h>

/* Eight letters at once: where a byte below 0x80 is from `A` to `Z`, adding the one sets its high bit, adding the other
 * does not. */
static inline uint64_t
lower_eight(uint64_t bytes)
{
	const uint64_t ones = 0x0101010101010101u;
	uint64_t low = bytes & ones * 0x7f;
	uint64_t from_a = low + ones * (0x80 - 'A'), beyond_z = low + ones * (0x80 - 'Z' - 1);

	return bytes | ((from_a & ~beyond_z & ~bytes & ones * 0x80) >> 2);
}

static inline uint64_t
load_eight(const char *p)
{
	uint64_t eight;

	memcpy(&eight, p, sizeof eight);
	return eight;
}

static inline uint32_t
load_four(const char *p)
{
	uint32_t four;

	memcpy(&four, p, sizeof four);
	return four;
}

static inline void
put_lower_eight(char *p, const char *from)
{
	uint64_t eight = lower_eight(load_eight(from));

	memcpy(p, &eight, sizeof eight);
}

/* From four bytes to seven: two words that overlap. */
static inline void
put_lower_few(char *p, struct str s)
{
	uint32_t first = (uint32_t)lower_eight(load_four(s.p));
	uint32_t last = (uint32_t)lower_eight(load_four(s.p + s.n - 4));

	memcpy(p, &first, sizeof first);
	memcpy(p + s.n - 4, &last, sizeof last);
}

/* The last eight overlap with those before. */
char *
str_put_lower(char *p, struct str s)
{
	if (s.n < 8) {
		if (s.n >= 4)
			put_lower_few(p, s);
		else
			for (size_t i = 0; i < s.n; i++)
				p[i] = ascii_lower(s.p[i]);
		return p + s.n;
	}
	for (size_t i = 0; i + 8 < s.n; i += 8)
		put_lower_eight(p + i, s.p + i);
	put_lower_eight(p + s.n - 8, s.p + s.n - 8);
	return p + s.n;
}

static inline bool
same_but_case(uint64_t a, uint64_t b)
{
	return a == b || lower_eight(a) == lower_eight(b);
}

/* Fewer than eight bytes as one word; some stand in it twice. */
static inline uint64_t
all_of(struct str s)
{
	if (s.n >= 4)
		return load_four(s.p) | (uint64_t)load_four(s.p + s.n - 4) << 32;
	if (s.n == 0)
		return 0;
	return (uint64_t)(unsigned char)s.p[0] | (uint64_t)(unsigned char)s.p[s.n / 2] << 8 |
	       (uint64_t)(unsigned char)s.p[s.n - 1] << 16;
}

bool
str_ieq(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	if (a.n < 8)
		return same_but_case(all_of(a), all_of(b));
	for (size_t i = 0; i + 8 < a.n; i += 8)
		if (!same_but_case(load_eight(a.p + i), load_eight(b.p + i)))
			return false;
	return same_but_case(load_eight(a.p + a.n - 8), load_eight(b.p + b.n - 8));
}

bool
str_istarts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_ieq(str_head(s, prefix.n), prefix);
}

bool
str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n && str_eq(str_skip(s, s.n - suffix.n), suffix);
}

int
str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int d = n == 0 ? 0 : memcmp(a.p, b.p, n);

	if (d != 0)
		return d;
	return (a.n > b.n) - (a.n < b.n);
}

ptrdiff_t
str_chr(struct str s, char c)
{
	const char *hit = s.n == 0 ? NULL : memchr(s.p, c, s.n);

	return hit == NULL ? -1 : hit - s.p;
}

ptrdiff_t
str_rchr(struct str s, char c)
{
	for (size_t i = s.n; i > 0; i--)
		if (s.p[i - 1] == c)
			return (ptrdiff_t)i - 1;
	return -1;
}

ptrdiff_t
str_find(struct str s, struct str needle)
{
	for (size_t i = 0; i + needle.n <= s.n; i++)
		if (needle.n == 0 || memcmp(s.p + i, needle.p, needle.n) == 0)
			return (ptrdiff_t)i;
	return -1;
}

struct str
str_trim_blanks(struct str s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = str_skip(s, 1);
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

bool
str_cut(struct str *s, char sep, struct str *before)
{
	ptrdiff_t at = str_chr(*s, sep);

	if (at < 0) {
		*before = *s;
		if (s->n > 0) /* an absent one has no end to point at */
			*s = str_skip(*s, s->n);
		return false;
	}
	*before = str_head(*s, (size_t)at);
	*s = str_skip(*s, (size_t)at + 1);
	return true;
}

/* The number that four digits are, or one of 10000 and more where they are none. */
static inline uint32_t
four_digits(const char *p)
{
	uint32_t digits = le32toh(load_four(p)) ^ 0x30303030, pairs;

	if (((digits + 0x76767676) | digits) & 0x80808080)
		return UINT32_MAX;
	pairs = digits * 10 + (digits >> 8);
	return (pairs & 0xff) * 100 + (pairs >> 16 & 0xff);
}

bool
str_u64(struct str s, uint64_t *out)
{
	const size_t safe = s.n < 19 ? s.n : 19; /* so many digits never overflow */
	uint64_t v = 0;
	size_t i;

	for (i = 0; safe - i >= 4; i += 4) {
		uint32_t four = four_digits(s.p + i);

		if (four > 9999)
			return false;
		v = v * 10000 + four;
	}
	for (; i < safe; i++) {
		unsigned digit = (unsigned)(s.p[i] - '0');

		if (digit > 9)
			return false;
		v = v * 10 + digit;
	}
	for (; i < s.n; i++) {
		unsigned digit = (unsigned)(s.p[i] - '0');

		if (digit > 9 || v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	if (s.n == 0)
		return false;
	*out = v;
	return true;
}

bool
str_glob(struct str s, struct str pattern)
{
	size_t i = 0, j = 0;
	size_t star = SIZE_MAX, mark = 0; /* the last `*` seen, and how far it has eaten */

	while (i < s.n) {
		if (j < pattern.n && pattern.p[j] == '*') {
			star = j++;
			mark = i;
		} else if (j < pattern.n && pattern.p[j] == s.p[i]) {
			i++;
			j++;
		} else if (star != SIZE_MAX) {
			j = star + 1;
			i = ++mark;
		} else {
			return false;
		}
	}
	while (j < pattern.n && pattern.p[j] == '*')
		j++;
	return j == pattern.n;
}
