/* Makers before each other, where several wrote into one list. */
#include "dialects.h"

static const struct row rows[] = {
	{ "KeyCDN before a cache of unknown make",
	  "Server: keycdn-engine\n"
	  "X-Edge-Location: defr\n"
	  "X-Cache: HIT\n"
	  "X-Cache: MISS\n",
	  "defr keycdn miss/miss\n"
	  "- unknown hit/hit" },
	{ "a CDN's plain word before Varnish's",
	  "X-Edge-IP: 1.2.3.4\n"
	  "X-Varnish: 5 3\n"
	  "X-Cache: HIT, MISS\n"
	  "X-Cache-Hits: 7\n",
	  "1.2.3.4 onapp miss/miss\n"
	  "- varnish hit/hit hits=7" },
	{ "Varnish before Varnish",
	  "X-Varnish: 9, 5 3\n"
	  "Via: 1.1 varnish (Varnish/6.0), 1.1 varnish (Varnish/6.0)\n"
	  "X-Cache: MISS, HIT\n"
	  "X-Cache-Hits: 0, 2\n",
	  "- varnish hit/hit hits=2\n"
	  "- varnish miss/miss hits=0 frozen" },
	{ "nginx before nginx",
	  "Server: nginx\n"
	  "X-Cache-Status: HIT\n"
	  "X-Cache-Status: MISS\n",
	  "- nginx-derived miss/miss\n"
	  "- nginx-derived hit/hit" },
	{ "three makers in X-Cache",
	  "X-Cache: HIT, MISS from squid.example, Miss from cloudfront\n"
	  "X-Cache-Lookup: MISS from squid.example:3128\n"
	  "X-Varnish: 5 3\n"
	  "Via: 1.1 varnish (Varnish/6.0), 1.1 squid.example (squid/5.7), 1.1 x.cloudfront.net (CloudFront)\n",
	  "- cloudfront miss/miss from=cloudfront\n"
	  "squid.example squid miss/miss from=squid.example\n"
	  "- varnish hit/hit" },
	{ "Cloudflare before Fastly before Drupal",
	  "CF-Cache-Status: HIT\n"
	  "CF-Ray: 1-FRA\n"
	  "X-Served-By: cache-fra1-FRA\n"
	  "X-Cache: HIT\n"
	  "X-Cache-Hits: 3\n"
	  "X-Drupal-Cache: HIT\n"
	  "X-Drupal-Dynamic-Cache: MISS\n",
	  "FRA cloudflare hit/hit\n"
	  "cache-fra1-FRA fastly hit/hit hits=3 frozen\n"
	  "- drupal-page-cache hit/hit frozen\n"
	  "- drupal-dynamic-page-cache miss/miss frozen" },
	{ "Akamai before nginx",
	  "X-Cache: TCP_MISS from a1.deploy.akamaitechnologies.com (AkamaiGHost/1) (-)\n"
	  "X-Cache-Status: STALE\n"
	  "Server: nginx\n",
	  "a1.deploy.akamaitechnologies.com akamai miss/miss from=a1.deploy.akamaitechnologies.com\n"
	  "- nginx-derived stale/stale" },
	{ "Cairn before Squid before Apache",
	  "X-Cache: HIT from apache.example\n"
	  "X-Cache-Detail: \"cache hit\" from apache.example\n"
	  "X-Cache: MISS from squid.example, MISS from edge-1\n"
	  "X-Cache-Lookup: HIT from squid.example:3128, MISS from edge-1:8080\n"
	  "Cache-Status: edge-1; fwd=uri-miss; fwd-status=200; stored; ttl=300; detail=never-seen\n"
	  "Via: 1.1 squid.example (squid/5.7), 1.1 edge-1 (cairn)\n",
	  "edge-1 cairn miss/miss from=edge-1\n"
	  "squid.example squid hit/miss from=squid.example\n"
	  "apache.example apache-mod_cache hit/hit" },
	{ "Squids that have one name",
	  "X-Cache: HIT from localhost, MISS from localhost\n"
	  "X-Cache-Lookup: HIT from localhost:3128, MISS from localhost:3128\n"
	  "Via: 1.1 localhost (squid/5.7), 1.1 localhost (squid/5.7)\n",
	  "localhost squid miss/miss from=localhost\n"
	  "localhost squid hit/hit" },
	{ "Cairns that have one name",
	  "X-Cache: HIT from edge, MISS from edge\n"
	  "X-Cache-Lookup: HIT from edge:80, MISS from edge:80\n"
	  "X-Cache-Hits: 4, 0\n"
	  "Cache-Status: edge; hit; ttl=5, edge; fwd=uri-miss; fwd-status=200; detail=never-seen\n"
	  "Via: 1.1 edge (cairn), 1.1 edge (cairn)\n",
	  "edge cairn miss/miss hits=0 from=edge\n"
	  "edge cairn hit/hit hits=4" },
};

int
main(void)
{
	return run_rows("chains", rows, sizeof rows / sizeof *rows);
}
