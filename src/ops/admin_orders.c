/* Orders to the node: purge, purge everything, reload. */
#include "ops/admin_impl.h"
#include "proxy/clear.h"
#include "proxy/purge.h"

static unsigned
forget(const struct admin_asked *a, const struct key *key, const struct admin_request *q, uint64_t order)
{
	unsigned n = node_purge(q->node, key, admin_flag(q, STR("soft")), order, q->now.wall_ms);

	if (a->route != NULL && a->route->policy.key.field_count > 0)
		n += store_invalidate_url(q->node->store, key, q->now.wall_ms);
	return n;
}

void
admin_purge(const struct admin_request *q, struct admin_reply *out)
{
	struct admin_asked a;
	unsigned variants;
	uint64_t order;

	if (!admin_asked_begin(&a, q, out))
		return;
	order = node_order(q->node);
	variants = forget(&a, &a.key, q, order);
	if (a.other.text.n > 0)
		variants += forget(&a, &a.other, q, order);
	clear_post(q->node,
		   arena_printf(q->arena, "%.*s://%.*s%.*s", STR_FMT(a.scheme), STR_FMT(a.host), STR_FMT(a.target)));
	out->status = 200;
	out->type = STR("application/json");
	strbuf_add(&out->body, purge_answer(q->arena, order, a.key.text, variants));
	admin_asked_end(&a);
}

void
admin_purge_all(const struct admin_request *q, struct admin_reply *out)
{
	uint64_t order, count = node_purge_all(q->node, admin_flag(q, STR("soft")), q->now.wall_ms, &order);
	struct json j = admin_json(out);

	json_u64(&j, STR("id"), order);
	json_u64(&j, STR("responses"), count);
	admin_json_end(&j);
}

void
admin_reload(const struct admin_request *q, struct admin_reply *out)
{
	bool fine = q->hooks->reload(q->hooks->ctx, &out->body);

	admin_say(out, fine ? 200 : 422, "The %s configuration is in force.\n", fine ? "new" : "old");
}
