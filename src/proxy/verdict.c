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

/* The upstream part of the trail comes from the store. */
static void
set_replayed(struct verdict *v, const struct entry *e, int64_t now_ms)
{
	int64_t age = now_ms - stored_trail_ms(entry_stored(e));

	v->replayed = true;
	v->cairn_age = age < 0 ? 0 : age / MS_PER_S;
}

void
verdict_of_hit(struct verdict *v, struct entry *e, const struct freshness *f, int64_t now_ms)
{
	*v = (struct verdict){
		.lookup = LOOKUP_HIT,
		.hit = true,
		.hits = entry_hit(e),
		.has_ttl = true,
		.ttl = fresh_seconds(f->ttl_ms),
	};
	set_replayed(v, e, now_ms);
}

void
req_verdict_hit(struct req *r)
{
	verdict_of_hit(&r->verdict, r->entry, &r->fresh, r->now.wall_ms);
	r->verdict.reason = r->decision.reason;
}

enum collapsed
req_collapsed(const struct req *r)
{
	return r->tried ? COLLAPSED_TRIED : r->leads ? COLLAPSED_NO : COLLAPSED_YES;
}

void
req_verdict_forwarded(struct req *r, const struct flight_result *result)
{
	struct verdict *v = &r->verdict;

	found_part(r);
	v->asked = true;
	v->fwd_status = result->fwd_status;
	v->collapsed = req_collapsed(r);
	r->miss_from = result->resp != NULL ? result->resp->miss_from : result->miss_from;
	if (result->resp == NULL) { /* a stored entry, refreshed */
		set_ttl(r, &r->meta);
		return;
	}
	v->stored = result->resp->stored;
	r->unstorable = result->resp->unstorable;
	if (v->stored)
		set_ttl(r, &result->resp->meta);
}

void
req_verdict_stale_on_error(struct req *r, const struct flight_result *result)
{
	struct verdict *v = &r->verdict;

	found_part(r);
	v->reason = REASON_UPSTREAM_ERROR;
	v->asked = result->whom.tries > 0; /* else nobody was there to be */
	v->fwd_status = result->fwd_status;
	v->error = result->resp == NULL ? result->error : PROXY_ERROR_NONE;
	v->collapsed = req_collapsed(r);
	r->miss_from = result->resp != NULL ? result->resp->miss_from : r->conf->trail.node.name;
	set_ttl(r, &r->meta);
	set_replayed(v, r->entry, r->now.wall_ms);
}
