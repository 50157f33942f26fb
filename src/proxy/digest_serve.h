/* Answers neighbours that fetch this node's digests: at Squid's path, and at Cairn's own. */
#ifndef CAIRN_PROXY_DIGEST_SERVE_H
#define CAIRN_PROXY_DIGEST_SERVE_H

#include "proxy/req_impl.h"

/* Does a digest lie there, this node's or a neighbour's? What comes from there is no response to store. */
bool digest_is_path(struct str target);

/* Is it asked of this node, where digests are made? The target is known. */
bool digest_is_asked(const struct req *r);

/* Makes r->refusal the answer. */
void digest_answer(struct req *r);

#endif
