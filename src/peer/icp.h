/* ICP version 2: one datagram to ask a neighbour whether it has a URL, one that answers (RFC 2186). Pure; fuzzed.
 *
 * What is read is borrowed from the datagram.
 */
#ifndef CAIRN_PEER_ICP_H
#define CAIRN_PEER_ICP_H

#include "base/str.h"

#define ICP_MAX 16384 /* bytes of a datagram */

enum icp_opcode {
	ICP_QUERY = 1,
	ICP_HIT = 2,
	ICP_MISS = 3,
	ICP_ERR = 4,
	ICP_SECHO = 10,
	ICP_DECHO = 11,
	ICP_MISS_NOFETCH = 21,
	ICP_DENIED = 22,
	ICP_HIT_OBJ = 23,
};

struct icp {
	enum icp_opcode opcode;
	uint32_t number; /* of the request: an answer has that of its query */
	struct str url;  /* without the NUL */
};

enum icp_read {
	ICP_READ_OK,
	ICP_READ_BAD_URL, /* opcode and number are good, what follows is not: a query may be answered with ICP_ERR */
	ICP_READ_BAD,     /* nothing to make sense of */
};

/* Stricter than need be with what nobody sends: a length that is not the datagram's, bytes behind the URL's NUL, version 3. */
enum icp_read icp_read(struct str datagram, struct icp *out);

/* Writes a query or an answer. Returns its length; 0 where it does not fit. Never a request number of 0: on an answer Squid
 * takes that for a neighbour that cannot tell numbers. */
size_t icp_write(const struct icp *m, char *out, size_t room);

#endif
