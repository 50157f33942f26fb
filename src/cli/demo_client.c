#include "cli/demo_client.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "cli/demo_wait.h"
#include "net/addr.h"

#define PATIENCE_MS 10000
#define HEAD_MAX    16384

static const struct head_limits limits = { .head = HEAD_MAX, .target = HEAD_MAX, .fields = 200 };

static bool
send_all(int fd, struct str s)
{
	while (s.n > 0) {
		ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);

		if (n < 0)
			return false;
		s = str_skip(s, (size_t)n);
	}
	return true;
}

static struct str
compose(const char *request, struct arena *a)
{
	struct strbuf b = strbuf_in(a, 512);
	struct str rest = str_c(request), line;

	str_cut(&rest, '\n', &line);
	strbuf_add(&b, line);
	strbuf_lit(&b, " HTTP/1.1\r\nHost: " DEMO_HOST "\r\nConnection: close\r\n");
	while (rest.n > 0) {
		str_cut(&rest, '\n', &line);
		strbuf_add(&b, line);
		strbuf_lit(&b, "\r\n");
	}
	strbuf_lit(&b, "\r\n");
	return strbuf_str(&b);
}

/* Reads until the node closes. The head is at the beginning of `in`, which keeps `*n` bytes; what does not fit is body
 * and dropped. */
static const char *
read_to_end(int fd, char *in, size_t *n)
{
	char dropped[65536];

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		bool keep = *n < HEAD_MAX;
		enum demo_event event = demo_wait(&p, 1, PATIENCE_MS);
		ssize_t got;

		if (event != DEMO_READY)
			return event == DEMO_STOP ? "stopped" : "no answer";
		got = recv(fd, keep ? in + *n : dropped, keep ? HEAD_MAX - *n : sizeof dropped, 0);
		if (got < 0)
			return strerror(errno);
		if (got == 0)
			return NULL;
		*n += keep ? (size_t)got : 0;
	}
}

static const char *
receive(int fd, struct arena *a, struct head *answer)
{
	char *in = arena_alloc(a, HEAD_MAX);
	struct head_scan scan = { 0 };
	const char *why;
	size_t n = 0, used;
	enum fault fault;

	if (in == NULL)
		return "no memory";
	why = read_to_end(fd, in, &n);
	if (why != NULL)
		return why;
	head_init(answer, a);
	if (head_parse_response(answer, str_of(in, n), &limits, &scan, &used, &fault) != HEAD_OK)
		return "no answer that can be read";
	return NULL;
}

const char *
demo_client_ask(const union addr *to, const char *request, struct arena *a, struct head *answer)
{
	struct str text = compose(request, a);
	const char *why;
	int fd = socket(to->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, &to->sa, addr_size(to)) != 0 || !send_all(fd, text))
		why = strerror(errno);
	else
		why = receive(fd, a, answer);
	if (fd >= 0)
		close(fd);
	return why;
}
