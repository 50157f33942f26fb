/* Lists that upstream tiers wrote and that are passed on, but not parsed and kept: Server-Timing and Proxy-Status. In
 * them too names are shown as the audience may see them. Private to trail/. Pure. thread: any.
 */
#ifndef CAIRN_TRAIL_RELAY_IMPL_H
#define CAIRN_TRAIL_RELAY_IMPL_H

#include "base/strbuf.h"
#include "trail/node.h"

/* The received members, joined by ", ". Both return false where there are none. */

/* Metrics of Cairn tiers, with the name and the history that this audience may see; others' as they came. */
bool relay_timing(struct strbuf *out, const struct trail_node *n, const struct audience *who, struct str received);

/* For readers who may not see names, without next-hop and details, which may have some in them (RFC 9209 2.1). */
bool relay_proxy_status(struct strbuf *out, const struct trail_node *n, const struct audience *who,
			struct str received);

#endif
