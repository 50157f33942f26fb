/* The words of tiers.h. */
#include "trail/tiers.h"

#include "base/must.h"

static const struct {
	struct str name, title;
} vendors[VENDOR_COUNT] = {
#define VENDOR(id, name, place, title) [VENDOR_##id] = { STR_INIT(name), STR_INIT(title) },
#include "tbl/vendors.def"
#undef VENDOR
};

struct str
vendor_name(enum vendor v)
{
	MUST(v < VENDOR_COUNT);
	return vendors[v].name;
}

struct str
vendor_title(enum vendor v)
{
	MUST(v < VENDOR_COUNT);
	return vendors[v].title;
}

struct str
tier_lookup_word(enum tier_lookup l)
{
	static const struct str words[] = {
		[TIER_LOOKUP_UNKNOWN] = STR_INIT(""),
		[TIER_LOOKUP_HIT] = STR_INIT("hit"),
		[TIER_LOOKUP_MISS] = STR_INIT("miss"),
		[TIER_LOOKUP_STALE] = STR_INIT("stale"),
	};

	return words[l];
}

struct str
tier_served_word(enum tier_served s)
{
	static const struct str words[] = {
		[TIER_SERVED_UNKNOWN] = STR_INIT(""),    [TIER_SERVED_HIT] = STR_INIT("hit"),
		[TIER_SERVED_MISS] = STR_INIT("miss"),   [TIER_SERVED_REVALIDATED] = STR_INIT("revalidated"),
		[TIER_SERVED_STALE] = STR_INIT("stale"), [TIER_SERVED_BYPASS] = STR_INIT("bypass"),
		[TIER_SERVED_ERROR] = STR_INIT("error"),
	};

	return words[s];
}
