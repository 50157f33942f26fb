/* What an answer makes invalid of what is stored (RFC 9111 4.4). */
#include "http/sf.h"
#include "http/uri.h"
#include "proxy/clear.h"
#include "proxy/fetch_impl.h"

static void
forget_in(struct fetch *f, struct str scheme, struct str target)
{
	struct key_parts parts = key_parts_of(scheme, f->host, target);
	struct key key = key_make(store_secret(fetch_store(f)), &parts, &f->policy->key, &f->head, f->arena);

	if (key.text.p == NULL)
		return;
	flights_doom_others(f->worker->node->flights, key.hash, f->flight);
	store_invalidate(fetch_store(f), &key, fetch_wall_ms(f));
	if (f->policy->key.field_count > 0)
		store_invalidate_url(fetch_store(f), &key, fetch_wall_ms(f));
}

static void
forget(struct fetch *f, struct str target)
{
	struct key_parts parts = key_parts_of(f->scheme, f->host, target);

	forget_in(f, f->scheme, target);
	if (conf_knows_https(f->conf))
		forget_in(f, key_other_scheme(f->scheme), target);
	clear_neighbours(f->worker, f->conf, &parts, false, f->arena);
}

static void
forget_reference(struct fetch *f, enum hdr id)
{
	struct str path, ref = head_get(&f->answer, id);

	if (ref.n > 0 && uri_same_origin_path(f->scheme, f->host, f->target, ref, f->arena, &path))
		forget(f, path);
}

static void
forget_groups(struct fetch *f)
{
	struct str value = head_joined(&f->answer, HDR_CACHE_GROUP_INVALIDATION, f->arena);
	struct str origin = arena_printf(f->arena, "%.*s://%.*s", STR_FMT(f->scheme), STR_FMT(f->host));
	struct sf_item *item;

	if (value.n == 0 || !sf_parse_list(value, f->arena, &item))
		return;
	for (; item != NULL; item = item->next)
		if (item->type == SF_STRING)
			store_invalidate_group(fetch_store(f), origin, item->text, fetch_wall_ms(f));
}

/* A method that changes things, and any the cache does not know, makes what is stored for its URL invalid when it did
 * not fail; so do the URLs of the same origin that the answer names (RFC 9111 4.4). CONNECT has no URL. */
void
fetch_invalidate(struct fetch *f)
{
	if (f->fwd_status < 200 || f->fwd_status >= 400 || f->unverified || f->head.method == METHOD_CONNECT)
		return;
	forget(f, f->target);
	forget_reference(f, HDR_LOCATION);
	forget_reference(f, HDR_CONTENT_LOCATION);
	forget_groups(f);
}
