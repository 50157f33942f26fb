/* X-Cache-Hits: how often each tier has used its copy; origin-first, beside X-Cache. Of lists of different length the
 * client's ends go together. */
#include "trail/dialect_impl.h"

/* Others write into X-Cache and never here. */
static bool
counts_hits(enum vendor v)
{
	return v == VENDOR_FASTLY || v == VENDOR_VARNISH || v == VENDOR_CAIRN || v == VENDOR_UNKNOWN;
}

static struct item *
next_item(struct item *it)
{
	while (it != NULL && (it->tier == NULL || !counts_hits(it->tier->tier.vendor)))
		it = it->behind;
	return it;
}

void
read_x_cache_hits(struct reading *r)
{
	struct item *it = next_item(r->items);

	for (const struct part *p = told_backwards(r, TOLD_X_CACHE_HITS); p != NULL && it != NULL; p = p->next) {
		it->tier->tier.hits = number_of(p->text);
		found_shows(r, it->tier, TOLD_X_CACHE_HITS, p->text);
		it = next_item(it->behind);
	}
}
