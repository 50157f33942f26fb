/* CDNs of the West, alone and before each other. */
#include "dialects.h"

static const struct row rows[] = {
	{ "two Fastlys and a Varnish that X-Served-By does not name",
	  "Server: Apache\n"
	  "Via: 1.1 varnish, 1.1 varnish, 1.1 varnish\n"
	  "X-Cache: MISS, HIT, HIT\n"
	  "X-Cache-Hits: 3, 16\n"
	  "X-Served-By: cache-iad2135-IAD, cache-fra1234-FRA\n",
	  "cache-fra1234-FRA fastly hit/hit hits=16\n"
	  "cache-iad2135-IAD fastly hit/hit hits=3 frozen\n"
	  "- varnish miss/miss frozen" },
	{ "Fastly before Varnish",
	  "X-Varnish: 123 456\n"
	  "Via: 1.1 varnish (Varnish/6.0), 1.1 varnish\n"
	  "X-Cache: HIT, MISS\n"
	  "X-Cache-Hits: 4, 0\n"
	  "X-Served-By: cache-iad2135-IAD\n"
	  "Age: 55\n",
	  "cache-iad2135-IAD fastly miss/miss hits=0\n"
	  "- varnish hit/hit hits=4" },
	{ "a machine of which X-Cache says nothing",
	  "X-Served-By: cache-iad2135-IAD, cache-fra-eddf8230098-FRA\n"
	  "X-Cache: MISS\n"
	  "X-Cache-Hits: 0\n"
	  "Via: 1.1 varnish, 1.1 varnish\n",
	  "cache-fra-eddf8230098-FRA fastly miss/miss hits=0\n"
	  "cache-iad2135-IAD fastly -/-" },
	{ "Fastly in Via alone",
	  "Via: 1.1 varnish\n"
	  "Age: 3\n",
	  "- fastly -/-" },
	{ "Wikimedia as it was in 2014",
	  "X-Cache: cp1067 miss (0), cp4009 hit (3), cp4008 frontend hit (126)\n"
	  "X-Varnish: 4067608437, 4126058259 4125899187, 2089471119 2040225699\n"
	  "Via: 1.1 varnish, 1.1 varnish, 1.1 varnish\n"
	  "Age: 12\n",
	  "cp4008 wikimedia hit/hit hits=126\n"
	  "cp4009 wikimedia hit/hit hits=3 frozen\n"
	  "cp1067 wikimedia miss/miss hits=0 frozen" },
	{ "two daemons on one machine",
	  "server: ATS/9.1.4\n"
	  "age: 3\n"
	  "x-cache: cp3067 miss, cp3067 hit/5\n"
	  "x-cache-status: hit-front\n"
	  "server-timing: cache;desc=\"hit-front\", host;desc=\"cp3067\"\n",
	  "cp3067 wikimedia hit/hit hits=5\n"
	  "cp3067 wikimedia miss/miss frozen" },
	{ "CloudFront before Varnish",
	  "X-Cache: MISS\n"
	  "X-Cache: Miss from cloudfront\n"
	  "Via: 1.1 varnish (Varnish/6.0), 1.1 abc.cloudfront.net (CloudFront)\n"
	  "X-Varnish: 1234\n"
	  "X-Amz-Cf-Pop: FRA56-P4\n",
	  "FRA56-P4 cloudfront miss/miss from=cloudfront\n"
	  "- varnish miss/miss" },
	{ "CloudFront before CloudFront",
	  "X-Cache: Miss from cloudfront\n"
	  "Via: 1.1 aaa.cloudfront.net (CloudFront), 1.1 bbb.cloudfront.net (CloudFront)\n"
	  "X-Amz-Cf-Pop: FRA56-P4\n",
	  "FRA56-P4 cloudfront miss/miss from=cloudfront\n"
	  "- cloudfront -/-" },
	{ "CloudFront asked through a regional cache",
	  "Server-Timing: "
	  "cdn-upstream-layer;desc=\"REC\",cdn-upstream-dns;dur=0,cdn-upstream-connect;dur=69,cdn-upstream-fbl;dur=562,"
	  "cdn-cache-miss,cdn-pop;desc=\"PHX50-C2\",cdn-rid;desc=\"xx==\"\n"
	  "X-Cache: Miss from cloudfront\n",
	  "PHX50-C2 cloudfront miss/miss from=cloudfront\n"
	  "REC cloudfront miss/miss" },
	{ "Origin Shield hit",
	  "Server-Timing: cdn-cache-hit,cdn-pop;desc=\"SEA19-C1\",cdn-hit-layer;desc=\"Origin Shield\"\n"
	  "X-Cache: Hit from cloudfront\n"
	  "X-Amz-Cf-Pop: SEA19-C1\n",
	  "SEA19-C1 cloudfront miss/miss\n"
	  "Origin Shield cloudfront hit/hit" },
	{ "CloudFront validated, told in Server-Timing alone",
	  "server-timing: cdn-cache-refresh,cdn-pop;desc=\"DUB2-C1\",cdn-rid;desc=\"a\"\n",
	  "DUB2-C1 cloudfront stale/revalidated" },
	{ "an error of CloudFront's",
	  "X-Cache: Error from cloudfront\n"
	  "Server: CloudFront\n"
	  "Via: 1.1 x.cloudfront.net (CloudFront)\n",
	  "- cloudfront -/error" },
	{ "a function of CloudFront's",
	  "x-cache: FunctionGeneratedResponse from cloudfront\n"
	  "x-amz-cf-pop: FRA2-C1\n",
	  "FRA2-C1 cloudfront -/-" },
	{ "Cloudflare before Squid",
	  "cf-cache-status: MISS\n"
	  "x-cache: MISS from proxy.example\n"
	  "x-cache-lookup: MISS from proxy.example:3128\n"
	  "via: 1.1 proxy.example (squid/4.10)\n"
	  "server: cloudflare\n",
	  "- cloudflare miss/miss\n"
	  "proxy.example squid miss/miss from=proxy.example",
	  "stands before" },
	{ "Azure",
	  "X-Cache: TCP_HIT\n"
	  "X-Azure-Ref: 20230101\n",
	  "- azure-front-door hit/hit" },
	{ "Azure told not to cache",
	  "x-cache: CONFIG_NOCACHE\n"
	  "x-azure-ref: abc\n",
	  "- azure-front-door -/bypass" },
	{ "Edgecast",
	  "Server: ECS (dcb/7EC7)\n"
	  "X-Cache: HIT\n",
	  "dcb/7EC7 edgecast hit/hit" },
	{ "Edgecast with a result code",
	  "Server: ECAcc (lac/55B8)\n"
	  "X-Cache: TCP_EXPIRED_HIT\n",
	  "lac/55B8 edgecast stale/revalidated" },
	{ "Edgecast asked to tell more",
	  "X-EC-Cache: TCP_HIT from ECD (lga/0FE8)\n"
	  "X-EC-Cache-State: max-age=604800 (7d); cache-ts=..\n",
	  "lga/0FE8 edgecast hit/hit" },
	{ "Bunny",
	  "Server: BunnyCDN-DE1-1079\n"
	  "CDN-Cache: HIT\n"
	  "CDN-EdgeStorageId: 1079\n"
	  "CDN-PullZone: 5\n"
	  "CDN-RequestPullCode: 200\n",
	  "1079 bunny hit/hit" },
	{ "Bunny validated",
	  "CDN-Cache: REVALIDATED\n"
	  "Server: BunnyCDN-DE1-1079\n",
	  "- bunny stale/revalidated" },
	{ "Akamai",
	  "X-Cache: TCP_MEM_HIT from a23-45-67-89.deploy.akamaitechnologies.com (AkamaiGHost/10.3.1-33413373) (-)\n"
	  "X-Check-Cacheable: YES\n"
	  "X-Cache-Key: S/L/123/456/30d/host/path\n",
	  "a23-45-67-89.deploy.akamaitechnologies.com akamai hit/hit" },
	{ "Akamai validated with its parent",
	  "x-cache: TCP_REFRESH_HIT from a23-45.deploy.akamaitechnologies.com (AkamaiGHost/10.3.1) (-)\n"
	  "x-cache-remote: TCP_HIT from a1-2.deploy.akamaitechnologies.com (AkamaiGHost/10.3) (-)\n",
	  "a23-45.deploy.akamaitechnologies.com akamai stale/revalidated\n"
	  "a1-2.deploy.akamaitechnologies.com akamai hit/hit" },
	{ "Akamai's own field", "Akamai-Cache-Status: RefreshHit from child\n", "child akamai stale/revalidated" },
	{ "Akamai's child and parent", "Akamai-Cache-Status: Miss from child, Hit from parent\n",
	  "child akamai miss/miss from=child\n"
	  "parent akamai hit/hit" },
	{ "Akamai in Server-Timing alone",
	  "server-timing: cdn-cache; desc=HIT, edge; dur=1\n"
	  "server-timing: ak_p; desc=\"1666_1_2\";dur=1\n",
	  "- akamai hit/hit" },
	{ "Akamai before CloudFront",
	  "X-Cache: TCP_MISS from a23-45.deploy.akamaitechnologies.com (AkamaiGHost/10.3.1) (-)\n"
	  "X-Amz-Cf-Pop: FRA56\n"
	  "Via: 1.1 xx.cloudfront.net (CloudFront)\n",
	  "a23-45.deploy.akamaitechnologies.com akamai miss/miss from=a23-45.deploy.akamaitechnologies.com\n"
	  "FRA56 cloudfront -/-" },
	{ "Akamai's child in X-Cache", "X-Cache: Hit from child\n", "child akamai hit/hit" },
	{ "StackPath",
	  "X-HW: 1559912345.dop001.fr8.t,1559912345.cds015.fr8.c\n"
	  "X-Cache: HIT\n",
	  "cds015.fr8 stackpath-highwinds hit/hit" },
	{ "StackPath without a code that is known", "X-HW: 1559912345.dop001.fr8.t,1559912345.cds015.fr8.hn\n",
	  "cds015.fr8 stackpath-highwinds -/-" },
	{ "Imperva validated",
	  "X-Iinfo: 5-1-2 PVNN RT(1 2) q(0 0 0 -1) r(1 1) U18\n"
	  "X-CDN: Imperva\n",
	  "5 imperva stale/revalidated" },
	{ "Squid before CloudFront",
	  "X-Cache: Hit from cloudfront\n"
	  "Via: 1.1 x.cloudfront.net (CloudFront), 1.1 proxy (squid/4.1)\n"
	  "X-Cache: MISS from proxy\n"
	  "X-Cache-Lookup: MISS from proxy:3128\n",
	  "proxy squid miss/miss from=proxy\n"
	  "- cloudfront hit/hit" },
	{ "Sucuri before Cloudflare",
	  "x-sucuri-cache: HIT\n"
	  "cf-cache-status: HIT\n",
	  "- sucuri hit/hit\n"
	  "- cloudflare hit/hit frozen",
	  "stands before" },
};

int
main(void)
{
	return run_rows("cdns", rows, sizeof rows / sizeof *rows);
}
