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
