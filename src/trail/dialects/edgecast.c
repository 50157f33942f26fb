/* Edgecast: "404-HIT" and "TCP_HIT from ECD (lga/0FE8)" in X-Cache, and in X-EC-Cache, which who asks for it is sent.
 */
#include "trail/dialect_impl.h"

/* "HIT"; "404-HIT": it had stored an error. */
void
edgecast_says(struct found *f, const struct item *it)
{
	bool status = it->word.n > 4 && it->word.p[3] == '-';

	if (it->from && it->more.n > 2 && it->more.p[0] == '(')
		f->tier.node = str_of(it->more.p + 1, it->more.n - 2);
	found_says(f, word_of(VENDOR_EDGECAST, str_skip(it->word, status ? 4 : 0)));
	if (status && f->tier.served == TIER_SERVED_HIT)
		f->tier.reason = STR(WHY_KEPT_ERROR);
}

void
read_edgecast(struct reading *r)
{
	struct str text = told_value(r, TOLD_X_EC_CACHE);
	struct item it = item_of(text);
	struct found *f = found_first(r, VENDOR_EDGECAST);

	if (word_of(VENDOR_EDGECAST, it.word) == NULL)
		return;
	if (f == NULL)
		f = found_add(r, VENDOR_EDGECAST);
	edgecast_says(f, &it);
	found_shows(r, f, TOLD_X_EC_CACHE, text);
}
