/* Alibaba Cloud CDN: X-Cache speaks for the edge alone, "HIT TCP_MEM_HIT dirn:13:799953991". Via has all tiers, two
 * hops of each: the cache, "cache5.cn348[0,200-0,H]", and the access node before it, which has no letter. */
#include "http/date.h"
#include "trail/dialect_impl.h"

/* ---- one hop ---- */

static struct str
region_of(const struct hop *h)
{
	ptrdiff_t dot = str_chr(h->name, '.');

	return dot < 0 ? h->name : str_skip(h->name, (size_t)dot + 1);
}

static struct str
last_of(struct str codes)
{
	ptrdiff_t comma = str_rchr(codes, ',');

	return str_trim(comma < 0 ? codes : str_skip(codes, (size_t)comma + 1));
}

static const struct word hit = WORD("", HIT, HIT, ""), miss = WORD("", MISS, MISS, ""),
			 passed =
			     WORD("", MISS, REVALIDATED,
				  "It had nothing, and passed on that the copy of the tier before it still holds.");

/* "38,304-0,M": times, the status and its detail, H or M. NULL: none is said. */
static const struct word *
word_of_codes(struct str codes)
{
	struct str letter = last_of(codes);

	if (str_is(letter, "H"))
		return &hit;
	if (!str_is(letter, "M"))
		return NULL;
	return str_starts(last_of(str_head(codes, codes.n - 2)), STR("304-")) ? &passed : &miss;
}

/* ---- the tiers ---- */

/* Of hops of one region, from `h` on towards the origin, the one that has a verdict; the last of them if none has. */
static struct hop *
cache_of(struct hop *h)
{
	struct hop *last = h;

	while (word_of_codes(last->comment) == NULL && last->behind != NULL && last->behind->vendor == VENDOR_ALIBABA &&
	       str_eq(region_of(last->behind), region_of(h)))
		last = last->behind;
	return last;
}

/* X-Cache knows of the edge what its letter does not say: memory, validation. */
static struct found *
read_tier(struct reading *r, struct hop *h, struct hop *cache, struct found *edge)
{
	struct found *f = edge != NULL ? edge : found_add(r, VENDOR_ALIBABA);

	f->tier.node = cache->name;
	f->listed[ORDER_VIA] = true;
	found_says(f, word_of_codes(cache->comment));
	for (; h != cache->behind; h = h->behind) {
		h->tier = f;
		found_shows(r, f, TOLD_VIA, h->text);
	}
	return f;
}

static void
read_hops(struct reading *r)
{
	struct found *edge = found_first(r, VENDOR_ALIBABA);

	for (struct hop *h = r->hops; h != NULL; h = h->behind) {
		struct hop *cache;

		if (h->vendor != VENDOR_ALIBABA)
			continue;
		cache = cache_of(h);
		read_tier(r, h, cache, edge);
		edge = NULL;
		h = cache;
	}
}

/* How long the edge's copy stays fresh: what it was given, less the time since it was stored. */
static void
read_ttl(struct reading *r)
{
	struct found *edge = found_first(r, VENDOR_ALIBABA);
	int64_t given = number_of(told_value(r, TOLD_X_SWIFT_CACHETIME)), saved, now;

	if (edge == NULL || given == TIER_NUMBER_NONE)
		return;
	found_shows(r, edge, TOLD_X_SWIFT_CACHETIME, told_value(r, TOLD_X_SWIFT_CACHETIME));
	if (date_parse(told_value(r, TOLD_X_SWIFT_SAVETIME), &saved) && date_parse(told_value(r, TOLD_DATE), &now) &&
	    given < INT32_MAX)
		edge->tier.ttl = given - (now - saved);
}

void
read_alibaba(struct reading *r)
{
	read_hops(r);
	read_ttl(r);
}
