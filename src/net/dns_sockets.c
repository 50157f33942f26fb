#include "net/dns_sockets_impl.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/counter.h"

#define LAST_MAX 64 /* looked at of what has come when a socket is closed */

static bool
has_datagrams(int fd)
{
	int type = 0;
	socklen_t n = sizeof type;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0 && type == SOCK_DGRAM;
}

static void
look_at(struct dns_sockets *s, const void *p, size_t n)
{
	if (!dns_asked_expects(&s->asked, str_of(p, n), loop_now(s->loop).mono_ns))
		counter_add(COUNTER_DNS_IGNORED, 1);
}

static ares_socket_t
on_socket(int family, int type, int protocol, void *arg)
{
	const int on = 1;
	int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);

	(void)arg;
	if (fd >= 0 && type == SOCK_STREAM)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return fd;
}

/* c-ares closes when it waits for nothing more: what it has not read by then it never will. */
static int
on_close(ares_socket_t fd, void *arg)
{
	char p[512]; /* the rest of a longer one does not matter */
	ssize_t n;

	if (has_datagrams(fd))
		for (unsigned i = 0; i < LAST_MAX && (n = recv(fd, p, sizeof p, MSG_DONTWAIT)) >= 0; i++)
			look_at(arg, p, (size_t)n);
	return close(fd);
}

static int
on_connect(ares_socket_t fd, const struct sockaddr *to, ares_socklen_t n, void *arg)
{
	(void)arg;
	return connect(fd, to, n);
}

static ares_ssize_t
on_receive(ares_socket_t fd, void *p, size_t size, int flags, struct sockaddr *from, ares_socklen_t *from_n, void *arg)
{
	ssize_t n = recvfrom(fd, p, size, flags, from, from_n);

	if (n >= 0 && has_datagrams(fd))
		look_at(arg, p, (size_t)n);
	return n;
}

static ares_ssize_t
on_send(ares_socket_t fd, const struct iovec *iov, int count, void *arg)
{
	const struct msghdr message = { .msg_iov = (struct iovec *)iov, .msg_iovlen = (size_t)count };
	struct dns_sockets *s = arg;
	ssize_t n = sendmsg(fd, &message, MSG_NOSIGNAL);

	if (n >= 0 && count == 1 && has_datagrams(fd))
		dns_asked_note(&s->asked, str_of(iov->iov_base, iov->iov_len), loop_now(s->loop).mono_ns);
	return n;
}

void
dns_sockets_use(struct dns_sockets *s, struct loop *l, ares_channel channel, int64_t patience_ms)
{
	static const struct ares_socket_functions functions = { on_socket, on_close, on_connect, on_receive, on_send };

	s->loop = l;
	dns_asked_init(&s->asked, patience_ms * NS_PER_MS);
	ares_set_socket_functions(channel, &functions, s);
}
