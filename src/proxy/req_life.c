/* A request's birth, and the wake-ups that reach it: from its session, its flight, its fetch. The story is in req.c. */
#include "base/must.h"
#include "http/fields.h"
#include "http/writer.h"
#include "proxy/fetch.h"
#include "proxy/plain.h"
#include "proxy/req_impl.h"

static void
on_flight(struct waiter *w)
{
	req_run(LIST_OF(w, struct req, waiter));
}

static void
on_wake(struct task *t)
{
	req_run(LIST_OF(t, struct req, wake));
}

struct req *
req_new(struct session *s, struct worker *w, struct arena *a)
{
	struct req *r = arena_alloc(a, sizeof *r);

	if (r == NULL)
		return NULL;
	memset(r, 0, REQ_CLEARED);
	r->magic = REQ_MAGIC;
	r->session = s;
	r->worker = w;
	r->sink = &session_sink;
	r->arena = a;
	r->conf = conf_hold(worker_conf(w), w->index);
	r->listener = &r->conf->listeners[session_listener(s)->index];
	r->limits = (struct head_limits){ (uint32_t)r->conf->limits.head, (uint32_t)r->conf->limits.target,
					  (uint32_t)r->conf->limits.fields };
	r->waiter.fn = on_flight;
	r->waiter.worker = w->index;
	r->absent_ago_ms = -1;
	r->flight_id.last = RANGE_UNKNOWN;
	task_init(&r->wake, on_wake);
	head_init(&r->head, a);
	head_use(&r->head, r->fields, REQ_FIELDS);
	return r;
}

void
req_drop(struct req **rp)
{
	struct req *r = *rp;

	MUST_OBJ(r, REQ_MAGIC);
	*rp = NULL;
	r->magic = 0;
	conf_let_go(&r->conf, r->worker->index);
}

struct head *
req_head(struct req *r)
{
	return &r->head;
}

const struct head_limits *
req_head_limits(const struct req *r)
{
	return &r->limits;
}

int
req_minor(const struct req *r)
{
	return r->head.minor;
}

bool
req_wants_close(const struct req *r)
{
	return r->head.minor == 0 || head_has_token(&r->head, HDR_CONNECTION, STR("close"));
}

void
req_knows(struct req *r, const struct looked *looked)
{
	if (looked->route != NULL)
		r->looked = looked;
}

void
req_fault(struct req *r, enum fault fault)
{
	r->fault = fault;
}

void
req_timed_out(struct req *r)
{
	r->timed_out = true;
}

void
req_start(struct req *r)
{
	struct now now = loop_now(r->worker->loop);

	MUST_OBJ(r, REQ_MAGIC);
	r->begun_ns = now.mono_ns;
	r->begun_ms = now.wall_ms;
	r->step = STEP_PARSE;
	req_run(r);
}

/* What was a plain hit is one still: it was looked up, and where it was diverted the host was found to be there. */
static bool
was_plain(struct req *r)
{
	enum step way = req_understand(r) ? req_way(r) : STEP_REFUSE;

	return way == STEP_KEY || way == STEP_VERIFY;
}

void
req_resume(struct req *r, struct entry *e, const struct verdict *v, uint64_t taken)
{
	uint64_t length = entry_length(e);

	MUST_OBJ(r, REQ_MAGIC);
	r->now = loop_now(r->worker->loop);
	r->begun_ns = r->now.mono_ns;
	r->begun_ms = r->now.wall_ms;
	req_find_audience(r);
	MUST(was_plain(r));
	entry_pin(e);
	r->entry = e;
	r->pinned = true;
	entry_meta(e, &r->meta);
	r->decision = (struct decision){ .action = ACT_DELIVER, .lookup = LOOKUP_HIT };
	r->verdict = *v;
	r->status = r->meta.status;
	r->replied = true;
	r->body_out = taken;
	r->body_due = length;
	if (r->conf->logged)
		r->content_type = arena_str(r->arena, stored_field(entry_stored(e), HDR_CONTENT_TYPE));
	if (taken < length)
		r->pieces[r->piece_count++] = (struct piece){ .from = PIECE_ENTRY, .first = taken, .last = length - 1 };
	r->step = STEP_DELIVER;
	req_run(r);
}

void
req_input(struct req *r)
{
	if (r->fetch != NULL)
		fetch_body_came(r->fetch);
	else
		req_run(r);
}

void
req_too_slow(struct req *r)
{
	if (r->fetch != NULL)
		fetch_leave(&r->fetch);
	req_leave_flight(r);
	resolve_cancel(&r->resolving);
	if (r->replied) {
		r->cut = true;
		r->step = STEP_ACCOUNT;
	} else {
		r->timed_out = true;
		r->step = STEP_PARSE; /* which refuses it */
	}
	loop_defer(r->worker->loop, &r->wake);
}

void
req_client_gone(struct req *r)
{
	MUST_OBJ(r, REQ_MAGIC);
	r->client_gone = true;
	r->keep = false;
	req_tunnel_over(r);
	if (r->step != STEP_ACCOUNT)
		r->cut = r->cut || r->replied;
	r->step = STEP_ACCOUNT;
	if (!r->running)
		loop_defer(r->worker->loop, &r->wake);
}

void
req_interim(struct req *r, const struct head *h, struct arena *a)
{
	struct strbuf lines = strbuf_in(a, 256);

	for (uint32_t i = 0; i < h->count; i++) {
		const struct field *f = &h->fields[i];

		if (field_is_hop(h, f) || (hdr_flags(f->id) & HDR_TRAIL) || f->id == HDR_CONTENT_LENGTH) /* RFC 9110 8.6 */
			continue;
		write_field(&lines, field_name(f), field_value(f));
	}
	if (!lines.over && !r->replied)
		r->sink->interim(r->session, h->status, strbuf_str(&lines));
}

/* The trail in a head that is gone before the request is. */
static const struct chain *
own_trail(struct req *r, const struct head *h)
{
	unsigned dropped = 0;
	struct head own;

	head_init(&own, r->arena);
	for (uint32_t i = 0; i < h->count; i++) {
		const struct field *f = &h->fields[i];

		if (hdr_flags(f->id) & HDR_TRAIL)
			head_add(&own, arena_str(r->arena, field_name(f)), arena_str(r->arena, field_value(f)));
	}
	return chain_read(&own, r->arena, &dropped);
}

void
req_told(struct req *r, const struct head *h)
{
	if (r->audience.extras)
		r->told = own_trail(r, h);
}

/* What tells of tiers is written anew. */
static bool
is_passed_on(const struct head *h, const struct field *f)
{
	if ((hdr_flags(f->id) & (HDR_TRAIL | HDR_OWN)) || f->id == HDR_VIA)
		return false;
	return !field_is_hop(h, f) || f->id == HDR_UPGRADE;
}

void
req_switched(struct req *r, struct upconn *u, const struct head *h, bool keeps_trail, struct str early)
{
	struct strbuf lines = strbuf_in(r->arena, 512);

	for (uint32_t i = 0; i < h->count; i++)
		if (is_passed_on(h, &h->fields[i]))
			write_field(&lines, field_name(&h->fields[i]), field_value(&h->fields[i]));
	r->upstream_group = arena_str(r->arena, r->upstream_group); /* the fetch's, and no flight has them */
	r->upstream_member = arena_str(r->arena, r->upstream_member);
	r->told = keeps_trail ? own_trail(r, h) : NULL;
	r->miss_from = chain_miss_from(r->told, r->conf->trail.node.name, r->arena);
	req_write_via(r, &lines, h->minor, head_joined(h, HDR_VIA, r->arena));
	r->switched = u;
	r->switched_status = h->status;
	r->switched_lines = strbuf_str(&lines);
	r->switched_early = arena_str(r->arena, early);
	loop_defer(r->worker->loop, &r->wake);
}

void
req_fetch_ended(struct req *r)
{
	r->fetch = NULL;
}
