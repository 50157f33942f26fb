#include "base/strbuf.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/dec.h"
#include "base/must.h"

struct strbuf
strbuf_in(struct arena *a, size_t cap)
{
	struct strbuf b = { arena_alloc(a, cap), 0, cap, a, false };

	if (b.p == NULL) {
		b.cap = 0;
		b.over = true;
	}
	return b;
}

static bool
grow(struct strbuf *b, size_t n)
{
	size_t cap = b->cap < 64 ? 64 : b->cap;
	char *p;

	while (cap - b->n < n && cap <= SIZE_MAX / 4)
		cap *= 2;
	if (cap - b->n < n)
		return false;
	p = arena_alloc(b->arena, cap);
	if (p == NULL)
		return false;
	if (b->n > 0)
		memcpy(p, b->p, b->n);
	b->p = p;
	b->cap = cap;
	return true;
}

char *
strbuf_more_room(struct strbuf *b, size_t n)
{
	if (b->over)
		return NULL;
	if (n > b->cap - b->n && (b->arena == NULL || !grow(b, n))) {
		b->over = true;
		return NULL;
	}
	return b->p + b->n;
}

void
strbuf_u64(struct strbuf *b, uint64_t v)
{
	char digits[DEC_MAX];

	if (b->cap - b->n >= DEC_MAX && !b->over)
		b->n = (size_t)(dec_put(b->p + b->n, v) - b->p);
	else
		strbuf_add(b, str_of(digits, (size_t)(dec_put(digits, v) - digits)));
}

void
strbuf_i64(struct strbuf *b, int64_t v)
{
	if (v < 0)
		strbuf_char(b, '-');
	strbuf_u64(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void
strbuf_printf(struct strbuf *b, const char *fmt, ...)
{
	va_list ap, again;
	int n;
	char *p;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	MUST(n >= 0);
	p = strbuf_room(b, (size_t)n + 1);
	if (p != NULL) {
		vsnprintf(p, (size_t)n + 1, fmt, again);
		b->n += (size_t)n;
	}
	va_end(again);
}
