/* What would happen to a request now, and why, without doing it: the same lookup and the same decision as a request's,
 * and nothing is counted, asked or changed. */
#include "cache/storable.h"
#include "ops/admin_impl.h"
#include "proxy/bypass.h"
#include "proxy/held.h"
#include "proxy/whom.h"

/* What was found out. */
struct explained {
	const struct admin_asked *asked;
	struct cache_policy policy;
	const struct conf_upstream *to; /* NULL: the host that the request names is asked */
	struct found found;
	struct held held;
	struct decision decision;
	bool joins; /* a fetch in progress */
};

static const struct {
	struct str token, sentence;
} actions[] = {
	[ACT_DELIVER] = { STR_INIT("deliver"), STR_INIT("The stored response is served.") },
	[ACT_DELIVER_AND_REFRESH] = { STR_INIT("deliver-and-refresh"),
				      STR_INIT("The stored response is served, and refreshed behind the answer.") },
	[ACT_FETCH] = { STR_INIT("fetch"), STR_INIT("Upstream is asked.") },
	[ACT_REVALIDATE] = { STR_INIT("revalidate"),
			     STR_INIT("Upstream is asked whether the stored response still holds.") },
	[ACT_BYPASS] = { STR_INIT("bypass"), STR_INIT("Upstream is asked, past the cache.") },
	[ACT_REFUSE] = { STR_INIT("refuse"), STR_INIT("The node answers 504 itself.") },
};

/* ---- finding out ---- */

static void
weigh(struct explained *x, const struct wish *wish, int64_t now_ms)
{
	struct meta m;

	entry_meta(x->found.entry, &m);
	fresh_state(&m, &x->policy, now_ms, &x->held.fresh);
	held_weigh(wish, x->found.entry, &m, &x->held);
}

/* Is the answer on its way already, for another request? */
static bool
joins(const struct explained *x, const struct asked *asked, const struct wish *wish, const struct admin_request *q)
{
	bool must_validate = x->found.what == FOUND_ENTRY && x->held.fresh.must_validate;
	struct flight_id id;

	if (x->decision.fwd == FWD_NONE ||
	    held_sharing(asked, &x->decision, x->found.uncacheable, must_validate) != FLIGHT_JOIN)
		return false;
	id = held_flight_id(wish, &x->asked->key, x->found.vary_names, &x->decision, q->arena);
	return flights_would_join(q->node->flights, &id);
}

/* Inside a reader's bracket. */
static void
find_out(struct explained *x, const struct admin_request *q)
{
	const struct admin_asked *a = x->asked;
	struct wish wish = { .request = &a->head };
	struct asked asked;

	wish.has_range = wish_range(&a->head, &wish.range);
	asked_read(&asked, &a->head);
	asked.bypass = bypass_asked(a->route, &a->head, a->target);
	asked.upstream_down = x->to != NULL && whom_is_down(x->to, METHOD_GET, conf_forwards(a->conf), q->now.mono_ns);
	if (!asked_looks_up(&asked, &x->policy)) {
		x->decision = decide(&asked, NULL, NULL, &x->policy);
		return;
	}
	store_find(q->node->store, &a->key, &a->head, q->now.wall_ms, &x->found);
	if (x->found.what == FOUND_ENTRY)
		weigh(x, &wish, q->now.wall_ms);
	x->decision = decide(&asked, &x->found, x->found.what == FOUND_ENTRY ? &x->held : NULL, &x->policy);
	x->joins = joins(x, &asked, &wish, q);
}

/* ---- telling ---- */

static void
put_word(struct json *j, struct str name, struct str word)
{
	if (word.n > 0)
		json_text(j, name, word);
}

static void
put_route(struct json *j, const struct explained *x, int64_t mono_ns)
{
	const struct conf_route *r = x->asked->route;

	if (r == NULL)
		return;
	json_open(j, STR("route"), '{');
	json_u64(j, STR("index"), r->index);
	json_text(j, STR("host"), r->host);
	json_text(j, STR("path"), r->path);
	json_close(j, '}');
	json_open(j, STR("upstream"), '{');
	json_text(j, STR("name"), x->to == NULL ? WHOM_DIRECT : x->to->name);
	if (x->to != NULL) {
		json_text(j, STR("kind"), group_kind_word(x->to->group->kind));
		json_bool(j, STR("up"), !group_is_down(x->to->group, mono_ns));
		put_word(j, STR("fallback"), x->to->fallback);
	}
	json_close(j, '}');
}

static void
put_decision(struct json *j, const struct explained *x)
{
	const struct decision *d = &x->decision;
	bool hit = d->action == ACT_DELIVER || d->action == ACT_DELIVER_AND_REFRESH;

	json_text(j, STR("lookup"), lookup_word(d->lookup));
	json_text(j, STR("served"), hit ? STR("HIT") : STR("MISS"));
	put_word(j, STR("fwd"), fwd_token(d->fwd));
	put_word(j, STR("reason"), reason_token(d->reason));
	json_text(j, STR("why"),
		  d->reason == REASON_NONE ? STR("It is stored, and fresh.") : reason_sentence(d->reason));
	json_text(j, STR("action"), actions[d->action].token);
	json_text(
	    j, STR("then"),
	    x->joins ? STR("Upstream has been asked for it already: its answer is waited for, and shared if it may be.")
		     : actions[d->action].sentence);
	json_bool(j, STR("joins_flight"), x->joins);
}

static void
put_absent(struct json *j, const struct found *f)
{
	if (f->absent_ago_ms >= 0)
		json_milli(j, STR("absent_ago"), f->absent_ago_ms);
	if (f->order != 0)
		json_u64(j, STR("order"), f->order);
	if (!f->uncacheable)
		return;
	json_text(j, STR("unstorable"), unstorable_token(f->uncacheable_why));
	json_text(j, STR("unstorable_because"), unstorable_sentence(f->uncacheable_why));
	put_word(j, STR("unstorable_source"), unstorable_source(f->uncacheable_why));
}

static void
put_freshness(struct json *j, const struct freshness *f)
{
	json_i64(j, STR("age"), f->age_ms / MS_PER_S);
	json_i64(j, STR("ttl"), fresh_seconds(f->ttl_ms));
	json_i64(j, STR("lifetime"), (f->ttl_ms + f->age_ms) / MS_PER_S);
	json_text(j, STR("lifetime_rule"), fresh_rule_token(f->rule));
	json_text(j, STR("lifetime_because"), fresh_rule_sentence(f->rule));
	put_word(j, STR("lifetime_source"), fresh_rule_source(f->rule));
	json_bool(j, STR("must_validate"), f->must_validate);
	json_bool(j, STR("never_stale"), f->never_stale);
	json_bool(j, STR("stale_while_revalidate"), f->swr);
	json_bool(j, STR("stale_if_error"), f->sie);
}

static void
put_entry(struct json *j, const struct explained *x)
{
	const struct entry *e = x->found.entry;
	const struct stored *s = entry_stored(e);
	struct meta m;

	entry_meta(e, &m);
	json_open(j, STR("stored"), '{');
	json_u64(j, STR("status"), m.status);
	put_word(j, STR("content_type"), stored_field(s, HDR_CONTENT_TYPE));
	put_word(j, STR("etag"), stored_field(s, HDR_ETAG));
	if (entry_length(e) != RANGE_UNKNOWN)
		json_u64(j, STR("length"), entry_length(e));
	json_bool(j, STR("whole"), entry_is_whole(e));
	json_u64(j, STR("hits"), entry_hits(e));
	put_word(j, STR("varies_by"), stored_vary_names(s));
	put_word(j, STR("variant"), stored_vary_values(s));
	put_word(j, STR("marked"), reason_token(x->found.mark));
	put_freshness(j, &x->held.fresh);
	json_close(j, '}');
}

/* Inside a reader's bracket. */
static void
tell(struct json *j, const struct explained *x, const struct admin_request *q)
{
	json_text(j, STR("url"), admin_param(q, STR("url")));
	json_text(j, STR("key"), x->asked->key.text);
	put_route(j, x, q->now.mono_ns);
	put_decision(j, x);
	if (x->decision.lookup == LOOKUP_NONE)
		return;
	if (x->found.what == FOUND_ENTRY)
		put_entry(j, x);
	else
		put_absent(j, &x->found);
	put_word(j, STR("url_varies_by"), x->found.vary_names);
}

static void
explain(const struct admin_asked *a, const struct admin_request *q, struct admin_reply *out)
{
	struct explained x = { .asked = a };
	struct json j;

	if ((a->route == NULL || a->route->to == NULL) && !conf_forwards(a->conf)) {
		admin_say(out, 404, "No route serves this host and path: the node would answer 404.\n");
		return;
	}
	cache_policy_direct(&x.policy);
	if (a->route != NULL) {
		x.policy = a->route->policy;
		x.to = a->route->to;
	}
	j = admin_json(out);
	rcu_read_begin();
	find_out(&x, q);
	tell(&j, &x, q);
	rcu_read_end();
	admin_json_end(&j);
}

void
admin_explain(const struct admin_request *q, struct admin_reply *out)
{
	struct admin_asked a;

	if (!admin_asked_begin(&a, q, out))
		return;
	explain(&a, q, out);
	admin_asked_end(&a);
}
