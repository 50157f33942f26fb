/* Between reply.c and reply_head.c. */
#ifndef CAIRN_PROXY_REPLY_IMPL_H
#define CAIRN_PROXY_REPLY_IMPL_H

#include "proxy/req_impl.h"

/* What is delivered. */
struct source {
	const struct stored *stored;
	const struct meta *meta;
	int status;      /* a part that is delivered from the store, or with it, is one of a whole: 200 */
	uint64_t length; /* of the whole representation; RANGE_UNKNOWN */
	bool fills;      /* what arrives is put together with what is stored */
	bool no_body;
	bool plain;      /* plates_suit: tiers upstream have left nothing in it */
};

/* reply_head.c: its lines, as this reader may see them. */
struct str reply_lines(struct req *r, const struct source *s);

/* The lines of this response alone: Age, the trail, Via, and what the route adds. */
void reply_write_extra(struct req *r, const struct source *s, struct strbuf *b);

#endif
