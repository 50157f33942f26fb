#include "peer/errand.h"

#include <errno.h>
#include <stdlib.h>

#include "http/writer.h"
#include "net/timer.h"
#include "peer/answer.h"

#define ARENA_MAX  ((size_t)512 * 1024)
#define READ_BYTES 16384

struct errand {
	struct loop *loop;
	struct upconn_pool *pool;
	struct member *member;
	errand_fn *fn;
	void *arg;
	struct str preface;
	bool fresh;
	bool keeps; /* the connection, where it can be kept */
	struct timer deadline;
	struct task begin;
	struct arena *arena; /* of the request and the answer's fields */
	struct upconn *up;
	struct str out;
	size_t out_done;
	struct answer answer;
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
	answer_free(&e->answer);
	arena_free(&e->arena);
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

static void
answered(struct errand *e)
{
	const struct errand_answer a = { .end = ERRAND_ANSWERED,
					 .head = &e->answer.head,
					 .body = answer_body(&e->answer) };

	if (e->keeps && answer_leaves_connection(&e->answer))
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

/* ---- what comes ---- */

static void
take(struct errand *e, struct str in)
{
	switch (answer_take(&e->answer, in)) {
	case ANSWER_MORE:
		break;
	case ANSWER_WHOLE:
		answered(e);
		break;
	case ANSWER_TOO_LARGE:
		fail(e, ERRAND_TOO_LARGE, "the answer is too large");
		break;
	case ANSWER_BROKEN:
		fail(e, ERRAND_BROKEN, "the answer is malformed");
		break;
	case ANSWER_NO_MEMORY:
		no_memory(e);
		break;
	}
}

static void open_connection(struct errand *e);

/* One that was idle may have ended of age before it had the request: once more, over a new one. */
static void
lost(struct errand *e)
{
	if (!answer_has_begun(&e->answer) && upconn_reused(e->up)) {
		upconn_drop(&e->up);
		e->fresh = true;
		e->out_done = 0;
		open_connection(e);
	} else if (answer_ends_with_connection(&e->answer)) {
		answered(e);
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
	else if (n < 0 && answer_ends_with_connection(&e->answer))
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
	answer_begin(&e->answer, e->arena, ask->body_max);
	e->answer.head_alone = ask->bodiless;
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
	e->fresh = ask->fresh;
	e->keeps = !ask->fresh;
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
