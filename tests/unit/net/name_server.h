/* A name server of the test's own: one UDP socket on the loop that is under test. */
#ifndef CAIRN_TESTS_NET_NAME_SERVER_H
#define CAIRN_TESTS_NET_NAME_SERVER_H

#include "unit.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/conn.h"

#define NAME_SERVER_RCODE_NONE 3 /* RFC 1035 4.1.1: the name does not exist */

struct name_server {
	uv_poll_t poll;
	int fd;
	char list[32]; /* as resolver_servers takes it */
	/* What it answers. */
	bool silent;
	bool strays; /* beside each answer with addresses: to another number, to another question, and once more */
	unsigned rcode;
	uint32_t ttl;
	unsigned addrs; /* how many A records: 127.0.0.1, 127.0.0.2, ... */
	/* What it was asked. */
	unsigned questions; /* for A; those for AAAA come along */
};

/* The length of header and question, or 0 where this is no query. */
static inline size_t
name_server_question(const unsigned char *p, size_t n)
{
	size_t i = 12;

	while (i < n && p[i] != 0)
		i += p[i] + 1u;
	return i + 5 <= n ? i + 5 : 0;
}

/* An A record for 127.0.0.`last`, its name a pointer to the question's. */
static inline size_t
name_server_record(unsigned char *p, uint32_t ttl, unsigned last)
{
	const uint16_t fixed[3] = { htons(0xc00c), htons(1), htons(1) };
	const unsigned char data[6] = { 0, 4, 127, 0, 0, (unsigned char)last };
	const uint32_t ttl_n = htonl(ttl);

	memcpy(p, fixed, 6);
	memcpy(p + 6, &ttl_n, 4);
	memcpy(p + 10, data, 6);
	return 16;
}

static inline size_t
name_server_answer(struct name_server *s, unsigned char *p, size_t n)
{
	bool is_a = p[n - 3] == 1;

	s->questions += is_a;
	p[2] = 0x81;                             /* a response, recursion desired ... */
	p[3] = (unsigned char)(0x80 | s->rcode); /* ... and available */
	memset(p + 6, 0, 6);
	if (!is_a || s->rcode != 0)
		return n;
	p[7] = (unsigned char)s->addrs;
	for (unsigned i = 1; i <= s->addrs; i++)
		n += name_server_record(p + n, s->ttl, i);
	return n;
}

static inline void
name_server_send(struct name_server *s, const unsigned char *p, size_t n, const struct sockaddr_in *to)
{
	sendto(s->fd, p, n, 0, (const struct sockaddr *)to, sizeof *to);
}

/* Before the answer what might be taken for it, with another address, and behind it the same again. */
static inline void
name_server_send_among_strays(struct name_server *s, const unsigned char *p, size_t n, const struct sockaddr_in *to)
{
	unsigned char stray[2048];

	memcpy(stray, p, n);
	stray[n - 1] = 66;
	stray[1] ^= 1;
	name_server_send(s, stray, n, to);
	stray[1] ^= 1;
	stray[13] ^= 1; /* the name's first letter */
	name_server_send(s, stray, n, to);
	name_server_send(s, p, n, to);
	name_server_send(s, p, n, to);
}

static inline void
name_server_serve(uv_poll_t *h, int status, int events)
{
	struct name_server *s = LIST_OF(h, struct name_server, poll);
	unsigned char p[2048];
	struct sockaddr_in from;
	socklen_t from_n = sizeof from;
	ssize_t got = recvfrom(s->fd, p, 512, 0, (struct sockaddr *)&from, &from_n);
	size_t n;

	(void)status;
	(void)events;
	n = got < 12 ? 0 : name_server_question(p, (size_t)got);
	if (n == 0)
		return;
	n = name_server_answer(s, p, n);
	if (s->strays && p[7] > 0)
		name_server_send_among_strays(s, p, n, &from);
	else if (!s->silent)
		name_server_send(s, p, n, &from);
}

static inline void
name_server_open(struct name_server *s, struct loop *l)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof at;

	*s = (struct name_server){ .addrs = 1, .ttl = 3600 };
	s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&at, &n), 0);
	snprintf(s->list, sizeof s->list, "127.0.0.1:%u", ntohs(at.sin_port));
	assert_int_equal(uv_poll_init(loop_uv(l), &s->poll, s->fd), 0);
	assert_int_equal(uv_poll_start(&s->poll, UV_READABLE, name_server_serve), 0);
}

/* The memory is the loop's for one more round. */
static inline void
name_server_close(struct name_server *s)
{
	uv_close((uv_handle_t *)&s->poll, NULL);
	close(s->fd);
}

#endif
