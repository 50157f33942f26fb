/* The answer to an order to purge, the same from a listener and from the admin port. Pure. */
#ifndef CAIRN_PROXY_PURGE_H
#define CAIRN_PROXY_PURGE_H

#include "base/strbuf.h"

/* {"id":..., "url":..., "variants":N} and a line's end; in `a`. */
struct str purge_answer(struct arena *a, uint64_t order, struct str url, unsigned variants);

#endif
