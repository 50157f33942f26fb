/* Via (RFC 9110 7.6.3), and loops found by it and by CDN-Loop (RFC 8586).
 *
 * A loop is this process's random instance seen again, never a name alone: two nodes may share a name, and anyone may
 * write one. Pure. thread: any.
 */
#ifndef CAIRN_TRAIL_VIA_H
#define CAIRN_TRAIL_VIA_H

#include "base/strbuf.h"
#include "http/head.h"
#include "trail/node.h"

/* Writes the line "Via: ...\r\n" of a message that this node passes on: `received`, the joined incoming value (may be
 * empty), then this node: "1.1 edge-1 (cairn)", with the version that the message was received in. On requests the
 * comment carries the instance, "(cairn <16 hex>)". On responses the names of Cairn's tiers and Squid's in `received`
 * are shown as the audience's policy says; other intermediaries' are left alone. */
void trail_via_response(struct strbuf *out, const struct trail_node *n, const struct audience *who, int minor,
			struct str received);

/* The same of a response to which this node adds nothing of its own; `received` is not empty. */
void trail_via_relayed(struct strbuf *out, const struct trail_node *n, const struct audience *who, struct str received);

void trail_via_request(struct strbuf *out, const struct trail_node *n, int minor, struct str received);

/* Has the request passed through this very process: its instance in a Via comment or in CDN-Loop? */
bool trail_is_loop(const struct trail_node *n, const struct head *request);

/* The member of CDN-Loop that this node adds: "cairn-<16 hex>". */
#define TRAIL_CDN_LOOP_SIZE 22
void trail_cdn_loop(const struct trail_node *n, char out[TRAIL_CDN_LOOP_SIZE]);

#endif
