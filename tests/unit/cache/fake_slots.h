/* Slots by malloc, with a limit: for the unit tests of segs and flight. The offset of a slot is its address. */
#ifndef CAIRN_TESTS_FAKE_SLOTS_H
#define CAIRN_TESTS_FAKE_SLOTS_H

#include <stdatomic.h>
#include <stdlib.h>

#include "cache/slots.h"

struct slots {
	uint64_t limit;
	_Atomic uint64_t used;
};

struct slots *
slots_new(uint64_t bytes, const char **why)
{
	struct slots *s = calloc(1, sizeof *s);

	*why = NULL;
	s->limit = bytes;
	return s;
}

void
slots_free(struct slots **s)
{
	free(*s);
	*s = NULL;
}

void *
slot_alloc(struct slots *s, size_t n, enum slot_kind kind, size_t *cap)
{
	size_t size = (n + 63) / 64 * 64;
	size_t *p;

	(void)kind;
	if (n > SLOT_MAX || atomic_fetch_add(&s->used, size) + size > s->limit) {
		atomic_fetch_sub(&s->used, size);
		return NULL;
	}
	p = malloc(16 + size);
	*p = size;
	if (cap != NULL)
		*cap = size;
	return (char *)p + 16;
}

size_t
slot_cap(const struct slots *s, const void *p)
{
	(void)s;
	return *(const size_t *)(const void *)((const char *)p - 16);
}

void
slot_free(struct slots *s, void *p)
{
	atomic_fetch_sub(&s->used, slot_cap(s, p));
	free((char *)p - 16);
}

uint64_t
slot_offset(const struct slots *s, const void *p)
{
	(void)s;
	return (uintptr_t)p;
}

void *
slot_at(const struct slots *s, uint64_t offset)
{
	(void)s;
	return (void *)(uintptr_t)offset;
}

void
slots_totals(const struct slots *s, struct slots_totals *out)
{
	*out = (struct slots_totals){ .limit = s->limit, .used = atomic_load(&s->used) };
}

#endif
