/* Intrusive doubly linked list; the head is a node of its own. thread: whatever the list's owner is. */
#ifndef CAIRN_BASE_LIST_H
#define CAIRN_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *prev;
	struct list *next;
};

#define LIST_OF(node, type, member) ((type *)(void *)((char *)(node) - offsetof(type, member)))

static inline void
list_init(struct list *l)
{
	l->prev = l->next = l;
}

static inline bool
list_empty(const struct list *l)
{
	return l->next == l;
}

/* Before `at`: at the tail where `at` is the head. */
static inline void
list_add_tail(struct list *at, struct list *node)
{
	node->prev = at->prev;
	node->next = at;
	at->prev->next = node;
	at->prev = node;
}

static inline void
list_add_head(struct list *at, struct list *node)
{
	list_add_tail(at->next, node);
}

/* Takes the node out and leaves it linked to itself, so taking it out twice is harmless. */
static inline void
list_del(struct list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}

/* The first node, taken out; NULL where the list is empty. */
static inline struct list *
list_pop(struct list *l)
{
	struct list *node = l->next;

	if (node == l)
		return NULL;
	list_del(node);
	return node;
}

/* All of `from` goes behind what `to` holds; `from` is empty then. */
static inline void
list_move(struct list *to, struct list *from)
{
	if (list_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	list_init(from);
}

#define LIST_EACH(it, head) for (struct list *it = (head)->next; it != (head); it = it->next)

/* The same where the body may take `it` out. */
#define LIST_EACH_SAFE(it, head)                                                                   \
	for (struct list *it = (head)->next, *it##_next = it->next; it != (head);                  \
	     it = it##_next, it##_next = it->next)

#endif
