/* A connected socket: the one face behind which plain TCP and TLS (net/tls.h) stand.
 *
 * thread: local. A conn has one owner, told of events through a struct of functions, and one timer. conn_close takes the
 * conn away from its owner at once: no event comes after it. Events never come from inside a call of this module.
 * Order of use: conn_adopt or conn_connect, then reads and writes, conn_want for what to be told of, conn_close.
 */
#ifndef CAIRN_NET_CONN_H
#define CAIRN_NET_CONN_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "net/loop.h"

struct conn;

struct conn_events {
	void (*readable)(struct conn *c, void *owner);
	void (*writable)(struct conn *c, void *owner); /* also, once: connected, or failed to (conn_error) */
	void (*expired)(struct conn *c, void *owner);  /* the timer ran out */
};

/* IPv4 or IPv6; sa_family AF_UNSPEC where an address could not be told. */
union addr {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

/* An accepted, non-blocking descriptor; owned by the conn from here on. Nothing is wanted yet. NULL, and the descriptor
 * still the caller's, where memory is short. */
struct conn *conn_adopt(struct loop *l, int fd, const struct conn_events *ev, void *owner);

/* Begins to connect; `writable` is called when that has ended, well or not. Nothing is wanted from then on; until then
 * conn_want may not be called. NULL with *err = -errno where it could not begin. */
struct conn *conn_connect(struct loop *l, const union addr *to, const struct conn_events *ev, void *owner, int *err);

/* The same from an address of ours, or of another's where `from` is a client's: that takes CAP_NET_RAW, and that what comes
 * back is routed here. The port is the kernel's choice. */
struct conn *conn_connect_from(struct loop *l, const union addr *from, const union addr *to, const struct conn_events *ev,
                               void *owner, int *err);

/* Another owner: an idle connection goes from a request to the pool and back. */
void conn_own(struct conn *c, const struct conn_events *ev, void *owner);

/* Reads at most n bytes, n > 0. Returns how many; 0 at the end of the stream; -EAGAIN where nothing is there; another -errno. */
ssize_t conn_read(struct conn *c, void *buf, size_t n);

/* Writes what the socket takes. Returns how many bytes; -EAGAIN where it takes none; another -errno. What it did not take is
 * offered again before anything else. Never raises SIGPIPE. */
ssize_t conn_writev(struct conn *c, const struct iovec *iov, int count);

/* What to be told of. The kernel is asked only when something changed. */
void conn_want(struct conn *c, bool readable, bool writable);

/* The outcome of conn_connect, or of conn_secure: 0 or -errno. */
int conn_error(struct conn *c);

/* One deadline, `ms` from now; 0 takes it away. */
void conn_timer(struct conn *c, int64_t ms);

/* Is there anything to read, an end included, on a connection that is thought to be silent? */
bool conn_stirs(struct conn *c);

/* Did the last read leave anything behind, an end included? The kernel is asked only where that read got all it asked for. */
bool conn_has_more(struct conn *c);

/* No more writes: the other end sees the stream's end. */
void conn_shutdown(struct conn *c);

/* Closes and nulls. NULL is fine. */
void conn_close(struct conn **c);

/* Closes such that the other end sees a reset, not a clean end: for a body that is cut where its end would look whole. */
void conn_abort(struct conn **c);

/* Closes after the other end had time to read what was written: shuts the write side, then reads and drops for a bounded
 * time and amount, so that unread input does not turn our answer into a reset (RFC 9112 9.6). */
void conn_linger(struct conn **c);

/* Small writes leave at once (on) or wait for more (off); on from the start. */
void conn_nodelay(struct conn *c, bool on);

const union addr *conn_peer(const struct conn *c);  /* the other end's address */
const union addr *conn_local(const struct conn *c); /* ours; asked from the kernel once */

/* Connections that exist in this loop, lingering ones included: for drain and metrics. */
unsigned conn_count(const struct loop *l);

#endif
