/* The origin of the bench: answers from memory, in one thread, faster than any cache asks.
 *
 *     origin            prints the port that it listens on, and serves until it is killed
 *     origin loop PORT  the same on that port, as what caches are held against: see peers/loop/
 *     origin file PORT  likewise, with bodies from a file in memory by sendfile: see peers/file/
 *
 * What is asked for says what to answer:
 *
 *     /keep/SIZE/NAME   SIZE bytes that may be stored for ten hours
 *     /pass/SIZE/NAME   SIZE bytes that may not be stored
 *     /count            how many of these two have been answered so far
 *
 * A body is its own target over and over, so that a wrong, mixed up or cut body shows. As `loop` and `file`, it
 * answers all connections with what it has made for the one before where that asked for the same: it reads, looks, and sends.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SIZE_MAX_ASKED (64u << 20)
#define HEAD_MAX       1024

struct answer {
	char *bytes; /* grows to the largest that was asked for */
	size_t room;
	size_t length;
	size_t head; /* of which so many are sent from `bytes`; the rest is in the file */
	int file;    /* -1: there is none */
	char request[2048]; /* what it answers, as a loop; "" is nothing */
};

struct conn {
	int fd;
	size_t asked; /* bytes in `request` */
	char request[16384];
	size_t sent, due; /* bytes of the answer; the same once all is sent */
	struct answer *answer; /* its own or, as a loop, the one that all have */
	struct answer own;
};

static int epoll;
static unsigned long answered;
static bool is_loop, has_file;
static struct answer common = { .file = -1 };

static void
drop(struct conn *c)
{
	close(c->fd);
	free(c->own.bytes);
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
make_room(struct answer *a, size_t wanted)
{
	if (wanted <= a->room)
		return;
	free(a->bytes);
	a->bytes = malloc(wanted);
	a->room = wanted;
	if (a->bytes == NULL)
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

/* The body goes into the file, and is sent from there. */
static void
lay_in_file(struct answer *a, size_t head)
{
	size_t body = a->length - head;

	if (a->file < 0)
		a->file = memfd_create("body", MFD_CLOEXEC);
	a->head = head;
	if (a->file < 0 || ftruncate(a->file, 0) != 0 || pwrite(a->file, a->bytes + head, body, 0) != (ssize_t)body)
		err(1, "memfd");
}

static void
answer_object(struct answer *a, const char *target, size_t length, size_t size, bool keep)
{
	make_room(a, HEAD_MAX + size);
	int head =
	    snprintf(a->bytes, HEAD_MAX,
		     "HTTP/1.1 200 OK\r\nDate: %s\r\nContent-Type: text/html; charset=utf-8\r\nCache-Control: %s\r\n"
		     "ETag: \"one\"\r\nLast-Modified: Tue, 01 Sep 2026 10:00:00 GMT\r\nContent-Length: %zu\r\n\r\n",
		     date(), keep ? "max-age=36000" : "no-store", size);

	repeat(a->bytes + head, size, target, length);
	a->length = a->head = (size_t)head + size;
	if (has_file)
		lay_in_file(a, (size_t)head);
	answered++;
}

static void
answer_text(struct answer *a, int status, unsigned long number)
{
	char body[32];
	int length = snprintf(body, sizeof body, "%lu\n", number);

	make_room(a, HEAD_MAX);
	a->length = (size_t)snprintf(a->bytes, HEAD_MAX,
				     "HTTP/1.1 %d Told\r\nCache-Control: no-store\r\nContent-Length: %d\r\n\r\n%s",
				     status, length, body);
	a->head = a->length;
}

/* Is the answer to this request, of that length, there already? */
static bool
is_there(struct answer *a, const char *request, size_t length)
{
	if (!is_loop || length >= sizeof a->request) {
		a->request[0] = '\0';
		return false;
	}
	if (strncmp(a->request, request, length) == 0 && a->request[length] == '\0')
		return true;
	memcpy(a->request, request, length);
	a->request[length] = '\0';
	return false;
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
	unsigned long size = target != NULL && strlen(target) > 6 ? strtoul(target + 6, NULL, 10) : 0;
	if (end == NULL || target == NULL || size > SIZE_MAX_ASKED)
		answer_text(c->answer, 404, 0);
	else if (strncmp(target, "/keep/", 6) == 0)
		answer_object(c->answer, target, (size_t)(end - target), size, true);
	else if (strncmp(target, "/pass/", 6) == 0)
		answer_object(c->answer, target, (size_t)(end - target), size, false);
	else if (strncmp(target, "/count", 6) == 0)
		answer_text(c->answer, 200, answered);
	else
		answer_text(c->answer, 404, 0);
}

/* ---- connections ---- */

/* 1: all is sent. 0: not yet. -1: the connection is broken. */
static int
flush(struct conn *c)
{
	const struct answer *a = c->answer;

	while (c->sent < c->due) {
		off_t at = (off_t)(c->sent - a->head);
		ssize_t n;

		if (c->sent < a->head)
			n = send(c->fd, a->bytes + c->sent, a->head - c->sent, MSG_NOSIGNAL | (a->head < a->length ? MSG_MORE : 0));
		else
			n = sendfile(c->fd, a->file, &at, a->length - c->sent);
		if (n <= 0) /* 0: the file was cut under it, for another answer */
			return n < 0 && errno == EAGAIN ? 0 : -1;
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

		c->sent = 0;
		if (!is_there(c->answer, c->request, used))
			answer(c);
		c->due = c->answer->length;
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
	c->own.file = -1;
	c->answer = is_loop ? &common : &c->own;
	watch(c, EPOLL_CTL_ADD, EPOLLIN);
}

static int
listen_on(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons((uint16_t)port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int on = 1;
	socklen_t length = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 || bind(fd, (struct sockaddr *)&address, length) != 0 || listen(fd, 1024) != 0)
		err(1, "listen");
	if (getsockname(fd, (struct sockaddr *)&address, &length) != 0)
		err(1, "getsockname");
	printf("%d\n", ntohs(address.sin_port));
	fflush(stdout);
	return fd;
}

int
main(int argc, char **argv)
{
	struct epoll_event ready[64];

	has_file = argc == 3 && strcmp(argv[1], "file") == 0;
	signal(SIGPIPE, SIG_IGN); /* sendfile has no MSG_NOSIGNAL */
	is_loop = has_file || (argc == 3 && strcmp(argv[1], "loop") == 0);
	int listener = listen_on(is_loop ? atoi(argv[2]) : 0);
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
