/* Who wrote a HIT or MISS in X-Cache that says nothing else: by the fields that stand beside it, then by Via, then by
 * Server. Of several, the last one is of who stands nearest the client; only Fastly and Varnish write more than one. */
#include "trail/dialect_impl.h"

/* A field that comes from one maker alone. */
static const struct {
	uint8_t field; /* enum told */
	enum vendor vendor;
} companions[] = {
	{ TOLD_X_SHOPID, VENDOR_SHOPIFY_PAGE },
	{ TOLD_X_SHOPIFY_STAGE, VENDOR_SHOPIFY_PAGE },
	{ TOLD_X_SORTING_HAT_SHOPID, VENDOR_SHOPIFY_PAGE },
	{ TOLD_X_ALTERNATE_CACHE_KEY, VENDOR_SHOPIFY_PAGE },
	{ TOLD_X_EDGE_IP, VENDOR_ONAPP },
	{ TOLD_X_AZURE_REF, VENDOR_AZURE_FRONT_DOOR },
	{ TOLD_X_MSEDGE_REF, VENDOR_AZURE_FRONT_DOOR },
	{ TOLD_EAGLEID, VENDOR_ALIBABA },
	{ TOLD_X_SWIFT_CACHETIME, VENDOR_ALIBABA },
	{ TOLD_X_NWS_LOG_UUID, VENDOR_TENCENT },
	{ TOLD_X_PULL, VENDOR_KEYCDN },
	{ TOLD_X_SHIELD, VENDOR_KEYCDN },
	{ TOLD_X_HW, VENDOR_STACKPATH },
	{ TOLD_X_CACHE_GROUP, VENDOR_WPENGINE },
	{ TOLD_X_BDCDN_CACHE_STATUS, VENDOR_BYTEDANCE },
	{ TOLD_X_LLID, VENDOR_LIMELIGHT },
	{ TOLD_X_CACHE_EXPIRE_IN, VENDOR_AZION },
	{ TOLD_X_SID, VENDOR_ARVANCLOUD },
	{ TOLD_X_CCDN_CACHETTL, VENDOR_HUAWEI },
};

/* In Via; and in Server. */
static const uint8_t in_via[] = { VENDOR_VARNISH, VENDOR_LOX_HTTPCACHE,    VENDOR_ATS,
				  VENDOR_QTT_CDN, VENDOR_GOOGLE_CLOUD_CDN, VENDOR_HAPROXY };
static const uint8_t in_server[] = { VENDOR_EDGECAST,      VENDOR_KEYCDN,  VENDOR_AKAMAI,    VENDOR_TENCENT,
				     VENDOR_QTT_CDN,       VENDOR_CDN77,   VENDOR_STACKPATH, VENDOR_ARVANCLOUD,
				     VENDOR_AZION,         VENDOR_ATS,     VENDOR_VARNISH,   VENDOR_LITESPEED,
				     VENDOR_NGINX_DERIVED, VENDOR_HAPROXY, VENDOR_ENVOY };

/* Where they name the node, if it is not in X-Cache. */
static const struct {
	enum vendor vendor;
	uint8_t field; /* enum told */
} nodes[] = {
	{ VENDOR_KEYCDN, TOLD_X_EDGE_LOCATION },
	{ VENDOR_ONAPP, TOLD_X_EDGE_IP },
	{ VENDOR_PARKING_HOST, TOLD_X_CACHE_MISS_FROM },
};

struct str
owner_node(const struct reading *r, enum vendor v)
{
	if (v == VENDOR_EDGECAST)
		return r->server_node;
	for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++)
		if (nodes[i].vendor == v)
			return told_value(r, (enum told)nodes[i].field);
	return STR_NONE;
}

static bool
is_parked(const struct reading *r)
{
	return str_istarts(told_value(r, TOLD_X_CACHE_MISS_FROM), STR("parking-"));
}

/* Of plain items, how many nearest the client are Fastly's? X-Served-By says so, by naming its machines. */
static unsigned
fastly_items(const struct reading *r)
{
	if (r->machines > 0)
		return r->machines;
	return hop_any(r, VENDOR_FASTLY) || told(r, TOLD_X_TIMER) ? TIERS_MAX : 0;
}

static enum vendor
owner_by_companion(const struct reading *r)
{
	for (size_t i = 0; i < sizeof companions / sizeof *companions; i++)
		if (told(r, (enum told)companions[i].field))
			return companions[i].vendor;
	return is_parked(r) ? VENDOR_PARKING_HOST : VENDOR_UNKNOWN;
}

static enum vendor
owner_in_via(const struct reading *r)
{
	if (told(r, TOLD_X_VARNISH))
		return VENDOR_VARNISH;
	for (size_t i = 0; i < sizeof in_via; i++)
		if (hop_any(r, (enum vendor)in_via[i]))
			return (enum vendor)in_via[i];
	return told(r, TOLD_X_AH_ENVIRONMENT) ? VENDOR_VARNISH : VENDOR_UNKNOWN;
}

static enum vendor
owner_in_server(const struct reading *r)
{
	return memchr(in_server, (int)r->server, sizeof in_server) != NULL ? r->server : VENDOR_UNKNOWN;
}

enum vendor
owner_of_plain(const struct reading *r, unsigned nearer)
{
	unsigned fastly = fastly_items(r);
	enum vendor v = VENDOR_UNKNOWN;

	if (nearer < fastly)
		return VENDOR_FASTLY;
	if (nearer < hop_count(r, VENDOR_FASTLY))
		return VENDOR_VARNISH; /* a hop that looks like Fastly's, and no machine of theirs to it */
	if (nearer == fastly)
		v = owner_by_companion(r);
	if (v == VENDOR_UNKNOWN)
		v = owner_in_via(r);
	if (v == VENDOR_UNKNOWN && nearer == fastly)
		v = owner_in_server(r);
	return v;
}
