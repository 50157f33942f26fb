/* The origin of the bench: answers from memory, in one thread, faster than any cache asks.
 *
 *     origin            prints the port that it listens on, and serves until it is killed
 *
 * What is asked for says what to answer:
 *
 *     /keep/SIZE/NAME   SIZE bytes that may be stored for ten hours
 *     /pass/SIZE/NAME   SIZE bytes that may not be stored
 *     /count            how many of these two have been answered so far
 *
 * A body is its own target over and over, so that a wrong, mixed up or cut body shows.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SIZE_MAX_ASKED (64u << 20)
#define HEAD_MAX       1024

struct conn {
	int fd;
	size_t asked; /* bytes in `request` */
	char request[16384];
	char *answer;  /* grows to the largest that this connection was asked for */
	size_t room;   /* of `answer` */
	size_t length; /* of what is being sent */
	size_t sent;
};

static int epoll;
static unsigned long answered;

static void
drop(struct conn *c)
{
	close(c->fd);
	free(c->answer);
	free(c);
}

static void
watch(struct conn *c, int op, unsigned events)
{
	struct epoll_event e = { .events = events, .data.ptr = c };

	if (epoll_ctl(epoll, op, c->fd, &e) != 0)
		err(1, "epoll_ctl");
}

/* ---- the answer ---- */

static const char *
date(void)
{
	static char text[40];
	static time_t told;
	time_t now = time(NULL);

	if (now != told)
		strftime(text, sizeof text, "%a, %d %b %Y %T GMT", gmtime(&now));
	told = now;
	return text;
}

static void
make_room(struct conn *c, size_t wanted)
{
	if (wanted <= c->room)
		return;
	free(c->answer);
	c->answer = malloc(wanted);
	c->room = wanted;
	if (c->answer == NULL)
		err(1, "malloc");
}

/* Copies what is there behind itself, twice as much each time. */
static void
repeat(char *body, size_t size, const char *target, size_t length)
{
	size_t done = length < size ? length : size;

	memcpy(body, target, done);
	while (done < size) {
		size_t more = done < size - done ? done : size - done;

		memcpy(body + done, body, more);
		done += more;
	}
}

static void
answer_object(struct conn *c, const char *target, size_t length, size_t size, int keep)
{
	make_room(c, HEAD_MAX + size);
	int head =
	    snprintf(c->answer, HEAD_MAX,
		     "HTTP/1.1 200 OK\r\nDate: %s\r\nContent-Type: text/html; charset=utf-8\r\nCache-Control: %s\r\n"
		     "ETag: \"one\"\r\nLast-Modified: Tue, 01 Sep 2026 10:00:00 GMT\r\nContent-Length: %zu\r\n\r\n",
		     date(), keep ? "max-age=36000" : "no-store", size);

	repeat(c->answer + head, size, target, length);
	c->length = (size_t)head + size;
	answered++;
}

static void
answer_text(struct conn *c, int status, unsigned long number)
{
	char body[32];
	int length = snprintf(body, sizeof body, "%lu\n", number);

	make_room(c, HEAD_MAX);
	c->length = (size_t)snprintf(c->answer, HEAD_MAX,
				     "HTTP/1.1 %d Told\r\nCache-Control: no-store\r\nContent-Length: %d\r\n\r\n%s",
				     status, length, body);
}

/* A request that begins `GET /keep/SIZE/`, or another; some proxies write the whole URL. */
static void
answer(struct conn *c)
{
	char *target = strchr(c->request, ' ');
	char *scheme = target ? strstr(target, "://") : NULL;
	char *end = target ? strpbrk(target + 1, " \r") : NULL;

	if (scheme != NULL && scheme < end)
		target = strchr(scheme + 3, '/');
	else if (target != NULL)
		target++;
	c->sent = 0;
	unsigned long size = target != NULL && strlen(target) > 6 ? strtoul(target + 6, NULL, 10) : 0;
	if (end == NULL || target == NULL || size > SIZE_MAX_ASKED)
		answer_text(c, 404, 0);
	else if (strncmp(target, "/keep/", 6) == 0)
		answer_object(c, target, (size_t)(end - target), size, 1);
	else if (strncmp(target, "/pass/", 6) == 0)
		answer_object(c, target, (size_t)(end - target), size, 0);
	else if (strncmp(target, "/count", 6) == 0)
		answer_text(c, 200, answered);
	else
		answer_text(c, 404, 0);
}

/* ---- connections ---- */

/* 1: all is sent. 0: not yet. -1: the connection is broken. */
static int
flush(struct conn *c)
{
	while (c->sent < c->length) {
		ssize_t n = send(c->fd, c->answer + c->sent, c->length - c->sent, MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN ? 0 : -1;
		c->sent += (size_t)n;
	}
	return 1;
}

/* Answers the complete requests that are there, one after the other. -1: the connection is broken. */
static int
serve(struct conn *c)
{
	char *end;
	int done = flush(c);

	while (done == 1 && (end = strstr(c->request, "\r\n\r\n")) != NULL) {
		size_t used = (size_t)(end + 4 - c->request);

		answer(c);
		c->asked -= used;
		memmove(c->request, c->request + used, c->asked + 1);
		done = flush(c);
	}
	return done;
}

static void
on_event(struct conn *c, unsigned events)
{
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
		ssize_t n = recv(c->fd, c->request + c->asked, sizeof c->request - 1 - c->asked, 0);

		if (n == 0 || (n < 0 && errno != EAGAIN)) {
			drop(c);
			return;
		}
		c->asked += n > 0 ? (size_t)n : 0;
		c->request[c->asked] = '\0';
	}
	int done = serve(c);
	if (done < 0)
		drop(c);
	else if (done == 0)
		watch(c, EPOLL_CTL_MOD, EPOLLOUT);
	else if (events & EPOLLOUT)
		watch(c, EPOLL_CTL_MOD, EPOLLIN);
}

static void
on_client(int listener)
{
	int on = 1;
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return; /* it went away again */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	struct conn *c = calloc(1, sizeof *c);
	if (c == NULL)
		err(1, "calloc");
	c->fd = fd;
	watch(c, EPOLL_CTL_ADD, EPOLLIN);
}

static int
listen_somewhere(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) != 0 || listen(fd, 1024) != 0)
		err(1, "listen");
	if (getsockname(fd, (struct sockaddr *)&address, &length) != 0)
		err(1, "getsockname");
	printf("%d\n", ntohs(address.sin_port));
	fflush(stdout);
	return fd;
}

int
main(void)
{
	struct epoll_event ready[64];
	int listener = listen_somewhere();
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = NULL };

	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &e) != 0)
		err(1, "epoll");
	for (;;) {
		int n = epoll_wait(epoll, ready, 64, -1);

		for (int i = 0; i < n; i++)
			if (ready[i].data.ptr == NULL)
				on_client(listener);
			else
				on_event(ready[i].data.ptr, ready[i].events);
	}
}
