/* The words of X-Cache, maker by maker. */
#include "trail/dialect_impl.h"

static const struct word cloudfront[] = {
	WORD("Hit", HIT, HIT, ""),
	WORD("Miss", MISS, MISS, ""),
	WORD("RefreshHit", STALE, REVALIDATED, WHY_VALIDATED),
	WORD("OriginShieldHit", MISS, MISS, "Origin Shield had it."),
	WORD("Error", UNKNOWN, ERROR, "It answered with an error, the origin's or its own."),
	WORD("Redirect", UNKNOWN, UNKNOWN, WHY_REDIRECT),
	WORD("LambdaGeneratedResponse", UNKNOWN, UNKNOWN, "A Lambda@Edge function made the response."),
	WORD("FunctionGeneratedResponse", UNKNOWN, UNKNOWN, "A CloudFront function made the response."),
	WORD("LambdaExecutionError", UNKNOWN, ERROR, "A Lambda@Edge function failed."),
	WORD("FunctionExecutionError", UNKNOWN, ERROR, "A CloudFront function failed."),
	WORD("FunctionThrottledError", UNKNOWN, ERROR, "A CloudFront function was called too often."),
	WORD("LimitExceeded", UNKNOWN, ERROR, "A limit of CloudFront's was exceeded."),
	WORD("CapacityExceeded", UNKNOWN, ERROR, "This place of CloudFront's had no capacity left."),
};
static const struct word akamai[] = {
	WORD("Hit", HIT, HIT, ""),
	WORD("Miss", MISS, MISS, ""),
	WORD("RefreshHit", STALE, REVALIDATED, WHY_VALIDATED),
	WORD("HitStale", STALE, STALE, WHY_STALE),
	WORD("NotCacheable", UNKNOWN, BYPASS, "It is set not to store this."),
	WORD("Constructed", UNKNOWN, UNKNOWN, WHY_OWN),
	WORD("Redirect", UNKNOWN, UNKNOWN, WHY_REDIRECT),
	WORD("Error", UNKNOWN, ERROR, "It answered with an error."),
};
static const struct word apache[] = {
	WORD("HIT", HIT, HIT, ""),
	WORD("MISS", MISS, MISS, ""),
	WORD("REVALIDATE", STALE, REVALIDATED, WHY_VALIDATED),
	WORD("INVALIDATE", UNKNOWN, BYPASS, "A request that changes things made its copy invalid."),
};
static const struct word azure[] = {
	WORD("TCP_REMOTE_HIT", MISS, MISS, "A cache of its region had it."),
	WORD("PRIVATE_NOSTORE", UNKNOWN, BYPASS, "The response says private or no-store."),
	WORD("CONFIG_NOCACHE", UNKNOWN, BYPASS, "Caching is turned off on this route."),
	WORD("N/A", UNKNOWN, UNKNOWN, "It refused the request, by a signed URL or a rule."),
};
static const struct word limelight[] = {
	WORD("HIT", UNKNOWN, HIT, ""),
	WORD("MISS", UNKNOWN, MISS, ""),
};
/* Says nothing of the lookup in a miss; a hit has found something. */
static const struct word squid[] = {
	WORD("HIT", HIT, HIT, ""),
	WORD("MISS", UNKNOWN, MISS, ""),
	WORD("NONE", UNKNOWN, UNKNOWN, "No lookup was made."),
};
static const struct word wikimedia[] = {
	WORD("hit", HIT, HIT, ""),
	WORD("miss", MISS, MISS, ""),
	WORD("pass", UNKNOWN, BYPASS, "It is of a kind that this cache passes on."),
	WORD("int", UNKNOWN, UNKNOWN, WHY_OWN),
};
static const struct word ats[] = {
	WORD("none", UNKNOWN, UNKNOWN, "No lookup was made."),
	WORD("skipped", UNKNOWN, BYPASS, "The lookup was skipped."),
};

/* Makers with words of their own; theirs go before what is common. */
static const struct {
	enum vendor vendor;
	struct words words;
} vocabularies[] = {
	{ VENDOR_CLOUDFRONT, WORDS(cloudfront) },
	{ VENDOR_AKAMAI, WORDS(akamai) },
	{ VENDOR_APACHE_MOD_CACHE, WORDS(apache) },
	{ VENDOR_AZURE_FRONT_DOOR, WORDS(azure) },
	{ VENDOR_LIMELIGHT, WORDS(limelight) },
	{ VENDOR_WIKIMEDIA, WORDS(wikimedia) },
	{ VENDOR_ATS, WORDS(ats) },
	{ VENDOR_SQUID, WORDS(squid) },
	{ VENDOR_CAIRN, WORDS(squid) },
};

const struct word *
word_of(enum vendor v, struct str word)
{
	const struct word *w = NULL;

	for (size_t i = 0; i < sizeof vocabularies / sizeof *vocabularies && w == NULL; i++)
		if (vocabularies[i].vendor == v)
			w = words_find(&vocabularies[i].words, word);
	if (w == NULL)
		w = words_find(str_istarts(word, STR("TCP_")) ? &words_tcp : &words_common, word);
	return w;
}
