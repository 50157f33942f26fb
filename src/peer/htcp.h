/* HTCP/0.x: asks a neighbour about a URL with a request's fields (TST), tells it to forget one (CLR), or just knocks (NOP):
 * RFC 2756. Pure; fuzzed. Squid speaks it with traits of its own, which are written and understood here:
 *
 * - MINOR is 1. With 0, as the RFC has it, Squid falls back to an older layout, for all whom it talks to.
 * - A miss is answered with an empty DETAIL, six bytes of zero; the RFC's single CACHE-HDRS is no answer to Squid.
 * - VERSION is "1/1".
 * - TST is answered only where RD is set.
 *
 * What is read is borrowed from the datagram. Signatures (AUTH) are passed over: trust is by address.
 */
#ifndef CAIRN_PEER_HTCP_H
#define CAIRN_PEER_HTCP_H

#include "base/str.h"

#define HTCP_MAX 8191 /* bytes of a datagram, as Squid has it */

enum htcp_opcode {
	HTCP_NOP = 0,
	HTCP_TST = 1,
	HTCP_MON = 2, /* these two are told apart, and nothing more */
	HTCP_SET = 3,
	HTCP_CLR = 4,
};

/* RESPONSE of TST, of CLR, and of any opcode where `overall` is set. */
enum htcp_response {
	HTCP_TST_HIT = 0,
	HTCP_TST_MISS = 1,
	HTCP_CLR_DONE = 0,
	HTCP_CLR_KEPT = 1,
	HTCP_CLR_NOT_FOUND = 2,
	HTCP_NO_OPCODE = 2, /* overall: not implemented */
	HTCP_DISALLOWED = 5, /* overall */
};

/* Why something is to be cleared. */
enum htcp_reason {
	HTCP_ANY_REASON = 0,
	HTCP_GONE = 1, /* the origin says that it does not exist */
};

struct htcp {
	uint8_t minor;
	enum htcp_opcode opcode;
	bool answers;     /* RR: a response */
	bool wants;       /* RD, of a request: it wants to be answered */
	bool overall;     /* MO, of a response: it is about the message, not the opcode */
	uint8_t response; /* enum htcp_response */
	uint32_t id;
	/* Of a request: TST, CLR. */
	uint8_t reason; /* CLR: enum htcp_reason */
	struct str method, uri, version;
	struct str fields; /* lines of a request's head */
	/* Of the answer to a TST: DETAIL, lines of a response's head. */
	struct str response_fields, entity_fields, cache_fields;
};

/* False where it is malformed. */
bool htcp_read(struct str datagram, struct htcp *out);

/* Returns its length; 0 where it does not fit. */
size_t htcp_write(const struct htcp *m, char *out, size_t room);

#endif
