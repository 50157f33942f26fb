/* PURGE: an order to forget a URL, from allowed addresses. */
#include "proxy/purge.h"

#include "base/json.h"
#include "proxy/req_impl.h"

struct str
purge_answer(struct arena *a, uint64_t order, struct str url, unsigned variants)
{
	struct strbuf b = strbuf_in(a, 128 + url.n);
	struct json j = json_on(&b);

	json_open(&j, STR_NONE, '{');
	json_u64(&j, STR("id"), order);
	json_text(&j, STR("url"), url);
	json_u64(&j, STR("variants"), variants);
	json_close(&j, '}');
	strbuf_char(&b, '\n');
	return strbuf_str(&b);
}

/* Under its scheme. False where memory is short. */
static bool
forget(struct req *r, const struct key_parts *parts, bool soft, unsigned *variants)
{
	const struct key_rules *rules = r->route == NULL ? NULL : &r->route->policy.key;
	struct node *n = r->worker->node;
	struct key key = key_make(store_secret(n->store), parts, rules, &r->head, r->arena);

	if (key.text.p == NULL)
		return false;
	if (r->key.text.p == NULL)
		r->key = key;
	*variants += node_purge(n, &key, soft, r->order, r->now.wall_ms);
	if (rules != NULL && rules->field_count > 0)
		*variants += store_invalidate_url(n->store, &key, r->now.wall_ms);
	return true;
}

enum step
req_purge(struct req *r)
{
	struct key_parts parts = { r->scheme, r->hostname, r->port, r->target };
	bool soft = str_ieq(head_get(&r->head, HDR_CAIRN_PURGE), STR("soft"));
	unsigned variants = 0;

	if (!net_list_has(&r->conf->purge.allow_nets, req_client(r)))
		return req_refuse(r, 403, REASON_DENIED, PROXY_ERROR_HTTP_REQUEST_DENIED,
				  "Purging is not allowed from this address (purge.allow).\n");
	r->order = node_order(r->worker->node);
	if (!forget(r, &parts, soft, &variants))
		return STEP_REFUSE;
	parts.scheme = key_other_scheme(r->scheme);
	if (conf_knows_https(r->conf) && !forget(r, &parts, soft, &variants))
		return STEP_REFUSE;
	req_refuse(r, 200, REASON_ADMIN, PROXY_ERROR_NONE, NULL);
	r->refusal.text = purge_answer(r->arena, r->order, r->key.text, variants);
	r->refusal.type = STR("application/json");
	return STEP_REFUSE;
}
