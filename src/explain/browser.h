/* The browser's own caches as tiers: what a HAR (or a panel's text) tells of them, before what the response's fields tell of
 * the network's.
 *
 * From the page outwards they stand so: memory cache, service worker, HTTP cache on disk, network. One that had the
 * answer makes history of all behind it: the fields it holds are those that came when it was stored.
 * Pure. thread: local.
 */
#ifndef CAIRN_EXPLAIN_BROWSER_H
#define CAIRN_EXPLAIN_BROWSER_H

#include "explain/exchange.h"
#include "trail/tiers.h"

/* Puts the tiers of the browser that `x` knows of before those of `t`, as tiers_read gave them; freezes these where a cache
 * of the browser had the answer. Nothing is changed where `x` knows of none. False where the arena is full. */
bool browser_tiers(const struct exchange *x, struct arena *a, struct tiers *t);

/* Is it one of the browser's own tiers, of which nobody else has the copies? */
static inline bool
browser_owns(const struct tier *t)
{
	return t->vendor == VENDOR_BROWSER || t->vendor == VENDOR_SERVICE_WORKER;
}

#endif
