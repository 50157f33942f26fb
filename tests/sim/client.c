#include "client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "world.h"

static void
forget(struct client *c)
{
	struct reply *r = &c->reply;

	/* The memory is kept for the next one. */
	r->n = r->content_n = 0;
	r->has_head = r->whole = false;
	c->ask = NULL;
	c->expected.base = NULL;
}

void
client_leave(struct client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	forget(c);
}

void
client_free(struct client *c)
{
	client_leave(c);
	free(c->reply.body);
	free(c->reply.content);
}

void
client_ask(struct world *w, struct client *c, const struct ask *q)
{
	struct text t = { 0 };

	if (c->fd < 0)
		c->fd = rig_connect(w->rig, c->worker);
	ask_write(q, &t);
	c->ask = q;
	c->asked_at = ++w->at;
	world_tell(w, "client %u: asks: %.*s", (unsigned)(c - w->clients), (int)t.n, t.p);
	if (send(c->fd, t.p, t.n, MSG_NOSIGNAL) != (ssize_t)t.n)
		world_wrong(w, "the node does not take a request");
}

/* ---- the head ---- */

static bool
take_head(struct world *w, struct reply *r)
{
	char *end = r->n == 0 ? NULL : memmem(r->body, r->n, "\r\n\r\n", 4);
	size_t n;

	if (end == NULL)
		return false;
	n = (size_t)(end - r->body) + 4;
	if (n >= sizeof r->head) {
		world_wrong(w, "a head that is too long");
		return false;
	}
	memcpy(r->head, r->body, n);
	r->head[n] = '\0';
	memmove(r->body, r->body + n, r->n - n);
	r->n -= n;
	r->status = atoi(r->head + strlen("HTTP/1.1 "));
	if (r->status < 200)
		return take_head(w, r);
	r->has_head = true;
	r->head_ms = rig_now_ms();
	r->head_at = ++w->at;
	return true;
}

/* ---- the body ---- */

static void
take_content(struct reply *r, const char *p, size_t n)
{
	if (n == 0)
		return;
	if (r->content_n + n > r->content_cap)
		r->content = realloc(r->content, r->content_cap = 2 * (r->content_n + n));
	memcpy(r->content + r->content_n, p, n);
	r->content_n += n;
}

/* True at the end of the last chunk. */
static bool
take_chunks(struct reply *r)
{
	size_t at = 0;

	for (;;) {
		char *end = memmem(r->body + at, r->n - at, "\r\n", 2);
		size_t n = end == NULL ? 0 : strtoul(r->body + at, NULL, 16);
		size_t line = end == NULL ? 0 : (size_t)(end + 2 - r->body) - at;

		if (end == NULL || r->n - at < line + n + 2)
			break;
		if (n == 0)
			return true;
		take_content(r, end + 2, n);
		at += line + n + 2;
	}
	memmove(r->body, r->body + at, r->n - at);
	r->n -= at;
	return false;
}

/* What is left of a chunk that will not be completed counts too. */
static void
take_rest_of_chunk(struct reply *r)
{
	char *end = r->n == 0 ? NULL : memmem(r->body, r->n, "\r\n", 2);

	if (end != NULL)
		take_content(r, end + 2, r->n - (size_t)(end + 2 - r->body));
}

enum progress {
	MORE,
	END,
	BROKEN, /* cut */
};

static enum progress
take_body(const struct client *c, struct reply *r, bool closed)
{
	int64_t length = text_number(r->head, "Content-Length", "");

	if (c->ask->method == ASK_HEAD || r->status == 304 || r->status == 204)
		return END;
	if (text_number(r->head, "Transfer-Encoding", "chunked") >= 0) {
		if (take_chunks(r))
			return END;
		if (closed)
			take_rest_of_chunk(r);
		return closed ? BROKEN : MORE;
	}
	if (length < 0 && closed)
		take_content(r, r->body, r->n);
	if (length < 0)
		return closed ? END : MORE;
	if (r->n < (size_t)length && !closed)
		return MORE;
	take_content(r, r->body, r->n < (size_t)length ? r->n : (size_t)length);
	return r->content_n < (size_t)length ? BROKEN : END;
}

/* ---- the exchange ---- */

static void
conclude(struct world *w, struct client *c, bool whole, bool closed)
{
	char connection[64] = "";

	c->reply.whole = whole;
	text_field(c->reply.head, "Connection", connection, sizeof connection);
	check_reply(w, c);
	forget(c);
	if (closed || strcmp(connection, "close") == 0)
		client_leave(c);
}

static bool
read_all(struct client *c, bool *closed)
{
	struct reply *r = &c->reply;
	bool moved = false;

	for (;;) {
		ssize_t n;

		if (r->cap - r->n < 65536)
			r->body = realloc(r->body, r->cap = r->cap * 2 + 65536);
		n = recv(c->fd, r->body + r->n, r->cap - r->n, MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			return moved;
		moved = true;
		*closed = n <= 0;
		if (*closed)
			return true;
		r->n += (size_t)n;
	}
}

bool
client_pump(struct world *w, struct client *c)
{
	struct reply *r = &c->reply;
	enum progress how = MORE;
	bool closed = false;

	if (c->fd < 0 || !read_all(c, &closed))
		return false;
	if (c->ask == NULL) {
		if (!closed)
			world_wrong(w, "a reply that nobody asked for");
		client_leave(c);
		return true;
	}
	if (!r->has_head && !take_head(w, r)) {
		if (closed) {
			check_silence(w, c);
			client_leave(c);
		}
		return true;
	}
	how = take_body(c, r, closed);
	if (how != MORE)
		conclude(w, c, how == END, closed);
	return true;
}
