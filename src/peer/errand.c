#include "peer/errand.h"

#include <errno.h>
#include <stdlib.h>

#include "http/body.h"
#include "http/fields.h"
#include "http/writer.h"
#include "net/timer.h"

#define ARENA_MAX  ((size_t)512 * 1024)
#define HEAD_BYTES 65536
#define READ_BYTES 16384

static const struct head_limits head_limits = { HEAD_BYTES, 0, 400 };
static const struct chunked_limits chunk_limits = { 4096, 16384 };

/* Bytes that are gathered. */
struct heap {
	char *p;
	size_t n, cap;
};

struct errand {
	struct loop *loop;
	struct upconn_pool *pool;
	struct member *member;
	errand_fn *fn;
	void *arg;
	size_t body_max;
	struct str preface;
	bool fresh;
	bool bodiless;
	bool keeps; /* the connection, where it can be kept */
	struct timer deadline;
	struct task begin;
	struct arena *arena;    /* of the request and the answer's fields */
	struct arena_mark mark; /* behind the request */
	struct upconn *up;
	struct str out;
	size_t out_done;
	struct heap in; /* the answer's head */
	struct head_scan scan;
	struct head head;
	bool in_body;
	struct body_frame frame;
	struct chunked chunks;
	struct heap body;
};

/* ---- its end ---- */

static void
on_closed(struct timer *t)
{
	free(LIST_OF(t, struct errand, deadline));
}

static void
dispose(struct errand *e)
{
	task_cancel(&e->begin);
	upconn_drop(&e->up);
	arena_free(&e->arena);
	free(e->in.p);
	free(e->body.p);
	timer_close(&e->deadline, on_closed);
}

static void
end(struct errand *e, const struct errand_answer *a)
{
	e->fn(e->arg, a);
	dispose(e);
}

static void
fail(struct errand *e, enum errand_end how, const char *why)
{
	const struct errand_answer a = { .end = how, .why = why };

	upconn_drop(&e->up);
	end(e, &a);
}

static bool
may_be_kept(const struct errand *e)
{
	return e->keeps && e->frame.framing != FRAMING_CLOSE && e->head.minor == 1 &&
	       !head_has_token(&e->head, HDR_CONNECTION, STR("close"));
}

/* `left`: bytes that came behind the answer. */
static void
answered(struct errand *e, size_t left)
{
	const struct errand_answer a = { .end = ERRAND_ANSWERED,
					 .head = &e->head,
					 .body = str_of(e->body.p, e->body.n) };

	if (left == 0 && may_be_kept(e))
		upconn_keep(&e->up);
	else
		upconn_drop(&e->up);
	end(e, &a);
}

static void
no_memory(struct errand *e)
{
	fail(e, ERRAND_NO_MEMORY, "memory is short");
}

static void
broken(struct errand *e)
{
	fail(e, ERRAND_BROKEN, "the answer is malformed");
}

/* ---- what comes: each of these says whether to read on; where not, the errand is over ---- */

static bool
gather(struct heap *h, struct str s)
{
	size_t cap = h->cap == 0 ? READ_BYTES : h->cap;
	char *p = h->p;

	while (cap < h->n + s.n)
		cap *= 2;
	if (cap > h->cap) {
		p = realloc(h->p, cap);
		if (p == NULL)
			return false;
		h->p = p;
		h->cap = cap;
	}
	str_put(h->p + h->n, s);
	h->n += s.n;
	return true;
}

static bool
add_body(struct errand *e, struct str s)
{
	if (s.n > e->body_max - e->body.n) {
		fail(e, ERRAND_TOO_LARGE, "the answer is too large");
		return false;
	}
	if (s.n == 0 || gather(&e->body, s))
		return true;
	no_memory(e);
	return false;
}

static bool
take_chunks(struct errand *e, struct str in)
{
	while (in.n > 0) {
		struct str data;
		size_t used;

		if (chunked_take(&e->chunks, in, &chunk_limits, &used, &data, NULL) != FAULT_NONE) {
			broken(e);
			return false;
		}
		if (!add_body(e, data))
			return false;
		in = str_skip(in, used);
		if (!e->chunks.done)
			continue;
		answered(e, in.n);
		return false;
	}
	return true;
}

static bool
take_length(struct errand *e, struct str in)
{
	size_t wanted = (size_t)e->frame.length - e->body.n;

	if (!add_body(e, str_head(in, wanted)))
		return false;
	if (in.n < wanted)
		return true;
	answered(e, in.n - wanted);
	return false;
}

static bool
take_body(struct errand *e, struct str in)
{
	switch (e->frame.framing) {
	case FRAMING_CHUNKED:
		return take_chunks(e, in);
	case FRAMING_CLOSE:
		return add_body(e, in);
	case FRAMING_LENGTH:
		if (e->frame.length <= e->body_max)
			return take_length(e, in);
		fail(e, ERRAND_TOO_LARGE, "the answer is too large");
		return false;
	case FRAMING_NONE:
		break;
	}
	answered(e, in.n);
	return false;
}

/* A final head is there; `rest` came behind it. */
static bool
begin_body(struct errand *e, struct str rest)
{
	if (body_of_response(&e->head, METHOD_GET, &e->frame) != FAULT_NONE) {
		broken(e);
		return false;
	}
	e->in_body = true;
	if (!e->bodiless)
		return take_body(e, rest);
	answered(e, rest.n);
	return false;
}

static void
expect_head(struct errand *e)
{
	arena_rollback(e->arena, e->mark);
	head_init(&e->head, e->arena);
	e->scan = (struct head_scan){ 0 };
}

/* Interim responses are passed over (RFC 9110 15.2); nobody asked for another protocol. */
static bool
take_head(struct errand *e)
{
	size_t at = 0, used = 0;
	enum fault fault;

	for (;;) {
		switch (head_parse_response(&e->head, str_of(e->in.p + at, e->in.n - at), &head_limits, &e->scan, &used,
					    &fault)) {
		case HEAD_MORE:
			e->in.n -= at;
			memmove(e->in.p, e->in.p + at, e->in.n);
			return true;
		case HEAD_BAD:
			broken(e);
			return false;
		case HEAD_OK:
			break;
		}
		at += used;
		if (e->head.status == 101) {
			broken(e);
			return false;
		}
		if (e->head.status >= 200)
			return begin_body(e, str_of(e->in.p + at, e->in.n - at));
		expect_head(e);
	}
}

static bool
take(struct errand *e, struct str in)
{
	if (e->in_body)
		return take_body(e, in);
	if (!gather(&e->in, in)) {
		no_memory(e);
		return false;
	}
	return take_head(e);
}

static void open_connection(struct errand *e);

/* One that was idle may have ended of age before it had the request: once more, over a new one. */
static void
lost(struct errand *e)
{
	if (!e->in_body && e->in.n == 0 && upconn_reused(e->up)) {
		upconn_drop(&e->up);
		e->fresh = true;
		e->out_done = 0;
		open_connection(e);
	} else if (e->in_body && e->frame.framing == FRAMING_CLOSE) {
		answered(e, 0);
	} else {
		fail(e, ERRAND_BROKEN, "the connection ended before the answer did");
	}
}

static void
on_readable(struct conn *c, void *owner)
{
	struct errand *e = owner;
	char room[READ_BYTES];
	ssize_t n = conn_read(c, room, sizeof room);

	if (n == -EAGAIN)
		return;
	if (n > 0)
		take(e, str_of(room, (size_t)n));
	else if (n < 0 && e->in_body && e->frame.framing == FRAMING_CLOSE)
		fail(e, ERRAND_BROKEN, "the connection ended before the answer did");
	else
		lost(e);
}

/* ---- what is sent ---- */

static void
send_out(struct errand *e)
{
	struct conn *c = upconn_conn(e->up);
	struct iovec iov = { (void *)(e->out.p + e->out_done), e->out.n - e->out_done };
	ssize_t n = conn_writev(c, &iov, 1);

	if (n < 0 && n != -EAGAIN) {
		lost(e);
		return;
	}
	e->out_done += n > 0 ? (size_t)n : 0;
	conn_want(c, true, e->out_done < e->out.n);
}

static void
on_writable(struct conn *c, void *owner)
{
	(void)c;
	send_out(owner);
}

static void
on_opened(struct upconn *u, void *owner, enum upconn_fault fault, const char *why)
{
	struct errand *e = owner;
	const struct errand_answer a = { .end = ERRAND_UNREACHED, .fault = fault, .why = why };

	(void)u;
	if (fault == UPCONN_OK) {
		send_out(e);
		return;
	}
	upconn_drop(&e->up);
	end(e, &a);
}

static void
open_connection(struct errand *e)
{
	static const struct upconn_events events = { on_opened, { .readable = on_readable, .writable = on_writable } };
	const struct upconn_client own = { .preface = e->preface };

	if (e->preface.n > 0)
		e->up = upconn_open_for(e->pool, e->member, &own, &events, e);
	else
		e->up = upconn_open(e->pool, e->member, e->fresh ? UPCONN_FRESH : UPCONN_PROVED, &events, e);
	if (e->up == NULL)
		no_memory(e);
	else if (upconn_ready(e->up))
		send_out(e);
}

/* ---- its beginning ---- */

static void
on_begin(struct task *t)
{
	open_connection(LIST_OF(t, struct errand, begin));
}

static void
on_deadline(struct timer *t)
{
	fail(LIST_OF(t, struct errand, deadline), ERRAND_LATE, "it took too long");
}

static bool
write_request(struct errand *e, const struct errand_ask *ask)
{
	struct strbuf out = strbuf_in(e->arena, 256 + ask->target.n + ask->lines.n);

	write_request_line(&out, STR("GET"), ask->target, 1);
	write_field_id(&out, HDR_HOST, ask->host.p != NULL ? ask->host : ask->member->authority);
	strbuf_add(&out, ask->lines);
	if (ask->fresh)
		write_field_id(&out, HDR_CONNECTION, STR("close"));
	write_end(&out);
	e->out = strbuf_str(&out);
	e->preface = arena_str(e->arena, ask->preface);
	e->mark = arena_mark(e->arena);
	expect_head(e);
	return !out.over;
}

struct errand *
errand_start(struct loop *l, struct upconn_pool *p, const struct errand_ask *ask, errand_fn *fn, void *arg)
{
	struct errand *e = calloc(1, sizeof *e);

	if (e == NULL)
		return NULL;
	e->arena = arena_new(ARENA_MAX);
	if (e->arena == NULL || !write_request(e, ask)) {
		arena_free(&e->arena);
		free(e);
		return NULL;
	}
	e->loop = l;
	e->pool = p;
	e->member = ask->member;
	e->fn = fn;
	e->arg = arg;
	e->body_max = ask->body_max;
	e->fresh = ask->fresh;
	e->keeps = !ask->fresh;
	e->bodiless = ask->bodiless;
	timer_init(&e->deadline, l, on_deadline);
	timer_set(&e->deadline, ask->limit_ms);
	task_init(&e->begin, on_begin);
	loop_defer(l, &e->begin);
	return e;
}

void
errand_cancel(struct errand **ep)
{
	struct errand *e = *ep;

	*ep = NULL;
	if (e != NULL)
		dispose(e);
}
