/* Tells neighbours by HTCP to forget what is forgotten here: those members that say `clear`, of whatever group. They tell
 * nobody in turn, so an order never goes round.
 */
#ifndef CAIRN_PROXY_CLEAR_H
#define CAIRN_PROXY_CLEAR_H

#include "cache/key.h"
#include "proxy/conf.h"

struct node;
struct worker;

/* `by_order`: a purge; else a request that changed things. Nothing is done where nobody wants to be told. The worker's
 * thread; scratch in `a`. */
void clear_neighbours(struct worker *w, const struct conf *conf, const struct key_parts *parts, bool by_order,
		      struct arena *a);

/* The same for an order, from any thread, by the URL: a worker does it soon. */
void clear_post(struct node *n, struct str url);

#endif
