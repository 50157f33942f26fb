#include "net/divert.h"

#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <unistd.h>

int
divert_let(int fd, int family)
{
	const int on = 1;

	if (family == AF_INET)
		return setsockopt(fd, IPPROTO_IP, IP_TRANSPARENT, &on, sizeof on);
	return setsockopt(fd, IPPROTO_IPV6, IPV6_TRANSPARENT, &on, sizeof on);
}

/* `at`: where it is now. */
static bool
before_redirect(int fd, const union addr *at, union addr *out)
{
	socklen_t n = addr_size(at);

	*out = (union addr){ 0 };
	if (at->sa.sa_family == AF_INET)
		return getsockopt(fd, IPPROTO_IP, SO_ORIGINAL_DST, out, &n) == 0;
	return getsockopt(fd, IPPROTO_IPV6, IP6T_SO_ORIGINAL_DST, out, &n) == 0;
}

bool
divert_destination(int fd, enum divert how, union addr *out)
{
	union addr local = { 0 };
	socklen_t n = sizeof local;

	if (getsockname(fd, &local.sa, &n) != 0)
		return false;
	addr_unmap(&local); /* so it comes from a listener for both families */
	if (how == DIVERT_REDIRECT)
		return before_redirect(fd, &local, out);
	*out = local;
	return true;
}

static bool
is_loopback(const union addr *a)
{
	if (a->sa.sa_family == AF_INET)
		return ntohl(a->in.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	return a->sa.sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&a->in6.sin6_addr);
}

/* To an address of its own the kernel speaks from that address. Nothing is sent. */
static bool
speaks_from(const union addr *a)
{
	int fd = socket(a->sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	union addr from = { 0 };
	socklen_t n = sizeof from;
	bool same;

	if (fd < 0)
		return false;
	same = connect(fd, &a->sa, addr_size(a)) == 0 && getsockname(fd, &from.sa, &n) == 0 && addr_same_ip(&from, a);
	close(fd);
	return same;
}

bool
divert_is_here(const union addr *a)
{
	union addr plain = *a;

	addr_unmap(&plain);
	return is_loopback(&plain) || speaks_from(&plain);
}
