/* Imperva and StackPath: codes of letters in a field of their own. */
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

/* "1675760428.cds220.la3.hn": a time, a machine and where it is, a code. Those called cds are caches; a code of c is
 * from the cache, p was pulled, and what the others mean is not known. The last that has one of these speaks. */
static bool
parse_highwinds(struct str text, struct str *node, char *code)
{
	struct str rest = text, time;
	ptrdiff_t dot;

	if (!str_cut(&rest, '.', &time) || number_of(time) == TIER_NUMBER_NONE || !str_istarts(rest, STR("cds")))
		return false;
	dot = str_rchr(rest, '.');
	if (dot < 0)
		return false;
	*node = str_head(rest, (size_t)dot);
	*code = rest.n - (size_t)dot == 2 ? rest.p[dot + 1] : ' ';
	return true;
}

void
read_stackpath(struct reading *r)
{
	struct found *f = found_first(r, VENDOR_STACKPATH);
	struct str node = STR_NONE, any = STR_NONE;
	char code = ' ';

	for (const struct part *p = told_backwards(r, TOLD_X_HW); p != NULL && code != 'c' && code != 'p'; p = p->next)
		if (parse_highwinds(p->text, &node, &code) && any.n == 0)
			any = node;
	if (any.n == 0 && f == NULL)
		return;
	if (f == NULL)
		f = found_add(r, VENDOR_STACKPATH);
	f->tier.node = code == 'c' || code == 'p' ? node : any;
	if (code == 'c' || code == 'p')
		found_says(f, words_find(&words_common, code == 'c' ? STR("HIT") : STR("MISS")));
	found_shows(r, f, TOLD_X_HW, told_value(r, TOLD_X_HW));
	if (code == 'p')
		reading_note(r, "A last code of p in X-HW is read as pulled from the origin; StackPath does not say "
				"what its codes mean.");
}
