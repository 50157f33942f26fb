/* Orders to purge a URL, whoever gives them: a client, the admin port, a neighbour. */
#ifndef CAIRN_PROXY_PURGE_H
#define CAIRN_PROXY_PURGE_H

#include "base/strbuf.h"
#include "proxy/node.h"

struct purge {
	const struct conf *conf;
	const struct conf_route *route; /* NULL: none serves the URL */
	struct key_parts parts;
	const struct head *request; /* for the fields that join keys; may be NULL */
	bool soft;
	uint64_t order;
};

/* Forgets what is stored for the URL, under the other scheme too where both may stand in keys. *key gets its own, and
 * *variants how many there were. False where memory is short. */
bool purge_url(struct node *n, const struct purge *p, int64_t now_ms, struct arena *a, struct key *key, unsigned *variants);

/* {"id":..., "url":..., "variants":N} and a line's end; in `a`. Pure. */
struct str purge_answer(struct arena *a, uint64_t order, struct str url, unsigned variants);

#endif
