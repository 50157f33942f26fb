/* Writes a node's trail: the fields of trail.md section 2 for one response and one reader.
 *
 * Pure. thread: any; struct trail_node and struct audience are frozen. Who a node is and how names are shown is in
 * trail/node.h; Via and loops are in trail/via.h.
 */
#ifndef CAIRN_TRAIL_WRITE_H
#define CAIRN_TRAIL_WRITE_H

#include "base/strbuf.h"
#include "trail/chain.h"
#include "trail/node.h"
#include "trail/verdict.h"
#include "trail/via.h"

/* What else the fields tell, where there is something to tell. Zeroed: nothing.
 *
 * upstream_server_timing and upstream_proxy_status are what a kept upstream wrote in this exchange, joined. They are
 * written again in front of the node's own, with names and history as the audience may see them; so leave the received
 * lines out, and do not store them. */
struct trail_extra {
	uint16_t port;                   /* of X-Cache-Lookup */
	struct str miss_from;            /* plain name; STR_NONE: write none */
	struct str key;                  /* written where the audience has extras */
	struct str record_id;            /* the same; STR_NONE: none */
	int64_t duration_us;             /* of Server-Timing */
	struct str next_hop;             /* of Proxy-Status, for extras: who was asked last; empty: nobody */
	struct str proxy_status_details; /* free text of Proxy-Status, with names as trail_shown gives them */
	struct str upstream_server_timing;
	struct str upstream_proxy_status;
};

/* Writes the field lines, each with its CRLF. `upstream` may be NULL, and is not looked at for a response that the node
 * made up. Ends the process on a verdict that breaks the invariants of verdict.h. Fast where it is: a hit of a single
 * node. */
void trail_write(struct strbuf *out, const struct trail_node *n, const struct audience *who, const struct verdict *v,
		 const struct chain *upstream, const struct trail_extra *x);

#endif
