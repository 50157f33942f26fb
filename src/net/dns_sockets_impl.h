/* The sockets that c-ares asks over, as it would have them itself; what comes in a datagram and answers nothing that
 * was asked is counted. c-ares gets all of it, and decides.
 *
 * thread: local.
 */
#ifndef CAIRN_NET_DNS_SOCKETS_IMPL_H
#define CAIRN_NET_DNS_SOCKETS_IMPL_H

#include <ares.h>

#include "net/dns_asked.h"
#include "net/loop.h"

struct dns_sockets {
	struct loop *loop;
	struct dns_asked asked;
};

/* For a channel that has not asked anything yet. *s stays until the channel is destroyed. */
void dns_sockets_use(struct dns_sockets *s, struct loop *l, ares_channel channel, int64_t patience_ms);

#endif
