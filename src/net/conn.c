#include "net/conn.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/must.h"
#include "net/conn_impl.h"
#include "net/divert.h"
#include "net/sys_impl.h"

static void on_poll(uv_poll_t *h, int status, int events);

/* Each change costs two calls into the kernel, so come here only when there is one. */
void
conn_watch(struct conn *c, unsigned need)
{
	if (c->armed == need)
		return;
	c->armed = (uint8_t)need;
	if (need == 0)
		uv_poll_stop(&c->poll);
	else
		MUST(uv_poll_start(&c->poll, (int)need, c->tls == NULL ? on_poll : tls_on_poll) == 0);
}

static void
expire(struct timer *t)
{
	struct conn *c = LIST_OF(t, struct conn, timer);

	c->ev->expired(c, c->owner);
}

/* The end of connecting, well or not. */
static void
connected(struct conn *c, int status)
{
	if (status != 0)
		c->armed = 0;
	c->connecting = false;
	c->want = 0;
	c->ev->writable(c, c->owner);
}

/* What is not the plain case. Returns the events that the owner is told of. */
static int
sort_out(struct conn *c, int status, int events)
{
	if (status != 0) {
		/* An error on the socket: libuv has stopped watching it. A read or a write will say which. */
		c->armed = 0;
		events = UV_READABLE | UV_WRITABLE;
	}
	events &= c->want;
	/* No longer wanted, and this is the first event that shows it; or stopped by libuv and still wanted. */
	conn_watch(c, c->want);
	return events;
}

static void
on_poll(uv_poll_t *h, int status, int events)
{
	struct conn *c = LIST_OF(h, struct conn, poll);

	if (UNLIKELY(c->connecting)) {
		connected(c, status);
		return;
	}
	if (UNLIKELY(status != 0 || (events & ~c->want) != 0))
		events = sort_out(c, status, events);
	if (events & UV_READABLE)
		c->ev->readable(c, c->owner);
	if (events & c->want & UV_WRITABLE) /* not if the owner has just changed its mind, or closed it */
		c->ev->writable(c, c->owner);
}

static struct conn *
new_conn(struct loop *l, int fd, const struct conn_events *ev, void *owner)
{
	struct conn *c = conn_memory(l);

	if (c == NULL)
		return NULL;
	*c = (struct conn){ .magic = CONN_MAGIC, .fd = fd, .ev = ev, .owner = owner, .loop = l };
	if (uv_poll_init(&l->uv, &c->poll, fd) != 0) {
		free(c);
		return NULL;
	}
	timer_init(&c->timer, l, expire);
	list_init(&c->lingering);
	l->conns++;
	conn_nodelay(c, true);
	return c;
}

struct conn *
conn_adopt(struct loop *l, int fd, const struct conn_events *ev, void *owner)
{
	struct conn *c = new_conn(l, fd, ev, owner);
	socklen_t n = sizeof c->peer;

	/* Now, since after a reset the kernel does not know any more who it was. */
	if (c != NULL && getpeername(fd, &c->peer.sa, &n) != 0)
		c->peer.sa.sa_family = AF_UNSPEC;
	return c;
}

/* Only the whole of both ends has to be unlike any other's: with a port chosen at connect there are enough of them. */
static int
speak_from(int fd, const union addr *from)
{
	union addr at = *from;
	const int on = 1;

	if (at.sa.sa_family == AF_INET)
		at.in.sin_port = 0;
	else
		at.in6.sin6_port = 0;
	if (divert_let(fd, at.sa.sa_family) != 0)
		return -1;
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
	return bind(fd, &at.sa, addr_size(&at));
}

struct conn *
conn_connect(struct loop *l, const union addr *to, const struct conn_events *ev, void *owner, int *err)
{
	return conn_connect_from(l, NULL, to, ev, owner, err);
}

struct conn *
conn_connect_from(struct loop *l, const union addr *from, const union addr *to, const struct conn_events *ev, void *owner,
		  int *err)
{
	int fd = socket(to->sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct conn *c;

	if (fd < 0) {
		*err = -errno;
		return NULL;
	}
	if ((from != NULL && speak_from(fd, from) != 0) ||
	    (connect(fd, &to->sa, addr_size(to)) != 0 && errno != EINPROGRESS)) {
		*err = -errno;
		close(fd);
		return NULL;
	}
	c = new_conn(l, fd, ev, owner);
	if (c == NULL) {
		close(fd);
		*err = -ENOMEM;
		return NULL;
	}
	c->peer = *to;
	c->connecting = true;
	c->want = UV_WRITABLE;
	conn_watch(c, c->want);
	return c;
}

void
conn_own(struct conn *c, const struct conn_events *ev, void *owner)
{
	MUST_OBJ(c, CONN_MAGIC);
	c->ev = ev;
	c->owner = owner;
}

/* No signal cuts short what does not wait; where one did, the loop tells again what there is. */
static ssize_t
failure(void)
{
	return errno == EINTR ? -EAGAIN : -errno;
}

ssize_t
conn_read(struct conn *c, void *buf, size_t n)
{
	ssize_t got;

	MUST_OBJ(c, CONN_MAGIC);
	if (UNLIKELY(c->tls != NULL))
		return tls_read(c, buf, n);
	got = sys_recv(c->fd, buf, n);
	c->filled = got == (ssize_t)n;
	return LIKELY(got >= 0) ? got : failure();
}

/* What lies in one piece the kernel takes sooner: it has no list of pieces to fetch and to check first. */
static ssize_t
send_pieces(int fd, const struct iovec *iov, int count)
{
	struct msghdr msg;

	if (count == 1)
		return sys_send(fd, iov->iov_base, iov->iov_len);
	msg = (struct msghdr){ .msg_iov = (struct iovec *)iov, .msg_iovlen = (size_t)count };
	return sys_sendmsg(fd, &msg);
}

ssize_t
conn_writev(struct conn *c, const struct iovec *iov, int count)
{
	ssize_t sent;

	MUST_OBJ(c, CONN_MAGIC);
	if (UNLIKELY(c->tls != NULL))
		return tls_writev(c, iov, count);
	sent = send_pieces(c->fd, iov, count);
	return LIKELY(sent >= 0) ? sent : failure();
}

void
conn_want(struct conn *c, bool readable, bool writable)
{
	unsigned want = (readable ? UV_READABLE : 0u) | (writable ? UV_WRITABLE : 0u);

	MUST_OBJ(c, CONN_MAGIC);
	MUST(!c->connecting);
	if (c->want == want && c->tls == NULL)
		return;
	c->want = (uint8_t)want;
	if (UNLIKELY(c->tls != NULL)) {
		tls_want(c);
		return;
	}
	/* READABLE stays armed until an event comes that nobody wants: most often none does before it is wanted again.
	 * A socket is nearly always writable, so WRITABLE goes at once. */
	if ((want & ~c->armed) != 0 || (c->armed & ~want & UV_WRITABLE) != 0)
		conn_watch(c, want);
}

int
conn_error(struct conn *c)
{
	socklen_t n = sizeof(int);
	int err = 0;

	MUST_OBJ(c, CONN_MAGIC);
	/* The kernel forgets an error once it has told it. Of a handshake TLS knows the outcome itself; what the socket has met
	 * since is for the next read or write, which may find out more. */
	if (c->error == 0 && c->tls == NULL && getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &n) == 0)
		c->error = -err;
	return c->error;
}

void
conn_timer(struct conn *c, int64_t ms)
{
	MUST_OBJ(c, CONN_MAGIC);
	if (ms == 0)
		timer_stop(&c->timer);
	else
		timer_set(&c->timer, ms);
}

bool
conn_stirs(struct conn *c)
{
	ssize_t got;
	char byte;

	MUST_OBJ(c, CONN_MAGIC);
	if (UNLIKELY(c->tls != NULL))
		return tls_stirs(c);
	got = recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	return got >= 0 || errno != EAGAIN;
}

bool
conn_has_more(struct conn *c)
{
	MUST_OBJ(c, CONN_MAGIC);
	return c->filled && conn_stirs(c);
}

void
conn_shutdown(struct conn *c)
{
	MUST_OBJ(c, CONN_MAGIC);
	if (c->tls != NULL)
		tls_shutdown(c);
	shutdown(c->fd, SHUT_WR);
}

void
conn_nodelay(struct conn *c, bool on)
{
	int value = on;

	MUST_OBJ(c, CONN_MAGIC);
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &value, sizeof value);
}

const union addr *
conn_peer(const struct conn *c)
{
	MUST_OBJ(c, CONN_MAGIC);
	return &c->peer;
}

const union addr *
conn_local(const struct conn *c)
{
	struct conn *w = (struct conn *)c; /* a cache behind the const */
	socklen_t n = sizeof w->local;

	MUST_OBJ(c, CONN_MAGIC);
	if (c->local.sa.sa_family == AF_UNSPEC && getsockname(c->fd, &w->local.sa, &n) != 0)
		w->local.sa.sa_family = AF_UNSPEC;
	return &c->local;
}

unsigned
conn_count(const struct loop *l)
{
	return l->conns;
}
