/* The verdict of an exchange, once it is known who answers it (trail.md section 1). */
#include "proxy/req_impl.h"

static void
found_part(struct req *r)
{
	r->verdict.lookup = r->decision.lookup;
	r->verdict.fwd = r->decision.fwd;
	r->verdict.reason = r->decision.reason;
}

/* ttl of what is delivered now, under the policy in force. */
static void
set_ttl(struct req *r, const struct meta *m)
{
	fresh_state(m, r->policy, r->now.wall_ms, &r->fresh);
	r->verdict.has_ttl = true;
	r->verdict.ttl = fresh_seconds(r->fresh.ttl_ms);
}

static void
set_replayed(struct req *r)
{
	int64_t age = r->now.wall_ms - stored_trail_ms(entry_stored(r->entry));

	r->verdict.replayed = true;
	r->verdict.cairn_age = age < 0 ? 0 : age / MS_PER_S;
}

void
req_verdict_hit(struct req *r)
{
	struct verdict *v = &r->verdict;

	found_part(r);
	v->fwd = FWD_NONE;
	v->hit = true;
	v->hits = entry_hit(r->entry);
	v->has_ttl = true;
	v->ttl = fresh_seconds(r->fresh.ttl_ms);
	set_replayed(r);
}

void
req_verdict_forwarded(struct req *r, const struct flight_result *result)
{
	struct verdict *v = &r->verdict;
	struct meta m;

	found_part(r);
	v->asked = true;
	v->fwd_status = result->fwd_status;
	v->collapsed = r->tried ? COLLAPSED_TRIED : r->leads ? COLLAPSED_NO : COLLAPSED_YES;
	r->miss_from = arena_str(r->arena, result->resp != NULL ? result->resp->miss_from : result->miss_from);
	if (result->resp == NULL) { /* a stored entry, refreshed */
		set_ttl(r, &r->meta);
		return;
	}
	v->stored = result->resp->stored;
	r->unstorable = result->resp->unstorable;
	stored_meta(result->resp->head, &m);
	if (v->stored)
		set_ttl(r, &m);
}

void
req_verdict_stale_on_error(struct req *r, const struct flight_result *result)
{
	struct verdict *v = &r->verdict;

	found_part(r);
	v->reason = REASON_UPSTREAM_ERROR;
	v->asked = true;
	v->fwd_status = result->fwd_status;
	v->error = result->resp == NULL ? result->error : PROXY_ERROR_NONE;
	v->collapsed = r->leads ? COLLAPSED_NO : COLLAPSED_YES;
	r->miss_from = arena_str(r->arena, result->resp != NULL ? result->resp->miss_from : r->conf->trail.node.name);
	set_ttl(r, &r->meta);
	set_replayed(r);
}
