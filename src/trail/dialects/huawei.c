/* Huawei Cloud CDN: Via, the client's side first, two hops of each tier: an access node,
 * "CHN-SCchengdu-AREACT1-CACHE66[6]", and the cache behind it, "CHN-SCchengdu-AREACT1-CACHE22[0,TCP_HIT,3]".
 * x-hcs-proxy-type says whether the edge hit. */
#include "trail/dialect_impl.h"

/* "0,TCP_HIT,22" */
static const struct word *
huawei_word(struct str codes)
{
	struct str before;

	while (codes.n > 0) {
		const struct word *w;

		str_cut(&codes, ',', &before);
		w = words_find(&words_tcp, str_trim(before));
		if (w != NULL)
			return w;
	}
	return NULL;
}

static void
read_huawei_hops(struct reading *r)
{
	struct hop *access = NULL;

	for (struct hop *h = r->hops; h != NULL; h = h->behind) {
		const struct word *w = h->vendor == VENDOR_HUAWEI ? huawei_word(h->comment) : NULL;

		if (h->vendor == VENDOR_HUAWEI && w == NULL && access == NULL)
			access = h;
		if (w == NULL)
			continue;
		h->tier = found_add(r, VENDOR_HUAWEI);
		h->tier->tier.node = h->name;
		h->tier->listed[ORDER_VIA] = true;
		found_says(h->tier, w);
		found_shows(r, h->tier, TOLD_VIA, h->text);
		for (; access != NULL && access != h; access = access->behind)
			access->tier = h->tier;
		access = NULL;
	}
}

/* Whether the edge hit: this field decides. */
void
read_huawei(struct reading *r)
{
	struct str type = told_value(r, TOLD_X_HCS_PROXY_TYPE);
	struct found *edge;

	read_huawei_hops(r);
	if (!str_is(type, "0") && !str_is(type, "1"))
		return;
	edge = found_first(r, VENDOR_HUAWEI);
	if (edge == NULL)
		edge = found_add(r, VENDOR_HUAWEI);
	found_shows(r, edge, TOLD_X_HCS_PROXY_TYPE, type);
	if ((edge->tier.served == TIER_SERVED_HIT) != str_is(type, "1")) {
		if (edge->tier.served != TIER_SERVED_UNKNOWN)
			reading_note(r, "x-hcs-proxy-type contradicts the edge's word in Via, and goes before it.");
		edge->tier.lookup = str_is(type, "1") ? TIER_LOOKUP_HIT : TIER_LOOKUP_MISS;
		edge->tier.served = str_is(type, "1") ? TIER_SERVED_HIT : TIER_SERVED_MISS;
	}
}
