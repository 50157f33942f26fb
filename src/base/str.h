/* A borrowed run of bytes: pointer and length, not terminated, owned by somebody else.
 *
 * Passed by value. A str with n == 0 may have any pointer; `p == NULL` says "absent" where a caller asks.
 * Case folding is ASCII's only: protocol text is never looked at through a locale.
 */
#ifndef CAIRN_BASE_STR_H
#define CAIRN_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p;
	size_t n;
};

/* A str from a string literal, as an expression and as an initialiser of static data. */
#define STR(lit)      ((struct str){ (lit), sizeof(lit) - 1 })
#define STR_INIT(lit) { (lit), sizeof(lit) - 1 }
#define STR_NONE      ((struct str){ NULL, 0 })

/* For printf("%.*s", STR_FMT(s)). */
#define STR_FMT(s) (int)(s).n, (s).p

static inline struct str
str_of(const char *p, size_t n)
{
	return (struct str){ p, n };
}

/* From a C string; NULL gives STR_NONE. */
static inline struct str
str_c(const char *cstr)
{
	return cstr == NULL ? STR_NONE : (struct str){ cstr, strlen(cstr) };
}

static inline bool
str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Is it this literal? */
#define str_is(s, lit) ((s).n == sizeof(lit) - 1 && memcmp((s).p, (lit), sizeof(lit) - 1) == 0)

static inline char
ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static inline bool
ascii_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Writes `s`, and returns what lies behind it. Names, words and short fields are most of what is copied: those cost no
 * call, but two moves that overlap. */
static inline char *
str_put(char *p, struct str s)
{
	struct {
		uint64_t low, high;
	} front, back;
	uint64_t first, last;
	uint32_t head, tail;

	if (s.n > 32 || s.n < 4) {
		if (s.n > 0)
			memcpy(p, s.p, s.n);
	} else if (s.n > 16) {
		memcpy(&front, s.p, 16);
		memcpy(&back, s.p + s.n - 16, 16);
		memcpy(p, &front, 16);
		memcpy(p + s.n - 16, &back, 16);
	} else if (s.n >= 8) {
		memcpy(&first, s.p, 8);
		memcpy(&last, s.p + s.n - 8, 8);
		memcpy(p, &first, 8);
		memcpy(p + s.n - 8, &last, 8);
	} else {
		memcpy(&head, s.p, 4);
		memcpy(&tail, s.p + s.n - 4, 4);
		memcpy(p, &head, 4);
		memcpy(p + s.n - 4, &tail, 4);
	}
	return p + s.n;
}

/* The same of a literal, whose length is known: a move or two. */
#define str_put_lit(p, lit) ((char *)memcpy((p), (lit), sizeof(lit) - 1) + sizeof(lit) - 1)

/* Writes `s` with its letters in lower case, and returns what lies behind it. */
char *str_put_lower(char *p, struct str s);

/* Equal but for ASCII case. */
bool str_ieq(struct str a, struct str b);

static inline bool
str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool str_istarts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);

/* Order by bytes, a shorter prefix first: for sorting and binary search. */
int str_cmp(struct str a, struct str b);

/* Without the first `n` bytes; `n` at most s.n. Nothing of an absent str leaves it absent. */
static inline struct str
str_skip(struct str s, size_t n)
{
	return (struct str){ n == 0 ? s.p : s.p + n, s.n - n };
}

static inline struct str
str_head(struct str s, size_t n)
{
	return (struct str){ s.p, n < s.n ? n : s.n };
}

/* Position of `c`, or -1. */
ptrdiff_t str_chr(struct str s, char c);
ptrdiff_t str_rchr(struct str s, char c);

/* Position of `needle`, or -1; an empty needle is found at 0. */
ptrdiff_t str_find(struct str s, struct str needle);

struct str str_trim_blanks(struct str s);

/* Without spaces and tabs (RFC 9110 OWS) at both ends. Mostly there are none. */
static inline struct str
str_trim(struct str s)
{
	return s.n > 0 && (unsigned char)s.p[0] > ' ' && (unsigned char)s.p[s.n - 1] > ' ' ? s : str_trim_blanks(s);
}

/* Splits at the first `sep`: *before gets what precedes it, *s what follows. False, with *before = *s and *s empty,
 * where there is no `sep`. */
bool str_cut(struct str *s, char sep, struct str *before);

/* A plain decimal number: digits alone, at least one, no sign. False, and *out untouched, on anything else or beyond
 * 64 bits. */
bool str_u64(struct str s, uint64_t *out);

/* Does `s` match `pattern`, in which each `*` stands for any run of bytes? */
bool str_glob(struct str s, struct str pattern);

#endif
