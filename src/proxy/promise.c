#include "proxy/promise.h"

#include "base/rcu.h"
#include "http/uri.h"
#include "proxy/bypass.h"
#include "proxy/decide.h"
#include "proxy/held.h"
#include "proxy/worker.h"

bool
promise_read(struct promise_of *q, struct str url, struct arena *a)
{
	struct uri uri;

	if (!uri_parse_target(url, false, &uri) || uri.form != URI_ABSOLUTE || uri.userinfo)
		return false;
	q->parts = (struct key_parts){ uri.scheme, uri.host, uri.port, uri_path(&uri, a), STR_NONE };
	q->route = conf_route_for(q->conf, uri.host, q->parts.target);
	return !arena_failed(a);
}

/* Inside the bracket. */
static bool
is_hit(struct worker *w, const struct promise_of *q, const struct cache_policy *policy, const struct found *found,
       struct freshness *fresh)
{
	struct now now = loop_now(w->loop);
	struct wish wish = { .request = &q->request };
	struct held held = { 0 };
	struct asked asked;
	struct meta m;

	if (found->what != FOUND_ENTRY)
		return false;
	wish.has_range = wish_range(&q->request, &wish.range);
	asked_read(&asked, &q->request);
	entry_meta(found->entry, &m);
	fresh_state(&m, policy, now.wall_ms, fresh);
	held.fresh = *fresh;
	held_weigh(&wish, found->entry, &m, &held);
	return decide(&asked, found, &held, policy).action == ACT_DELIVER && fresh->ttl_ms > 0 &&
	       fresh->ttl_ms >= q->conf->neighbours.fresh_for;
}

static enum promise
find(struct worker *w, const struct promise_of *q, const struct cache_policy *policy, struct arena *a,
     struct promise_found *out)
{
	struct store *store = w->node->store;
	struct key key = key_make(store_secret(store), &q->parts, &policy->key, &q->request, a);
	enum promise p = PROMISE_MISS;
	struct freshness fresh;
	struct found found;

	if (key.text.p == NULL)
		return PROMISE_MISS;
	rcu_read_begin();
	store_find(store, &key, &q->request, loop_now(w->loop).wall_ms, &found);
	if (is_hit(w, q, policy, &found, &fresh)) {
		p = PROMISE_HIT;
		out->age_s = (uint32_t)(fresh.age_ms / 1000);
		out->last_modified = arena_str(a, stored_field(entry_stored(found.entry), HDR_LAST_MODIFIED));
	}
	rcu_read_end();
	return p;
}

enum promise
promise_look(struct worker *w, const struct promise_of *q, struct arena *a, struct promise_found *out)
{
	const struct cache_policy *policy = q->route == NULL ? worker_direct_policy(w) : &q->route->policy;
	struct asked asked;

	*out = (struct promise_found){ 0 };
	asked_read(&asked, &q->request);
	asked.bypass = bypass_asked(q->route, &q->request, q->parts.target);
	if ((q->route == NULL && !conf_forwards(q->conf)) || !asked_looks_up(&asked, policy))
		return PROMISE_MISS;
	return find(w, q, policy, a, out);
}
