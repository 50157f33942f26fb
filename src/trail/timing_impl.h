/* Server-Timing, which browsers draw in their network panel: private to trail/. Pure. thread: any. */
#ifndef CAIRN_TRAIL_TIMING_IMPL_H
#define CAIRN_TRAIL_TIMING_IMPL_H

#include "base/strbuf.h"
#include "trail/node.h"
#include "trail/verdict.h"

/* This node's metric: edge-1;desc="miss: evicted";dur=12.3 */
void timing_write(struct strbuf *out, struct str self, const struct verdict *v, bool history, int64_t duration_us);

/* An upstream's metrics, joined by ", ": Cairn tiers' with the name and the history that this audience may see, others'
 * as they came. False where there are none. */
bool timing_write_upstream(struct strbuf *out, const struct trail_node *n, const struct audience *who,
			   struct str received);

#endif
