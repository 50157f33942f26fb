/* The admin port: health, metrics, status, configuration, explain, purge, reload. On the main thread's loop, apart from
 * the workers, so that it answers when they are busy.
 *
 * thread: local to the main loop.
 */
#ifndef CAIRN_OPS_ADMIN_H
#define CAIRN_OPS_ADMIN_H

#include "base/strbuf.h"
#include "net/loop.h"
#include "proxy/node.h"

struct admin;

/* Handed in by the server. */
struct admin_hooks {
	/* Reads the configuration again: true where it is in force now. What there is to say is appended to `say`. */
	bool (*reload)(void *ctx, struct strbuf *say);
	bool (*ready)(void *ctx); /* not before all workers run, not while draining */
	void *ctx;
};

/* `fd`: bound, owned from here on. NULL with *why. */
struct admin *admin_new(struct loop *l, int fd, struct node *n, const struct admin_hooks *hooks, const char **why);
void admin_free(struct admin **a);

#endif
