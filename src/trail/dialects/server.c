/* Server: of all fields the weakest, since most caches pass on the origin's. It tells who wrote other fields. */
#include "trail/dialect_impl.h"

static const struct {
	struct str prefix;
	enum vendor vendor;
} servers[] = {
	{ STR_INIT("cloudflare"), VENDOR_CLOUDFLARE },
	{ STR_INIT("nginx"), VENDOR_NGINX_DERIVED },
	{ STR_INIT("openresty"), VENDOR_NGINX_DERIVED },
	{ STR_INIT("Apache"), VENDOR_APACHE_MOD_CACHE },
	{ STR_INIT("Tengine"), VENDOR_NGINX_DERIVED },
	{ STR_INIT("LiteSpeed"), VENDOR_LITESPEED },
	{ STR_INIT("squid"), VENDOR_SQUID },
	{ STR_INIT("ATS"), VENDOR_ATS },
	{ STR_INIT("Varnish"), VENDOR_VARNISH },
	{ STR_INIT("ECAcc"), VENDOR_EDGECAST },
	{ STR_INIT("ECS"), VENDOR_EDGECAST },
	{ STR_INIT("ECD"), VENDOR_EDGECAST },
	{ STR_INIT("AkamaiGHost"), VENDOR_AKAMAI },
	{ STR_INIT("CloudFront"), VENDOR_CLOUDFRONT },
	{ STR_INIT("BunnyCDN"), VENDOR_BUNNY },
	{ STR_INIT("keycdn"), VENDOR_KEYCDN },
	{ STR_INIT("GitHub.com"), VENDOR_GITHUB_PROXY },
	{ STR_INIT("Vercel"), VENDOR_VERCEL },
	{ STR_INIT("Netlify"), VENDOR_NETLIFY },
	{ STR_INIT("Sucuri"), VENDOR_SUCURI },
	{ STR_INIT("NWS"), VENDOR_TENCENT },
	{ STR_INIT("SLT-MID"), VENDOR_TENCENT },
	{ STR_INIT("TencentEdgeOne"), VENDOR_TENCENT },
	{ STR_INIT("JSP3"), VENDOR_BAIDU },
	{ STR_INIT("HAProxy"), VENDOR_HAPROXY },
	{ STR_INIT("envoy"), VENDOR_ENVOY },
	{ STR_INIT("istio-envoy"), VENDOR_ENVOY },
	{ STR_INIT("Google-Edge-Cache"), VENDOR_GOOGLE_CLOUD_CDN },
	{ STR_INIT("CDN77"), VENDOR_CDN77 },
	{ STR_INIT("NetDNA-cache"), VENDOR_STACKPATH },
	{ STR_INIT("ArvanCloud"), VENDOR_ARVANCLOUD },
	{ STR_INIT("Azion"), VENDOR_AZION },
	{ STR_INIT("ECSF"), VENDOR_EDGECAST },
	{ STR_INIT("QTT"), VENDOR_QTT_CDN },
};

/* Not a longer word that begins so: "ECSource". */
static bool
is_whole(struct str value, size_t n)
{
	char c = value.n > n ? value.p[n] : ' ';

	return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
}

/* "ECAcc (nyd/D13E)" */
static struct str
node_of(struct str value)
{
	ptrdiff_t open = str_chr(value, '(');

	if (open < 0 || value.p[value.n - 1] != ')')
		return STR_NONE;
	return str_trim(str_of(value.p + open + 1, value.n - (size_t)open - 2));
}

void
read_server(struct reading *r)
{
	struct str value = told_value(r, TOLD_SERVER);

	for (size_t i = 0; i < sizeof servers / sizeof *servers; i++)
		if (str_istarts(value, servers[i].prefix) && is_whole(value, servers[i].prefix.n)) {
			r->server = servers[i].vendor;
			break;
		}
	if (r->server == VENDOR_EDGECAST)
		r->server_node = node_of(value);
}
