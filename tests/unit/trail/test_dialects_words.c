/* Each word of each vocabulary: a template of fields in which @ stands for the word, and what each word has to mean.
 * Case, and white space around it, make no difference. */
#include "dialects.h"

struct meaning {
	const char *word, *verdict;
};

/* ---- what words mean ---- */

static const struct meaning common[] = {
	{ "HIT", "hit/hit" },          { "MISS", "miss/miss" },
	{ "EXPIRED", "stale/miss" },   { "STALE", "stale/stale" },
	{ "UPDATING", "stale/stale" }, { "REVALIDATED", "stale/revalidated" },
	{ "BYPASS", "-/bypass" },      { NULL, NULL },
};
static const struct meaning varnish[] = {
	{ "PASS", "-/bypass" },         { "HIT-GRACE", "stale/stale" },
	{ "HIT-FOR-PASS", "-/bypass" }, { "hitmiss", "miss/miss" },
	{ "HIT-STALE", "stale/stale" }, { "SYNTH", "-/-" },
	{ "PIPE", "-/bypass" },         { NULL, NULL },
};
static const struct meaning cloudflare[] = {
	{ "HIT", "hit/hit" },
	{ "MISS", "miss/miss" },
	{ "EXPIRED", "stale/miss" },
	{ "REVALIDATED", "stale/revalidated" },
	{ "STALE", "stale/stale" },
	{ "UPDATING", "stale/stale" },
	{ "BYPASS", "-/bypass" },
	{ "DYNAMIC", "-/bypass" },
	{ "IGNORED", "-/bypass" },
	{ "NONE/UNKNOWN", "-/-" },
	{ NULL, NULL },
};
static const struct meaning cloudfront[] = {
	{ "Hit", "hit/hit" },
	{ "RefreshHit", "stale/revalidated" },
	{ "Error", "-/error" },
	{ "Redirect", "-/-" },
	{ "LambdaGeneratedResponse", "-/-" },
	{ "LambdaExecutionError", "-/error" },
	{ "FunctionExecutionError", "-/error" },
	{ "LimitExceeded", "-/error" },
	{ "CapacityExceeded", "-/error" },
	{ NULL, NULL },
};
static const struct meaning tcp[] = {
	{ "TCP_HIT", "hit/hit" },
	{ "TCP_MEM_HIT", "hit/hit" },
	{ "TCP_IMS_HIT", "hit/hit" },
	{ "TCP_NEGATIVE_HIT", "hit/hit" },
	{ "TCP_REFRESH_HIT", "stale/revalidated" },
	{ "TCP_EXPIRED_HIT", "stale/revalidated" },
	{ "TCP_REFRESH_FAIL_HIT", "stale/stale" },
	{ "TCP_DENIED", "-/error" },
	{ "TCP_COOKIE_DENY", "-/error" },
	{ NULL, NULL },
};
static const struct meaning azure[] = {
	{ "TCP_HIT", "hit/hit" },
	{ "TCP_MISS", "miss/miss" },
	{ "PRIVATE_NOSTORE", "-/bypass" },
	{ "CONFIG_NOCACHE", "-/bypass" },
	{ "N/A", "-/-" },
	{ NULL, NULL },
};
static const struct meaning akamai[] = {
	{ "Hit", "hit/hit" },          { "RefreshHit", "stale/revalidated" },
	{ "HitStale", "stale/stale" }, { "NotCacheable", "-/bypass" },
	{ "Constructed", "-/-" },      { "Redirect", "-/-" },
	{ "Error", "-/error" },        { NULL, NULL },
};
static const struct meaning tencent[] = {
	{ "Cache Hit", "hit/hit" },           { "Cache Miss", "miss/miss" },
	{ "Hit From MemCache", "hit/hit" },   { "Hit From Disktank", "hit/hit" },
	{ "Hit From Disktank12", "hit/hit" }, { "Hit From Inner Cluster", "miss/miss" },
	{ "Hit From Upstream", "miss/miss" }, { "Hit From MemCache Gz", "hit/hit" },
	{ "Return Directly", "-/-" },         { NULL, NULL },
};
static const struct meaning vercel[] = {
	{ "HIT", "hit/hit" },
	{ "MISS", "miss/miss" },
	{ "STALE", "stale/stale" },
	{ "PRERENDER", "hit/hit" },
	{ "REVALIDATED", "stale/revalidated" },
	{ "BYPASS", "-/bypass" },
	{ NULL, NULL },
};
static const struct meaning apache[] = {
	{ "HIT", "hit/hit" },
	{ "REVALIDATE", "stale/revalidated" },
	{ "INVALIDATE", "-/bypass" },
	{ NULL, NULL },
};
static const struct meaning wikimedia[] = {
	{ "hit", "hit/hit" }, { "miss", "miss/miss" }, { "pass", "-/bypass" }, { "int", "-/-" }, { NULL, NULL },
};
static const struct meaning google[] = {
	{ "hit", "hit/hit" },
	{ "miss", "miss/miss" },
	{ "revalidated", "stale/revalidated" },
	{ "stale", "stale/stale" },
	{ "uncacheable", "-/bypass" },
	{ "disabled", "-/bypass" },
	{ NULL, NULL },
};
static const struct meaning forward[] = {
	{ "hit", "hit/hit" },
	{ "hit; ttl=0", "hit/hit" },
	{ "hit;ttl=-30", "stale/stale" },
	{ "hit=?1", "hit/hit" },
	{ "hit; ttl=12.5", "hit/hit" },
	{ "fwd=uri-miss", "miss/miss" },
	{ "fwd=vary-miss", "miss/miss" },
	{ "fwd=miss", "miss/miss" },
	{ "fwd=request", "hit/miss" },
	{ "fwd=partial", "hit/miss" },
	{ "fwd=stale", "stale/miss" },
	{ "fwd=stale; fwd-status=200", "stale/miss" },
	{ "fwd=stale; fwd-status=304", "stale/revalidated" },
	{ "fwd=bypass", "-/bypass" },
	{ "fwd=method", "-/bypass" },
	{ "fwd=\"uri-miss\"", "miss/miss" },
	{ "fwd=hit", "hit/hit" },
	{ "fwd=nonsense", "-/-" },
	{ "stored", "-/-" },
	{ NULL, NULL },
};
static const struct meaning ats[] = {
	{ "cHs f ", "hit/hit" },
	{ "cRs f ", "hit/hit" },
	{ "cMsSfW", "miss/miss" },
	{ "cSsNfU", "stale/revalidated" },
	{ "cSsSfU", "stale/miss" },
	{ "cSsEf ", "stale/stale" },
	{ "cAsSf ", "miss/miss" },
	{ "cMsEf ", "miss/error" },
	{ "c sSf ", "-/bypass" },
	{ "c s f ", "-/bypass" },
	{ "c sEf ", "-/error" },
	{ "uScHs f p eN:t cCHp s ", "hit/hit" },
	{ "uNcSsNfUpSeN:t cCUp sS", "stale/revalidated" },
	{ "uScMsEf p eC:t cCMi p sF", "miss/error" },
	{ "nonsense", "-/bypass" },
	{ NULL, NULL },
};
static const struct meaning rack[] = {
	{ "fresh", "hit/hit" },
	{ "miss", "miss/miss" },
	{ "miss, store", "miss/miss" },
	{ "stale, valid, store", "stale/revalidated" },
	{ "stale, invalid, store", "stale/miss" },
	{ "pass", "-/bypass" },
	{ "invalidate, pass", "-/bypass" },
	{ NULL, NULL },
};
static const struct meaning imperva[] = {
	{ "0CNN", "hit/hit" }, { "PVNN", "stale/revalidated" }, { "PNNN", "miss/miss" }, { "SNNN", "miss/miss" },
	{ NULL, NULL },
};
static const struct meaning baidu[] = {
	{ "0", "-/error" }, { "1", "miss/miss" }, { "2", "hit/hit" }, { "3", "hit/hit" },
	{ "4", "hit/hit" }, { "9", "-/-" },       { NULL, NULL },
};

/* ---- where they stand ---- */

static const struct {
	const char *name, *fields, *who;
	const struct meaning *words;
} rows[] = {
	{ "nginx", "Server: nginx\nX-Cache-Status: @\n", "- nginx-derived", common },
	{ "nginx's own field", "X-FastCGI-Cache: @\n", "- nginx-derived", common },
	{ "KeyCDN", "Server: keycdn-engine\nX-Cache: @\n", "- keycdn", common },
	{ "Sucuri", "X-Sucuri-Cache: @\nX-Sucuri-ID: 18002\n", "18002 sucuri", common },
	{ "CDN77", "X-77-Cache: @\n", "- cdn77", common },
	{ "Gcore", "Cache: @\nX-ID: fr5\n", "fr5 gcore", common },
	{ "Bunny", "CDN-Cache: @\nCDN-EdgeStorageId: 9\n", "9 bunny", common },
	{ "Kinsta", "X-Kinsta-Cache: @\n", "- kinsta", common },
	{ "WordPress.com", "X-NC: @ lax 249\n", "lax 249 wordpress.com", common },
	{ "Varnish", "X-Varnish: 5\nX-Cache: @\n", "- varnish", varnish },
	{ "Cloudflare", "CF-Cache-Status: @\nCF-Ray: 1-FRA\n", "FRA cloudflare", cloudflare },
	{ "Cloudflare in Server-Timing", "Server-Timing: cfEdge;dur=3, cfCacheStatus; desc=\"@\"\n", "- cloudflare",
	  cloudflare },
	{ "CloudFront", "X-Cache: @ from cloudfront\n", "- cloudfront", cloudfront },
	{ "Akamai by code", "X-Cache: @ from a1.deploy.akamaitechnologies.com (AkamaiGHost/1) (-)\n",
	  "a1.deploy.akamaitechnologies.com akamai", tcp },
	{ "Akamai by status", "X-Cache-Status: @ from child\n", "child akamai", akamai },
	{ "Alibaba", "X-Cache: HIT @ dirn:-2:-2\n", "- alibaba", tcp },
	{ "Edgecast", "Server: ECAcc (lac/55B8)\nX-Cache: @\n", "lac/55B8 edgecast", tcp },
	{ "ByteDance", "X-Bdcdn-Cache-Status: @\n", "- bytedance", tcp },
	{ "Huawei", "Via: a-CACHE1[3], a-CACHE2[0,@,3]\n", "a-CACHE2 huawei", tcp },
	{ "Azure", "X-Cache: @\n", "- azure-front-door", azure },
	{ "Tencent", "X-Cache-Lookup: @\n", "- tencent", tencent },
	{ "Vercel", "X-Vercel-Cache: @\nX-Vercel-Id: fra1::x\n", "fra1 vercel", vercel },
	{ "Apache", "X-Cache: @ from a\nX-Cache-Detail: \"x\" from a\n", "a apache-mod_cache", apache },
	{ "Wikimedia", "X-Cache: cp1 @\n", "cp1 wikimedia", wikimedia },
	{ "Google", "Via: 1.1 google\nX-Cache-Status: @\n", "- google-cloud-cdn", google },
	{ "RFC 9211", "Cache-Status: a; @\n", "a unknown", forward },
	{ "Traffic Server", "Via: http/1.1 a (ApacheTrafficServer/9.2.3 [@])\n", "a ats", ats },
	{ "Rack::Cache", "X-Rack-Cache: @\n", "- rack-cache", rack },
	{ "Imperva", "X-Iinfo: 9-1-0 @ RT(1 2) q(0 -1 -1 -1) r(0 -1)\n", "9 imperva", imperva },
	{ "Baidu", "Ohc-Cache-HIT: x53 [@]\n", "x53 baidu", baidu },
};

/* ---- running them ---- */

/* The template with the word in it, in a case of its own. */
static struct str
filled(const char *template, struct str word, char (*letter)(char), struct arena *a)
{
	struct strbuf b = strbuf_in(a, 128);

	for (; *template != '\0'; template ++) {
		if (*template != '@')
			strbuf_char(&b, *template);
		for (size_t i = 0; *template == '@' && i < word.n; i++)
			strbuf_char(&b, letter(word.p[i]));
	}
	return strbuf_str(&b);
}

static char
as_it_is(char c)
{
	return c;
}

static char
upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c & ~0x20) : c;
}

static void
check_word(size_t row, const struct meaning *m, char (*letter)(char))
{
	struct arena *a = arena_new(1 << 20);
	struct head h;
	struct tiers out;

	head_init(&h, a);
	add_lines(&h, filled(rows[row].fields, str_c(m->word), letter, a));
	assert_true(tiers_read(&h, NULL, a, &out));
	assert_int_equal(out.count, 1);
	out.tier[0].miss_from = STR_NONE;
	assert_lines(render(&out, a), arena_printf(a, "%s %s", rows[row].who, m->verdict));
	arena_free(&a);
}

/* Names of parameters are in small letters by the book, codes are letters each with a meaning, Google's are not
 * capitals. */
static bool
has_case(const struct meaning *words)
{
	return words == forward || words == ats || words == google;
}

static void
knows_each_word(void **state)
{
	size_t row = *(const size_t *)*state;

	for (const struct meaning *m = rows[row].words; m->word != NULL; m++) {
		check_word(row, m, as_it_is);
		if (!has_case(rows[row].words)) {
			check_word(row, m, ascii_lower);
			check_word(row, m, upper);
		}
	}
}

int
main(void)
{
	static size_t numbers[sizeof rows / sizeof *rows];
	struct CMUnitTest tests[sizeof rows / sizeof *rows] = { 0 };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		numbers[i] = i;
		tests[i] = (struct CMUnitTest){ rows[i].name, knows_each_word, NULL, NULL, &numbers[i] };
	}
	return _cmocka_run_group_tests("words", tests, sizeof rows / sizeof *rows, NULL, NULL) != 0;
}
