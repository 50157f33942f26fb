/* A member that the test itself serves, by blocking sockets; and what reaches it: a loop with a pool of connections. */
#ifndef CAIRN_TESTS_PEER_SERVED_H
#define CAIRN_TESTS_PEER_SERVED_H

#include "unit.h"

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "net/listening.h"
#include "net/turn.h"
#include "peer/upconn.h"

#define LONG_MS (60 * MS_PER_S)

static struct loop *loop;
static struct resolver *resolver;
static struct upconn_pool *pool;
static struct member *member;
static int listener;

static inline void
served_begin(void)
{
	const struct upconn_limits limits = { 4, LONG_MS, LONG_MS };
	const char *why;
	char url[64];
	union addr at;

	loop = loop_new();
	resolver = resolver_new(loop);
	pool = upconn_pool_new(loop, resolver, &limits);
	listener = listening_anywhere(&at, 0);
	snprintf(url, sizeof url, "http://127.0.0.1:%u", addr_port(&at));
	member = member_new(str_c(url), NULL, &why);
	assert_non_null(member);
}

/* 0 where nothing is left. */
static inline int
served_end(void)
{
	upconn_pool_free(&pool);
	resolver_free(&resolver);
	member_let_go(&member);
	close(listener);
	if (conn_count(loop) != 0)
		return 1;
	loop_free(&loop);
	return 0;
}

/* Is there something to accept, to read, or the end? */
static inline bool
stirs(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

/* The head of the next request. */
static inline struct str
request(int fd)
{
	static char text[4096];
	struct str s = { text, 0 };

	while (!str_ends(s, STR("\r\n\r\n"))) {
		TURN_UNTIL(loop, stirs(fd));
		s.n += (size_t)read(fd, text + s.n, sizeof text - s.n);
	}
	return s;
}

static inline void
say(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

#endif
