/* Makers who write one word into a field of their own. A row: the field, whose it is, where its node is named, and the
 * words that he means otherwise than all others do. */
#include "trail/dialect_impl.h"

static const struct word vercel[] = {
	WORD("PRERENDER", HIT, HIT, "It served what was made beforehand."),
	WORD("REVALIDATED", STALE, REVALIDATED, "Its copy was marked invalid, and was made anew before it answered."),
};
static const struct word discourse[] = {
	WORD("skip", UNKNOWN, BYPASS, "It is not a page that it keeps."),
	WORD("store", MISS, MISS, ""),
	WORD("true", HIT, HIT, ""),
};
static const struct word batcache[] = {
	WORD("Batcache-Hit", HIT, HIT, ""),
	WORD("Batcache-Set", MISS, MISS, ""),
};
static const struct words vercel_words = WORDS(vercel), discourse_words = WORDS(discourse),
			  batcache_words = WORDS(batcache);

static const struct row {
	uint8_t field; /* enum told */
	enum vendor vendor;
	uint8_t node;              /* enum told; TOLD_NOTHING: nowhere */
	char until;                /* the node's name ends before this; 0: it is all */
	const struct words *words; /* beside the common ones; NULL: none */
} rows[] = {
	{ TOLD_X_77_CACHE, VENDOR_CDN77, TOLD_X_77_POP },
	{ TOLD_CDN_CACHE, VENDOR_BUNNY, TOLD_CDN_EDGESTORAGEID },
	{ TOLD_CACHE, VENDOR_GCORE, TOLD_X_ID },
	{ TOLD_EO_CACHE_STATUS, VENDOR_TENCENT },
	{ TOLD_X_SUCURI_CACHE, VENDOR_SUCURI, TOLD_X_SUCURI_ID },
	{ TOLD_X_SITE_CACHE_STATUS, VENDOR_ALIBABA },
	{ TOLD_X_QNM_CACHE, VENDOR_QINIU },
	{ TOLD_X_QC_CACHE, VENDOR_QUIC_CLOUD, TOLD_X_QC_POP },
	{ TOLD_SECTION_IO_CACHE, VENDOR_SECTION_IO },
	{ TOLD_X_VERCEL_CACHE, VENDOR_VERCEL, TOLD_X_VERCEL_ID, ':', &vercel_words },
	{ TOLD_X_NOW_CACHE, VENDOR_VERCEL, TOLD_X_NOW_ID, ':', &vercel_words },
	{ TOLD_FLY_CACHE_STATUS, VENDOR_FLY },
	{ TOLD_X_KINSTA_CACHE, VENDOR_KINSTA },
	{ TOLD_X_PLATFORM_CACHE, VENDOR_PLATFORM_SH },
	{ TOLD_X_GATEWAY_CACHE_STATUS, VENDOR_PAGELY },
	{ TOLD_X_EDGE_CACHE, VENDOR_SHOPIFY_EDGE },
	{ TOLD_X_NGINX_CACHE, VENDOR_NGINX_DERIVED },
	{ TOLD_X_NGINX_CACHE_STATUS, VENDOR_NGINX_DERIVED },
	{ TOLD_X_CACHE_NGINX, VENDOR_NGINX_DERIVED },
	{ TOLD_X_FASTCGI_CACHE, VENDOR_NGINX_DERIVED },
	{ TOLD_X_SRCACHE_FETCH_STATUS, VENDOR_NGINX_DERIVED },
	{ TOLD_X_CACHED, VENDOR_NGINX_DERIVED },
	{ TOLD_X_GRID_SRCACHE, VENDOR_GRIDPANE },
	{ TOLD_X_RUNCLOUD_CACHE, VENDOR_RUNCLOUD },
	{ TOLD_X_LITESPEED_CACHE, VENDOR_LITESPEED },
	{ TOLD_X_LSADC_CACHE, VENDOR_LITESPEED },
	{ TOLD_X_NITRO_CACHE, VENDOR_NITROPACK },
	{ TOLD_X_MAGENTO_CACHE_DEBUG, VENDOR_MAGENTO },
	{ TOLD_X_TYPO3_CACHE, VENDOR_TYPO3 },
	{ TOLD_X_NEXTJS_CACHE, VENDOR_NEXTJS },
	{ TOLD_X_KEVINROB_CACHE, VENDOR_GUZZLE },
	{ TOLD_X_DISCOURSE_CACHED, VENDOR_DISCOURSE, .words = &discourse_words },
	{ TOLD_X_NANANANA, VENDOR_BATCACHE, .words = &batcache_words },
	{ TOLD_X_DRUPAL_CACHE, VENDOR_DRUPAL_PAGE },
	{ TOLD_X_DRUPAL_DYNAMIC_CACHE, VENDOR_DRUPAL_DYNAMIC },
};

/* "hit,private" of LiteSpeed, "UNCACHEABLE (request policy)" of Drupal: the first word is the verdict. */
static struct str
verdict_in(struct str value, struct str *rest)
{
	struct str first = first_word(value, rest);

	return before_char(before_char(first, ','), ';');
}

/* What a maker's tier stands in front of: the same maker's that X-Cache has told of. One field may repeat another. */
static struct found *
tier_for(struct reading *r, const struct row *row, const struct word *w)
{
	struct run run = { ORDER_OWN, true, found_first(r, row->vendor) };
	struct found *f;

	if (run.last != NULL && run.last->tier.served == w->served)
		return run.last;
	f = found_add(r, row->vendor);
	if (run.last != NULL && !run.last->listed[ORDER_OWN])
		found_follow(&run, f);
	return f;
}

static void
read_row(struct reading *r, const struct row *row)
{
	struct str value = told_value(r, (enum told)row->field), rest, word = verdict_in(value, &rest), node;
	const struct word *w = row->words == NULL ? NULL : words_find(row->words, word);
	struct found *f;

	if (w == NULL)
		w = words_find(&words_common, word);
	if (w == NULL && value.n > 0)
		told_is_unknown(r, (enum told)row->field, value);
	if (w == NULL)
		return;
	f = tier_for(r, row, w);
	node = told_value(r, (enum told)row->node);
	if (node.n > 0)
		f->tier.node = row->until == '\0' ? node : before_char(node, row->until);
	found_says(f, w);
	found_shows(r, f, (enum told)row->field, value);
}

/* ---- what one field alone does not say ---- */

/* The origin answered the question whether the copy still holds. */
static void
read_bunny_pull(struct reading *r)
{
	struct found *f = found_first(r, VENDOR_BUNNY);
	struct str code = told_value(r, TOLD_CDN_REQUESTPULLCODE);

	if (f == NULL || code.n == 0)
		return;
	found_shows(r, f, TOLD_CDN_REQUESTPULLCODE, code);
	if (f->tier.lookup == TIER_LOOKUP_STALE && f->tier.served == TIER_SERVED_MISS && str_is(code, "304")) {
		f->tier.served = TIER_SERVED_REVALIDATED;
		f->tier.reason = words_find(&words_common, STR("REVALIDATED"))->reason;
	}
}

/* X-M-Log: "QNM:jjh1877;QNM3:15/304" names the node first. */
static void
read_qiniu_node(struct reading *r)
{
	struct found *f = found_first(r, VENDOR_QINIU);
	struct str log = told_value(r, TOLD_X_M_LOG), name;

	if (f == NULL || !str_cut(&log, ':', &name))
		return;
	f->tier.node = before_char(before_char(log, ';'), ':');
	found_shows(r, f, TOLD_X_M_LOG, told_value(r, TOLD_X_M_LOG));
}

void
read_own_field(struct reading *r)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (told(r, (enum told)rows[i].field))
			read_row(r, &rows[i]);
	read_bunny_pull(r);
	read_qiniu_node(r);
}
