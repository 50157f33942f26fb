/* The body of a connection, for conn.c (its life) and conn_end.c (the ways to end it, and its memory). Private to net/.
 */
#ifndef CAIRN_NET_CONN_IMPL_H
#define CAIRN_NET_CONN_IMPL_H

#include "net/addr.h"
#include "net/conn.h"
#include "net/loop_impl.h"
#include "net/timer.h"

#define CONN_MAGIC 0x636f6e6eu

struct conn {
	unsigned magic;
	int fd;
	int error;     /* of connecting; 0 or -errno */
	uint8_t want;  /* UV_READABLE, UV_WRITABLE: what the owner asked for */
	uint8_t armed; /* what libuv watches; may hold READABLE longer than it is wanted */
	uint8_t parts; /* libuv handles still to be closed */
	bool connecting;
	bool filled; /* the last read got all that it asked for */
	const struct conn_events *ev;
	void *owner;
	struct loop *loop;
	struct list lingering;
	size_t drained; /* bytes dropped while lingering */
	union addr peer;
	union addr local; /* AF_UNSPEC: not asked yet */
	uv_poll_t poll;
	struct timer timer;
};

_Static_assert(sizeof(struct conn) < 600, "an idle connection is to be small");

/* Memory for one, perhaps that of one that has ended. NULL where it is short. */
struct conn *conn_memory(struct loop *l);

#endif
