#include "cache/block_impl.h"

#include <stdlib.h>

#include "base/must.h"

struct block *
block_new(uint64_t at, size_t size)
{
	struct block *b = malloc(sizeof *b + size);

	if (b != NULL)
		*b = (struct block){ .at = at, .end = at, .size = size, .bytes = (char *)(b + 1) };
	return b;
}

void
block_free(struct block *b, struct slots *slots)
{
	if (b->slot != NULL && slots != NULL)
		slot_free(slots, b->slot);
	free(b);
}

void
block_push(struct blocks *q, struct block *b)
{
	if (q->tail == NULL)
		q->head = b;
	else
		q->tail->next = b;
	q->tail = b;
}

struct block *
block_pop(struct blocks *q)
{
	struct block *b = q->head;

	q->head = b->next;
	if (q->head == NULL)
		q->tail = NULL;
	b->next = NULL;
	return b;
}

void
block_free_all(struct blocks *q, struct slots *slots)
{
	while (q->head != NULL) {
		struct block *b = block_pop(q);

		MUST(b->refs == 0);
		block_free(b, slots);
	}
}
