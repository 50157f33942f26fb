/* Tunnels: after CONNECT, or a switch of protocols, bytes go both ways unlooked at, each side at the other's pace. */
#include <errno.h>

#include "peer/pick.h"
#include "proxy/direct.h"
#include "proxy/fetch.h"
#include "proxy/req_impl.h"
#include "proxy/whom.h"

#define TUNNEL_BUFFER ((size_t)16384)

/* One direction. */
struct flow {
	struct conn *from, *to;
	char *p;
	size_t pos, n;
	bool ended; /* `from` is at its end */
	bool told;  /* and `to` knows */
	uint64_t bytes;
};

struct tunnel {
	struct req *req;
	struct upconn *up;
	bool open;
	bool over;
	struct flow down, back; /* client to upstream; upstream to client */
	struct conn *server;    /* taken from the pool */
};

static void on_ready(struct conn *c, void *owner);
static void on_expired(struct conn *c, void *owner);
static void on_opened(struct upconn *u, void *owner, enum upconn_fault fault, const char *why);

static const struct conn_events events = { on_ready, on_ready, on_expired };
static bool may_reach(void *owner, const union addr *to);

static const struct upconn_events up_events = { on_opened, { on_ready, on_ready, on_expired }, may_reach };

static void
end(struct tunnel *t)
{
	t->over = true;
	loop_defer(t->req->worker->loop, &t->req->wake);
}

/* Moves what there is. False where a side failed. */
static bool
pump(struct flow *f)
{
	for (;;) {
		ssize_t n;

		while (f->pos < f->n) {
			struct iovec iov = { f->p + f->pos, f->n - f->pos };

			n = conn_writev(f->to, &iov, 1);
			if (n == -EAGAIN)
				return true;
			if (n < 0)
				return false;
			f->pos += (size_t)n;
			f->bytes += (uint64_t)n;
		}
		f->pos = f->n = 0;
		if (f->ended)
			break;
		n = conn_read(f->from, f->p, TUNNEL_BUFFER);
		if (n == -EAGAIN)
			return true;
		if (n < 0)
			return false;
		f->ended = n == 0;
		f->n = (size_t)n;
	}
	if (!f->told) {
		f->told = true;
		conn_shutdown(f->to);
	}
	return true;
}

static bool
wants_read(const struct flow *f)
{
	return !f->ended && f->n == 0;
}

static void
run(struct tunnel *t)
{
	int64_t silence = t->req->conf->timeouts.tunnel;

	if (t->over)
		return;
	if (!pump(&t->down) || !pump(&t->back) || (t->down.told && t->back.told)) {
		end(t);
		return;
	}
	conn_want(t->down.from, wants_read(&t->down), t->back.n > 0);
	conn_want(t->back.from, wants_read(&t->back), t->down.n > 0);
	conn_timer(t->down.from, silence);
}

static void
on_ready(struct conn *c, void *owner)
{
	struct tunnel *t = owner;

	(void)c;
	if (t->open)
		run(t);
}

static void
on_expired(struct conn *c, void *owner)
{
	(void)c;
	end(owner);
}

static bool
fill_flow(struct tunnel *t, struct flow *f, struct conn *from, struct conn *to, struct str early)
{
	f->p = arena_alloc(t->req->arena, early.n > TUNNEL_BUFFER ? early.n : TUNNEL_BUFFER);
	if (f->p == NULL)
		return false;
	f->from = from;
	f->to = to;
	if (early.n > 0)
		memcpy(f->p, early.p, early.n);
	f->n = early.n;
	return true;
}

static enum step
join_sides(struct tunnel *t, struct str from_server)
{
	struct req *r = t->req;
	struct conn *client = session_conn(r->session);
	struct str from_client;

	t->server = upconn_take(&t->up);
	conn_own(t->server, &events, t);
	conn_timer(t->server, 0);
	from_client = session_take_over(r->session, &events, t);
	if (!fill_flow(t, &t->down, client, t->server, from_client) ||
	    !fill_flow(t, &t->back, t->server, client, from_server))
		return STEP_ACCOUNT;
	t->open = true;
	r->verdict.reason = r->head.method == METHOD_CONNECT ? REASON_TUNNEL : r->verdict.reason;
	run(t);
	return STEP_WAIT;
}

static bool
may_reach(void *owner, const union addr *to)
{
	struct tunnel *t = owner;

	return req_may_reach(t->req, to);
}

static void
on_opened(struct upconn *u, void *owner, enum upconn_fault fault, const char *why)
{
	struct tunnel *t = owner;
	const union addr *peer = upconn_peer(u);
	struct req *r = t->req;

	if (peer != NULL && fault != UPCONN_FORBIDDEN)
		r->upstream_peer = *peer;
	if (fault == UPCONN_OK) {
		t->open = true;
	} else {
		r->details = arena_str(r->arena, str_c(why));
		r->verdict.alert = upconn_alert(u);
		r->refusal.error = fetch_error_of(fault);
		upconn_drop(&t->up);
	}
	loop_defer(r->worker->loop, &r->wake);
}

/* --- CONNECT --- */

static enum step
begin_connect(struct req *r)
{
	struct pick pick = { 0 };

	if (r->listener->mode != CONF_mode_FORWARD && r->listener->mode != CONF_mode_BOTH)
		return req_refuse(r, 403, REASON_DENIED, PROXY_ERROR_HTTP_REQUEST_DENIED,
				  "CONNECT is not allowed here (listeners.mode).\n");
	r->tunnel = arena_zalloc(r->arena, sizeof *r->tunnel);
	r->direct_host = direct_find(r->worker->direct, r->host);
	if (r->tunnel == NULL || r->direct_host == NULL)
		return req_refuse(r, 503, REASON_OVERLOAD, PROXY_ERROR_PROXY_INTERNAL_ERROR, NULL);
	r->tunnel->req = r;
	r->upstream_group = WHOM_DIRECT;
	r->upstream_member = r->host;
	r->direct = true;
	r->tunnel->up = upconn_open(r->worker->pool, pick_next(&pick, direct_group(r->direct_host), r->now.mono_ns),
				    UPCONN_FRESH, &up_events, r->tunnel);
	pick_end(&pick);
	if (r->tunnel->up == NULL)
		return req_refuse(r, 503, REASON_OVERLOAD, PROXY_ERROR_PROXY_INTERNAL_ERROR, NULL);
	return STEP_WAIT;
}

static enum step
refuse_connect(struct req *r)
{
	enum proxy_error error = r->refusal.error;

	r->tunnel = NULL;
	if (error == PROXY_ERROR_DESTINATION_IP_PROHIBITED)
		return req_refuse_destination(r);
	r->verdict.asked = true;
	return req_refuse(r, proxy_error_status(error) == 503 ? 502 : proxy_error_status(error), REASON_UPSTREAM_FAILED,
			  error, NULL);
}

static bool
say(struct req *r, int status, struct str lines, struct str extra)
{
	struct reply reply = { .status = status,
			       .lines = lines,
			       .extra = extra,
			       .length = 0,
			       .bodiless = true,
			       .no_length = true,
			       .upgrade = true };

	r->status = status;
	r->replied = true;
	r->keep = false;
	return r->sink->head(r->session, &reply, NULL, 0) >= 0 && r->sink->end(r->session, true, STR_NONE) >= 0;
}

/* --- switching protocols --- */

/* A 2xx to CONNECT carries no trail. */
static bool
say_switched(struct req *r)
{
	struct strbuf extra = strbuf_in(r->arena, 512);

	if (r->head.method == METHOD_CONNECT)
		return say(r, 200, STR_NONE, STR_NONE);
	strbuf_lit(&extra, "Connection: Upgrade\r\n");
	req_write_trail(r, &extra, NULL);
	return say(r, 101, r->switched_lines, strbuf_str(&extra));
}

static enum step
begin_switched(struct req *r)
{
	r->tunnel = arena_zalloc(r->arena, sizeof *r->tunnel);
	if (r->tunnel == NULL)
		return STEP_REFUSE;
	r->tunnel->req = r;
	r->tunnel->up = r->switched;
	r->switched = NULL;
	upconn_own(r->tunnel->up, &up_events, r->tunnel);
	r->verdict.lookup = LOOKUP_NONE;
	r->verdict.reason = r->decision.reason;
	if (r->switched_status != 0) {
		r->verdict.fwd = r->decision.fwd;
		r->verdict.asked = true;
		r->verdict.fwd_status = r->switched_status;
	}
	return say_switched(r) ? join_sides(r->tunnel, r->switched_early) : STEP_ACCOUNT;
}

/* Comes here first to open, then each time something happened. */
enum step
req_tunnel(struct req *r)
{
	struct tunnel *t = r->tunnel;

	if (t == NULL)
		return r->switched != NULL ? begin_switched(r) : begin_connect(r);
	if (t->over)
		return STEP_ACCOUNT;
	if (t->up == NULL && t->server == NULL)
		return refuse_connect(r);
	if (t->server != NULL || !t->open)
		return STEP_WAIT;
	if (!say(r, 200, STR_NONE, STR_NONE))
		return STEP_ACCOUNT;
	return join_sides(t, STR_NONE);
}

void
req_tunnel_count(struct req *r)
{
	const struct tunnel *t = r->tunnel;

	if (t == NULL)
		return;
	session_passed(r->session, t->down.bytes, t->back.bytes);
	r->body_out += t->back.bytes;
}

void
req_tunnel_over(struct req *r)
{
	if (r->tunnel != NULL)
		r->tunnel->over = true;
}

void
req_tunnel_stop(struct req *r)
{
	struct tunnel *t = r->tunnel;

	if (t == NULL)
		return;
	if (t->up != NULL)
		upconn_drop(&t->up);
	if (t->server != NULL)
		conn_close(&t->server);
	r->tunnel = NULL;
}
