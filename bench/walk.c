/* Walks a trace through a cache: asks for one object after the other on one connection, and checks every body.
 *
 *     walk PORT TRACE       TRACE: lines of `time key size`
 *
 * Prints how many requests it made; the origin's count tells how many of them the cache did not have. A key asked for
 * in another size is another object.
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char buffer[1 << 20];

static int
reach(const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_port = htons((uint16_t)atoi(port));
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) != 0)
		err(1, "connect to port %s", port);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return fd;
}

static void
say(int fd, const char *target)
{
	char request[1024];
	int n = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: bench.example\r\n\r\n", target);

	if (n >= (int)sizeof request || send(fd, request, (size_t)n, MSG_NOSIGNAL) != n)
		err(1, "send %s", target);
}

static size_t
more(int fd, char *at, size_t room, const char *target)
{
	ssize_t n = recv(fd, at, room, 0);

	if (n <= 0)
		err(1, "%s: the answer ends early", target);
	return (size_t)n;
}

/* Reads the head, and returns how much of the body came with it, moved to the beginning of `buffer`. */
static size_t
hear_head(int fd, const char *target)
{
	size_t got = 0;
	char *end;

	do {
		if (got == sizeof buffer - 1)
			errx(1, "%s: the head does not end", target);
		got += more(fd, buffer + got, sizeof buffer - 1 - got, target);
		buffer[got] = '\0';
	} while ((end = strstr(buffer, "\r\n\r\n")) == NULL);
	if (strncmp(buffer, "HTTP/1.1 200", 12) != 0)
		errx(1, "%s: %.*s", target, (int)strcspn(buffer, "\r"), buffer);
	size_t head = (size_t)(end + 4 - buffer);
	memmove(buffer, end + 4, got - head);
	return got - head;
}

/* The body is the target over and over. Looks at the first of each 61 bytes, which costs little and misses no shift. */
static void
check(const char *target, size_t length, size_t begin, size_t count)
{
	for (size_t i = 0; i < count; i += 61)
		if (buffer[i] != target[(begin + i) % length])
			errx(1, "%s: byte %zu of the body is wrong", target, begin + i);
}

static void
hear(int fd, const char *target, size_t size)
{
	size_t length = strlen(target);
	size_t here = hear_head(fd, target);
	size_t done = 0;

	for (;;) {
		if (done + here > size)
			errx(1, "%s: more than %zu bytes", target, size);
		check(target, length, done, here);
		done += here;
		if (done == size)
			return;
		here = more(fd, buffer, sizeof buffer, target);
	}
}

int
main(int argc, char **argv)
{
	char key[768], target[900];
	unsigned long requests = 0, size;

	if (argc != 3)
		errx(2, "usage: walk PORT TRACE");
	FILE *trace = fopen(argv[2], "r");
	if (trace == NULL)
		err(1, "%s", argv[2]);
	int fd = reach(argv[1]);
	for (; fscanf(trace, "%*s %767s %lu", key, &size) == 2; requests++) {
		snprintf(target, sizeof target, "/keep/%lu/%s", size, key[0] == '/' ? key + 1 : key);
		say(fd, target);
		hear(fd, target, size);
	}
	if (!feof(trace))
		errx(1, "%s: line %lu is none of a trace", argv[2], requests + 1);
	printf("%lu\n", requests);
}
