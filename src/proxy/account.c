/* The record of an exchange: made once, when all is over, and handed up. */
#include "base/counter.h"
#include "proxy/fetch_impl.h"
#include "proxy/req_impl.h"

/* Is there more to say of who asked than the peer's address? */
static const struct record_asker *
describe_asker(struct req *r, struct record_asker *asker)
{
	if (!r->client_told && r->rule.n == 0)
		return NULL;
	*asker = (struct record_asker){ .peer = r->client_told ? session_peer(r->session) : NULL, .rule = r->rule };
	if (r->who == WHO_KNOWN)
		asker->user = r->user;
	return asker;
}

static void
describe(struct req *r, struct record *rec, struct record_asker *asker)
{
	rec->id = r->id != 0 ? r->id : worker_record_id(r->worker);
	rec->wall_ms = r->begun_ms;
	rec->duration_ns = loop_now(r->worker->loop).mono_ns - r->begun_ns;
	rec->first_byte_ns = r->first_byte_ns;
	rec->upstream_ns = r->upstream_ns;
	rec->woken_ns = r->woken_ns;
	memcpy(rec->step_ns, r->step_ns, sizeof rec->step_ns);
	rec->client = req_client(r);
	rec->asker = describe_asker(r, asker);
	if (r->upstream_peer.sa.sa_family != AF_UNSPEC)
		rec->upstream = &r->upstream_peer;
	rec->method = r->head.method_text;
	rec->scheme = r->scheme;
	rec->host = r->host;
	rec->target = r->target.p != NULL ? r->target : r->head.target;
	rec->minor = r->head.minor;
	rec->status = r->replied || r->tunnel != NULL ? r->status : 0;
	rec->bytes_in = session_bytes_in(r->session);
	rec->bytes_out = session_bytes_out(r->session);
	rec->body_out = r->body_out;
	rec->verdict = r->verdict;
	rec->unstorable = r->unstorable;
	rec->fault = r->fault;
	rec->order = r->order;
	rec->absent_ago_ms = r->absent_ago_ms;
	rec->upstream_group = r->upstream_group;
	rec->upstream_member = r->upstream_member;
	rec->tries = r->tries_upstream;
	rec->hedged = r->hedged;
	rec->details = r->details;
	rec->direct = r->direct;
	rec->hierarchy = r->hierarchy;
	rec->told = r->told_by;
	rec->ask_timed_out = r->ask_timed_out;
	rec->if_none_match = head_has(&r->head, HDR_IF_NONE_MATCH);
	rec->went_on = r->went_on;
	rec->cut = r->cut;
	rec->aborted = r->client_gone;
	rec->tunnel = r->tunnel != NULL;
	rec->referer = head_get(&r->head, HDR_REFERER);
	rec->user_agent = head_get(&r->head, HDR_USER_AGENT);
	rec->content_type = r->content_type;
}

void
account_count(const struct verdict *v, uint64_t bytes_in, uint64_t bytes_out, int64_t took_ns)
{
	counter_request(v->hit, (unsigned)v->reason);
	counter_add(COUNTER_CLIENT_BYTES_IN, bytes_in);
	counter_add(COUNTER_CLIENT_BYTES_OUT, bytes_out);
	histogram_observe(HISTOGRAM_CLIENT_TIME, took_ns);
}

static void
count(struct req *r)
{
	account_count(&r->verdict, session_bytes_in(r->session), session_bytes_out(r->session),
		      loop_now(r->worker->loop).mono_ns - r->begun_ns);
	if (r->upstream_ns > 0)
		histogram_observe(HISTOGRAM_UPSTREAM_TIME, r->upstream_ns);
	if (r->verdict.collapsed == COLLAPSED_YES)
		counter_add(COUNTER_FOLLOWERS, 1);
	if (r->went_on)
		counter_add(COUNTER_WENT_ON, 1);
	if (r->cut)
		counter_add(COUNTER_CUT, 1);
	if (r->client_gone)
		counter_add(COUNTER_ABORTED, 1);
}

static void
tell(struct req *r)
{
	const struct node_hooks *hooks = &r->worker->node->hooks;
	struct record rec = { 0 };
	struct record_asker asker;

	describe(r, &rec, &asker);
	hooks->record(hooks->ctx, r->worker->index, &rec);
}

void
req_account(struct req *r)
{
	count(r);
	if (r->worker->node->hooks.record != NULL && r->conf->logged)
		tell(r);
}

/* A refresh behind a stale answer answers nobody, and makes a record of its own. */
void
fetch_account_refresh(struct fetch *f)
{
	const struct node_hooks *hooks = &f->worker->node->hooks;
	struct now now = loop_now(f->worker->loop);
	struct record rec = {
		.id = worker_record_id(f->worker),
		.wall_ms = f->sent_ms,
		.duration_ns = now.mono_ns - f->sent_ns,
		.upstream_ns = f->head_ns > f->sent_ns ? f->head_ns - f->sent_ns : 0,
		.client = &f->client,
		.upstream = f->peer.sa.sa_family == AF_UNSPEC ? NULL : &f->peer,
		.method = f->head.method_text,
		.scheme = f->scheme,
		.host = f->host,
		.target = f->target,
		.minor = 1,
		.status = f->fwd_status,
		.unstorable = f->unstorable,
		.absent_ago_ms = -1,
		.upstream_group = f->whom.group,
		.upstream_member = f->whom.member,
		.tries = f->whom.tries,
		.hedged = f->whom.hedged,
		.details = f->details,
		.direct = f->whom.direct,
		.hierarchy = (enum hierarchy)f->whom.hierarchy,
		.background = true,
		.verdict = { .lookup = LOOKUP_HIT,
			     .fwd = FWD_STALE,
			     .reason = REASON_EXPIRED,
			     .asked = true,
			     .error = f->error,
			     .alert = f->alert,
			     .stored = f->resp != NULL && f->resp->stored,
			     .fwd_status = f->fwd_status },
	};

	if (hooks->record != NULL && f->conf->logged)
		hooks->record(hooks->ctx, f->worker->index, &rec);
}
