/* Fastly: X-Cache, X-Cache-Hits and X-Served-By are lists that each of its caches on the way appends to. X-Served-By
 * names machines, "cache-bur17527-BUR"; others write other things there. Via has "1.1 varnish" and no more. */
#include "trail/dialect_impl.h"

static bool
is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* "cache-bur17527-BUR": the last three letters are an airport's. */
static bool
is_machine(struct str s)
{
	return s.n > 10 && str_starts(s, STR("cache-")) && s.p[s.n - 4] == '-' && is_upper(s.p[s.n - 3]) &&
	       is_upper(s.p[s.n - 2]) && is_upper(s.p[s.n - 1]);
}

void
read_served_by(struct reading *r)
{
	struct told_parts w = { 0 };
	struct str text;

	while (told_part(r, TOLD_X_SERVED_BY, &w, &text))
		r->machines += is_machine(text);
	if (r->machines > 0)
		reading_wants(r, DIALECT_fastly);
}

static struct item *
next_item(struct item *it)
{
	while (it != NULL && (it->tier == NULL || it->tier->tier.vendor != VENDOR_FASTLY))
		it = it->behind;
	return it;
}

/* Machines and verdicts go together from the client's end on. A machine of which X-Cache says nothing is a tier too. */
static void
read_machines(struct reading *r)
{
	struct run run = { ORDER_OWN, false, NULL };
	struct item *it = next_item(r->items);

	for (const struct part *p = told_backwards(r, TOLD_X_SERVED_BY); p != NULL; p = p->next) {
		struct found *f;

		if (!is_machine(p->text))
			continue;
		f = it != NULL ? it->tier : found_add(r, VENDOR_FASTLY);
		f->tier.node = p->text;
		f->tier.place = str_skip(p->text, p->text.n - 3);
		found_shows(r, f, TOLD_X_SERVED_BY, p->text);
		found_follow(&run, f);
		if (it != NULL)
			it = next_item(it->behind);
	}
}

void
read_fastly(struct reading *r)
{
	read_machines(r);
}
