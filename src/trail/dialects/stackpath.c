/* StackPath, once Highwinds: X-HW, all machines on the way, the client's side first. */
#include "trail/dialect_impl.h"

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
