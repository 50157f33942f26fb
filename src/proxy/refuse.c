/* Responses that the node makes up itself: refusals, failures of upstreams, answers to orders. Nothing in them comes
 * from a request unescaped; names follow the audience's policy. */
#include "base/counter.h"
#include "http/status.h"
#include "http/writer.h"
#include "proxy/refuse.h"
#include "proxy/req_impl.h"

enum step
req_refuse(struct req *r, int status, enum reason reason, enum proxy_error error, const char *text)
{
	r->refusal = (struct refusal){ .status = status, .reason = reason, .error = error, .text = str_c(text) };
	return STEP_REFUSE;
}

enum step
req_refuse_fault(struct req *r)
{
	int status = fault_status(r->fault);
	struct str text = arena_printf(r->arena, "%.*s (%.*s).\n", STR_FMT(fault_sentence(r->fault)),
				       STR_FMT(fault_source(r->fault)));

	req_refuse(r, status, status == 431 || status == 414 ? REASON_TOO_LARGE : REASON_MALFORMED,
		   PROXY_ERROR_HTTP_REQUEST_ERROR, NULL);
	r->refusal.text = text;
	r->refusal.close = true;
	r->keep = false;
	return STEP_REFUSE;
}

/* Fields whose values are for the origin's eyes, or ours. */
static bool
is_secret(uint16_t id)
{
	return id == HDR_COOKIE || id == HDR_AUTHORIZATION || id == HDR_PROXY_AUTHORIZATION || id == HDR_CAIRN_TRACE;
}

static void
echo(struct req *r)
{
	struct strbuf b = strbuf_in(r->arena, 1024);

	write_request_line(&b, r->head.method_text, r->head.target, r->head.minor);
	for (uint32_t i = 0; i < r->head.count; i++) {
		const struct field *f = &r->head.fields[i];

		if (!is_secret(f->id))
			write_field(&b, field_name(f), field_value(f));
	}
	strbuf_lit(&b, "\r\n");
	r->refusal.text = strbuf_str(&b);
	r->refusal.type = STR("message/http");
}

void
req_answer_here(struct req *r)
{
	req_refuse(r, 200, REASON_METHOD, PROXY_ERROR_NONE, NULL);
	if (r->head.method == METHOD_TRACE)
		echo(r);
	else
		r->refusal.extra = STR("Allow: GET, HEAD, POST, PUT, DELETE, OPTIONS, TRACE, PATCH\r\n");
}

static void
write_names(struct req *r, struct strbuf *b)
{
	struct str error = proxy_error_token(r->refusal.error), failure = req_failure(r);
	char opaque[10];
	struct str name = trail_shown(&r->conf->trail.node, &r->audience, r->conf->trail.node.name, opaque);

	strbuf_printf(b, "%d %.*s\n%.*s: %.*s", r->refusal.status, STR_FMT(status_reason(r->refusal.status)),
		      STR_FMT(name), STR_FMT(error));
	if (r->refusal.reason != REASON_NONE)
		strbuf_printf(b, ". %.*s", STR_FMT(reason_sentence(r->refusal.reason)));
	if (failure.n > 0)
		strbuf_printf(b, "\n%.*s", STR_FMT(failure));
	strbuf_lit(b, "\n");
}

/* The memory of one request is used up: what is said then is known beforehand. */
static void
refuse_without_arena(struct req *r)
{
	bool head = r->step_ns[STEP_KEY] == 0;

	r->refusal = (struct refusal){
		.status = head ? 431 : 503,
		.reason = REASON_ARENA_FULL,
		.error = PROXY_ERROR_PROXY_INTERNAL_ERROR,
		.text = STR("The request needs more memory than one may have.\n"),
		.close = true,
	};
}

/* What is said with it lies in memory of the thread's own. */
static void
write_without_arena(struct req *r)
{
	static _Thread_local char room[REFUSE_ROOM];
	struct strbuf extra = strbuf_fixed(room, sizeof room);

	strbuf_lit(&extra, "Content-Type: text/plain\r\nRetry-After: 1\r\n");
	req_write_trail(r, &extra, NULL);
	r->refusal.extra = extra.over ? STR_NONE : strbuf_str(&extra);
}

void
req_prepare_refusal(struct req *r)
{
	struct verdict *v = &r->verdict;
	struct refusal *f = &r->refusal;
	struct strbuf extra, text;

	if (f->status == 0 || arena_failed(r->arena))
		refuse_without_arena(r);
	v->made_up = true;
	v->lookup = r->step_ns[STEP_LOOKUP] == 0 ? LOOKUP_NONE : r->decision.lookup;
	v->fwd = FWD_NONE;
	v->reason = f->reason;
	v->error = f->error;
	if (arena_failed(r->arena)) {
		write_without_arena(r);
		return;
	}
	if (f->text.p == NULL && f->error != PROXY_ERROR_NONE) {
		text = strbuf_in(r->arena, 256);
		write_names(r, &text);
		f->text = strbuf_str(&text);
	}
	extra = strbuf_in(r->arena, 512);
	strbuf_add(&extra, f->extra);
	write_date(&extra, HDR_DATE, r->now.wall_ms / MS_PER_S);
	if (f->text.n > 0)
		write_field_id(&extra, HDR_CONTENT_TYPE,
			       f->type.p != NULL ? f->type : STR("text/plain; charset=utf-8"));
	if (!f->expires)
		strbuf_lit(&extra, "Cache-Control: no-store\r\n");
	if (f->status == 503)
		strbuf_lit(&extra, "Retry-After: 1\r\n");
	req_write_trail(r, &extra, NULL);
	if (extra.over) {
		refuse_without_arena(r);
		write_without_arena(r);
	} else {
		f->extra = strbuf_str(&extra);
	}
}

size_t
refuse_turned_away(const struct worker_listener *l, const union addr *peer, char *room, size_t n)
{
	const struct conf *c = worker_conf(l->worker);
	const struct verdict v = { .made_up = true,
				   .reason = REASON_OVERLOAD,
				   .error = PROXY_ERROR_PROXY_INTERNAL_ERROR };
	const struct trail_extra x = { .port = worker_shown_port(c, l) };
	struct audience who = audience_of_peer(c, peer, c->listeners[l->index].mode);
	struct strbuf out = strbuf_fixed(room, n);

	counter_add(COUNTER_TURNED_AWAY, 1);
	write_status_line(&out, 503);
	write_date(&out, HDR_DATE, loop_now(l->worker->loop).wall_ms / MS_PER_S);
	strbuf_lit(&out, "Content-Length: 0\r\nCache-Control: no-store\r\nRetry-After: 1\r\nConnection: close\r\n");
	trail_write(&out, &c->trail.node, &who, &v, NULL, &x);
	strbuf_lit(&out, "\r\n");
	return out.over ? 0 : out.n;
}
