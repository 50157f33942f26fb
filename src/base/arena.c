#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/must.h"

#define ARENA_MAGIC 0x6172656eu
#define FIRST_BLOCK ((size_t)8 * 1024)
#define ALIGN       ((size_t)16)

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_EMULATED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_EMULATED 1
#endif
#endif
#ifndef ARENA_EMULATED
#define ARENA_EMULATED 0
#endif

struct block {
	struct block *older;
	size_t size; /* of data[] */
	size_t used;
	_Alignas(16) char data[];
};

struct cleanup {
	struct cleanup *older;
	void (*fn)(void *);
	void *arg;
};

struct arena {
	unsigned magic;
	bool failed;
	size_t cap;
	size_t held; /* bytes of all blocks */
	struct block *top;
	struct cleanup *cleanups;
};

static size_t
round_up(size_t n)
{
	return (n + ALIGN - 1) & ~(ALIGN - 1);
}

static struct block *
push_block(struct arena *a, size_t size)
{
	struct block *b;

	if (size > a->cap || a->held > a->cap - size)
		return NULL;
	b = malloc(sizeof *b + size);
	if (b == NULL)
		return NULL;
	b->older = a->top;
	b->size = size;
	b->used = 0;
	a->top = b;
	a->held += size;
	return b;
}

static void
pop_block(struct arena *a)
{
	struct block *b = a->top;

	a->top = b->older;
	a->held -= b->size;
	free(b);
}

struct arena *
arena_new(size_t cap)
{
	struct arena *a = calloc(1, sizeof *a);

	if (a == NULL)
		return NULL;
	a->magic = ARENA_MAGIC;
	a->cap = cap < FIRST_BLOCK ? FIRST_BLOCK : cap;
	if (push_block(a, ARENA_EMULATED ? ALIGN : FIRST_BLOCK) == NULL) {
		free(a);
		return NULL;
	}
	return a;
}

static void
run_cleanups(struct arena *a, const struct cleanup *until)
{
	while (a->cleanups != until) {
		struct cleanup *c = a->cleanups;

		a->cleanups = c->older;
		c->fn(c->arg);
	}
}

void
arena_reset(struct arena *a)
{
	MUST_OBJ(a, ARENA_MAGIC);
	run_cleanups(a, NULL);
	while (a->top->older != NULL)
		pop_block(a);
	a->top->used = 0;
	a->failed = false;
}

void
arena_free(struct arena **ap)
{
	struct arena *a = *ap;

	if (a == NULL)
		return;
	MUST_OBJ(a, ARENA_MAGIC);
	*ap = NULL;
	arena_reset(a);
	pop_block(a);
	a->magic = 0;
	free(a);
}

static void *
alloc_slow(struct arena *a, size_t n)
{
	size_t size = ARENA_EMULATED ? n : a->top->size * 2;
	struct block *b;

	if (size < n)
		size = n;
	b = push_block(a, size);
	if (b == NULL && size > n)
		b = push_block(a, n); /* no room to double, but perhaps for this one */
	if (b == NULL) {
		a->failed = true;
		return NULL;
	}
	b->used = n;
	return b->data;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	struct block *b;
	void *p;

	MUST_OBJ(a, ARENA_MAGIC);
	if (UNLIKELY(n > SIZE_MAX / 2)) {
		a->failed = true;
		return NULL;
	}
	n = ARENA_EMULATED ? (n == 0 ? 1 : n) : round_up(n);
	b = a->top;
	if (ARENA_EMULATED || n > b->size - b->used)
		return alloc_slow(a, n);
	p = b->data + b->used;
	b->used += n;
	return p;
}

void *
arena_zalloc(struct arena *a, size_t n)
{
	void *p = arena_alloc(a, n);

	if (p != NULL)
		memset(p, 0, n);
	return p;
}

struct str
arena_str(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);

	if (p == NULL)
		return STR_NONE;
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return str_of(p, s.n);
}

struct str
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	int n;
	char *p;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	MUST(n >= 0);
	p = arena_alloc(a, (size_t)n + 1);
	if (p != NULL)
		vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return p == NULL ? STR_NONE : str_of(p, (size_t)n);
}

void
arena_trim(struct arena *a, void *p, size_t old, size_t n)
{
	struct block *b = a->top;

	MUST(n <= old);
	if (ARENA_EMULATED || (char *)p + round_up(old) != b->data + b->used)
		return;
	b->used -= round_up(old) - round_up(n);
}

bool
arena_failed(const struct arena *a)
{
	return a->failed;
}

struct arena_mark
arena_mark(struct arena *a)
{
	MUST_OBJ(a, ARENA_MAGIC);
	return (struct arena_mark){ a->top, a->top->used, a->cleanups };
}

void
arena_rollback(struct arena *a, struct arena_mark m)
{
	MUST_OBJ(a, ARENA_MAGIC);
	run_cleanups(a, m.cleanup);
	while (a->top != m.block)
		pop_block(a);
	a->top->used = m.used;
}

bool
arena_cleanup(struct arena *a, void (*fn)(void *), void *arg)
{
	struct cleanup *c = arena_alloc(a, sizeof *c);

	if (c == NULL)
		return false;
	*c = (struct cleanup){ a->cleanups, fn, arg };
	a->cleanups = c;
	return true;
}

size_t
arena_cap(const struct arena *a)
{
	MUST_OBJ(a, ARENA_MAGIC);
	return a->cap;
}

size_t
arena_size(const struct arena *a)
{
	return a->held;
}
