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
	struct tls *tls; /* NULL: in the clear */
	struct list lingering;
	size_t drained; /* bytes dropped while lingering */
	union addr peer;
	union addr local; /* AF_UNSPEC: not asked yet */
	uv_poll_t poll;
	struct timer timer;
};

_Static_assert(sizeof(struct conn) < 600, "an idle connection is to be small");

/* Has the socket watched for UV_READABLE, UV_WRITABLE, both or none. */
void conn_watch(struct conn *c, unsigned need);

/* What is handed on to tls_conn.c and tls_io.c where a conn is secured. */
ssize_t tls_read(struct conn *c, char *buf, size_t n);
ssize_t tls_writev(struct conn *c, const struct iovec *iov, int count);
void tls_want(struct conn *c); /* what is wanted has changed */
void tls_on_poll(uv_poll_t *h, int status, int events);
bool tls_stirs(struct conn *c);
void tls_shutdown(struct conn *c); /* tells the other end that nothing more will come */
void tls_silence(struct conn *c);  /* from here on it is told nothing */
void tls_close(struct conn *c);

/* Memory for one, perhaps that of one that has ended. NULL where it is short. */
struct conn *conn_memory(struct loop *l);

#endif
