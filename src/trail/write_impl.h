/* Between write.c and write_exchange.c. */
#ifndef CAIRN_TRAIL_WRITE_IMPL_H
#define CAIRN_TRAIL_WRITE_IMPL_H

#include "trail/write.h"

/* One response for one reader. */
struct writing {
	struct strbuf *out;
	const struct trail_node *n;
	const struct audience *who;
	const struct verdict *v;
	const struct chain *upstream; /* NULL: none that is written */
	const struct trail_extra *x;
	struct str self; /* this node's name, as the reader sees it */
};

/* write_exchange.c: a field each, where there is something to say. */
void write_server_timing(const struct writing *w);
void write_proxy_status(const struct writing *w);

#endif
