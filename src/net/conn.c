#include "net/conn.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/must.h"
#include "net/addr.h"
#include "net/loop_impl.h"
#include "net/timer.h"

#define CONN_MAGIC   0x636f6e6eu
#define LINGER_MS    1000
#define LINGER_BYTES ((size_t)256 * 1024)
#define LINGER_CHUNK ((size_t)16 * 1024)

#define SPARES_MAX 1024

/* Under AddressSanitizer memory goes back to malloc, so that a use after the end is seen. */
#if defined(__SANITIZE_ADDRESS__)
#define RECYCLES false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RECYCLES false
#endif
#endif
#ifndef RECYCLES
#define RECYCLES true
#endif

struct conn {
	unsigned magic;
	int fd;
	int error;     /* of connecting; 0 or -errno */
	uint8_t want;  /* UV_READABLE, UV_WRITABLE: what the owner asked for */
	uint8_t armed; /* what libuv watches; may hold READABLE longer than it is wanted */
	uint8_t parts; /* libuv handles still to be closed */
	bool connecting;
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

static void on_poll(uv_poll_t *h, int status, int events);

/* Each change costs two calls into the kernel, so come here only when there is one. */
static void
watch(struct conn *c)
{
	if (c->armed == c->want)
		return;
	c->armed = c->want;
	if (c->want == 0)
		uv_poll_stop(&c->poll);
	else
		MUST(uv_poll_start(&c->poll, c->want, on_poll) == 0);
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
	watch(c);
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
take_spare(struct loop *l)
{
	struct spare *s = l->spares;

	if (s == NULL)
		return malloc(sizeof(struct conn));
	l->spares = s->next;
	l->spare_count--;
	return (struct conn *)(void *)s;
}

static void
give_back(struct loop *l, void *memory)
{
	struct spare *s = memory;

	if (!RECYCLES || l->spare_count >= SPARES_MAX) {
		free(memory);
		return;
	}
	s->next = l->spares;
	l->spares = s;
	l->spare_count++;
}

/* Owns `fd`, and closes it where the conn cannot be made. */
static struct conn *
new_conn(struct loop *l, int fd, const struct conn_events *ev, void *owner)
{
	struct conn *c = take_spare(l);

	if (c == NULL)
		goto fail;
	*c = (struct conn){ .magic = CONN_MAGIC, .fd = fd, .ev = ev, .owner = owner, .loop = l };
	if (uv_poll_init(&l->uv, &c->poll, fd) != 0)
		goto fail;
	timer_init(&c->timer, l, expire);
	list_init(&c->lingering);
	l->conns++;
	conn_nodelay(c, true);
	return c;
fail:
	free(c);
	close(fd);
	return NULL;
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

struct conn *
conn_connect(struct loop *l, const union addr *to, const struct conn_events *ev, void *owner, int *err)
{
	int fd = socket(to->sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct conn *c;

	if (fd < 0) {
		*err = -errno;
		return NULL;
	}
	if (connect(fd, &to->sa, addr_size(to)) != 0 && errno != EINPROGRESS) {
		*err = -errno;
		close(fd);
		return NULL;
	}
	c = new_conn(l, fd, ev, owner);
	if (c == NULL) {
		*err = -ENOMEM;
		return NULL;
	}
	c->peer = *to;
	c->connecting = true;
	c->want = UV_WRITABLE;
	watch(c);
	return c;
}

void
conn_own(struct conn *c, const struct conn_events *ev, void *owner)
{
	MUST_OBJ(c, CONN_MAGIC);
	c->ev = ev;
	c->owner = owner;
}

ssize_t
conn_read(struct conn *c, void *buf, size_t n)
{
	ssize_t got;

	MUST_OBJ(c, CONN_MAGIC);
	do
		got = recv(c->fd, buf, n, 0);
	while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

ssize_t
conn_writev(struct conn *c, const struct iovec *iov, int count)
{
	struct msghdr msg = { .msg_iov = (struct iovec *)iov, .msg_iovlen = (size_t)count };
	ssize_t sent;

	MUST_OBJ(c, CONN_MAGIC);
	do
		sent = sendmsg(c->fd, &msg, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : sent;
}

void
conn_want(struct conn *c, bool readable, bool writable)
{
	unsigned want = (readable ? UV_READABLE : 0u) | (writable ? UV_WRITABLE : 0u);

	MUST_OBJ(c, CONN_MAGIC);
	MUST(!c->connecting);
	c->want = (uint8_t)want;
	/* READABLE stays armed until an event comes that nobody wants: most often none does before it is wanted again.
	 * A socket is nearly always writable, so WRITABLE goes at once. */
	if ((want & ~c->armed) != 0 || (c->armed & ~want & UV_WRITABLE) != 0)
		watch(c);
}

int
conn_error(struct conn *c)
{
	socklen_t n = sizeof(int);
	int err = 0;

	MUST_OBJ(c, CONN_MAGIC);
	/* The kernel forgets an error once it has told it. */
	if (c->error == 0 && getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &n) == 0)
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
	got = recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	return got >= 0 || errno != EAGAIN;
}

void
conn_shutdown(struct conn *c)
{
	MUST_OBJ(c, CONN_MAGIC);
	shutdown(c->fd, SHUT_WR);
}

static void
part_closed(struct conn *c)
{
	if (--c->parts > 0)
		return;
	give_back(c->loop, c);
}

static void
poll_closed(uv_handle_t *h)
{
	part_closed(LIST_OF(h, struct conn, poll));
}

static void
timer_closed(struct timer *t)
{
	part_closed(LIST_OF(t, struct conn, timer));
}

void
conn_close(struct conn **cp)
{
	struct conn *c = *cp;

	if (c == NULL)
		return;
	MUST_OBJ(c, CONN_MAGIC);
	*cp = NULL;
	c->magic = 0;
	c->want = 0;
	c->parts = 2;
	c->loop->conns--;
	list_del(&c->lingering);
	uv_close((uv_handle_t *)&c->poll, poll_closed);
	timer_close(&c->timer, timer_closed);
	close(c->fd);
}

void
conn_abort(struct conn **cp)
{
	static const struct linger reset = { .l_onoff = 1, .l_linger = 0 };

	if (*cp == NULL)
		return;
	MUST_OBJ(*cp, CONN_MAGIC);
	setsockopt((*cp)->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	conn_close(cp);
}

static void
drop_input(struct conn *c, void *owner)
{
	char chunk[LINGER_CHUNK];
	ssize_t got;

	(void)owner;
	do {
		got = conn_read(c, chunk, sizeof chunk);
		c->drained += got > 0 ? (size_t)got : 0;
	} while (got > 0 && c->drained < LINGER_BYTES);
	if (got != -EAGAIN)
		conn_close(&c);
}

static void
stop_lingering(struct conn *c, void *owner)
{
	(void)owner;
	conn_close(&c);
}

void
conn_linger(struct conn **cp)
{
	static const struct conn_events events = { .readable = drop_input, .expired = stop_lingering };
	struct conn *c = *cp;

	if (c == NULL)
		return;
	MUST_OBJ(c, CONN_MAGIC);
	if (c->connecting || shutdown(c->fd, SHUT_WR) != 0) {
		conn_close(cp);
		return;
	}
	*cp = NULL;
	conn_own(c, &events, NULL);
	list_add_tail(&c->loop->lingering, &c->lingering);
	conn_want(c, true, false);
	conn_timer(c, LINGER_MS);
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

int
conn_fd(const struct conn *c)
{
	MUST_OBJ(c, CONN_MAGIC);
	return c->fd;
}

unsigned
conn_count(const struct loop *l)
{
	return l->conns;
}

void
conn_end_lingering(struct loop *l)
{
	LIST_EACH_SAFE(it, &l->lingering) {
		struct conn *c = LIST_OF(it, struct conn, lingering);

		conn_close(&c);
	}
}

void
conn_free_spares(struct loop *l)
{
	while (l->spares != NULL) {
		struct spare *s = l->spares;

		l->spares = s->next;
		free(s);
	}
}
