#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "count.h"
#include "reactor.h"
#include "reply.h"

#define IN_MAX   65536
#define OUT_MAX  16384
#define PIECE    8000 /* of an upload; room for a chunk's frame is left */
#define PIPE_MAX 8
#define SLOW_MS  5
#define SLOW     2048 /* bytes that a slow reader takes at once */

/* How a client goes about what it asked. */
enum pace {
	PACE_EAGER,
	PACE_SLOW,   /* reads a little at a time */
	PACE_STALLS, /* stops reading for about as long as the node waits */
	PACE_LEAVES, /* goes away in the middle of the answer */
	PACE_HALTS,  /* sends a part, and the rest later */
	PACE_HALF,   /* sends a part and no more */
};

struct client {
	struct watch watch;
	struct arena *arena;
	struct ask asks[PIPE_MAX]; /* asked and not answered */
	unsigned waiting;
	struct reply reply; /* to the first of them */
	enum pace pace;
	uint64_t turn_at; /* bytes sent (HALTS, HALF) or received (STALLS, LEAVES) at which that happens */
	bool stalled;
	uint64_t got;
	bool has_next; /* the one to be asked next is known */
	struct ask next;
	uint64_t upload_at; /* of the last one asked, where it is a change */
	bool uploading, expecting;
	size_t in_n, out_n, out_done;
	char in[IN_MAX], out[OUT_MAX];
};

static struct client *clients;
static unsigned client_count, patience;
static uint16_t port;
static uint64_t to_ask;

/* ---- sending ---- */

/* The next piece of the upload to `out`. */
static void
fill_upload(struct client *c)
{
	const struct ask *q = &c->asks[c->waiting - 1];
	uint64_t left = q->upload_n - c->upload_at;
	size_t n = left < PIECE ? (size_t)left : 1 + site_below(PIECE);

	if (q->chunked)
		c->out_n += (size_t)sprintf(c->out + c->out_n, "%zx\r\n", n);
	if (n > 0) {
		site_fill(q->upload, c->upload_at, c->out + c->out_n, n);
		c->out_n += n;
		c->upload_at += n;
		if (q->chunked)
			c->out_n += (size_t)sprintf(c->out + c->out_n, "\r\n");
	} else if (q->chunked) { /* that was the last chunk */
		c->out_n += (size_t)sprintf(c->out + c->out_n, "\r\n");
	}
	c->uploading = n > 0 && (q->chunked || c->upload_at < q->upload_n);
}

static bool
refill(struct client *c)
{
	if (c->out_done < c->out_n)
		return true;
	if (!c->uploading || c->expecting)
		return false;
	c->out_n = c->out_done = 0;
	fill_upload(c);
	return c->out_n > 0;
}

/* What may be sent now; errors are found by reading. */
static void
flush(struct client *c)
{
	bool held = c->pace == PACE_HALTS || c->pace == PACE_HALF;
	bool blocked = false;

	while (!blocked && refill(c)) {
		size_t end = held && c->turn_at < c->out_n ? (size_t)c->turn_at : c->out_n;
		ssize_t n = send(c->watch.fd, c->out + c->out_done, end - c->out_done, MSG_NOSIGNAL | MSG_DONTWAIT);

		c->out_done += n > 0 ? (size_t)n : 0;
		blocked = n <= 0 || c->out_done < c->out_n;
		if (c->out_done == end && end < c->out_n) {
			reactor_want(&c->watch, EPOLLIN);
			if (c->pace == PACE_HALTS)
				reactor_at(&c->watch, 1 + site_below(40));
			return;
		}
	}
	if (c->waiting == 1 && c->asks[0].last && c->out_done == c->out_n && !c->uploading)
		shutdown(c->watch.fd, SHUT_WR);
	reactor_want(&c->watch, EPOLLIN | (blocked ? EPOLLOUT : 0));
}

/* ---- asking ---- */

static void
add_ask(struct client *c, struct ask q)
{
	struct ask *kept = &c->asks[c->waiting++];

	*kept = q;
	to_ask -= to_ask > 0;
	c->out_n += ask_write(kept, c->out + c->out_n, OUT_MAX - c->out_n);
	c->upload_at = 0;
	c->expecting = kept->expects;
	c->uploading = kept->chunked || kept->upload_n > 0;
	if (c->uploading && !c->expecting && c->out_n < OUT_MAX - PIECE - 100)
		fill_upload(c);
}

static void
set_pace(struct client *c, enum pace pace, uint64_t turn_at, enum count what)
{
	c->pace = pace;
	c->turn_at = turn_at;
	count(what);
}

static void
choose_pace(struct client *c)
{
	unsigned what = site_below(10000);

	c->pace = PACE_EAGER;
	c->turn_at = UINT64_MAX;
	c->stalled = false;
	if (what < 50)
		set_pace(c, PACE_SLOW, UINT64_MAX, COUNT_SLOW);
	else if (what < 200)
		set_pace(c, PACE_LEAVES, site_below(site_permille(300) ? 1 : 30000), COUNT_LEAVING);
	else if (what < 202)
		set_pace(c, PACE_STALLS, site_below(30000), COUNT_STALLED);
	else if (what < 280)
		set_pace(c, PACE_HALTS, site_below((unsigned)c->out_n), COUNT_HALTED);
	else if (what < 282)
		set_pace(c, PACE_HALF, site_below((unsigned)c->out_n), COUNT_HALF);
}

static void
choose_asks(struct client *c)
{
	unsigned many = site_permille(30) ? 2 + site_below(PIPE_MAX - 1) : 1;

	counts[COUNT_PIPELINES] += many > 1;
	add_ask(c, ask_some(many > 1));
	while (c->waiting < many)
		add_ask(c, ask_some(true));
}

static void
ask_more(struct client *c)
{
	c->out_n = c->out_done = 0;
	c->got = 0;
	if (c->has_next)
		add_ask(c, c->next);
	else
		choose_asks(c);
	c->has_next = false;
	choose_pace(c);
	if (c->pace == PACE_STALLS) { /* by what it takes to notice */
		c->waiting = 0;
		c->out_n = 0;
		add_ask(c, (struct ask){ .kind = ASK_GET, .url = site_pick_large() });
	}
	for (unsigned i = 0; i < c->waiting; i++)
		c->asks[i].unfinished = c->pace == PACE_HALF;
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
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), small = 4096;

	if (site_permille(200))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof at) != 0)
		reply_wrong("the node takes no connection: %s", strerror(errno));
	count(COUNT_CONNECTIONS);
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
	reactor_close(&c->watch, reset);
	if (to_ask > 0)
		join(c);
}

/* ---- answers ---- */

/* After a change that was confirmed, and a purge: what is older must not come, to nobody. */
static void
learn(struct client *c, const struct ask *q)
{
	bool purged = q->kind == ASK_PURGE && c->reply.status == 200 && !q->soft;

	if (c->reply.changed)
		site_raise(q->url, c->reply.version);
	else if (purged)
		site_raise(q->url, q->current);
	else
		return;
	c->has_next = true;
	c->next = (struct ask){ .kind = ASK_GET, .url = q->url };
}

/* False where the connection is another one, or none, now. */
static bool
conclude(struct client *c)
{
	bool last = c->reply.close || c->uploading || c->out_done < c->out_n;

	learn(c, &c->asks[0]);
	memmove(c->asks, c->asks + 1, --c->waiting * sizeof c->asks[0]);
	reply_begin(&c->reply);
	if (!last && c->waiting > 0)
		return true;
	if (last || to_ask == 0 || site_permille(10)) {
		leave(c, site_permille(500));
		return false;
	}
	ask_more(c);
	return true;
}

/* False as above. */
static bool
take(struct client *c)
{
	size_t done = 0, used;

	do {
		arena_reset(c->arena);
		used = reply_take(&c->reply, &c->asks[0], str_of(c->in + done, c->in_n - done), c->arena);
		done += used;
		if (c->reply.state == REPLY_DONE && !conclude(c))
			return false;
	} while (used > 0 && done < c->in_n && c->waiting > 0);
	memmove(c->in, c->in + done, c->in_n - done);
	c->in_n -= done;
	return true;
}

static void
on_due(struct watch *w)
{
	struct client *c = (struct client *)(void *)w;

	if (c->pace == PACE_HALTS)
		c->pace = PACE_EAGER;
	flush(c);
}

/* Stops reading for a while, where it is of that sort. False where the client is gone. */
static bool
keep_pace(struct client *c)
{
	bool turns = c->got > c->turn_at;

	if (c->pace == PACE_LEAVES && turns) {
		leave(c, site_permille(500));
		return false;
	}
	if (c->pace == PACE_STALLS && turns && !c->stalled) {
		c->stalled = true;
		reactor_want(&c->watch, 0);
		reactor_at(&c->watch, patience / 2 + site_below(patience));
	}
	if (c->pace == PACE_SLOW) {
		reactor_want(&c->watch, 0);
		reactor_at(&c->watch, SLOW_MS);
	}
	return true;
}

static enum reply_end
how_it_ends(const struct client *c, ssize_t n)
{
	if (c->stalled)
		return REPLY_END_STALLED;
	return n == 0 ? REPLY_END_PLAIN : REPLY_END_RESET;
}

static void
on_ready(struct watch *w)
{
	struct client *c = (struct client *)(void *)w;
	size_t room = IN_MAX - c->in_n;
	ssize_t n;

	if (w->wants & EPOLLOUT)
		flush(c);
	n = recv(w->fd, c->in + c->in_n, c->pace == PACE_SLOW && room > SLOW ? SLOW : room, MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		if (c->waiting > 0)
			reply_ends(&c->reply, &c->asks[0], how_it_ends(c, n));
		leave(c, false);
		return;
	}
	c->in_n += (size_t)n;
	c->got += (size_t)n;
	if (!keep_pace(c) || !take(c))
		return;
	if (c->expecting && c->reply.interim) {
		c->expecting = false;
		flush(c);
	}
}

/* ---- all of them ---- */

void
client_begin(uint16_t to, unsigned many, uint64_t exchanges, unsigned patience_ms)
{
	port = to;
	patience = patience_ms;
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
