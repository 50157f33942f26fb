/* Cache-Control and CDN-Cache-Control, a line of the input a line of the field: what is read, written in the plainest
 * way, reads the same. */
#include "base/strbuf.h"
#include "heads.h"
#include "http/cc.h"

static void
write_number(struct strbuf *b, const struct cc *cc, uint32_t bit, const char *name, uint32_t v)
{
	MUST(v <= CC_FOREVER && (cc->bits & bit || v == 0));
	if (cc->bits & bit)
		strbuf_printf(b, "%s=%u, ", name, v);
}

static void
write_flag(struct strbuf *b, const struct cc *cc, uint32_t bit, const char *text)
{
	if (cc->bits & bit)
		strbuf_printf(b, "%s, ", text);
}

static struct str
write_cc(const struct cc *cc, struct arena *a)
{
	struct strbuf b = strbuf_in(a, 512);

	write_number(&b, cc, CC_MAX_AGE, "max-age", cc->max_age);
	write_number(&b, cc, CC_S_MAXAGE, "s-maxage", cc->s_maxage);
	write_number(&b, cc, CC_SWR, "stale-while-revalidate", cc->swr);
	write_number(&b, cc, CC_SIE, "stale-if-error", cc->sie);
	write_number(&b, cc, CC_MIN_FRESH, "min-fresh", cc->min_fresh);
	if (cc->bits & CC_MAX_STALE_ANY)
		MUST(cc->bits & CC_MAX_STALE && cc->max_stale == CC_FOREVER);
	else
		write_number(&b, cc, CC_MAX_STALE, "max-stale", cc->max_stale);
	write_flag(&b, cc, CC_MAX_STALE_ANY, "max-stale");
	write_flag(&b, cc, CC_NO_CACHE, "no-cache");
	write_flag(&b, cc, CC_NO_CACHE_FIELDS, "no-cache=\"a, b\"");
	write_flag(&b, cc, CC_NO_STORE, "no-store");
	write_flag(&b, cc, CC_PRIVATE, "private");
	write_flag(&b, cc, CC_PRIVATE_FIELDS, "private=c");
	write_flag(&b, cc, CC_PUBLIC, "public");
	write_flag(&b, cc, CC_MUST_REVALIDATE, "must-revalidate");
	write_flag(&b, cc, CC_PROXY_REVALIDATE, "proxy-revalidate");
	write_flag(&b, cc, CC_MUST_UNDERSTAND, "must-understand");
	write_flag(&b, cc, CC_NO_TRANSFORM, "no-transform");
	write_flag(&b, cc, CC_IMMUTABLE, "immutable");
	write_flag(&b, cc, CC_ONLY_IF_CACHED, "only-if-cached");
	return strbuf_str(&b);
}

static void
check(const struct cc *cc, struct arena *a)
{
	struct head h;
	struct cc again;

	head_init(&h, a);
	MUST(head_add(&h, STR("Cache-Control"), write_cc(cc, a)));
	again = cc_parse(&h);
	MUST(memcmp(cc, &again, sizeof again) == 0);
	again = cc_parse(&h); /* as it is remembered */
	MUST(memcmp(cc, &again, sizeof again) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(1 << 26);
	struct head h;
	struct cc cc;

	MUST(a != NULL);
	head_init(&h, a);
	fuzz_add_values(&h, STR("Cache-Control"), fuzz_str(data, size));
	fuzz_add_values(&h, STR("CDN-Cache-Control"), fuzz_str(data, size));
	cc = cc_parse(&h);
	check(&cc, a);
	MUST(!cc_names_field(&h, CC_NO_CACHE_FIELDS, STR("a")) || cc.bits & CC_NO_CACHE_FIELDS);
	MUST(!cc_names_field(&h, CC_PRIVATE_FIELDS, STR("a")) || cc.bits & CC_PRIVATE_FIELDS);
	if (cc_parse_targeted(&h, a, &cc))
		check(&cc, a);
	arena_free(&a);
	return 0;
}
