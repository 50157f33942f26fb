#include "base/str.h"

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

static inline void
put_lower_eight(char *p, const char *from)
{
	uint64_t eight;

	memcpy(&eight, from, sizeof eight);
	eight = lower_eight(eight);
	memcpy(p, &eight, sizeof eight);
}

/* The last eight overlap with those before. */
char *
str_put_lower(char *p, struct str s)
{
	if (s.n < 8) {
		for (size_t i = 0; i < s.n; i++)
			p[i] = ascii_lower(s.p[i]);
		return p + s.n;
	}
	for (size_t i = 0; i + 8 < s.n; i += 8)
		put_lower_eight(p + i, s.p + i);
	put_lower_eight(p + s.n - 8, s.p + s.n - 8);
	return p + s.n;
}

bool
str_ieq(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (a.p[i] != b.p[i] && ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
			return false;
	return true;
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
str_trim(struct str s)
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

bool
str_u64(struct str s, uint64_t *out)
{
	const size_t safe = 19; /* so many digits never overflow */
	uint64_t v = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned digit = (unsigned)(s.p[i] - '0');

		if (digit > 9 || (i >= safe && v > (UINT64_MAX - digit) / 10))
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
