#include "cache/block_impl.h"

#include "base/mem.h"
#include "base/must.h"

/* A body that arrives begins with a small block, which is soon done with, and larger than what malloc keeps at hand. */
static _Thread_local struct mem_spares spares = { .most = 64 };

static void *
memory_for(size_t size)
{
	void *spare = size == BLOCK_SMALL ? mem_spare(&spares) : NULL;

	return spare != NULL ? spare : malloc(sizeof(struct block) + size);
}

static void
give_back(struct block *b)
{
	if (b->size == BLOCK_SMALL && b->slot == NULL)
		mem_give_back(&spares, b);
	else
		free(b);
}

void
block_thread_end(void)
{
	mem_free_spares(&spares);
}

struct block *
block_new(uint64_t at, size_t size)
{
	struct block *b = memory_for(size);

	if (b != NULL)
		*b = (struct block){ .at = at, .end = at, .size = size, .bytes = (char *)(b + 1) };
	return b;
}

void
block_free(struct block *b, struct slots *slots)
{
	if (b->slot != NULL && slots != NULL)
		slot_free(slots, b->slot);
	give_back(b);
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
