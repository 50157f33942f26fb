#include "proxy/session_impl.h"

#include <errno.h>

#include "base/must.h"
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
	struct iovec iov = { text, refuse_turned_away(s->listener, conn_peer(s->conn), text, sizeof text) };

	(void)conn_writev(s->conn, &iov, 1); /* what it does not take is lost: we close either way */
	session_hang_up(s, CLOSE_LINGER);
}

static void
begin(struct session *s, struct req *r, size_t used)
{
	s->req = r;
	s->raw = (struct raw){ s->in + used, 0, s->in_n - used, s->in_cap - used };
	s->bytes_in = used;
	s->bytes_out = 0;
	s->fault = FAULT_NONE;
	s->body_done = true;
	s->awaited = s->bides = false;
	s->out = STR_NONE;
	s->head_sent = s->chunked = s->until_close = false;
	s->chunk_left = 0;
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
	if (result == HEAD_BAD) {
		refuse_head(s, fault);
		return;
	}
	s->fresh = NULL;
	s->head_timer = false;
	s->last = req_wants_close(r);
	begin(s, r, used);
}

void
session_parse_waiting(struct task *t)
{
	struct session *s = LIST_OF(t, struct session, next);

	MUST_OBJ(s, SESSION_MAGIC);
	parse(s);
}

void
session_read_head(struct session *s)
{
	ssize_t n;

	if (!session_make_room(s, s->in_n == 0 ? SESSION_IN_FIRST : 1)) {
		if (s->fresh != NULL)
			refuse_head(s, FAULT_HEAD_TOO_LARGE);
		else
			session_refuse_without_memory(s);
		return;
	}
	n = conn_read(s->conn, s->in + s->in_n, s->in_cap - s->in_n);
	if (n == -EAGAIN) {
		if (s->in_n == 0)
			worker_arena_back(s->worker, &s->arena), s->in = NULL, s->in_cap = 0;
		return;
	}
	if (n <= 0) {
		session_hang_up(s, CLOSE_PLAIN);
		return;
	}
	s->in_n += (size_t)n;
	parse(s);
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
