/* Imperva: X-Iinfo, codes that customers were told of one by one. */
#include "trail/dialect_impl.h"

static const struct word imperva_cached = WORD("", HIT, HIT, ""),
			 imperva_valid =
			     WORD("", STALE, REVALIDATED,
				  "Its copy was no longer fresh; the origin was asked, and said that it still holds."),
			 imperva_origin = WORD(
			     "", MISS, MISS, "It is not from its cache: a miss, or something that it does not store.");

/* "9-49176764-0 0CNN RT(1426425483129 667) q(0 -1 -1 -1) r(0 -1)": the first number is the node's; of four flags the
 * second says whether it is from the cache. */
void
read_imperva(struct reading *r)
{
	struct str rest, ids = first_word(told_value(r, TOLD_X_IINFO), &rest), more, flags = first_word(rest, &more);
	struct found *f;

	if (ids.n == 0 || flags.n != 4)
		return;
	f = found_add(r, VENDOR_IMPERVA);
	f->tier.node = before_char(ids, '-');
	found_says(f, ascii_lower(flags.p[1]) == 'c'   ? &imperva_cached
		      : ascii_lower(flags.p[1]) == 'v' ? &imperva_valid
						       : &imperva_origin);
	found_shows(r, f, TOLD_X_IINFO, told_value(r, TOLD_X_IINFO));
}
