#include "net/listener.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/must.h"
#include "net/addr.h"
#include "net/divert.h"
#include "net/loop_impl.h"
#include "net/timer.h"

#define LISTENER_MAGIC 0x6c697374u

/* So that a burst of new connections does not keep those that exist waiting. */
#define ACCEPTS_A_ROUND 16

/* What one last look at the queue takes at most, when a flood goes on meanwhile. */
#define LAST_ACCEPTS 65536

#define PAUSE_MS 100

struct listener {
	unsigned magic;
	int fd;
	unsigned parts; /* libuv handles still to be closed; 0 while it lives */
	listener_fn *fn;
	void *arg;
	uv_poll_t poll;
	struct timer pause;
};

static atomic_ullong pauses;

static void on_ready(uv_poll_t *h, int status, int events);

static int
bind_socket(const union addr *at, unsigned how)
{
	int fd = socket(at->sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const int on = 1, off = 0;
	int err;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (at->sa.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	if ((how & LISTENER_SHARED) && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0)
		goto fail;
	if ((how & LISTENER_TRANSPARENT) && divert_let(fd, at->sa.sa_family) != 0)
		goto fail;
	if (bind(fd, &at->sa, addr_size(at)) != 0)
		goto fail;
	return fd;
fail:
	err = -errno;
	close(fd);
	return err;
}

int
listener_bind(const union addr *at, unsigned how)
{
	int fd = bind_socket(at, how);

	if (fd == -EAFNOSUPPORT && at->sa.sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&at->in6.sin6_addr)) {
		union addr ipv4 = { .in = { .sin_family = AF_INET, .sin_port = at->in6.sin6_port } };

		fd = bind_socket(&ipv4, how);
	}
	return fd;
}

void
listener_share(int fd)
{
	const int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
}

void
listener_bound(int fd, union addr *out)
{
	socklen_t n = sizeof *out;

	*out = (union addr){ 0 };
	if (getsockname(fd, &out->sa, &n) != 0)
		out->sa.sa_family = AF_UNSPEC;
}

static void
accept_again(struct listener *l)
{
	MUST(uv_poll_start(&l->poll, UV_READABLE, on_ready) == 0);
}

static void
pause_over(struct timer *t)
{
	accept_again(LIST_OF(t, struct listener, pause));
}

/* The connections that wait make the socket readable all the while: looking away is the only way not to spin. */
static void
pause_accepting(struct listener *l)
{
	atomic_fetch_add_explicit(&pauses, 1, memory_order_relaxed);
	uv_poll_stop(&l->poll);
	timer_set(&l->pause, PAUSE_MS);
}

/* An error that was waiting on the new connection, not on the listener: accept(2). */
static bool
is_of_one_connection(int err)
{
	switch (err) {
	case EINTR:
	case ECONNABORTED:
	case EPERM:
	case EPROTO:
	case ENOPROTOOPT:
	case EOPNOTSUPP:
	case ENETDOWN:
	case ENETUNREACH:
	case EHOSTDOWN:
	case EHOSTUNREACH:
	case ENONET:
		return true;
	default:
		return false;
	}
}

/* False where there is nothing more to be had for now. */
static bool
accept_one(struct listener *l)
{
	union addr peer = { 0 };
	socklen_t n = sizeof peer;
	int fd = accept4(l->fd, &peer.sa, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0) {
		l->fn(l->arg, fd, &peer);
		return l->parts == 0; /* fn may have freed the listener */
	}
	if (is_of_one_connection(errno))
		return true;
	if (errno != EAGAIN)
		pause_accepting(l);
	return false;
}

static void
on_ready(uv_poll_t *h, int status, int events)
{
	struct listener *l = LIST_OF(h, struct listener, poll);

	(void)events;
	if (status != 0) {
		pause_accepting(l);
		return;
	}
	for (int i = 0; i < ACCEPTS_A_ROUND && accept_one(l); i++)
		;
}

struct listener *
listener_new(struct loop *loop, int fd, int backlog, listener_fn *fn, void *arg, int *err)
{
	struct listener *l = NULL;

	if (listen(fd, backlog) != 0) {
		*err = -errno;
		goto fail;
	}
	*err = -ENOMEM;
	l = malloc(sizeof *l);
	if (l == NULL)
		goto fail;
	*l = (struct listener){ .magic = LISTENER_MAGIC, .fd = fd, .fn = fn, .arg = arg };
	*err = uv_poll_init(&loop->uv, &l->poll, fd);
	if (*err != 0)
		goto fail;
	timer_init(&l->pause, loop, pause_over);
	accept_again(l);
	return l;
fail:
	free(l);
	close(fd);
	return NULL;
}

static void
part_closed(struct listener *l)
{
	if (--l->parts > 0)
		return;
	free(l);
}

static void
poll_closed(uv_handle_t *h)
{
	part_closed(LIST_OF(h, struct listener, poll));
}

static void
timer_closed(struct timer *t)
{
	part_closed(LIST_OF(t, struct listener, pause));
}

void
listener_free(struct listener **lp)
{
	struct listener *l = *lp;

	if (l == NULL)
		return;
	MUST_OBJ(l, LISTENER_MAGIC);
	*lp = NULL;
	for (int i = 0; i < LAST_ACCEPTS && accept_one(l); i++)
		;
	l->magic = 0;
	l->parts = 2;
	uv_close((uv_handle_t *)&l->poll, poll_closed);
	timer_close(&l->pause, timer_closed);
	close(l->fd);
}

uint64_t
listener_pauses(void)
{
	return atomic_load_explicit(&pauses, memory_order_relaxed);
}
