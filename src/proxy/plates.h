/* The plates of a worker (trail/plate.h): made when first wanted, one for each listener, kind of reader and kind of verdict,
 * up to so many kinds, and forgotten when the configuration changes.
 *
 * thread: local.
 */
#ifndef CAIRN_PROXY_PLATES_H
#define CAIRN_PROXY_PLATES_H

#include "cache/stored.h"
#include "proxy/worker.h"
#include "trail/plate.h"

struct plates;

/* NULL where memory is short. */
struct plates *plates_new(unsigned listeners);
void plates_free(struct plates **p);

void plates_forget(struct plates *p);

/* For verdicts like `v`, with Age or without. NULL: there is none for these, or none can be had. `c` is the worker's newest
 * configuration. */
const struct plate *plates_get(struct plates *p, const struct conf *c, const struct worker_listener *l,
			       const struct audience *who, const struct verdict *v, bool age);

/* Is this response plain? Upstream tiers have contributed nothing that would have to be written with it. */
bool plates_suit(const struct stored *s, const struct meta *m);

#endif
