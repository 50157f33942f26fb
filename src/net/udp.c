#include "net/udp.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/must.h"
#include "net/addr.h"
#include "net/listener.h"
#include "net/loop_impl.h"

#define UDP_MAGIC 0x75647064u

/* So that a flood of datagrams does not keep connections waiting. */
#define TAKEN_A_ROUND 64

struct udp {
	unsigned magic;
	int fd; /* -1: freed; the memory is there until libuv has closed the handle */
	int family;
	udp_fn *fn;
	void *owner;
	uv_poll_t poll;
	char bytes[UDP_MAX + 1]; /* one more, to see what is too long */
};

/* Room for what the kernel tells beside a datagram. */
union control {
	struct cmsghdr align;
	char four[CMSG_SPACE(sizeof(struct in_pktinfo))];
	char six[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

/* ---- binding ---- */

static int
bind_socket(const union addr *at, bool shared)
{
	int fd = socket(at->sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const int off = 0;
	int err;

	if (fd < 0)
		return -errno;
	if (at->sa.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	if (shared)
		listener_share(fd);
	if (bind(fd, &at->sa, addr_size(at)) == 0)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int
udp_bind(const union addr *at, bool shared)
{
	int fd = bind_socket(at, shared);

	if (fd == -EAFNOSUPPORT && at->sa.sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&at->in6.sin6_addr)) {
		union addr ipv4 = { .in = { .sin_family = AF_INET, .sin_port = at->in6.sin6_port } };

		fd = bind_socket(&ipv4, shared);
	}
	return fd;
}

int
udp_bind_any(void)
{
	const union addr any = { .in6 = { .sin6_family = AF_INET6 } };

	return udp_bind(&any, false);
}

/* ---- addresses ---- */

/* As it is called on the wire: what looks like IPv6 may be IPv4. */
static void
unmap(union addr *a)
{
	union addr four = { .in = { .sin_family = AF_INET } };

	if (a->sa.sa_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&a->in6.sin6_addr))
		return;
	four.in.sin_port = a->in6.sin6_port;
	memcpy(&four.in.sin_addr, a->in6.sin6_addr.s6_addr + 12, 4);
	*a = four;
}

/* As the socket's family has it. */
static union addr
mapped(const union addr *a, int family)
{
	union addr six = { .in6 = { .sin6_family = AF_INET6 } };

	if (family == AF_INET || a->sa.sa_family != AF_INET)
		return *a;
	six.in6.sin6_port = a->in.sin_port;
	memset(six.in6.sin6_addr.s6_addr + 10, 0xff, 2);
	memcpy(six.in6.sin6_addr.s6_addr + 12, &a->in.sin_addr, 4);
	return six;
}

/* ---- in ---- */

static union addr
told_local(struct msghdr *msg)
{
	union addr to = { 0 };

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof info);
			to = (union addr){ .in = { .sin_family = AF_INET, .sin_addr = info.ipi_addr } };
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof info);
			to = (union addr){ .in6 = { .sin6_family = AF_INET6, .sin6_addr = info.ipi6_addr } };
			/* Such an address means nothing without its interface. */
			if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
				to.in6.sin6_scope_id = info.ipi6_ifindex;
		}
	}
	unmap(&to);
	return to;
}

/* False where there is nothing more to be had for now. Errors of the socket are answers to datagrams sent before, which
 * were lost. */
static bool
take_one(struct udp *u)
{
	union addr from = { 0 }, to;
	union control control;
	struct iovec iov = { u->bytes, sizeof u->bytes };
	struct msghdr msg = { .msg_name = &from,
			      .msg_namelen = sizeof from,
			      .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof control };
	ssize_t n = recvmsg(u->fd, &msg, 0);

	if (n < 0)
		return errno != EAGAIN;
	to = told_local(&msg);
	unmap(&from);
	u->fn(u->owner, str_of(u->bytes, n > UDP_MAX ? 0 : (size_t)n), &from, &to);
	return u->fd >= 0;
}

static void
on_ready(uv_poll_t *h, int status, int events)
{
	struct udp *u = LIST_OF(h, struct udp, poll);

	(void)status;
	(void)events;
	for (int i = 0; i < TAKEN_A_ROUND && take_one(u); i++)
		;
}

struct udp *
udp_new(struct loop *l, int fd, udp_fn *fn, void *owner, int *err)
{
	struct udp *u = malloc(sizeof *u);
	const int on = 1;
	union addr at;

	*err = -ENOMEM;
	if (u == NULL)
		goto fail;
	u->magic = UDP_MAGIC;
	u->fd = fd;
	u->fn = fn;
	u->owner = owner;
	listener_bound(fd, &at);
	u->family = at.sa.sa_family;
	if (u->family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
	setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
	*err = uv_poll_init(&l->uv, &u->poll, fd);
	if (*err != 0)
		goto fail;
	MUST(uv_poll_start(&u->poll, UV_READABLE, on_ready) == 0);
	return u;
fail:
	free(u);
	close(fd);
	return NULL;
}

/* ---- out ---- */

/* Writes what makes the datagram leave from `from`. */
static void
say_local(struct msghdr *msg, union control *control, const union addr *from)
{
	struct in_pktinfo four = { .ipi_spec_dst = from->in.sin_addr };
	struct in6_pktinfo six = { .ipi6_addr = from->in6.sin6_addr, .ipi6_ifindex = from->in6.sin6_scope_id };
	bool is_four = from->sa.sa_family == AF_INET;
	struct cmsghdr *c;

	*control = (union control){ 0 };
	msg->msg_control = control;
	msg->msg_controllen = is_four ? sizeof control->four : sizeof control->six;
	c = CMSG_FIRSTHDR(msg);
	c->cmsg_level = is_four ? IPPROTO_IP : IPPROTO_IPV6;
	c->cmsg_type = is_four ? IP_PKTINFO : IPV6_PKTINFO;
	c->cmsg_len = is_four ? CMSG_LEN(sizeof four) : CMSG_LEN(sizeof six);
	if (is_four)
		memcpy(CMSG_DATA(c), &four, sizeof four);
	else
		memcpy(CMSG_DATA(c), &six, sizeof six);
}

int
udp_send(struct udp *u, struct str datagram, const union addr *to, const union addr *from)
{
	union addr target = mapped(to, u->family), source;
	union control control;
	struct iovec iov = { (void *)datagram.p, datagram.n };
	struct msghdr msg = {
		.msg_name = &target, .msg_namelen = addr_size(&target), .msg_iov = &iov, .msg_iovlen = 1
	};

	MUST_OBJ(u, UDP_MAGIC);
	if (from != NULL && from->sa.sa_family != AF_UNSPEC) {
		source = mapped(from, u->family);
		say_local(&msg, &control, &source);
	}
	return sendmsg(u->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static void
poll_closed(uv_handle_t *h)
{
	free(LIST_OF(h, struct udp, poll));
}

void
udp_free(struct udp **up)
{
	struct udp *u = *up;

	if (u == NULL)
		return;
	MUST_OBJ(u, UDP_MAGIC);
	*up = NULL;
	u->magic = 0;
	uv_close((uv_handle_t *)&u->poll, poll_closed);
	close(u->fd);
	u->fd = -1;
}
