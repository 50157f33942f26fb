/* A listening socket on one loop. Each worker opens its own with SO_REUSEPORT, so the kernel spreads connections and no
 * lock is shared.
 *
 * thread: local. Where descriptors run out, accepting pauses and is tried again a little later; the pause is counted.
 */
#ifndef CAIRN_NET_LISTENER_H
#define CAIRN_NET_LISTENER_H

#include "net/conn.h"

struct listener;

/* `fd` is the caller's from here on: non-blocking, close-on-exec. */
typedef void listener_fn(void *arg, int fd, const union addr *peer);

/* What is asked of a socket to listen on besides. */
enum {
	LISTENER_SHARED = 1,      /* SO_REUSEPORT */
	LISTENER_TRANSPARENT = 2, /* for TPROXY: takes connections to any address. Needs CAP_NET_RAW or CAP_NET_ADMIN, else -EPERM */
};

/* Binds; separate from listening, so that a program can bind all its ports as root, or find out that one is taken, before
 * anything runs. Returns the descriptor or -errno. Port 0 takes a free one; the caller reads it back with
 * listener_bound(). A shared port that another process of this user shares, too, is not found to be taken, so let the first be
 * alone to begin with. */
int listener_bind(const union addr *at, unsigned how);

/* From here on others of this user may bind the same port, shared. */
void listener_share(int fd);
void listener_bound(int fd, union addr *out);

/* Begins to accept on a bound descriptor, owned from here on. NULL with *err = -errno, and the descriptor closed. */
struct listener *listener_new(struct loop *l, int fd, int backlog, listener_fn *fn, void *arg, int *err);

/* No more connections are accepted; those that the kernel has queued already are still handed over first, from inside
 * this call. */
void listener_free(struct listener **l);

/* How often accepting paused for want of descriptors, in this process. */
uint64_t listener_pauses(void);

#endif
