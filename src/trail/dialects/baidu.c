/* Baidu: Ohc-Cache-HIT, "shaoxct53 [1], xaix53 [3]". What its numbers mean, and that the edge comes first, is inferred
 * from many responses: it is not written anywhere. */
#include "trail/dialect_impl.h"

static const struct word baidu[] = {
	WORD("0", UNKNOWN, ERROR, ""), WORD("1", MISS, MISS, ""), WORD("2", HIT, HIT, ""),
	WORD("3", HIT, HIT, ""),       WORD("4", HIT, HIT, ""),
};
static const struct words words_baidu = WORDS(baidu);

void
read_baidu(struct reading *r)
{
	struct run run = { ORDER_OWN, false, NULL };
	struct told_parts w = { 0 };
	struct str text;

	while (told_part(r, TOLD_OHC_CACHE_HIT, &w, &text)) {
		struct str codes, node = first_word(before_char(text, '['), &codes);
		struct found *f = found_add(r, VENDOR_BAIDU);

		codes = str_skip(text, before_char(text, '[').n);
		f->tier.node = node;
		if (codes.n > 2)
			found_says(f, words_find(&words_baidu, str_trim(str_of(codes.p + 1, codes.n - 2))));
		found_shows(r, f, TOLD_OHC_CACHE_HIT, text);
		found_follow(&run, f);
	}
	if (found_first(r, VENDOR_BAIDU) != NULL)
		reading_note(r, "What the numbers of Ohc-Cache-HIT mean is inferred: 0 an error, 1 a miss, 2 to 4 a "
				"hit; the edge first.");
}
