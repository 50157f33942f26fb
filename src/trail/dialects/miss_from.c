/* X-Cache-Miss-From: who reached back. Cairn writes it beside other fields; a host of parked domains names itself
 * there, and stands nowhere else. */
#include "trail/dialect_impl.h"

/* The tier nearest the client of those in X-Cache, beside which it is written. */
static struct found *
beside(const struct reading *r)
{
	const struct item *it = r->items;

	while (it != NULL && it->tier == NULL)
		it = it->behind;
	return it != NULL ? it->tier : r->first;
}

void
read_miss_from(struct reading *r)
{
	struct str value = told_value(r, TOLD_X_CACHE_MISS_FROM);
	struct found *f = beside(r);

	if (f == NULL) {
		f = found_add(r, str_istarts(value, STR("parking-")) ? VENDOR_PARKING_HOST : VENDOR_UNKNOWN);
		f->tier.node = value;
		found_says(f, words_find(&words_common, STR("MISS")));
	}
	if (f->tier.miss_from.n == 0 && f->tier.served == TIER_SERVED_MISS)
		f->tier.miss_from = value;
	found_shows(r, f, TOLD_X_CACHE_MISS_FROM, value);
}
