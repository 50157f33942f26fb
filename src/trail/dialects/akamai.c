/* Akamai, where it was asked to tell: X-Cache of the edge and X-Cache-Remote of its parent have the same form, one a
 * field, so their order is the client's side first; as it is in the one field in which a customer has both,
 * "Hit from child, Miss from parent". */
#include "trail/dialect_impl.h"

static void
read_remote(struct reading *r)
{
	struct run run = { ORDER_OWN, false, found_first(r, VENDOR_AKAMAI) };
	struct told_parts w = { 0 };
	struct str text;

	while (told_part(r, TOLD_X_CACHE_REMOTE, &w, &text)) {
		struct item it = item_of(text);
		const struct word *word = word_of(VENDOR_AKAMAI, it.word);
		struct found *f;

		if (word == NULL)
			continue;
		f = found_add(r, VENDOR_AKAMAI);
		f->tier.node = it.host;
		if (item_says_miss(&it))
			f->tier.miss_from = it.host;
		found_says(f, word);
		found_shows(r, f, TOLD_X_CACHE_REMOTE, text);
		found_follow(&run, f);
	}
}

/* It speaks of the object, so it is a reason for each tier that has none. */
static void
read_check(struct reading *r)
{
	struct str value = told_value(r, TOLD_X_CHECK_CACHEABLE);

	for (struct found *f = r->first; f != NULL && str_ieq(value, STR("NO")); f = f->next) {
		if (f->tier.vendor != VENDOR_AKAMAI)
			continue;
		found_shows(r, f, TOLD_X_CHECK_CACHEABLE, value);
		if (f->tier.reason.n == 0)
			f->tier.reason = STR("Akamai is set not to store this, or may not (X-Check-Cacheable).");
	}
}

void
read_akamai(struct reading *r)
{
	read_status_field(r, TOLD_AKAMAI_CACHE_STATUS);
	read_remote(r);
	read_check(r);
}
