#include "proxy/session_impl.h"

#include <errno.h>

#include "base/must.h"
#include "base/rcu.h"
#include "proxy/plain.h"
#include "proxy/refuse.h"
#include "proxy/req.h"

bool
session_make_room(struct session *s, size_t want)
{
	char *p;

	if (s->arena == NULL) {
		s->arena = worker_arena(s->worker);
		if (s->arena == NULL)
			return false;
	}
	if (s->in != NULL && s->in_cap - s->in_n >= want)
		return true;
	if (s->in_cap * 2 > want)
		want = s->in_cap * 2;
	p = arena_alloc(s->arena, want);
	if (p == NULL)
		return false;
	if (s->in_n > 0)
		memcpy(p, s->in, s->in_n);
	s->in = p;
	s->in_cap = want;
	return true;
}

void
session_refuse_without_memory(struct session *s)
{
	char text[REFUSE_ROOM];
	struct iovec iov = { text, refuse_turned_away(s->listener, &s->peer, text, sizeof text) };

	(void)conn_writev(s->conn, &iov, 1); /* what it does not take is lost: we close either way */
	session_hang_up(s, CLOSE_LINGER);
}

void
session_begin(struct session *s, size_t used)
{
	s->bytes_in = used;
	s->bytes_out = 0;
	s->fault = FAULT_NONE;
	s->body_done = true;
	s->awaited = s->bides = false;
	s->out = STR_NONE;
	s->head_sent = s->chunked = s->until_close = false;
	s->chunk_left = 0;
}

/* The request in progress; what came behind its head waits. */
static void
take_request(struct session *s, struct req *r, size_t used)
{
	s->req = r;
	s->raw = (struct raw){ s->in + used, 0, s->in_n - used, s->in_cap - used };
}

static void
begin(struct session *s, struct req *r, size_t used)
{
	session_begin(s, used);
	s->minor = req_minor(r);
	take_request(s, r, used);
	conn_timer(s->conn, 0);
	req_start(r);
}

/* The head breaks a rule: nothing behind that can be trusted. */
static void
refuse_head(struct session *s, enum fault fault)
{
	struct req *r = s->fresh;

	s->fresh = NULL;
	s->head_timer = s->last = false;
	req_fault(r, fault);
	begin(s, r, s->in_n);
}

/* A whole head is there. */
static void
take_head(struct session *s, size_t used)
{
	struct req *r = s->fresh;

	s->fresh = NULL;
	s->head_timer = false;
	s->last = req_wants_close(r);
	begin(s, r, used);
}

/* Looks for a whole head in what has come. The session may be gone afterwards. */
static void
parse(struct session *s)
{
	struct req *r = s->fresh;
	enum head_result result;
	enum fault fault = FAULT_NONE;
	size_t used = 0;

	MUST(s->req == NULL);
	if (r == NULL) {
		r = req_new(s, s->worker, s->arena);
		if (r == NULL) {
			session_refuse_without_memory(s);
			return;
		}
		s->fresh = r;
		s->scan = (struct head_scan){ 0 };
	}
	result = head_parse_request(req_head(r), str_of(s->in, s->in_n), req_head_limits(r), &s->scan, &used, &fault);
	if (arena_failed(s->arena)) {
		result = HEAD_BAD;
		fault = FAULT_HEAD_TOO_LARGE;
	}
	if (result == HEAD_MORE) {
		if (!s->head_timer) {
			s->head_timer = true;
			conn_timer(s->conn, worker_conf(s->worker)->timeouts.head);
		}
		conn_want(s->conn, true, false);
		return;
	}
	if (result == HEAD_BAD)
		refuse_head(s, fault);
	else
		take_head(s, used);
}

void
session_parse_waiting(struct task *t)
{
	struct session *s = LIST_OF(t, struct session, next);

	MUST_OBJ(s, SESSION_MAGIC);
	parse(s);
}

/* What has come, if anything has; else the session may be gone. */
static size_t
read_some(struct session *s, char *p, size_t cap)
{
	ssize_t n = conn_read(s->conn, p, cap);

	if (n == -EAGAIN)
		return 0;
	if (n <= 0) {
		session_hang_up(s, CLOSE_PLAIN);
		return 0;
	}
	return (size_t)n;
}

static void
refuse_without_room(struct session *s)
{
	if (s->fresh != NULL)
		refuse_head(s, FAULT_HEAD_TOO_LARGE);
	else
		session_refuse_without_memory(s);
}

/* A copy of the bytes in the session's own memory, behind which there is room for more. */
static bool
keep_input(struct session *s, struct str in)
{
	if (!session_make_room(s, in.n < SESSION_IN_FIRST ? SESSION_IN_FIRST : in.n + 1))
		return false;
	memcpy(s->in, in.p, in.n);
	s->in_n = in.n;
	return true;
}

/* Is this a head, whole and nothing else? */
static bool
is_whole(struct session *s, struct str in, struct head *h, struct field table[REQ_FIELDS])
{
	const struct conf_limits *c = &worker_conf(s->worker)->limits;
	struct head_limits limits = { (uint32_t)c->head, (uint32_t)c->target,
				      c->fields < REQ_FIELDS ? (uint32_t)c->fields : REQ_FIELDS };
	struct head_scan scan = { 0 };
	enum fault fault;
	size_t used;

	head_init(h, NULL);
	head_use(h, table, REQ_FIELDS);
	return head_parse_request(h, in, &limits, &scan, &used, &fault) == HEAD_OK && used == in.n;
}

/* A request for a head that was parsed where it came. */
static void
take_parsed(struct session *s, const struct head *h, struct str came, const struct looked *looked)
{
	s->fresh = keep_input(s, came) ? req_new(s, s->worker, s->arena) : NULL;
	if (s->fresh == NULL || !head_move(req_head(s->fresh), h, came.p, s->in)) {
		session_refuse_without_memory(s);
		return;
	}
	req_knows(s->fresh, looked);
	s->scan = (struct head_scan){ 0 };
	take_head(s, came.n);
}

/* The first bytes of a head come into memory that costs nothing: a plain hit needs no other. */
static void
read_first(struct session *s)
{
	char bytes[SESSION_IN_FIRST];
	struct field table[REQ_FIELDS];
	struct looked looked;
	struct head h;
	struct str in = { bytes, read_some(s, bytes, sizeof bytes) };

	if (in.n == 0)
		return;
	if (is_whole(s, in, &h, table)) {
		rcu_read_begin(); /* what is looked up for the one is not looked up again for the other */
		if (!plain_answer(s, &h, in, &looked))
			take_parsed(s, &h, in, &looked);
		rcu_read_end();
	} else if (keep_input(s, in)) {
		parse(s);
	} else {
		session_refuse_without_memory(s);
	}
}

void
session_read_head(struct session *s)
{
	size_t n;

	if (s->in_n == 0) {
		read_first(s);
		return;
	}
	if (!session_make_room(s, 1)) {
		refuse_without_room(s);
		return;
	}
	n = read_some(s, s->in + s->in_n, s->in_cap - s->in_n);
	if (n == 0)
		return;
	s->in_n += n;
	parse(s);
}

struct req *
session_resume(struct session *s, struct str in)
{
	struct head_scan scan = { 0 };
	enum fault fault;
	struct req *r;
	size_t used;

	if (!keep_input(s, in))
		return NULL;
	r = req_new(s, s->worker, s->arena);
	if (r == NULL)
		return NULL;
	if (head_parse_request(req_head(r), in, req_head_limits(r), &scan, &used, &fault) != HEAD_OK) {
		req_drop(&r); /* of memory: it was one before */
		return NULL;
	}
	take_request(s, r, used);
	return r;
}

void
session_head_too_slow(struct session *s)
{
	struct req *r = s->fresh;

	s->fresh = NULL;
	s->head_timer = s->last = false;
	req_timed_out(r);
	begin(s, r, s->in_n);
}
