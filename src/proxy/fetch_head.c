/* The head of the answer: read, parsed, and passed on where it is not the last. */
#include "http/head.h"
#include "peer/limit.h"
#include "proxy/fetch_impl.h"
#include "proxy/hedge.h"
#include "proxy/whom.h"

/* It could not be understood, and is not asked for again: the next answer would be no better. */
static enum fetch_step
no_head(struct fetch *f, enum proxy_error error)
{
	fetch_blame_member(f);
	return fetch_asks_sibling(f) ? fetch_ask_disappointed(f) : fetch_failed(f, error);
}

/* Room for more of a head: in place of interim ones that have been passed on, else in a larger buffer. */
static bool
make_room(struct fetch *f)
{
	size_t cap = f->in_cap == 0 ? 4096 : f->in_cap * 2;
	char *p;

	if (f->in_n < f->in_cap)
		return true;
	if (f->in_pos > 0) {
		f->in_n -= f->in_pos;
		memmove(f->in, f->in + f->in_pos, f->in_n);
		f->in_pos = 0;
		return true;
	}
	p = arena_alloc(f->arena, cap);
	if (p == NULL)
		return false;
	if (f->in_n > 0)
		memcpy(p, f->in, f->in_n);
	f->in = p;
	f->in_cap = cap;
	return true;
}

#define ANSWER_FIELDS 32 /* what origins send */

/* With a table that is large enough at once, nearly always; where there is no memory for it, there is none for any
 * other. */
static void
init_answer(struct fetch *f)
{
	struct field *table = arena_alloc(f->arena, ANSWER_FIELDS * sizeof *table);

	head_init(&f->answer, f->arena);
	if (table != NULL)
		head_use(&f->answer, table, ANSWER_FIELDS);
}

static enum fetch_step
read_more(struct fetch *f)
{
	ssize_t n;

	if (!make_room(f))
		return no_head(f, PROXY_ERROR_HTTP_RESPONSE_HEADER_SIZE);
	n = conn_read(upconn_conn(f->up), f->in + f->in_n, f->in_cap - f->in_n);
	if (n == -EAGAIN)
		return FETCH_WAIT;
	if (n <= 0)
		return f->in_n > 0 ? no_head(f, PROXY_ERROR_HTTP_RESPONSE_INCOMPLETE)
				   : fetch_lost(f, fetch_broken_off(f, PROXY_ERROR_CONNECTION_TERMINATED));
	f->in_n += (size_t)n;
	hedge_end(&f->hedge);
	return FETCH_HEAD;
}

static bool
is_interim(const struct fetch *f)
{
	return f->answer.status < 200 && f->answer.status != 101;
}

/* However many there are, they take no more memory than one. */
static void
relay_interim(struct fetch *f)
{
	struct arena_mark mark = arena_mark(f->arena);

	if (f->req != NULL && !fetch_asks_sibling(f)) /* whose answer may yet be discarded */
		req_interim(f->req, &f->answer, f->arena);
	arena_rollback(f->arena, mark);
}

/* From here on the connection is the request's, and what comes over it is no HTTP of ours. */
static enum fetch_step
hand_over(struct fetch *f)
{
	struct req *r = f->req;

	member_succeeded(f->member);
	req_note_whom(r, &f->whom);
	/* Until the request comes to it nobody hears of it: the fetch is over before. */
	conn_want(upconn_conn(f->up), false, false);
	conn_timer(upconn_conn(f->up), 0);
	req_switched(r, f->up, &f->answer, f->keeps_trail, str_of(f->in + f->in_pos, f->in_n - f->in_pos));
	limit_leave(f->member);
	f->up = NULL;
	return FETCH_FAIL;
}

static enum fetch_step
switch_protocols(struct fetch *f)
{
	if (f->req == NULL) /* it has just left: no fault of the member's */
		return fetch_failed(f, PROXY_ERROR_PROXY_INTERNAL_ERROR);
	if (!f->upgrade)
		return no_head(f, PROXY_ERROR_HTTP_PROTOCOL_ERROR);
	f->fwd_status = f->answer.status;
	atomic_fetch_add_explicit(&f->member->status[f->answer.status / 100 % 6], 1, memory_order_relaxed);
	return hand_over(f);
}

enum fetch_step
fetch_tunnel(struct fetch *f)
{
	if (f->req == NULL)
		return fetch_failed(f, PROXY_ERROR_PROXY_INTERNAL_ERROR);
	head_init(&f->answer, f->arena);
	return hand_over(f);
}

/* A tunnel begins with any 2xx to CONNECT (RFC 9110 9.3.6), and with nothing else. */
static bool
switches(const struct fetch *f)
{
	return f->head.method == METHOD_CONNECT ? f->answer.status / 100 == 2 : f->answer.status == 101;
}

/* The round's time will do for when an answer came, but where that was in the round that asked for it, as a neighbour's
 * may, or where others wait for it, whose delay counts from then. */
static void
read_clock(const struct fetch *f)
{
	if (loop_now(f->worker->loop).mono_ns == f->sent_ns || flight_waiters(f->flight) > 1)
		loop_look_again(f->worker->loop);
}

/* A final head is there. */
static enum fetch_step
answered(struct fetch *f)
{
	read_clock(f);
	f->received_ms = loop_now(f->worker->loop).wall_ms;
	f->head_ns = loop_now(f->worker->loop).mono_ns;
	flight_answered(f->flight, f->head_ns);
	f->fwd_status = f->answer.status;
	if (body_of_response(&f->answer, f->head.method, &f->frame) != FAULT_NONE)
		return no_head(f, PROXY_ERROR_HTTP_PROTOCOL_ERROR);
	member_succeeded(f->member);
	atomic_fetch_add_explicit(&f->member->status[f->answer.status / 100 % 6], 1, memory_order_relaxed);
	if (!fetch_ask_takes(f))
		return fetch_ask_disappointed(f);
	fetch_ask_kept(f);
	return FETCH_JUDGE;
}

enum fetch_step
fetch_head(struct fetch *f)
{
	const struct conf_limits *lim = &f->conf->limits;
	struct head_limits limits = { (uint32_t)lim->upstream_head, 0, (uint32_t)lim->fields * 2 };
	enum fault fault = FAULT_NONE;
	size_t used = 0;
	enum proxy_error failure = upload_failure(upload_pump(f));

	if (failure != PROXY_ERROR_NONE)
		return fetch_failed(f, failure);
	if (f->in_pos == f->in_n) {
		enum fetch_step next = read_more(f);

		if (next != FETCH_HEAD)
			return next;
	}
	if (f->answer.arena == NULL)
		init_answer(f);
	switch (head_parse_response(&f->answer, str_of(f->in + f->in_pos, f->in_n - f->in_pos), &limits, &f->scan,
				    &used, &fault)) {
	case HEAD_MORE:
		return read_more(f);
	case HEAD_BAD:
		return no_head(f, fault == FAULT_HEAD_TOO_LARGE || fault == FAULT_TOO_MANY_FIELDS
				      ? PROXY_ERROR_HTTP_RESPONSE_HEADER_SIZE
				      : PROXY_ERROR_HTTP_PROTOCOL_ERROR);
	case HEAD_OK:
		break;
	}
	f->in_pos += used;
	f->scan = (struct head_scan){ 0 };
	if (switches(f))
		return switch_protocols(f);
	if (f->answer.status == 101)
		return no_head(f, PROXY_ERROR_HTTP_PROTOCOL_ERROR);
	if (is_interim(f)) {
		relay_interim(f);
		return FETCH_HEAD;
	}
	return answered(f);
}
