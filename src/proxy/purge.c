#include "proxy/purge.h"

#include "base/json.h"
#include "proxy/clear.h"
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

/* Under one scheme. */
static bool
forget(struct node *n, const struct purge *p, const struct key_parts *parts, int64_t now_ms, struct arena *a,
       struct key *key, unsigned *variants)
{
	const struct key_rules *rules = p->route == NULL ? NULL : &p->route->policy.key;

	*key = key_make(store_secret(n->store), parts, rules, p->request, a);
	if (key->text.p == NULL)
		return false;
	*variants += node_purge(n, key, p->soft, p->order, now_ms);
	if (rules != NULL && rules->field_count > 0)
		*variants += store_invalidate_url(n->store, key, now_ms);
	return true;
}

bool
purge_url(struct node *n, const struct purge *p, int64_t now_ms, struct arena *a, struct key *key, unsigned *variants)
{
	struct key_parts other = p->parts;
	struct key other_key;

	*variants = 0;
	if (!forget(n, p, &p->parts, now_ms, a, key, variants))
		return false;
	other.scheme = key_other_scheme(p->parts.scheme);
	return !conf_knows_https(p->conf) || forget(n, p, &other, now_ms, a, &other_key, variants);
}

enum step
req_purge(struct req *r)
{
	struct purge p = { .conf = r->conf,
			   .route = r->route,
			   .parts = { r->scheme, r->hostname, r->port, r->target },
			   .request = &r->head,
			   .soft = str_ieq(head_get(&r->head, HDR_CAIRN_PURGE), STR("soft")) };
	unsigned variants;

	if (!net_list_has(&r->conf->purge.allow_nets, req_client(r)))
		return req_refuse(r, 403, REASON_DENIED, PROXY_ERROR_HTTP_REQUEST_DENIED,
				  "Purging is not allowed from this address (purge.allow).\n");
	p.order = r->order = node_order(r->worker->node);
	if (!purge_url(r->worker->node, &p, r->now.wall_ms, r->arena, &r->key, &variants))
		return STEP_REFUSE;
	clear_neighbours(r->worker, r->conf, &p.parts, true, r->arena);
	req_refuse(r, 200, REASON_ADMIN, PROXY_ERROR_NONE, NULL);
	r->refusal.text = purge_answer(r->arena, r->order, r->key.text, variants);
	r->refusal.type = STR("application/json");
	return STEP_REFUSE;
}
