#include "proxy/session.h"

#include <errno.h>

#include "base/must.h"
#include "proxy/intercept.h"
#include "proxy/req_impl.h"
#include "proxy/session_impl.h"

#define IN_PIPE ((size_t)8192) /* of later requests, held at most while one is in progress */

static void on_readable(struct conn *c, void *owner);
static void on_writable(struct conn *c, void *owner);
static void on_expired(struct conn *c, void *owner);

static const struct conn_events events = { on_readable, on_writable, on_expired };

/* --- birth and death --- */

/* Does the other end speak for a client of its own, and say which? */
static bool
is_passed_on(const struct session *s)
{
	return net_list_has(&worker_conf(s->worker)->listeners[s->listener->index].passing_nets, &s->peer);
}

bool
session_accept(struct worker_listener *l, int fd)
{
	struct worker *w = l->worker;
	struct session *s = calloc(1, sizeof *s);

	if (s == NULL)
		return false;
	s->magic = SESSION_MAGIC;
	s->worker = w;
	s->listener = l;
	s->conn = conn_adopt(w->loop, fd, &events, s);
	if (s->conn == NULL) {
		free(s);
		return false;
	}
	s->peer = *conn_peer(s->conn);
	intercept_accepted(s, fd);
	task_init(&s->next, session_parse_waiting);
	list_add_tail(&w->sessions, &s->node);
	w->session_count++;
	atomic_fetch_add_explicit(&w->node->clients, 1, memory_order_relaxed);
	conn_want(s->conn, true, false);
	conn_timer(s->conn, worker_conf(w)->timeouts.idle);
	if (is_passed_on(s))
		session_await_header(s);
	return true;
}

static void
destroy(struct session *s)
{
	struct worker *w = s->worker;

	task_cancel(&s->next);
	list_del(&s->node);
	w->session_count--;
	atomic_fetch_sub_explicit(&w->node->clients, 1, memory_order_relaxed);
	if (s->fresh != NULL)
		req_drop(&s->fresh);
	if (s->arena != NULL)
		worker_arena_back(w, &s->arena);
	s->magic = 0;
	free(s);
	worker_idle_check(w);
}

void
session_hang_up(struct session *s, enum goodbye how)
{
	if (s->conn != NULL) {
		if (how == CLOSE_PLAIN)
			conn_close(&s->conn);
		else if (how == CLOSE_LINGER)
			conn_linger(&s->conn);
		else
			conn_abort(&s->conn);
	}
	s->gone = true;
	if (s->req != NULL)
		req_client_gone(s->req);
	else
		destroy(s);
}

void
session_kill(struct session *s)
{
	MUST_OBJ(s, SESSION_MAGIC);
	session_hang_up(s, CLOSE_ABORT);
}

/* Closed with a request in the socket that nobody has looked at yet, the kernel would answer it with a reset. */
void
session_drain(struct session *s)
{
	MUST_OBJ(s, SESSION_MAGIC);
	if (s->req == NULL && s->in_n == 0 && !conn_stirs(s->conn))
		session_hang_up(s, CLOSE_PLAIN);
}

/* --- events --- */

/* Makes room behind raw.n; false where enough is waiting already, or memory is short. */
static bool
room_ahead(struct session *s)
{
	char *p;

	if (s->raw.pos == s->raw.n)
		s->raw.pos = s->raw.n = 0;
	if (s->raw.n < s->raw.cap)
		return true;
	if (s->raw.cap >= IN_PIPE && s->raw.pos == 0)
		return false;
	if (s->raw.cap < IN_PIPE) {
		p = arena_alloc(s->arena, SESSION_IN_BODY);
		if (p == NULL)
			return false;
		memcpy(p, s->raw.p + s->raw.pos, s->raw.n - s->raw.pos);
		s->raw = (struct raw){ p, 0, s->raw.n - s->raw.pos, SESSION_IN_BODY };
		return true;
	}
	memmove(s->raw.p, s->raw.p + s->raw.pos, s->raw.n - s->raw.pos);
	s->raw.n -= s->raw.pos;
	s->raw.pos = 0;
	return true;
}

static void
read_ahead(struct session *s)
{
	ssize_t n;

	if (!room_ahead(s)) {
		conn_want(s->conn, false, s->blocked); /* enough is waiting; the kernel holds the rest */
		return;
	}
	n = conn_read(s->conn, s->raw.p + s->raw.n, s->raw.cap - s->raw.n);
	if (n == -EAGAIN)
		return;
	if (n < 0) {
		session_hang_up(s, CLOSE_PLAIN);
		return;
	}
	if (n == 0) {
		s->eof = true;
		conn_want(s->conn, false, s->blocked);
		/* A client that asked for the connection's end may well have shut its own side, behind a body that
		 * nobody has taken yet, and so may one that has more requests under way; any other that ends its
		 * stream before it has its answer has gone away. */
		if (!req_wants_close(s->req) && (!s->body_done || s->raw.pos == s->raw.n))
			session_hang_up(s, CLOSE_PLAIN);
		else if (!s->body_done)
			req_input(s->req); /* to see whether all of it came */
		return;
	}
	s->raw.n += (size_t)n;
	if (!s->body_done) {
		s->awaited = s->bides = false;
		session_clock(s);
		req_input(s->req);
	}
}

static void
on_readable(struct conn *c, void *owner)
{
	struct session *s = owner;

	(void)c;
	MUST_OBJ(s, SESSION_MAGIC);
	if (s->req != NULL)
		read_ahead(s);
	else if (!s->next.queued) /* else a request waits for its turn, with all that has come behind it */
		session_read_head(s);
}

static void
on_writable(struct conn *c, void *owner)
{
	struct session *s = owner;

	(void)c;
	MUST_OBJ(s, SESSION_MAGIC);
	s->blocked = false;
	conn_want(s->conn, !s->eof, false);
	if (s->req == NULL)
		return;
	session_clock(s);
	req_run(s->req);
}

static void
on_expired(struct conn *c, void *owner)
{
	struct session *s = owner;

	(void)c;
	MUST_OBJ(s, SESSION_MAGIC);
	if (s->req != NULL) {
		if (s->body_done || s->head_sent)
			session_hang_up(s, CLOSE_ABORT);
		else
			req_too_slow(s->req);
	} else if (s->fresh != NULL && s->in_n > 0) {
		session_head_too_slow(s);
	} else {
		session_hang_up(s, CLOSE_PLAIN);
	}
}

/* --- the end of a request --- */

/* Bytes of later requests move to another arena; the one of the request that has ended goes back. There may be as many as
 * a buffer holds that was grown for a long head. */
static bool
carry_over(struct session *s)
{
	struct str rest = str_of(s->raw.p + s->raw.pos, s->raw.n - s->raw.pos);
	struct arena *old = s->arena;

	s->arena = NULL;
	s->in = NULL;
	s->in_n = s->in_cap = 0;
	if (session_make_room(s, rest.n > SESSION_IN_FIRST ? rest.n : SESSION_IN_FIRST)) {
		memcpy(s->in, rest.p, rest.n);
		s->in_n = rest.n;
	}
	worker_arena_back(s->worker, &old);
	return s->in != NULL;
}

/* Nothing more is here: the arena goes back, and the next head is waited for. */
static void
rest(struct session *s)
{
	worker_arena_back(s->worker, &s->arena);
	s->in = NULL;
	s->in_n = s->in_cap = 0;
	conn_want(s->conn, true, false);
	conn_timer(s->conn, worker_conf(s->worker)->timeouts.idle);
}

void
session_listen(struct session *s)
{
	conn_own(s->conn, &events, s);
	if (s->in_n == 0)
		rest(s);
	else
		session_parse_waiting(&s->next);
}

/* What a client sends to a connection that is closed makes the kernel reset it, and the response may be lost with that
 * (RFC 9112 9.6). A reset of our own would take with it what the client has not read of earlier responses: where length or
 * chunks show that the last one is cut, the connection ends like any other. */
static enum goodbye
goodbye(const struct session *s, size_t left)
{
	if (s->aborted)
		return s->until_close ? CLOSE_ABORT : CLOSE_LINGER;
	return s->last && s->body_done && left == 0 ? CLOSE_PLAIN : CLOSE_LINGER;
}

void
session_ended(struct session *s, bool keep)
{
	size_t left = s->raw.n - s->raw.pos;

	MUST_OBJ(s, SESSION_MAGIC);
	s->req = NULL;
	if (s->conn == NULL) {
		destroy(s);
		return;
	}
	if (!keep || s->until_close || s->worker->draining || !s->body_done) {
		session_hang_up(s, goodbye(s, left));
		return;
	}
	if (left > 0) {
		if (!carry_over(s)) {
			session_refuse_without_memory(s);
			return;
		}
		loop_defer(s->worker->loop, &s->next);
		return;
	}
	if (s->eof) {
		session_hang_up(s, CLOSE_PLAIN);
		return;
	}
	rest(s);
}

/* --- what a request asks --- */

struct session *
session_of_node(struct list *node)
{
	return LIST_OF(node, struct session, node);
}

struct conn *
session_conn(struct session *s)
{
	return s->conn;
}

const union addr *
session_peer(const struct session *s)
{
	return &s->peer;
}

/* Asked of each request, and the same as long as the configuration is. */
const struct audience *
session_audience(struct session *s)
{
	const struct conf *c = worker_conf(s->worker);

	if (UNLIKELY(s->audience_number != s->worker->conf_number + 1)) {
		s->audience = audience_of_client(c, &s->peer, c->listeners[s->listener->index].mode);
		s->audience_number = s->worker->conf_number + 1;
	}
	return &s->audience;
}

const union addr *
session_destination(const struct session *s)
{
	return s->diverted ? &s->dest : NULL;
}

const union addr *
session_reached(const struct session *s)
{
	return s->conn == NULL || s->dest.sa.sa_family != AF_UNSPEC ? &s->dest : conn_local(s->conn);
}

bool
session_is_astray(const struct session *s)
{
	return s->astray;
}

const struct worker_listener *
session_listener(const struct session *s)
{
	return s->listener;
}

struct str
session_came(const struct session *s)
{
	return str_of(s->in, s->in_n);
}

uint64_t
session_bytes_in(const struct session *s)
{
	return s->bytes_in;
}

uint64_t
session_bytes_out(const struct session *s)
{
	return s->bytes_out;
}

struct str
session_take_over(struct session *s, const struct conn_events *ev, void *owner)
{
	struct str rest = str_of(s->raw.p + s->raw.pos, s->raw.n - s->raw.pos);

	s->raw.pos = s->raw.n;
	conn_timer(s->conn, 0);
	conn_own(s->conn, ev, owner);
	return rest;
}

void
session_passed(struct session *s, uint64_t in, uint64_t out)
{
	s->bytes_in += in;
	s->bytes_out += out;
}
