/* Caches that anybody can run, Cache-Status, and words of nobody in particular. */
#include "dialects.h"

static const struct row rows[] = {
	{ "a CDN before nginx before Varnish",
	  "x-77-cache: MISS\n"
	  "x-77-pop: frankfurtDE\n"
	  "x-cache-status: EXPIRED\n"
	  "x-varnish: 5 4\n"
	  "x-cache: HIT\n"
	  "x-cache-hits: 3\n"
	  "server: nginx\n",
	  "frankfurtDE cdn77 miss/miss\n"
	  "- nginx-derived stale/miss\n"
	  "- varnish hit/hit hits=3" },
	{ "Google by a name of the customer's",
	  "Via: 1.1 google\n"
	  "X-Cache-Status: hit\n"
	  "cdn_cache_id: FRA-3fa7\n",
	  "FRA-3fa7 google-cloud-cdn hit/hit" },
	{ "Google by the names of its variables",
	  "Via: 1.1 google\n"
	  "cdn_cache_status: miss\n",
	  "- google-cloud-cdn miss/miss" },
	{ "Traffic Server's xdebug",
	  "Via: https/1.1 edge (ApacheTrafficServer/9.1 [cMsSfW])\n"
	  "X-Cache: miss\n",
	  "edge ats miss/miss" },
	{ "Traffic Server's 22 characters", "Via: http/1.1 ats1 (ApacheTrafficServer/8.0.8 [uIcRs f p eN:t cCHp s ])\n",
	  "ats1 ats hit/hit" },
	{ "Traffic Server's 24 characters",
	  "Via: http/1.1 ats1 (ApacheTrafficServer/4.0.2 [uScSs f pSeN:t cCSi p sS])\n", "ats1 ats stale/stale" },
	{ "Squid 6 hit",
	  "Cache-Status: proxy1;hit;detail=match\n"
	  "Via: 1.1 proxy1 (squid/6.6)\n",
	  "proxy1 squid hit/hit" },
	{ "Squid 6, changed", "Cache-Status: proxy1;fwd=stale;detail=match\n", "proxy1 squid stale/miss" },
	{ "Squid 6 asked not to look",
	  "Cache-Status: p1;fwd=miss;detail=no-cache\n"
	  "Via: 1.1 p1 (squid/6.1)\n",
	  "p1 squid -/miss" },
	{ "Squid 6, an error page",
	  "Server: squid/6.10\n"
	  "X-Squid-Error: ERR_DNS_FAIL 0\n"
	  "Cache-Status: p1\n"
	  "Via: 1.1 p1 (squid/6.10)\n",
	  "p1 squid -/error" },
	{ "Squid 6 before Squid 6",
	  "Cache-Status: parent;fwd=miss;detail=mismatch\n"
	  "Cache-Status: child;hit;detail=match\n"
	  "Via: 1.1 parent (squid/6.1), 1.1 child (squid/6.1)\n",
	  "child squid hit/hit\n"
	  "parent squid miss/miss frozen" },
	{ "Squid 6 before Squid 5",
	  "X-Cache: HIT from old\n"
	  "X-Cache-Lookup: HIT from old:3128\n"
	  "Cache-Status: new;fwd=miss;detail=mismatch\n"
	  "Via: 1.1 old (squid/5.7), 1.1 new (squid/6.1)\n",
	  "new squid miss/miss\n"
	  "old squid hit/hit" },
	{ "two members, a token and a string",
	  "Cache-Status: OriginCache; hit; ttl=1100, \"CDN Company Here\"; hit; ttl=545\n",
	  "CDN Company Here unknown hit/hit\n"
	  "OriginCache unknown hit/hit frozen" },
	{ "another variant", "Cache-Status: ExampleCache; fwd=vary-miss; stored\n", "ExampleCache unknown miss/miss" },
	{ "hit and fwd at once", "Cache-Status: ExampleCache; hit; fwd=stale\n", "ExampleCache unknown -/-",
	  "exclude each other" },
	{ "a comma last", "Cache-Status: A; hit,\n", "A unknown hit/hit", "not a valid list" },
	{ "a word for a name", "Cache-Status: HIT\n", "- unknown hit/hit", "nothing but the word" },
	{ "a word of Traefik's for a name", "Cache-Status: hit\n", "- traefik hit/hit", "nothing but the word" },
	{ "a word for a name, in another case", "cache-status: Miss\n", "- unknown miss/miss", "nothing but the word" },
	{ "Souin, with a key that is no token",
	  "Cache-Status: Souin; fwd=uri-miss; stored; key=GET-http-host-/path?a=b&c={d}\n", "Souin souin miss/miss",
	  "not a valid list" },
	{ "Souin cannot handle it", "Cache-Status: Souin; fwd=bypass; detail=CANNOT-HANDLE\n", "Souin souin -/bypass" },
	{ "Souin within Caddy",
	  "Cache-Status: Caddy; fwd=uri-miss; detail=UNCACHEABLE-STATUS-CODE; key=GET-https-x-/\n",
	  "Caddy souin miss/miss" },
	{ "Cairn known by cairn-age",
	  "Cache-Status: edge-1; hit; ttl=258; cairn-age=42\n"
	  "X-Cache: HIT from edge-1\n"
	  "X-Cache-Lookup: HIT from edge-1:8080\n"
	  "X-Cache-Hits: 3\n"
	  "Age: 42\n",
	  "edge-1 cairn hit/hit hits=3" },
	{ "Cairn served stale, its name hidden",
	  "Cache-Status: n-12345678; fwd=stale; fwd-status=503; ttl=-40; cairn-age=340; detail=upstream-error\n"
	  "X-Cache: MISS from n-12345678\n"
	  "X-Cache-Lookup: HIT from n-12345678:8080\n"
	  "X-Cache-Hits: 0\n"
	  "X-Cache-Miss-From: n-12345678\n"
	  "Via: 1.1 n-12345678 (cairn)\n",
	  "n-12345678 cairn stale/stale hits=0 from=n-12345678" },
	{ "Cairn to a reader who may not see history",
	  "Cache-Status: n-12345678; hit; ttl=-5\n"
	  "X-Cache: HIT from n-12345678\n"
	  "X-Cache-Lookup: HIT from n-12345678:8080\n",
	  "n-12345678 cairn stale/stale" },
	{ "Cairn made it up itself",
	  "HTTP/1.1 504 Gateway Timeout\n"
	  "X-Cache: MISS from edge-1\n"
	  "X-Cache-Lookup: MISS from edge-1:8080\n"
	  "X-Cache-Hits: 0\n"
	  "Proxy-Status: edge-1; error=proxy_internal_response\n"
	  "Via: 1.1 edge-1 (cairn)\n",
	  "edge-1 cairn miss/miss hits=0 from=edge-1" },
	{ "the same without Via, which has nothing to tell of it",
	  "HTTP/1.1 502 Bad Gateway\n"
	  "X-Cache: MISS from edge-1\n"
	  "X-Cache-Lookup: MISS from edge-1:8080\n"
	  "X-Cache-Hits: 0\n"
	  "X-Cache-Miss-From: edge-1\n"
	  "Proxy-Status: edge-1; error=connection_refused\n",
	  "edge-1 cairn miss/miss hits=0 from=edge-1" },
	{ "Cairn before Fastly",
	  "X-Cache: HIT, MISS from edge-1\n"
	  "X-Cache-Hits: 3, 0\n"
	  "X-Served-By: cache-fra1234-FRA\n"
	  "Via: 1.1 varnish, 1.1 edge-1 (cairn)\n"
	  "Cache-Status: edge-1; fwd=uri-miss; fwd-status=200; stored; ttl=300; detail=never-seen\n",
	  "edge-1 cairn miss/miss hits=0 from=edge-1\n"
	  "cache-fra1234-FRA fastly hit/hit hits=3" },
	{ "nginx in X-Proxy-Cache",
	  "X-Proxy-Cache: EXPIRED\n"
	  "server: nginx\n",
	  "- nginx-derived stale/miss" },
	{ "two Traffic Servers",
	  "Via: http/1.1 cnc.beixian.ha2ts4.205 (ApacheTrafficServer/6.2.1 [cRs f ]), https/1.1 ctc.a "
	  "(ApacheTrafficServer/6.2.1 [cMsSfW])\n",
	  "ctc.a ats miss/miss\n"
	  "cnc.beixian.ha2ts4.205 ats hit/hit" },
	{ "Traffic Server without codes",
	  "Via: http/1.1 ats (ApacheTrafficServer)\n"
	  "X-Cache: HIT\n",
	  "ats ats hit/hit" },
	{ "Apache before Squid",
	  "X-Cache: MISS from squid.example\n"
	  "X-Cache-Lookup: MISS from squid.example:3128\n"
	  "X-Cache: HIT from apache.example\n"
	  "X-Cache-Detail: \"cache hit\" from apache.example\n"
	  "Via: 1.1 squid.example (squid/5.7)\n",
	  "apache.example apache-mod_cache hit/hit\n"
	  "squid.example squid miss/miss from=squid.example frozen" },
	{ "HIT and nothing else", "X-Cache: HIT\n", "- unknown hit/hit" },
	{ "a miss, and nginx in Server",
	  "x-cache: miss\n"
	  "server: nginx/1.18\n",
	  "- nginx-derived miss/miss" },
	{ "commas around it", "X-Cache: ,,, HIT ,, \n", "- unknown hit/hit" },
	{ "tabs for spaces", "X-Cache: HIT	from	proxy.local\n", "proxy.local squid hit/hit" },
	{ "words of nobody", "X-Cache: foo bar baz\n", "", "not understood" },
	{ "a second word that is no tier", "x-cache: hit, cached\n", "- unknown hit/hit" },
	{ "Varnish names its host",
	  "X-Varnish: 5 3\n"
	  "Via: 1.1 web1.example (Varnish/7.3)\n"
	  "Age: 9\n",
	  "web1.example varnish hit/hit" },
	{ "a stored X-Cache that was not taken off",
	  "X-Varnish: 5 3\n"
	  "X-Cache: MISS\n",
	  "- varnish hit/hit", "so contradicts" },
	{ "Varnish 4",
	  "Via: 1.1 varnish-v4\n"
	  "X-Varnish: 5\n",
	  "- varnish miss/miss" },
	{ "lox/httpcache",
	  "Via: 1.1 httpcache\n"
	  "X-Cache: HIT\n"
	  "Age: 4\n",
	  "httpcache lox-httpcache hit/hit" },
	{ "X-Cache-Lookup without a name",
	  "x-cache: HIT\n"
	  "x-cache-lookup: HIT\n",
	  "- unknown hit/hit" },
};

int
main(void)
{
	return run_rows("proxies", rows, sizeof rows / sizeof *rows);
}
