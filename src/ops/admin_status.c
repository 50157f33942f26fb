/* How the node is doing, and with which configuration. */
#include "base/counter.h"
#include "net/listener.h"
#include "ops/admin_impl.h"
#include "ops/settings_show.h"
#include "peer/digest_peer.h"
#include "peer/follow.h"
#include "proxy/worker.h"

static void
put_listeners(struct json *j, const struct node *n, const struct conf *conf)
{
	static const char *const modes[] = {
		[CONF_mode_REVERSE] = "reverse",
		[CONF_mode_FORWARD] = "forward",
		[CONF_mode_BOTH] = "both",
		[CONF_mode_INTERCEPT] = "intercept",
	};
	const struct worker *w = n->worker_count > 0 ? n->workers[0] : NULL;

	json_open(j, STR("listeners"), '[');
	for (unsigned i = 0; i < conf->listener_count; i++) {
		json_open(j, STR_NONE, '{');
		json_text(j, STR("address"), conf->listeners[i].address);
		if (w != NULL && i < w->listener_count)
			json_u64(j, STR("port"), w->listeners[i].port);
		json_text(j, STR("mode"), str_c(modes[conf->listeners[i].mode]));
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
put_clients(struct json *j, struct node *n)
{
	json_open(j, STR("clients"), '{');
	json_u64(j, STR("connections"), atomic_load(&n->clients));
	json_u64(j, STR("limit"), atomic_load(&n->client_limit));
	json_u64(j, STR("accept_pauses"), listener_pauses());
	json_close(j, '}');
}

static void
put_requests(struct json *j)
{
	uint64_t sums[2] = { 0 };

	for (unsigned reason = 0; reason < COUNTER_REASONS; reason++) {
		sums[0] += counter_requests(false, reason);
		sums[1] += counter_requests(true, reason);
	}
	json_open(j, STR("requests"), '{');
	json_u64(j, STR("hit"), sums[1]);
	json_u64(j, STR("miss"), sums[0]);
	json_close(j, '}');
}

static void
put_store(struct json *j, const struct store *s)
{
	struct store_totals t;

	store_totals(s, &t);
	json_open(j, STR("store"), '{');
#define TOTAL(what) json_u64(j, STR(#what), t.what)
	TOTAL(limit);
	TOTAL(memory);
	TOTAL(extents);
	TOTAL(index);
	TOTAL(ghost);
	TOTAL(retired);
	TOTAL(pinned);
	TOTAL(bodies);
	TOTAL(entries);
	TOTAL(resources);
	TOTAL(pinned_entries);
	TOTAL(puts);
	TOTAL(replaced);
	TOTAL(evictions);
	TOTAL(drops);
	TOTAL(purges);
	TOTAL(full);
	TOTAL(variants_dropped);
#undef TOTAL
	json_close(j, '}');
}

static void
put_promises(struct json *j, const struct neighbour *n)
{
	uint64_t kept = 0, broken = 0;

	for (enum told by = TOLD_BY_NOBODY + 1; by < TOLD_COUNT; by++) {
		kept += atomic_load(&n->kept[by]);
		broken += atomic_load(&n->broken[by]);
	}
	json_open(j, STR("promises"), '{');
	json_u64(j, STR("kept"), kept);
	json_u64(j, STR("broken"), broken);
	json_close(j, '}');
}

static void
put_digest(struct json *j, const struct digest_peer_state *d, int64_t wall_ms)
{
	json_open(j, STR("digest"), '{');
	json_text(j, STR("form"), d->cairn ? STR("cairn") : STR("squid"));
	json_u64(j, STR("entries"), d->entries);
	json_milli(j, STR("age_seconds"), d->made_ms < wall_ms ? wall_ms - d->made_ms : 0);
	json_close(j, '}');
}

/* Of those alone that are asked what they hold, or have a digest. */
static void
put_neighbour(struct json *j, const struct seat *seat, int64_t wall_ms)
{
	const struct neighbour *n = &seat->member->neighbour;
	struct digest_peer_state digest;
	bool has_digest = digest_peer_state(seat->member, &digest);

	if (!has_digest && !seat_is_neighbour(seat))
		return;
	json_open(j, STR("neighbour"), '{');
	json_u64(j, STR("standing_percent"), neighbour_standing(n) / 10);
	json_u64(j, STR("queries"), atomic_load(&n->queries));
	put_promises(j, n);
	if (has_digest)
		put_digest(j, &digest, wall_ms);
	json_close(j, '}');
}

static void
put_member(struct json *j, const struct seat *seat, const struct now *now)
{
	const struct member *m = seat->member;
	static const char *const classes[] = { "none", "1xx", "2xx", "3xx", "4xx", "5xx" };

	json_open(j, STR_NONE, '{');
	json_text(j, STR("member"), m->label);
	if (seat->following != NULL)
		json_text(j, STR("from"), seat->following->like.member->host);
	json_bool(j, STR("up"), member_is_up(m, now->mono_ns));
	json_u64(j, STR("active"), atomic_load(&m->active));
	json_u64(j, STR("requests"), atomic_load(&m->requests));
	json_u64(j, STR("failures"), atomic_load(&m->failures));
	json_u64(j, STR("failures_in_a_row"), atomic_load(&m->fails));
	json_u64(j, STR("connects"), atomic_load(&m->connects));
	json_u64(j, STR("reused"), atomic_load(&m->reused));
	json_open(j, STR("responses"), '{');
	for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
		json_u64(j, str_c(classes[i]), atomic_load(&m->status[i]));
	json_close(j, '}');
	put_neighbour(j, seat, now->wall_ms);
	json_close(j, '}');
}

static void
put_members(struct json *j, const struct group *g, const struct now *now)
{
	struct roster *r = group_hold(g);

	json_open(j, STR("members"), '[');
	for (unsigned i = 0; i < r->count; i++)
		put_member(j, &r->seats[i], now);
	json_close(j, ']');
	roster_let_go(&r);
}

/* On the thread that follows. */
static void
put_followed(struct json *j, const struct group *g, int64_t mono_ns)
{
	struct follow_state state;

	json_open(j, STR("followed"), '[');
	for (const struct following *f = g->followings; f != NULL; f = f->next) {
		if (!follow_state(f, mono_ns, &state))
			continue;
		json_open(j, STR_NONE, '{');
		json_text(j, STR("name"), f->like.member->host);
		json_text(j, STR("follow"), f->follow == FOLLOW_SRV ? STR("srv") : STR("addresses"));
		json_bool(j, STR("answered"), state.answered);
		json_u64(j, STR("failures_in_a_row"), state.failures);
		if (state.why != NULL)
			json_text(j, STR("why"), str_c(state.why));
		json_milli(j, STR("asked_again_in"), state.left_ms);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_milli(j, STR("members_changed"), atomic_load(&g->changed_ms));
}

static void
put_upstreams(struct json *j, const struct conf *conf, const struct now *now)
{
	json_open(j, STR("upstreams"), '[');
	for (unsigned i = 0; i < conf->upstream_count; i++) {
		const struct group *g = conf->upstreams[i].group;

		json_open(j, STR_NONE, '{');
		json_text(j, STR("name"), g->name);
		json_text(j, STR("kind"), group_kind_word(g->kind));
		json_bool(j, STR("up"), !group_is_down(g, now->mono_ns));
		put_members(j, g, now);
		if (g->followings != NULL)
			put_followed(j, g, now->mono_ns);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
put_log(struct json *j)
{
	json_open(j, STR("log"), '{');
	json_u64(j, STR("written"), counter_sum(COUNTER_LOG_WRITTEN));
	json_u64(j, STR("dropped"), counter_sum(COUNTER_LOG_DROPPED));
	json_close(j, '}');
}

static struct str
state_of(const struct admin_request *q)
{
	if (atomic_load(&q->node->draining))
		return STR("draining");
	return q->hooks->ready(q->hooks->ctx) ? STR("ready") : STR("starting");
}

void
admin_status(const struct admin_request *q, struct admin_reply *out)
{
	struct node *n = q->node;
	struct conf *conf = node_conf(n);
	struct json j = admin_json(out);

	json_text(&j, STR("node"), conf->trail.node.name);
	json_text(&j, STR("version"), STR(CAIRN_VERSION));
	json_text(&j, STR("state"), state_of(q));
	json_milli(&j, STR("uptime_seconds"), q->now.wall_ms - n->started_ms);
	json_u64(&j, STR("workers"), n->worker_count);
	put_listeners(&j, n, conf);
	put_clients(&j, n);
	put_requests(&j);
	json_u64(&j, STR("flights"), flights_count(n->flights));
	put_store(&j, n->store);
	put_upstreams(&j, conf, &q->now);
	put_log(&j);
	admin_json_end(&j);
	conf_unref(&conf);
}

void
admin_config(const struct admin_request *q, struct admin_reply *out)
{
	struct conf *conf = node_conf(q->node);
	struct json j = admin_json(out);

	settings_show(&j, conf);
	admin_json_end(&j);
	conf_unref(&conf);
}
