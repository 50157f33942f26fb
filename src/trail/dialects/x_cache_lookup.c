/* X-Cache-Lookup, origin-first: Squid's and Cairn's "HIT from host:3128", and the sentences of Tencent and Huawei. */
#include "trail/dialect_impl.h"

/* ---- Tencent, and Huawei ---- */

/* "Hit From" is no hit where it goes on with somebody else: the tier asked further, and the line before says who had
 * it. */
static const struct word sentences[] = {
	WORD("Cache Hit", HIT, HIT, ""),
	WORD("Cache Miss", MISS, MISS, ""),
	WORD("Cache RefreshHit", STALE, REVALIDATED, WHY_VALIDATED),
	WORD("Cache Refresh Hit", STALE, REVALIDATED, WHY_VALIDATED),
	WORD("Hit From MemCache", HIT, HIT, "Its copy was in memory."),
	WORD("Hit From Disktank", HIT, HIT, "Its copy was on disk."),
	WORD("Return Directly", UNKNOWN, UNKNOWN, WHY_OWN),
	WORD("Hit From Inner Cluster", MISS, MISS, "It asked a node of its own cluster."),
	WORD("Hit From Upstream", MISS, MISS, "It asked upstream."),
};
static const struct words words_sentences = WORDS(sentences);

/* "Hit From Disktank3" goes on with the number of the disk, "Hit From MemCache Gz" with a coding. */
static const struct word *
sentence(struct str text)
{
	const struct word *w = words_find(&words_sentences, text);

	for (size_t i = 0; w == NULL && i < words_sentences.n; i++)
		if (str_istarts(text, words_sentences.rows[i].word))
			w = &words_sentences.rows[i];
	return w;
}

/* Huawei has the same sentences; of its one its documents say that it is a hit. */
static const struct word huawei_upstream =
    WORD("", HIT, HIT, "It says that upstream hit, which its maker counts as a hit.");

static bool
is_huawei(const struct reading *r)
{
	return told(r, TOLD_X_HCS_PROXY_TYPE) || told(r, TOLD_X_CCDN_CACHETTL) || hop_any(r, VENDOR_HUAWEI);
}

/* A connection that was switched to another protocol passes all tiers; their misses are none. */
static bool
is_switched(const struct reading *r)
{
	return r->response->status == 101 || str_ieq(told_value(r, TOLD_UPGRADE), STR("websocket"));
}

static struct found *
read_sentence(struct reading *r, struct str text, const struct word *w)
{
	enum vendor v = is_huawei(r) ? VENDOR_HUAWEI : VENDOR_TENCENT;
	struct found *f = found_free(r, v, ORDER_LOOKUP);

	if (f == NULL)
		f = found_add(r, v);
	if (v == VENDOR_HUAWEI && str_ieq(w->word, STR("Hit From Upstream")))
		w = &huawei_upstream;
	if (is_switched(r)) {
		f->tier.served = TIER_SERVED_BYPASS;
		f->tier.reason = STR("The connection was switched to another protocol.");
	}
	found_says(f, w);
	found_shows(r, f, TOLD_X_CACHE_LOOKUP, text);
	return f;
}

/* ---- Squid, Cairn ---- */

/* The lookup, set once before anything else is decided: it goes before what X-Cache lets conclude. Cache-Status, where
 * there is one, has told it already. */
static void
take_lookup(struct found *f, struct str word)
{
	if (f->listed[ORDER_STATUS])
		return;
	if (str_ieq(word, STR("HIT")))
		f->tier.lookup = TIER_LOOKUP_HIT;
	else if (str_ieq(word, STR("MISS")))
		f->tier.lookup = TIER_LOOKUP_MISS;
	else
		f->tier.lookup = TIER_LOOKUP_UNKNOWN;
}

static struct found *
read_from(struct reading *r, const struct item *it)
{
	struct str node = without_port(it->host);
	struct found *f = found_named(r, node, ORDER_LOOKUP);

	if (f == NULL)
		f = found_add(r, hop_free(r, VENDOR_CAIRN, node) != NULL ? VENDOR_CAIRN : VENDOR_SQUID);
	f->tier.node = node;
	take_lookup(f, it->word);
	found_shows(r, f, TOLD_X_CACHE_LOOKUP, it->text);
	return f;
}

/* A word alone, as some HTTP libraries write it: of the nearest tier in X-Cache of which no lookup is known. */
static struct found *
read_alone(struct reading *r, const struct item *it)
{
	struct item *x = r->items;
	struct found *f;

	while (x != NULL && (x->tier == NULL || x->tier->listed[ORDER_LOOKUP]))
		x = x->behind;
	f = x != NULL ? x->tier : found_add(r, VENDOR_UNKNOWN);
	take_lookup(f, it->word);
	found_shows(r, f, TOLD_X_CACHE_LOOKUP, it->text);
	return f;
}

/* ---- the list ---- */

static bool
is_lookup_word(struct str word)
{
	return str_ieq(word, STR("HIT")) || str_ieq(word, STR("MISS")) || str_ieq(word, STR("NONE"));
}

static struct found *
read_part(struct reading *r, struct str text)
{
	const struct word *w = sentence(text);
	struct item it = item_of(text);

	if (w != NULL)
		return read_sentence(r, text, w);
	if (it.from && is_lookup_word(it.word))
		return read_from(r, &it);
	return it.rest.n == 0 && is_lookup_word(it.word) ? read_alone(r, &it) : NULL;
}

void
read_x_cache_lookup(struct reading *r)
{
	struct run run = { ORDER_LOOKUP, false, NULL };

	for (const struct part *p = told_backwards(r, TOLD_X_CACHE_LOOKUP); p != NULL; p = p->next) {
		struct found *f = read_part(r, p->text);

		if (f != NULL)
			found_follow(&run, f);
		else
			told_is_unknown(r, TOLD_X_CACHE_LOOKUP, p->text);
	}
}
