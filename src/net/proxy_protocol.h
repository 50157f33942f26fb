/* The PROXY protocol, versions 1 and 2: who is at the other end of a connection that somebody passes on, said by a header
 * in front of its bytes. The specification is proxy-protocol.txt of HAProxy.
 *
 * Pure: no socket. Both versions are told apart by their first bytes, which no request begins with.
 */
#ifndef CAIRN_NET_PROXY_PROTOCOL_H
#define CAIRN_NET_PROXY_PROTOCOL_H

#include "net/addr.h"

/* A longer header is refused: version 1 has 107 bytes at most, and of version 2 what may stand behind the addresses is
 * nothing that a node needs. */
#define PROXY_PROTOCOL_MOST 4096

/* Room for a header that we write. */
#define PROXY_PROTOCOL_ROOM 128

enum proxy_protocol_result {
	PROXY_PROTOCOL_MORE, /* it is good as far as it has come */
	PROXY_PROTOCOL_OK,
	PROXY_PROTOCOL_BAD,
};

struct proxy_protocol {
	size_t size;   /* of the header; what stands behind is the connection's own */
	union addr from, to; /* AF_UNSPEC: not told, or not by addresses of the net: then the socket's own hold */
};

enum proxy_protocol_result proxy_protocol_read(struct str in, struct proxy_protocol *out);

enum proxy_protocol_version {
	PROXY_PROTOCOL_V1,
	PROXY_PROTOCOL_V2,
};

/* Returns the length. Addresses that are not known, or are of two families, are told to be unknown, or that the
 * connection is our own. */
size_t proxy_protocol_write(enum proxy_protocol_version v, const union addr *from, const union addr *to,
			    char out[PROXY_PROTOCOL_ROOM]);

#endif
