/* What is left when all have read theirs: hops of Via that nobody has taken, who is named in Server alone, the order
 * that Via tells, and Age. */
#include "http/fields.h"
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

/* ---- X-Cache-Miss-From ---- */

/* Who reached back. A host of parked domains names itself there, and stands nowhere else. */
static void
read_miss_from(struct reading *r)
{
	struct str value = told_value(r, TOLD_X_CACHE_MISS_FROM);
	struct found *f = r->items != NULL ? r->items->tier : r->first;

	if (value.n == 0)
		return;
	if (f == NULL) {
		f = found_add(r, str_istarts(value, STR("parking-")) ? VENDOR_PARKING_HOST : VENDOR_UNKNOWN);
		f->tier.node = value;
		found_says(f, words_find(&words_common, STR("MISS")));
	}
	if (f->tier.miss_from.n == 0 && f->tier.served == TIER_SERVED_MISS)
		f->tier.miss_from = value;
	found_shows(r, f, TOLD_X_CACHE_MISS_FROM, value);
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

/* ---- Apache ---- */

/* X-Cache-Detail: "\"cache hit: 503 status; stale content returned\" from host", whose words are the reason. */
static void
read_apache_detail(struct reading *r)
{
	struct found *f = found_first(r, VENDOR_APACHE_MOD_CACHE);
	struct str value = f == NULL ? STR_NONE : apache_detail(r, f->tier.node), detail;

	if (value.n < 2 || value.p[0] != '"')
		return;
	detail = before_char(str_skip(value, 1), '"');
	if (f->tier.served == TIER_SERVED_HIT && str_find(detail, STR("stale")) >= 0) {
		f->tier.lookup = TIER_LOOKUP_STALE;
		f->tier.served = TIER_SERVED_STALE;
	}
	f->tier.reason = arena_printf(r->a, "It says: %.*s.", STR_FMT(str_head(detail, 200)));
	found_shows(r, f, TOLD_X_CACHE_DETAIL, value);
}

/* ---- who made it up ---- */

/* Proxy-Status (RFC 9209): the last member is the nearest; where it is one of ours, it says why there is no more. */
static void
read_proxy_status(struct reading *r)
{
	const struct part *p = told_backwards(r, TOLD_PROXY_STATUS);
	struct str params, name, value, node = p == NULL ? STR_NONE : unquote(element_value(p->text, &params), r->a);
	struct found *f = NULL;

	for (f = r->first; f != NULL && !(node.n > 0 && str_eq(f->tier.node, node)); f = f->next)
		;
	while (f != NULL && f->tier.reason.n == 0 && param_next(&params, &name, &value))
		if (str_ieq(name, STR("error"))) {
			f->tier.reason =
			    arena_printf(r->a, "It made the response itself: %.*s.", STR_FMT(str_head(value, 80)));
			found_shows(r, f, TOLD_PROXY_STATUS, p->text);
		}
}

/* ---- X-Cacheable ---- */

/* "NO:Cookie", "NO:Not Cacheable": of the host's or the site's own Varnish. */
static void
read_cacheable(struct reading *r)
{
	struct str value = told_value(r, TOLD_X_CACHEABLE);
	struct found *f = found_first(r, VENDOR_WPENGINE);

	if (f == NULL)
		f = found_first(r, VENDOR_VARNISH);
	if (f == NULL || !str_istarts(value, STR("NO")))
		return;
	if (f->tier.reason.n == 0)
		f->tier.reason = arena_printf(r->a, "It says of its caching: %.*s.", STR_FMT(str_head(value, 80)));
	found_shows(r, f, TOLD_X_CACHEABLE, value);
}

void
read_last(struct reading *r)
{
	read_miss_from(r);
	read_hops(r);
	read_server_alone(r);
	read_age_alone(r);
	read_apache_detail(r);
	read_proxy_status(r);
	read_cacheable(r);
	for (struct found *f = r->first; f != NULL; f = f->next)
		if (f->tier.vendor == VENDOR_SQUID)
			squid_explain(r, f);
}
