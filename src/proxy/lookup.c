/* The lookup: what is stored for a request, what it is worth now, and whether its bytes cover what is asked. */
#include "base/rcu.h"
#include "proxy/held.h"
#include "proxy/plain.h"
#include "proxy/req_impl.h"

void
req_forget_entry(struct req *r)
{
	if (r->entry != NULL && r->pinned)
		entry_unpin(&r->entry);
	r->entry = NULL;
	r->pinned = false;
}

static struct wish
wish_of(const struct req *r)
{
	return (struct wish){ &r->head, r->has_range, r->range };
}

static void
weigh(struct req *r, struct held *h)
{
	struct wish wish = wish_of(r);

	entry_meta(r->entry, &r->meta);
	fresh_state(&r->meta, r->policy, r->now.wall_ms, &r->fresh);
	h->fresh = r->fresh;
	held_weigh(&wish, r->entry, &r->meta, h);
}

bool
req_take_entry(struct req *r, struct entry *e)
{
	struct held held = { 0 };

	req_forget_entry(r);
	entry_pin(e);
	r->entry = e;
	r->pinned = true;
	weigh(r, &held);
	return held.covers;
}

/* What is in the store: as this turn's own lookup has found it, else looked up, into *anew. */
static const struct found *
find(struct req *r, struct found *anew)
{
	const struct looked *l = r->looked;

	r->looked = NULL; /* a second lookup is made to see what has changed */
	if (l != NULL && hash128_eq(l->key.hash, r->key.hash))
		return &l->found;
	store_find(r->worker->node->store, &r->key, &r->head, r->now.wall_ms, anew);
	return anew;
}

void
req_lookup(struct req *r)
{
	struct wish wish = wish_of(r);
	const struct found *found;
	struct found anew;
	struct held held = { 0 };

	req_forget_entry(r);
	if (!r->reading) {
		rcu_read_begin();
		r->reading = true;
	}
	found = find(r, &anew);
	r->uncacheable = found->uncacheable;
	r->uncacheable_why = found->uncacheable_why;
	r->uncacheable_s = found->uncacheable_s;
	r->absent_ago_ms = found->absent_ago_ms;
	r->order = found->order;
	if (found->what == FOUND_ENTRY) {
		r->entry = found->entry;
		weigh(r, &held);
		r->asked.upstream_down = r->fresh.ttl_ms <= 0 && req_upstream_is_down(r);
	}
	r->decision = decide(&r->asked, found, found->what == FOUND_ENTRY ? &held : NULL, r->policy);
	if (r->decision.fwd != FWD_NONE || r->decision.action == ACT_DELIVER_AND_REFRESH)
		r->flight_id = held_flight_id(&wish, &r->key, found->vary_names, &r->decision, r->arena);
}
