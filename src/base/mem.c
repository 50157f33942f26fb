#include "base/mem.h"

#include <stdbool.h>

#if defined(__SANITIZE_ADDRESS__)
#define RECYCLES false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RECYCLES false
#endif
#endif
#ifndef RECYCLES
#define RECYCLES true
#endif

struct mem_spare {
	struct mem_spare *next;
};

void *
mem_spare(struct mem_spares *s)
{
	struct mem_spare *one = s->first;

	if (one == NULL)
		return NULL;
	s->first = one->next;
	s->count--;
	return one;
}

void
mem_give_back(struct mem_spares *s, void *p)
{
	struct mem_spare *one = p;

	if (!RECYCLES || s->count >= s->most) {
		free(p);
		return;
	}
	one->next = s->first;
	s->first = one;
	s->count++;
}

void
mem_free_spares(struct mem_spares *s)
{
	void *one;

	while ((one = mem_spare(s)) != NULL)
		free(one);
}

struct mem_beyond {
	struct mem_beyond *older;
	_Alignas(8) char data[];
};

void
mem_room_init(struct mem_room *r, void *p, size_t n)
{
	*r = (struct mem_room){ .at = p, .end = (char *)p + (RECYCLES ? n : 0) };
}

void *
mem_room_beyond(struct mem_room *r, size_t n)
{
	struct mem_beyond *b = n > SIZE_MAX / 2 ? NULL : malloc(sizeof *b + n);

	if (b == NULL)
		return NULL;
	b->older = r->beyond;
	r->beyond = b;
	return b->data;
}

void
mem_room_trim(struct mem_room *r, void *p, size_t n)
{
	if (r->beyond == NULL || p != r->beyond->data)
		r->at = (char *)p + ((n + 7) & ~(size_t)7);
}

void
mem_room_fini(struct mem_room *r)
{
	while (r->beyond != NULL) {
		struct mem_beyond *b = r->beyond;

		r->beyond = b->older;
		free(b);
	}
}
