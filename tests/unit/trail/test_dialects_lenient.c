/* Values that are not of the form expected, fields that customers name, and what is left open: nothing is invented. */
#include "dialects.h"

static const struct row rows[] = {
	{ "Google by a name that nobody knows",
	  "Via: 1.1 google\n"
	  "X-My-Cache-Result: revalidated\n",
	  "- google-cloud-cdn stale/revalidated" },
	{ "Akamai by a name that nobody knows", "X-Edge-Cache-Result: Miss from child, RefreshHit from parent\n",
	  "child akamai miss/miss from=child\n"
	  "parent akamai stale/revalidated" },
	{ "Envoy by Age alone",
	  "server: envoy\n"
	  "age: 12\n",
	  "- envoy hit/hit", "from Age alone" },
	{ "Envoy in X-Cache",
	  "server: envoy\n"
	  "x-cache: HIT\n",
	  "- envoy hit/hit" },
	{ "QTT",
	  "Server: QTT\n"
	  "X-Cache: HIT from a\n",
	  "a qtt-cdn hit/hit" },
	{ "empty values",
	  "X-Cache:\n"
	  "CF-Cache-Status:\n"
	  "X-Varnish:\n"
	  "Via:\n"
	  "Cache-Status:\n",
	  "" },
	{ "a miss with Age",
	  "Via: 1.1 httpcache\n"
	  "X-Cache: MISS\n"
	  "Age: 6\n",
	  "httpcache lox-httpcache miss/miss", "none says so" },
	{ "Tencent before Cloudflare",
	  "cf-cache-status: HIT\n"
	  "x-cache-lookup: Cache Hit\n",
	  "- tencent hit/hit\n"
	  "- cloudflare hit/hit frozen",
	  "stands before" },
	{ "own fields with words of nobody",
	  "X-Vercel-Cache: whatever\n"
	  "X-Drupal-Cache: ???\n",
	  "", "not understood" },
	{ "folded",
	  "X-Cache: HIT from a, MISS from b\n"
	  "X-Cache: HIT from c\n"
	  "X-Cache-Lookup: HIT from a:1, HIT from b:2, HIT from c:3\n",
	  "c squid hit/hit\n"
	  "b squid hit/miss from=b frozen\n"
	  "a squid hit/hit frozen" },
	{ "from and nobody", "X-Cache: HIT from\n", "- limelight -/hit" },
	{ "brackets that do not close",
	  "X-Cache: HIT from a (b, MISS from c\n"
	  "Via: 1.1 a (squid, 1.1 b [x, 1.1 c \"\n",
	  "c squid -/miss from=c\n"
	  "a squid hit/hit" },
	{ "hits that are no numbers",
	  "X-Served-By: cache-fra1-FRA, cache-lax22-LAX, nonsense\n"
	  "X-Cache: HIT, HIT\n"
	  "X-Cache-Hits: many, -1, 99999999999999999999\n",
	  "cache-lax22-LAX fastly hit/hit\n"
	  "cache-fra1-FRA fastly hit/hit frozen" },
	{ "numbers that are none",
	  "X-Varnish: abc, 5 x, 7 8 9, 12\n"
	  "Via: 1.1 varnish (Varnish/6.0)\n",
	  "- varnish miss/miss" },
	{ "letters that are none",
	  "Ohc-Cache-HIT: x, y [, z []\n"
	  "X-Iinfo: 1-2-3 ABC\n"
	  "X-HW: ...., 1.cds, 1.cds1.\n"
	  "CF-Ray: abc\n",
	  "- cloudflare -/-\n"
	  "x baidu -/-\n"
	  "y baidu -/-\n"
	  "cds1 stackpath-highwinds -/-",
	  "is inferred" },
	{ "Via of nothing",
	  "Via: (, [], 1.1, 1.1 [x], , /\n"
	  "X-Via: 1.1, ,\n"
	  "X-Ser: ,\n",
	  "1.1 wangsu -/-" },
	{ "a Cache-Status of pieces", "Cache-Status: ;;;, =, \"unclosed; hit\n", "", "not a valid list" },
	{ "a Server-Timing of pieces",
	  "Server-Timing: ;;desc, cdn-cache, cdn-cache-hit=1, cfCacheStatus;desc=, cache;desc=\"hit-front\"\n"
	  "X-Amz-Cf-Pop: F\n",
	  "F cloudfront -/-" },
	{ "Alibaba of pieces",
	  "Via: cache1.a[], cache2.b[,,H], c[M], [H]\n"
	  "X-Swift-CacheTime: -1\n",
	  "c alibaba miss/miss\n"
	  "cache2.b alibaba hit/hit\n"
	  "cache1.a alibaba -/- frozen" },
	{ "numbers too large",
	  "Cache-Status: a; hit; ttl=999999999999999999999, b; fwd=stale; fwd-status=x\n"
	  "Age: 99999999999999999999\n",
	  "b unknown stale/miss\n"
	  "a unknown hit/hit",
	  "not a valid list" },
};

int
main(void)
{
	return run_rows("lenient", rows, sizeof rows / sizeof *rows);
}
