/* Server-Timing, of which browsers draw a picture: some makers tell there what they tell elsewhere, CloudFront more. */
#include "http/fields.h"
#include "trail/dialect_impl.h"

enum metric {
	CDN_CACHE_HIT,
	CDN_CACHE_MISS,
	CDN_CACHE_REFRESH,
	CDN_POP,
	CDN_HIT_LAYER,
	CDN_UPSTREAM_LAYER,
	CDN_CACHE,
	CF_CACHE_STATUS,
	CACHE,
	HOST,
	DISPATCHER,
	EDGIO_CACHE,
	EDGIO_POP,
	METRICS,
};

static const struct str names[METRICS] = {
	[CDN_CACHE_HIT] = STR_INIT("cdn-cache-hit"),
	[CDN_CACHE_MISS] = STR_INIT("cdn-cache-miss"),
	[CDN_CACHE_REFRESH] = STR_INIT("cdn-cache-refresh"),
	[CDN_POP] = STR_INIT("cdn-pop"),
	[CDN_HIT_LAYER] = STR_INIT("cdn-hit-layer"),
	[CDN_UPSTREAM_LAYER] = STR_INIT("cdn-upstream-layer"),
	[CDN_CACHE] = STR_INIT("cdn-cache"),
	[CF_CACHE_STATUS] = STR_INIT("cfCacheStatus"),
	[CACHE] = STR_INIT("cache"),
	[HOST] = STR_INIT("host"),
	[DISPATCHER] = STR_INIT("dispatcher"),
	[EDGIO_CACHE] = STR_INIT("edgio_cache"),
	[EDGIO_POP] = STR_INIT("edgio_pop"),
};

/* What the metrics have for a description; text.p is NULL for one that is not there. */
struct metrics {
	struct str text[METRICS], desc[METRICS];
};

static bool
has(const struct metrics *m, enum metric which)
{
	return m->text[which].p != NULL;
}

static struct str
desc_of(struct str params, struct arena *a)
{
	struct str name, value;

	while (param_next(&params, &name, &value))
		if (str_ieq(name, STR("desc")))
			return unquote(value, a);
	return STR_NONE;
}

static void
take(struct metrics *m, struct str text, struct arena *a)
{
	struct str params, name = element_value(text, &params);

	for (int i = 0; i < METRICS; i++)
		if (str_ieq(names[i], name)) {
			m->text[i] = text;
			m->desc[i] = desc_of(params, a);
			return;
		}
}

/* ---- makers ---- */

static struct found *
tier_of(struct reading *r, enum vendor v, struct str text)
{
	struct found *f = found_first(r, v);

	if (f == NULL)
		f = found_add(r, v);
	found_shows(r, f, TOLD_SERVER_TIMING, text);
	return f;
}

/* Behind the place that the client was sent to, CloudFront has regional caches (REC) and, where it is bought, Origin
 * Shield. X-Cache calls it a hit wherever it was. */
static void
add_layer(struct reading *r, struct found *pop, struct str layer, struct str text, const struct word *w)
{
	struct run run = { ORDER_OWN, false, pop };
	struct found *f = found_add(r, VENDOR_CLOUDFRONT);

	f->tier.node = layer;
	found_says(f, w);
	found_shows(r, f, TOLD_SERVER_TIMING, text);
	found_follow(&run, f);
}

static bool
is_inner(struct str layer)
{
	return layer.n > 0 && !str_ieq(layer, STR("EDGE"));
}

static void
read_cloudfront_metrics(struct reading *r, const struct metrics *m)
{
	static const struct str words[] = { [CDN_CACHE_HIT] = STR_INIT("HIT"),
					    [CDN_CACHE_MISS] = STR_INIT("MISS"),
					    [CDN_CACHE_REFRESH] = STR_INIT("REVALIDATED") };
	const struct word *hit = words_find(&words_common, words[CDN_CACHE_HIT]),
			  *miss = words_find(&words_common, words[CDN_CACHE_MISS]);
	struct found *pop;

	for (int i = CDN_CACHE_HIT; i <= CDN_CACHE_REFRESH; i++) {
		if (!has(m, (enum metric)i))
			continue;
		pop = tier_of(r, VENDOR_CLOUDFRONT, m->text[i]);
		if (m->desc[CDN_POP].n > 0)
			pop->tier.node = m->desc[CDN_POP];
		pop->tier.place = str_head(pop->tier.node, 3);
		if (is_inner(m->desc[CDN_HIT_LAYER])) {
			pop->tier.lookup = miss->lookup;
			pop->tier.served = miss->served;
			add_layer(r, pop, m->desc[CDN_HIT_LAYER], m->text[CDN_HIT_LAYER], hit);
		} else if (i == CDN_CACHE_MISS && is_inner(m->desc[CDN_UPSTREAM_LAYER])) {
			add_layer(r, pop, m->desc[CDN_UPSTREAM_LAYER], m->text[CDN_UPSTREAM_LAYER], miss);
		}
		found_says(pop, words_find(&words_common, words[i]));
		return;
	}
}

static const struct word akamai[] = {
	WORD("HIT", HIT, HIT, ""),
	WORD("MISS", MISS, MISS, ""),
	WORD("REVALIDATE", STALE, REVALIDATED, WHY_VALIDATED),
};
static const struct words words_akamai = WORDS(akamai);

/* One metric, one word. */
static void
read_word(struct reading *r, const struct metrics *m, enum metric which, enum vendor v, const struct words *words)
{
	const struct word *w = has(m, which) ? words_find(words, m->desc[which]) : NULL;

	if (w != NULL)
		found_says(tier_of(r, v, m->text[which]), w);
}

/* "cache;desc="hit-front", host;desc="cp2027"": its summary, and who was asked. */
static void
read_wikimedia_metrics(struct reading *r, const struct metrics *m)
{
	struct found *f = found_first(r, VENDOR_WIKIMEDIA);

	if (!has(m, CACHE) || (f == NULL && !str_starts(m->desc[HOST], STR("cp"))))
		return;
	f = tier_of(r, VENDOR_WIKIMEDIA, m->text[CACHE]);
	found_says(f, word_of(VENDOR_WIKIMEDIA, before_char(m->desc[CACHE], '-')));
	if (f->tier.node.n == 0)
		f->tier.node = m->desc[HOST];
}

/* Milliseconds with a point, as microseconds. */
static int64_t
us_of(struct str ms)
{
	struct str whole;
	int64_t n, part = 0, unit = 100;

	str_cut(&ms, '.', &whole);
	n = number_of(whole);
	for (size_t i = 0; i < ms.n && i < 3 && ascii_digit(ms.p[i]); i++, unit /= 10)
		part += (ms.p[i] - '0') * unit;
	return n < 0 || n > INT32_MAX ? TIER_NUMBER_NONE : n * 1000 + part;
}

/* Cairn's nodes go by their names: "edge-1;desc=\"miss: expired\";dur=12.3". */
static void
read_cairn_metric(struct reading *r, struct str text)
{
	struct str params, name, value, node = unquote(element_value(text, &params), r->a);
	struct found *f = found_named(r, node, ORDER_OWN);

	if (f == NULL || f->tier.vendor != VENDOR_CAIRN)
		return;
	while (param_next(&params, &name, &value))
		if (str_ieq(name, STR("dur")))
			f->tier.took_us = us_of(value);
	found_shows(r, f, TOLD_SERVER_TIMING, text);
}

void
read_server_timing(struct reading *r)
{
	struct told_lines lines = { 0 };
	struct metrics m = { 0 };
	struct str line, element;
	struct found *f;

	while (told_line(r, TOLD_SERVER_TIMING, &lines, &line))
		while (list_next(&line, &element)) {
			take(&m, element, r->a);
			read_cairn_metric(r, element);
		}
	read_cloudfront_metrics(r, &m);
	read_wikimedia_metrics(r, &m);
	read_word(r, &m, CDN_CACHE, VENDOR_AKAMAI, &words_akamai);
	read_word(r, &m, CF_CACHE_STATUS, VENDOR_CLOUDFLARE, &words_cloudflare);
	read_word(r, &m, DISPATCHER, VENDOR_AEM_DISPATCHER, &words_common);
	read_word(r, &m, EDGIO_CACHE, VENDOR_EDGIO, &words_tcp);
	f = found_first(r, VENDOR_EDGIO);
	if (f != NULL && f->tier.node.n == 0)
		f->tier.node = m.desc[EDGIO_POP];
}
