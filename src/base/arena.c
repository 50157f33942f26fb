#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/must.h"

#define ARENA_MAGIC 0x6172656eu
#define FIRST_BLOCK ((size_t)8 * 1024)

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

struct arena_block {
	struct arena_block *older;
	size_t size; /* of data[] */
	_Alignas(16) char data[];
};

struct arena_cleanup {
	struct arena_cleanup *older;
	void (*fn)(void *);
	void *arg;
};

static size_t
round_up(size_t n)
{
	return (n + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1);
}

/* From `at` on the newest block is free. */
static void
go_on_from(struct arena *a, char *at)
{
	a->at = at;
	a->end = ARENA_EMULATED ? at : a->top->data + a->top->size;
}

static struct arena_block *
push_block(struct arena *a, size_t size)
{
	struct arena_block *b;

	if (size > a->cap || a->held > a->cap - size)
		return NULL;
	b = malloc(sizeof *b + size);
	if (b == NULL)
		return NULL;
	b->older = a->top;
	b->size = size;
	a->top = b;
	a->held += size;
	return b;
}

static void
pop_block(struct arena *a)
{
	struct arena_block *b = a->top;

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
	if (push_block(a, ARENA_EMULATED ? ARENA_ALIGN : FIRST_BLOCK) == NULL) {
		free(a);
		return NULL;
	}
	go_on_from(a, a->top->data);
	return a;
}

static void
run_cleanups(struct arena *a, const struct arena_cleanup *until)
{
	while (a->cleanups != until) {
		struct arena_cleanup *c = a->cleanups;

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
	go_on_from(a, a->top->data);
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

/* Twice as large as the one before it, where the cap allows that. */
static struct arena_block *
next_block(struct arena *a, size_t n)
{
	size_t size = ARENA_EMULATED ? n : a->top->size * 2;
	struct arena_block *b = push_block(a, size < n ? n : size);

	return b == NULL && size > n ? push_block(a, n) : b; /* no room to double, but perhaps for this one */
}

void *
arena_more(struct arena *a, size_t n)
{
	MUST_OBJ(a, ARENA_MAGIC);
	if (n <= SIZE_MAX / 2)
		n = ARENA_EMULATED ? n : round_up(n);
	if (n > SIZE_MAX / 2 || next_block(a, n) == NULL) {
		a->failed = true;
		return NULL;
	}
	go_on_from(a, a->top->data + n);
	return a->top->data;
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
	MUST(n <= old);
	if (ARENA_EMULATED || (char *)p + round_up(old) != a->at)
		return;
	a->at = (char *)p + round_up(n);
}

struct arena_mark
arena_mark(struct arena *a)
{
	MUST_OBJ(a, ARENA_MAGIC);
	return (struct arena_mark){ a->top, a->at, a->cleanups };
}

void
arena_rollback(struct arena *a, struct arena_mark m)
{
	MUST_OBJ(a, ARENA_MAGIC);
	run_cleanups(a, m.cleanup);
	while (a->top != m.block)
		pop_block(a);
	go_on_from(a, m.at);
}

bool
arena_cleanup(struct arena *a, void (*fn)(void *), void *arg)
{
	struct arena_cleanup *c = arena_alloc(a, sizeof *c);

	if (c == NULL)
		return false;
	*c = (struct arena_cleanup){ a->cleanups, fn, arg };
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
