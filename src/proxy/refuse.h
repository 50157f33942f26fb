/* An answer to a connection that is not served: there is no request, and no memory is spent on it. */
#ifndef CAIRN_PROXY_REFUSE_H
#define CAIRN_PROXY_REFUSE_H

#include "proxy/worker.h"

/* Enough for all lines of a refusal, with the longest name that a node may have in each. */
#define REFUSE_ROOM 2048

/* A whole 503 with its trail, in `room`; returns its length. Names are shown as far as the peer's address allows. */
size_t refuse_turned_away(const struct worker_listener *l, const union addr *peer, char *room, size_t n);

#endif
