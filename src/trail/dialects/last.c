/* What is left when all have read theirs: hops of Via that nobody has taken, who is named in Server alone, the order
 * that Via tells, and Age. */
#include "trail/dialect_impl.h"

/* ---- Via ---- */

static void
take(struct reading *r, struct hop *h, struct found *f)
{
	h->tier = f;
	f->listed[ORDER_VIA] = true;
	found_shows(r, f, TOLD_VIA, h->text);
}

/* Its name in Via is that of a node, and not what all of its make are called. */
static bool
names_node(const struct hop *h)
{
	return h->vendor != VENDOR_FASTLY && h->vendor != VENDOR_CLOUDFRONT && !str_istarts(h->name, STR("varnish"));
}

static void
pair_by_name(struct reading *r, struct hop *h)
{
	struct found *f = h->name.n > 0 ? found_named(r, h->name, ORDER_VIA) : NULL;

	if (f != NULL)
		take(r, h, f);
}

/* Squid calls itself otherwise in X-Cache than in Via, and others have no name in one of them. */
static void
pair_by_make(struct reading *r, struct hop *h)
{
	struct found *f = h->vendor == VENDOR_UNKNOWN ? NULL : found_free(r, h->vendor, ORDER_VIA);

	if (f == NULL)
		return;
	take(r, h, f);
	if (f->tier.node.n == 0 && names_node(h))
		f->tier.node = h->name;
}

/* Of those who have no name there, what is more than the tiers that are known is not believed to be a tier. */
static void
add_hop(struct reading *r, struct hop *h)
{
	struct found *f;

	if (h->vendor == VENDOR_FASTLY && found_first(r, VENDOR_FASTLY) != NULL) {
		h->tier = &r->nowhere;
		return;
	}
	f = found_add(r, h->vendor);
	f->tier.node = names_node(h) ? h->name : STR_NONE;
	f->tier.says_nothing = h->vendor == VENDOR_UNKNOWN || h->vendor == VENDOR_GOOGLE_CLOUD_CDN;
	take(r, h, f);
}

static void
each_free_hop(struct reading *r, void (*fn)(struct reading *r, struct hop *h))
{
	for (struct hop *h = r->hops; h != NULL; h = h->behind)
		if (h->tier == NULL)
			fn(r, h);
}

/* Who is known by name first, so that none of them is taken for another. */
static void
read_hops(struct reading *r)
{
	struct run run = { ORDER_VIA, false, NULL };

	each_free_hop(r, pair_by_name);
	each_free_hop(r, pair_by_make);
	each_free_hop(r, add_hop);
	for (struct hop *h = r->hops; h != NULL; h = h->behind)
		if (h->tier != &r->nowhere)
			found_follow(&run, h->tier);
}

/* ---- Server ---- */

/* Cloudflare makes itself known there even where it says nothing else. */
static void
read_server_alone(struct reading *r)
{
	if (r->server == VENDOR_CLOUDFLARE && found_first(r, VENDOR_CLOUDFLARE) == NULL)
		found_shows(r, found_add(r, VENDOR_CLOUDFLARE), TOLD_SERVER, told_value(r, TOLD_SERVER));
}

void
read_last(struct reading *r)
{
	read_hops(r);
	read_server_alone(r);
	for (struct found *f = r->first; f != NULL; f = f->next)
		if (f->tier.vendor == VENDOR_SQUID)
			squid_explain(r, f);
}
