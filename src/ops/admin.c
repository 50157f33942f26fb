/* The admin port's connections: a small HTTP/1.1 server for operators' tools, one request at a time on each. */
#include "ops/admin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/must.h"
#include "http/body.h"
#include "http/fields.h"
#include "http/status.h"
#include "http/uri.h"
#include "http/writer.h"
#include "net/listener.h"
#include "ops/admin_impl.h"

#define CLIENT_MAGIC 0x61646d6eu
#define CLIENTS_MAX  64
#define HEAD_MOST    16384
#define BODY_MOST    65536 /* which nothing looks at: orders say all in their URL */
#define ARENA_CAP    ((size_t)64 << 20)
#define READ_MS      10000 /* for a request to arrive */
#define WRITE_MS     10000 /* for a client to take more */
#define IDLE_MS      60000

struct admin {
	struct loop *loop;
	struct node *node;
	struct admin_hooks hooks;
	struct listener *listener;
	struct list clients;
	unsigned count;
};

/* A connection. With an arena it has a request, whose head is read; with something in `out` it is being answered. */
struct client {
	unsigned magic;
	struct list node;
	struct admin *admin;
	struct conn *conn;
	struct arena *arena;
	struct head head;
	uint64_t body_left; /* of the request */
	bool keep;
	struct str out; /* what is left to be sent */
	size_t in_n;
	char in[HEAD_MOST];
};

static void on_readable(struct conn *c, void *owner);
static void on_writable(struct conn *c, void *owner);
static void on_expired(struct conn *c, void *owner);

static const struct conn_events events = { on_readable, on_writable, on_expired };

/* ---- the end of a connection ---- */

static void
drop(struct client *c, bool linger)
{
	MUST_OBJ(c, CLIENT_MAGIC);
	list_del(&c->node);
	c->admin->count--;
	if (linger)
		conn_linger(&c->conn);
	else
		conn_close(&c->conn);
	arena_free(&c->arena);
	c->magic = 0;
	free(c);
}

static void
on_expired(struct conn *conn, void *owner)
{
	(void)conn;
	drop(owner, false);
}

/* ---- answers ---- */

static void
write_head(struct strbuf *b, const struct client *c, const struct admin_reply *r)
{
	char length[24];
	struct strbuf n = strbuf_fixed(length, sizeof length);

	strbuf_u64(&n, r->body.n);
	write_status_line(b, r->status);
	write_date(b, HDR_DATE, loop_now(c->admin->loop).wall_ms / MS_PER_S);
	write_field_id(b, HDR_CONTENT_TYPE, r->type);
	write_field_id(b, HDR_CONTENT_LENGTH, strbuf_str(&n));
	write_field_id(b, HDR_CACHE_CONTROL, STR("no-store"));
	write_field(b, STR("X-Content-Type-Options"), STR("nosniff"));
	if (r->allow.n > 0)
		write_field_id(b, HDR_ALLOW, r->allow);
	if (!c->keep)
		write_field_id(b, HDR_CONNECTION, STR("close"));
	write_end(b);
}

/* Head and body as one text, to be sent; where memory is short, nothing, and the connection ends. */
static void
send_reply(struct client *c, const struct admin_reply *r)
{
	struct strbuf b = strbuf_in(c->arena, r->body.n + 1024);

	write_head(&b, c, r);
	if (c->head.method != METHOD_HEAD)
		strbuf_add(&b, strbuf_str(&r->body));
	c->out = b.over || r->body.over ? STR("") : strbuf_str(&b);
	c->keep &= c->out.n > 0;
	conn_timer(c->conn, WRITE_MS);
}

static void
answer(struct client *c, struct str path)
{
	struct admin *a = c->admin;
	struct admin_request q = { .node = a->node, .hooks = &a->hooks, .head = &c->head, .arena = c->arena };
	struct admin_reply r = { .status = 500, .type = STR("text/plain"), .body = strbuf_in(c->arena, 4096) };

	q.query = path;
	str_cut(&q.query, '?', &q.path);
	q.now = loop_now(a->loop);
	admin_answer(&q, &r);
	send_reply(c, &r);
}

static void
refuse(struct client *c, int status, struct str why)
{
	struct admin_reply r = { .status = status, .type = STR("text/plain"), .body = strbuf_in(c->arena, 256) };

	strbuf_add(&r.body, why);
	strbuf_char(&r.body, '\n');
	c->keep = false;
	send_reply(c, &r);
}

/* ---- requests ---- */

static void
answer_target(struct client *c)
{
	struct uri u;

	if (!uri_parse_target(c->head.target, false, &u) || u.form == URI_ASTERISK || u.userinfo)
		refuse(c, 400, fault_sentence(FAULT_TARGET));
	else
		answer(c, u.path);
}

/* A head is there: what comes behind it? */
static void
begin_body(struct client *c)
{
	struct body_frame frame;
	enum fault fault = body_of_request(&c->head, &frame);

	c->keep = c->head.minor == 1 && !head_has_token(&c->head, HDR_CONNECTION, STR("close"));
	c->body_left = frame.length;
	if (fault != FAULT_NONE)
		refuse(c, fault_status(fault), fault_sentence(fault));
	else if (frame.framing == FRAMING_CHUNKED)
		refuse(c, 411, STR("a body here needs a Content-Length"));
	else if (frame.length > BODY_MOST)
		refuse(c, 413, STR("no order here is that long"));
}

/* Drops the first `n` bytes of what was read. */
static void
consume(struct client *c, size_t n)
{
	c->in_n -= n;
	memmove(c->in, c->in + n, c->in_n);
}

static void
refuse_head(struct client *c, enum fault fault)
{
	c->head = (struct head){ 0 };
	refuse(c, fault_status(fault), fault_sentence(fault));
}

enum turn {
	TURN_AGAIN, /* something went on */
	TURN_READ,  /* more must come */
	TURN_WRITE, /* more must go */
	TURN_CLOSE,
	TURN_GONE,
};

/* Looks for a whole head in what was read. It borrows from a copy, since what was read moves. */
static enum turn
begin_request(struct client *c)
{
	static const struct head_limits limits = { HEAD_MOST, HEAD_MOST / 2, 100 };
	struct head_scan scan = { 0 };
	enum fault fault = FAULT_HEAD_TOO_LARGE;
	size_t used = 0;
	struct str text;

	c->arena = arena_new(ARENA_CAP);
	if (c->arena == NULL)
		return TURN_GONE;
	text = arena_str(c->arena, str_of(c->in, c->in_n));
	head_init(&c->head, c->arena);
	switch (head_parse_request(&c->head, text, &limits, &scan, &used, &fault)) {
	case HEAD_OK:
		consume(c, used);
		begin_body(c);
		break;
	case HEAD_BAD:
		refuse_head(c, fault);
		break;
	case HEAD_MORE:
		if (c->in_n == HEAD_MOST) {
			refuse_head(c, FAULT_HEAD_TOO_LARGE);
			break;
		}
		arena_free(&c->arena);
		return TURN_READ;
	}
	return TURN_AGAIN;
}

/* Drops what there is of the request's body. Is it all there? */
static bool
body_is_here(struct client *c)
{
	size_t n = c->body_left < c->in_n ? (size_t)c->body_left : c->in_n;

	consume(c, n);
	c->body_left -= n;
	return c->body_left == 0;
}

/* ---- in turn ---- */

static enum turn
write_more(struct client *c)
{
	struct iovec out = { (void *)(uintptr_t)c->out.p, c->out.n };
	ssize_t n = conn_writev(c->conn, &out, 1);

	if (n == -EAGAIN)
		return TURN_WRITE;
	if (n < 0)
		return TURN_GONE;
	c->out = str_skip(c->out, (size_t)n);
	conn_timer(c->conn, WRITE_MS);
	return TURN_AGAIN;
}

/* The answer is out. */
static enum turn
end_request(struct client *c)
{
	arena_free(&c->arena);
	c->out = STR_NONE;
	conn_timer(c->conn, c->in_n > 0 ? READ_MS : IDLE_MS);
	return c->keep ? TURN_AGAIN : TURN_CLOSE;
}

static enum turn
turn(struct client *c)
{
	if (c->out.n > 0)
		return write_more(c);
	if (c->out.p != NULL)
		return end_request(c);
	if (c->arena == NULL)
		return c->in_n > 0 ? begin_request(c) : TURN_READ;
	if (!body_is_here(c))
		return TURN_READ;
	answer_target(c);
	return TURN_AGAIN;
}

/* As far as it goes without waiting. A client that has gone is dropped. */
static void
run(struct client *c)
{
	enum turn t;

	do
		t = turn(c);
	while (t == TURN_AGAIN);
	if (t == TURN_CLOSE || t == TURN_GONE)
		drop(c, t == TURN_CLOSE);
	else
		conn_want(c->conn, t == TURN_READ, t == TURN_WRITE);
}

static void
on_readable(struct conn *conn, void *owner)
{
	struct client *c = owner;
	bool first = c->in_n == 0 && c->arena == NULL;
	ssize_t n;

	MUST_OBJ(c, CLIENT_MAGIC);
	n = conn_read(conn, c->in + c->in_n, sizeof c->in - c->in_n);
	if (n == -EAGAIN)
		return;
	if (n <= 0) {
		drop(c, false);
		return;
	}
	c->in_n += (size_t)n;
	if (first)
		conn_timer(conn, READ_MS);
	run(c);
}

static void
on_writable(struct conn *conn, void *owner)
{
	(void)conn;
	run(owner);
}

/* ---- the port ---- */

static void
on_accept(void *arg, int fd, const union addr *peer)
{
	struct admin *a = arg;
	struct client *c = a->count < CLIENTS_MAX ? calloc(1, sizeof *c) : NULL;

	(void)peer;
	if (c != NULL)
		c->conn = conn_adopt(a->loop, fd, &events, c);
	if (c == NULL || c->conn == NULL) {
		free(c);
		close(fd);
		return;
	}
	c->magic = CLIENT_MAGIC;
	c->admin = a;
	list_add_tail(&a->clients, &c->node);
	a->count++;
	conn_want(c->conn, true, false);
	conn_timer(c->conn, READ_MS);
}

struct admin *
admin_new(struct loop *l, int fd, struct node *n, const struct admin_hooks *hooks, const char **why)
{
	struct admin *a = calloc(1, sizeof *a);
	int err = -ENOMEM;

	if (a == NULL) {
		close(fd);
		*why = strerror(-err);
		return NULL;
	}
	*a = (struct admin){ .loop = l, .node = n, .hooks = *hooks };
	list_init(&a->clients);
	a->listener = listener_new(l, fd, CLIENTS_MAX, on_accept, a, &err);
	if (a->listener != NULL)
		return a;
	free(a);
	*why = strerror(-err);
	return NULL;
}

void
admin_free(struct admin **ap)
{
	struct admin *a = *ap;

	*ap = NULL;
	if (a == NULL)
		return;
	listener_free(&a->listener);
	LIST_EACH_SAFE(it, &a->clients)
		drop(LIST_OF(it, struct client, node), false);
	free(a);
}
