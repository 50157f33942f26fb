/* A UDP socket on one loop: datagrams in, to one function; datagrams out, from the address that the caller says.
 *
 * thread: local. An IPv4 address is always told as such, whatever the socket's family.
 * Order of use: udp_bind, udp_new, udp_send as often as needed, udp_free.
 */
#ifndef CAIRN_NET_UDP_H
#define CAIRN_NET_UDP_H

#include "base/str.h"
#include "net/conn.h"

struct udp;

/* The longest datagram that is taken; a longer one comes as nothing, cut to no bytes. */
#define UDP_MAX 16384

/* `to` is the address of ours that it was sent to, without a port; AF_UNSPEC where the kernel does not say. The bytes are
 * there until the function returns. It may send, and may free the socket. */
typedef void udp_fn(void *owner, struct str datagram, const union addr *from, const union addr *to);

/* Binds; apart from udp_new for the reasons that net/listener.h gives, and `shared` is what it is there. Returns the
 * descriptor, non-blocking, or -errno. */
int udp_bind(const union addr *at, bool shared);

/* A free port of no address in particular, to ask from: IPv6 with IPv4, or IPv4 alone where there is no IPv6. */
int udp_bind_any(void);

/* Begins to read from a bound descriptor, owned from here on. NULL with *err = -errno, and the descriptor closed. */
struct udp *udp_new(struct loop *l, int fd, udp_fn *fn, void *owner, int *err);

/* `from`: the address of ours that it leaves from, as a udp_fn was told it; AF_UNSPEC or NULL: the kernel chooses. 0 or
 * -errno: a datagram that the socket does not take is lost, as it may be on its way. */
int udp_send(struct udp *u, struct str datagram, const union addr *to, const union addr *from);

/* Closes and nulls; NULL is fine. */
void udp_free(struct udp **u);

#endif
