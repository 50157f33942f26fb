/* Makers who write one word into a field of their own. A row: the field, whose it is, where its node is named. */
#include "trail/dialect_impl.h"

static const struct {
	uint8_t field; /* enum told */
	enum vendor vendor;
	uint8_t node; /* enum told; TOLD_NOTHING: nowhere */
} rows[] = {
	{ TOLD_X_77_CACHE, VENDOR_CDN77, TOLD_X_77_POP },
	{ TOLD_CDN_CACHE, VENDOR_BUNNY, TOLD_CDN_EDGESTORAGEID },
	{ TOLD_CACHE, VENDOR_GCORE, TOLD_X_ID },
	{ TOLD_X_SUCURI_CACHE, VENDOR_SUCURI, TOLD_X_SUCURI_ID },
	{ TOLD_X_VERCEL_CACHE, VENDOR_VERCEL, TOLD_X_VERCEL_ID },
	{ TOLD_X_KINSTA_CACHE, VENDOR_KINSTA, TOLD_NOTHING },
	{ TOLD_X_LITESPEED_CACHE, VENDOR_LITESPEED, TOLD_NOTHING },
	{ TOLD_X_EDGE_CACHE, VENDOR_SHOPIFY_EDGE, TOLD_NOTHING },
	{ TOLD_X_DRUPAL_CACHE, VENDOR_DRUPAL_PAGE, TOLD_NOTHING },
	{ TOLD_X_DRUPAL_DYNAMIC_CACHE, VENDOR_DRUPAL_DYNAMIC, TOLD_NOTHING },
};

static void
read_row(struct reading *r, enum told field, enum vendor v, enum told node)
{
	struct str value = told_value(r, field), rest;
	const struct word *w = words_find(&words_common, first_word(value, &rest));
	struct found *f;

	if (w == NULL)
		return;
	f = found_add(r, v);
	f->tier.node = told_value(r, node);
	found_says(f, w);
	found_shows(r, f, field, value);
}

void
read_own_field(struct reading *r)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (told(r, (enum told)rows[i].field))
			read_row(r, (enum told)rows[i].field, rows[i].vendor, (enum told)rows[i].node);
}
