/* What a fetch's connection tells it: that it is open, or may be read or written; or that time has run out. */
#include "proxy/fetch_impl.h"

void
fetch_note_peer(struct fetch *f)
{
	static const union addr none;
	const union addr *peer = upconn_peer(f->up);

	f->peer = peer == NULL ? none : *peer;
	if (f->req != NULL)
		f->req->upstream_peer = f->peer;
}

static bool
may_reach(void *owner, const union addr *to)
{
	struct fetch *f = owner;
	struct access_answer answer = access_judge_at(f->conf, f->guard, to);

	if (f->req != NULL)
		req_judged(f->req, &answer);
	return answer.verdict == ACCESS_ALLOWED;
}

static void
on_opened(struct upconn *u, void *owner, enum upconn_fault fault, const char *why)
{
	struct fetch *f = owner;

	(void)u;
	if (fault == UPCONN_FORBIDDEN || fault == UPCONN_SHORT) { /* no member's failure, and no better a second time */
		fetch_note_fault(f, fault, why);
		f->step = FETCH_FAIL;
	} else if (fault != UPCONN_OK) {
		fetch_note_peer(f);
		fetch_note_fault(f, fault, why);
		f->step = FETCH_RETRY;
	}
	fetch_run(f);
}

static void
on_readable(struct conn *c, void *owner)
{
	(void)c;
	fetch_run(owner);
}

static void
on_writable(struct conn *c, void *owner)
{
	conn_want(c, true, false);
	fetch_run(owner);
}

static void
on_expired(struct conn *c, void *owner)
{
	struct fetch *f = owner;

	(void)c;
	if (f->pausing) {
		f->pausing = f->held_back = false;
		fetch_run(f);
		return;
	}
	if (f->held_back || upload_is_awaited(f)) { /* it is the client's side that is slow */
		conn_timer(c, f->held_back ? f->conf->timeouts.between : f->conf->timeouts.first_byte);
		return;
	}
	if (f->step == FETCH_BODY)
		fetch_count_failure(f);
	f->error = PROXY_ERROR_CONNECTION_READ_TIMEOUT;
	f->step = f->step == FETCH_BODY ? FETCH_FAIL : FETCH_RETRY;
	fetch_run(f);
}

/* Of one that may lead where its client may not go each address is asked for first. */
const struct upconn_events *
fetch_events(const struct fetch *f)
{
	static const struct upconn_events events = { on_opened, { on_readable, on_writable, on_expired }, NULL };
	static const struct upconn_events guarded = { on_opened, { on_readable, on_writable, on_expired }, may_reach };

	return f->guard != NULL && f->to == NULL ? &guarded : &events;
}

void
fetch_own(struct fetch *f)
{
	upconn_own(f->up, fetch_events(f), f);
	if (upconn_ready(f->up))
		fetch_note_peer(f);
}

void
fetch_answers(struct fetch *f)
{
	conn_want(upconn_conn(f->up), true, false);
	conn_timer(upconn_conn(f->up), f->conf->timeouts.first_byte);
	f->scan = (struct head_scan){ 0 };
	f->step = FETCH_HEAD;
	fetch_run(f);
}
