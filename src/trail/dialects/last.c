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
	return h->vendor != VENDOR_FASTLY && h->vendor != VENDOR_CLOUDFRONT && h->vendor != VENDOR_GOOGLE_CLOUD_CDN &&
	       !str_istarts(h->name, STR("varnish"));
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

/* Of those who have no name there, what is more than the tiers that are known is not believed to be a tier; nor are the
 * Squids that Limelight and the Varnishes that Wikimedia are made of, whose own lists have them. */
static void
add_hop(struct reading *r, struct hop *h)
{
	struct found *f;

	if ((h->vendor == VENDOR_FASTLY && found_first(r, VENDOR_FASTLY) != NULL) ||
	    (h->vendor == VENDOR_SQUID && found_first(r, VENDOR_LIMELIGHT) != NULL) ||
	    (h->vendor == VENDOR_VARNISH && found_first(r, VENDOR_WIKIMEDIA) != NULL)) {
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

/* Makers whose name there is not the origin's. Of Cloudflare a tier is made even where it says nothing of caching. */
static bool
is_cdn(enum vendor v)
{
	static const uint8_t cdns[] = { VENDOR_AKAMAI,     VENDOR_BUNNY,    VENDOR_CLOUDFLARE,
					VENDOR_CLOUDFRONT, VENDOR_EDGECAST, VENDOR_KEYCDN,
					VENDOR_NETLIFY,    VENDOR_SUCURI,   VENDOR_VERCEL };

	return memchr(cdns, (int)v, sizeof cdns) != NULL;
}

static void
read_server_alone(struct reading *r)
{
	struct found *f;

	if (!is_cdn(r->server) || found_first(r, r->server) != NULL)
		return;
	f = found_add(r, r->server);
	f->tier.node = r->server_node;
	f->tier.says_nothing = r->server != VENDOR_CLOUDFLARE;
	found_shows(r, f, TOLD_SERVER, told_value(r, TOLD_SERVER));
}

/* Envoy's cache writes Age and nothing else. */
static void
read_age_alone(struct reading *r)
{
	struct found *f;

	if (r->server != VENDOR_ENVOY || r->first != NULL || number_of(told_value(r, TOLD_AGE)) == TIER_NUMBER_NONE)
		return;
	f = found_add(r, VENDOR_ENVOY);
	found_says(f, words_find(&words_common, STR("HIT")));
	found_shows(r, f, TOLD_AGE, told_value(r, TOLD_AGE));
	reading_note(r, "That Envoy had it stored is concluded from Age alone; a cache that does not name itself may "
			"have written it.");
}

void
read_last(struct reading *r)
{
	read_hops(r);
	read_server_alone(r);
	read_age_alone(r);
	for (struct found *f = r->first; f != NULL; f = f->next)
		if (f->tier.vendor == VENDOR_SQUID)
			squid_explain(r, f);
}
