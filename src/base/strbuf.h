/* A buffer that text is written into. Its bytes belong to whoever gave them: a fixed array, or an arena that it grows in.
 *
 * thread: local. What does not fit sets `over` and writes nothing more; test it once, at the end.
 */
#ifndef CAIRN_BASE_STRBUF_H
#define CAIRN_BASE_STRBUF_H

#include "base/arena.h"
#include "base/str.h"

struct strbuf {
	char *p;
	size_t n;
	size_t cap;
	struct arena *arena; /* NULL: fixed */
	bool over;
};

/* Over a fixed array. */
static inline struct strbuf
strbuf_fixed(char *p, size_t cap)
{
	return (struct strbuf){ p, 0, cap, NULL, false };
}

/* Over an array at first, and where that is too small, in `a`. */
static inline struct strbuf
strbuf_over(char *p, size_t cap, struct arena *a)
{
	return (struct strbuf){ p, 0, cap, a, false };
}

/* Growing in `a`, starting with room for `cap` bytes. */
struct strbuf strbuf_in(struct arena *a, size_t cap);

__attribute__((cold)) char *strbuf_more_room(struct strbuf *b, size_t n);

/* Room for `n` more bytes, or NULL and `over`. Write there, then strbuf_took. */
__attribute__((always_inline)) static inline char *
strbuf_room(struct strbuf *b, size_t n)
{
	return n <= b->cap - b->n && !b->over ? b->p + b->n : strbuf_more_room(b, n);
}

/* What was written in that room ends at `p`. */
static inline void
strbuf_took(struct strbuf *b, const char *p)
{
	b->n = (size_t)(p - b->p);
}

static inline void
strbuf_add(struct strbuf *b, struct str s)
{
	char *p = strbuf_room(b, s.n);

	if (p == NULL)
		return;
	str_put(p, s);
	b->n += s.n;
}

#define strbuf_lit(b, lit) strbuf_add((b), STR(lit))

static inline void
strbuf_char(struct strbuf *b, char c)
{
	strbuf_add(b, str_of(&c, 1));
}

/* Decimal. */
void strbuf_u64(struct strbuf *b, uint64_t v);
void strbuf_i64(struct strbuf *b, int64_t v);

void strbuf_printf(struct strbuf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* What has been written so far. */
static inline struct str
strbuf_str(const struct strbuf *b)
{
	return str_of(b->p, b->n);
}

#endif
