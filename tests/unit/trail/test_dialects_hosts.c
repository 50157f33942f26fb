/* Hosts of sites, smaller CDNs, and caches within applications. */
#include "dialects.h"

static const struct row rows[] = {
	{ "Kinsta, with Cloudflare twice told",
	  "cf-cache-status: DYNAMIC\n"
	  "ki-cf-cache-status: BYPASS\n"
	  "x-kinsta-cache: HIT\n"
	  "cf-ray: 123456-FRA\n"
	  "server: cloudflare\n",
	  "FRA cloudflare -/bypass\n"
	  "- kinsta hit/hit" },
	{ "Cloudflare before WP Engine",
	  "x-cache: HIT: 3\n"
	  "x-cache-group: normal\n"
	  "x-cacheable: SHORT\n"
	  "cf-cache-status: DYNAMIC\n",
	  "- cloudflare -/bypass\n"
	  "- wpengine hit/hit hits=3" },
	{ "WP Engine missed",
	  "x-cache: MISS\n"
	  "x-cache-group: normal\n"
	  "x-cacheable: YES:Forced\n",
	  "- wpengine miss/miss" },
	{ "Netlify, on two lines",
	  "cache-status: \"Netlify Durable\"; hit; ttl=300\n"
	  "cache-status: \"Netlify Edge\"; fwd=stale\n"
	  "server: Netlify\n",
	  "Netlify Edge netlify stale/miss\n"
	  "Netlify Durable netlify hit/hit" },
	{ "Netlify before Next.js",
	  "Cache-Status: \"Next.js\"; hit, \"Netlify Durable\"; fwd=miss, \"Netlify Edge\"; fwd=miss\n",
	  "Netlify Edge netlify miss/miss\n"
	  "Netlify Durable netlify miss/miss\n"
	  "Next.js next.js hit/hit" },
	{ "GitHub Pages with all three",
	  "server: GitHub.com\n"
	  "x-origin-cache: HIT\n"
	  "x-proxy-cache: MISS\n"
	  "via: 1.1 varnish\n"
	  "x-served-by: cache-fra-eddf8230041-FRA\n"
	  "x-cache: MISS\n"
	  "x-cache-hits: 0\n"
	  "x-timer: S1700000000.1,VS0,VE100\n"
	  "x-github-request-id: A:B\n"
	  "age: 0\n",
	  "cache-fra-eddf8230041-FRA fastly miss/miss hits=0\n"
	  "- github-pages-proxy miss/miss\n"
	  "- github-pages-origin-cache hit/hit" },
	{ "SiteGround",
	  "X-Proxy-Cache: HIT\n"
	  "X-Proxy-Cache-Info: DT:1\n"
	  "server: nginx\n",
	  "- siteground hit/hit" },
	{ "a name and no word", "X-CDN: Imperva\n", "" },
	{ "QUIC.cloud before LiteSpeed",
	  "x-litespeed-cache: hit,private\n"
	  "x-qc-cache: miss\n"
	  "x-qc-pop: EU-DE-FRA-1\n",
	  "EU-DE-FRA-1 quic.cloud miss/miss\n"
	  "- litespeed hit/hit" },
	{ "Rack::Cache tells its steps", "X-Rack-Cache: stale, valid, store\n", "- rack-cache stale/revalidated" },
	{ "Drupal does not cache it",
	  "X-Drupal-Cache: UNCACHEABLE (request policy)\n"
	  "X-Drupal-Dynamic-Cache: UNCACHEABLE (poor cacheability)\n",
	  "- drupal-page-cache -/bypass\n"
	  "- drupal-dynamic-page-cache -/bypass" },
	{ "Vercel had it made beforehand",
	  "x-vercel-cache: PRERENDER\n"
	  "x-vercel-id: fra1::iad1::x\n"
	  "server: Vercel\n",
	  "fra1 vercel hit/hit" },
	{ "Cloudflare before Next.js",
	  "cf-cache-status: DYNAMIC\n"
	  "x-nextjs-cache: STALE\n"
	  "server: cloudflare\n",
	  "- cloudflare -/bypass\n"
	  "- next.js stale/stale" },
	{ "OnApp, whose place has a comma",
	  "X-Cache: HIT\n"
	  "X-Edge-IP: 1.2.3.4\n"
	  "X-Edge-Location: Los Angeles, US\n",
	  "1.2.3.4 onapp hit/hit" },
	{ "WordPress.com with Batcache",
	  "x-ac: 3.bur _bur BYPASS\n"
	  "x-nananana: Batcache-Hit\n"
	  "server: nginx\n",
	  "bur wordpress.com -/bypass\n"
	  "- batcache hit/hit" },
	{ "Adobe's dispatcher", "Server-Timing: dispatcher;desc=HIT\n", "- aem-dispatcher hit/hit" },
	{ "Edgio", "server-timing: edgio_cache;desc=TCP_HIT,edgio_pop;desc=fra\n", "fra edgio hit/hit" },
	{ "Limelight with names",
	  "X-Cache: MISS from cds123.fra.llnw.net\n"
	  "X-Cache: HIT from cds9.lax.llnw.net\n"
	  "X-LLID: abc\n",
	  "cds9.lax.llnw.net limelight -/hit\n"
	  "cds123.fra.llnw.net limelight -/miss from=cds123.fra.llnw.net frozen" },
	{ "a protocol that VCL has left out of Via",
	  "X-Cache: HIT\n"
	  "X-Cache-Hits: 4\n"
	  "X-AH-Environment: prod\n"
	  "Via: varnish\n",
	  "- varnish hit/hit hits=4" },
	{ "Fly.io",
	  "fly-cache-status: HIT\n"
	  "via: 1.1 fly.io\n"
	  "fly-request-id: 1\n",
	  "- fly hit/hit" },
	{ "a parked domain", "X-Cache-Miss-From: parking-7968547645-84pss\n",
	  "parking-7968547645-84pss parking-host miss/miss from=parking-7968547645-84pss" },
	{ "Azion",
	  "X-Cache: UPDATING\n"
	  "X-Cache-Expire-In: 3\n",
	  "- azion stale/stale" },
	{ "ArvanCloud",
	  "X-Cache: BYPASS\n"
	  "X-SID: 6101\n"
	  "Server: ArvanCloud\n",
	  "- arvancloud -/bypass" },
	{ "Fastly before Magento",
	  "X-Magento-Cache-Debug: HIT\n"
	  "x-cache: MISS\n"
	  "x-cache-hits: 0\n"
	  "x-served-by: cache-fra1-FRA\n",
	  "cache-fra1-FRA fastly miss/miss hits=0\n"
	  "- magento hit/hit" },
};

int
main(void)
{
	return run_rows("hosts", rows, sizeof rows / sizeof *rows);
}
