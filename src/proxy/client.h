/* Whose request is it? The other end's of the connection; or, where that is a proxy that is trusted to tell it, that of
 * the client which it names in X-Forwarded-For or Forwarded. Pure. */
#ifndef CAIRN_PROXY_CLIENT_H
#define CAIRN_PROXY_CLIENT_H

#include "http/head.h"
#include "proxy/conf.h"

/* Walks the list that `id` (HDR_X_FORWARDED_FOR or HDR_FORWARDED) makes, from its end, past all that are trusted
 * proxies themselves: the first that is none is the client, and who says more in front of it is not believed. Where all
 * are trusted, it is the first of the list.
 *
 * False where the peer is not trusted or tells nothing, and where an element on the way is no address, or there are
 * more than CLIENT_HOPS_MAX: then nothing is known but the peer. *out is untouched then; its port is always 0. */
#define CLIENT_HOPS_MAX 64
bool client_told(const struct head *h, enum hdr id, const struct net_list *proxies, const union addr *peer,
		 union addr *out);

#endif
