/* A wake-up from one thread to another. The sender owns the memory and keeps it until `fn` has run on the receiver's
 * thread. Posted again before it ran, it runs once: one mail is one outstanding wake-up. net/loop.h delivers it. */
#ifndef CAIRN_BASE_MAIL_H
#define CAIRN_BASE_MAIL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct mail {
	void (*fn)(struct mail *);
	struct mail *next;
	atomic_bool posted;
};

static inline void
mail_init(struct mail *m, void (*fn)(struct mail *))
{
	m->fn = fn;
	m->next = NULL;
	atomic_init(&m->posted, false);
}

/* How a lower layer posts: handed down as a function, since it knows no loops. */
typedef void mail_post_fn(void *ctx, unsigned worker, struct mail *m);

#endif
