#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "reactor.h"
#include "reply.h"

#define IN_MAX   65536
#define OUT_MAX  16384
#define PIPE_MAX 8
#define SLOW_MS  5
#define SLOW     2048 /* bytes that a slow reader takes at once */

struct client_counts client_counts;

struct client {
	struct watch watch;
	struct arena *arena;
	struct ask asks[PIPE_MAX]; /* asked and not answered */
	unsigned waiting;
	struct reply reply; /* to the first of them */
	bool slow;
	uint64_t leave_at; /* bytes of the answer after which it goes away; UINT64_MAX: stays */
	uint64_t got;
	bool has_next; /* the one to be asked next is known */
	struct ask next;
	size_t in_n, out_n, out_done;
	char in[IN_MAX], out[OUT_MAX];
};

static struct client *clients;
static unsigned client_count;
static uint16_t port;
static uint64_t to_ask;

/* ---- what is asked ---- */

static void
say(struct client *c, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	c->out_n += (size_t)vsnprintf(c->out + c->out_n, OUT_MAX - c->out_n, format, args);
	va_end(args);
}

static void
say_condition(struct client *c, struct ask *q)
{
	if (!site_permille(60))
		return;
	q->if_known = true;
	say(c, "If-None-Match: \"%u.%u.0\"\r\n", q->url, site_version(q->url));
}

static void
say_range(struct client *c, const struct ask *q)
{
	uint64_t length = site_length((struct rep){ q->url, site_version(q->url), 0 });
	unsigned first = length > 0 ? site_below(length < 1000000 ? (unsigned)length : 1000000) : 0;

	if (!site_permille(80))
		return;
	if (site_permille(200))
		say(c, "Range: bytes=-%u\r\n", 1 + site_below(5000));
	else if (site_permille(300))
		say(c, "Range: bytes=%u-\r\n", first);
	else
		say(c, "Range: bytes=%u-%u\r\n", first, first + site_below(20000));
	if (site_permille(200))
		say(c, "If-Range: \"%u.%u.0\"\r\n", q->url, site_version(q->url));
}

static void
say_get(struct client *c, struct ask *q)
{
	say(c, "%s /%u HTTP/1.1\r\nHost: site.example\r\n", q->kind == ASK_HEAD ? "HEAD" : "GET", q->url);
	if (q->user != 0)
		say(c, "Authorization: user %u\r\n", q->user);
	if (site_permille(20))
		say(c, "Cache-Control: no-cache\r\n");
	else if (site_permille(10))
		say(c, "Cache-Control: max-stale=5\r\n");
	if (site_permille(100))
		say(c, "Accept-Encoding: %s\r\n", site_permille(500) ? "gzip" : "br, gzip;q=0.5");
	say_condition(c, q);
	if (q->kind == ASK_GET)
		say_range(c, q);
	say(c, "\r\n");
}

static void
say_body(struct client *c, unsigned n, bool chunked)
{
	memset(c->out + c->out_n, 'b', n);
	c->out_n += n;
	if (chunked)
		say(c, "\r\n0\r\n\r\n");
}

static void
say_change(struct client *c, const struct ask *q)
{
	unsigned n = 1 + site_below(800);
	bool chunked = site_permille(500);

	say(c, "POST /%u HTTP/1.1\r\nHost: site.example\r\n", q->url);
	if (chunked)
		say(c, "Transfer-Encoding: chunked\r\n\r\n%x\r\n", n);
	else
		say(c, "Content-Length: %u\r\n\r\n", n);
	say_body(c, n, chunked);
	client_counts.posts++;
}

static void
say_purge(struct client *c, struct ask *q)
{
	q->version = site_version(q->url);
	say(c, "PURGE /%u HTTP/1.1\r\nHost: site.example\r\n%s\r\n", q->url,
	    site_permille(300) ? "Cairn-Purge: soft\r\n" : "");
	client_counts.purges++;
}

/* ---- asking ---- */

static void
add_ask(struct client *c, struct ask q)
{
	struct ask *kept = &c->asks[c->waiting++];

	*kept = q;
	to_ask -= to_ask > 0;
	client_counts.asked++;
	if (q.kind == ASK_POST)
		say_change(c, kept);
	else if (q.kind == ASK_PURGE)
		say_purge(c, kept);
	else
		say_get(c, kept);
}

static struct ask
some_ask(void)
{
	struct ask q = { .kind = ASK_GET, .url = site_pick() };
	unsigned what = site_below(1000);

	if (what < 20)
		q.kind = ASK_HEAD;
	else if (what < 32)
		q.kind = ASK_POST;
	else if (what < 48)
		q.kind = ASK_PURGE;
	if (q.kind <= ASK_HEAD && site_permille(50))
		q.user = 1 + site_below(3);
	return q;
}

static void
flush(struct client *c)
{
	ssize_t n = send(c->watch.fd, c->out + c->out_done, c->out_n - c->out_done, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n > 0)
		c->out_done += (size_t)n;
	reactor_want(&c->watch, EPOLLIN | (c->out_done < c->out_n ? EPOLLOUT : 0));
}

/* What is done with the answer: read at once, read slowly, or left in the middle. */
static void
choose_pace(struct client *c)
{
	c->slow = site_permille(5);
	c->leave_at = site_permille(15) ? site_below(site_permille(300) ? 1 : 30000) : UINT64_MAX;
	client_counts.slow += c->slow;
}

static void
ask_more(struct client *c)
{
	unsigned many = site_permille(30) ? 2 + site_below(PIPE_MAX - 1) : 1;

	c->out_n = c->out_done = 0;
	c->got = 0;
	choose_pace(c);
	if (c->has_next) { /* after a change: what was before it must not come */
		c->has_next = false;
		c->leave_at = UINT64_MAX;
		add_ask(c, c->next);
		flush(c);
		return;
	}
	client_counts.pipelined += many > 1;
	add_ask(c, some_ask());
	while (c->waiting < many && c->asks[c->waiting - 1].kind <= ASK_HEAD) {
		struct ask q = some_ask();

		if (q.kind <= ASK_HEAD)
			add_ask(c, q);
	}
	flush(c);
}

/* ---- connections ---- */

static void on_ready(struct watch *w);
static void on_due(struct watch *w);

static void
join(struct client *c)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr = { htonl(INADDR_LOOPBACK) },
				  .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof at) != 0)
		reply_wrong("the node takes no connection: %s", strerror(errno));
	client_counts.connections++;
	c->watch.ready = on_ready;
	c->watch.due = on_due;
	c->waiting = 0;
	c->in_n = 0;
	c->has_next = false;
	reply_begin(&c->reply);
	reactor_add(&c->watch, fd, EPOLLIN);
	ask_more(c);
}

/* Leaves, and comes back as somebody else while there is something to ask. */
static void
leave(struct client *c, bool reset)
{
	client_counts.aborted += c->waiting;
	reactor_close(&c->watch, reset);
	if (to_ask > 0)
		join(c);
}

/* ---- answers ---- */

/* After a change that was confirmed, and a purge: what is older must not come. */
static void
learn(struct client *c, const struct ask *q)
{
	bool changed = q->kind == ASK_POST && c->reply.version > 0;
	bool purged = q->kind == ASK_PURGE && c->reply.status == 200;

	if (!changed && !purged)
		return;
	c->has_next = true;
	c->next = (struct ask){ .kind = ASK_GET,
				.url = q->url,
				.version = changed ? (uint32_t)c->reply.version : q->version };
}

/* False where the connection is another one, or none, now. */
static bool
conclude(struct client *c)
{
	bool close = c->reply.close;

	learn(c, &c->asks[0]);
	memmove(c->asks, c->asks + 1, --c->waiting * sizeof c->asks[0]);
	reply_begin(&c->reply);
	if (!close && c->waiting > 0)
		return true;
	if (close || to_ask == 0 || site_permille(10)) {
		leave(c, site_permille(500));
		return false;
	}
	ask_more(c);
	return true;
}

static void
take(struct client *c)
{
	size_t done = 0, used;

	do {
		arena_reset(c->arena);
		used = reply_take(&c->reply, &c->asks[0], str_of(c->in + done, c->in_n - done), c->arena);
		done += used;
		if (c->reply.state == REPLY_DONE && !conclude(c))
			return;
	} while (used > 0 && done < c->in_n && c->waiting > 0);
	memmove(c->in, c->in + done, c->in_n - done);
	c->in_n -= done;
}

static void
on_due(struct watch *w)
{
	reactor_want(w, EPOLLIN);
}

static void
on_end(struct client *c)
{
	if (c->waiting > 0)
		reply_ends(&c->reply, &c->asks[0]);
	leave(c, false);
}

static void
on_ready(struct watch *w)
{
	struct client *c = (struct client *)(void *)w;
	size_t room = IN_MAX - c->in_n;
	ssize_t n;

	if (w->wants & EPOLLOUT)
		flush(c);
	n = recv(w->fd, c->in + c->in_n, c->slow && room > SLOW ? SLOW : room, MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		on_end(c);
		return;
	}
	c->in_n += (size_t)n;
	c->got += (size_t)n;
	if (c->got > c->leave_at) {
		leave(c, site_permille(500));
		return;
	}
	if (c->slow) {
		reactor_want(w, 0);
		reactor_at(w, SLOW_MS);
	}
	take(c);
}

/* ---- all of them ---- */

void
client_begin(uint16_t to, unsigned many, uint64_t exchanges)
{
	port = to;
	to_ask = exchanges;
	client_count = many;
	clients = calloc(many, sizeof *clients);
	for (unsigned i = 0; i < many; i++) {
		clients[i].arena = arena_new(1 << 20);
		join(&clients[i]);
	}
}

uint64_t
client_left(void)
{
	uint64_t left = to_ask;

	for (unsigned i = 0; i < client_count; i++)
		left += clients[i].watch.fd >= 0;
	return left;
}

void
client_end(void)
{
	for (unsigned i = 0; i < client_count; i++)
		arena_free(&clients[i].arena);
	free(clients);
}
