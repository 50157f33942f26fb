/* Where a test's own server listens. */
#ifndef CAIRN_TESTS_NET_LISTENING_H
#define CAIRN_TESTS_NET_LISTENING_H

#include "unit.h"

#include <sys/socket.h>

#include "net/addr.h"

/* Listens at *at, which is filled in with the port that was free where it has none. `flags`: SOCK_NONBLOCK, or 0. */
static inline int
listening(union addr *at, int backlog, int flags)
{
	const int on = 1;
	socklen_t n = sizeof *at;
	int fd = socket(at->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	assert_int_equal(bind(fd, &at->sa, addr_size(at)), 0);
	assert_int_equal(listen(fd, backlog), 0);
	assert_int_equal(getsockname(fd, &at->sa, &n), 0);
	return fd;
}

/* The same at any port of loopback. */
static inline int
listening_anywhere(union addr *at, int flags)
{
	assert_true(addr_parse_ip(STR("127.0.0.1"), 0, at));
	return listening(at, 16, flags);
}

#endif
