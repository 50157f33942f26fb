/* How a tier is called within a sentence. */
#include "explain/browser.h"
#include "explain/story_impl.h"
#include "explain/words.h"

#define NAME_MAX_SHOWN 80

/* The network's first tier is what people call the edge, where there are more. */
static struct str
place_in_row(const struct telling *t, unsigned i)
{
	const struct tiers *all = &t->s->tiers;
	unsigned before = 0, behind = 0;

	for (unsigned k = 0; k < all->count; k++) {
		const struct tier *one = &all->tier[k];

		if (browser_owns(one) || one->says_nothing)
			continue;
		before += k < i;
		behind += k > i;
	}
	if (before + behind == 0)
		return STR("");
	if (before == 0)
		return STR("the edge");
	return before == 1 ? STR("the second tier") : behind == 0 ? STR("the last tier") : STR("an inner tier");
}

static void
put_place(const struct tier *tier, struct strbuf *out)
{
	struct str town = words_town(tier->place);

	if (tier->place.n == 0)
		return;
	strbuf_lit(out, " in ");
	if (town.n > 0)
		strbuf_add(out, town);
	else
		words_harmless(out, tier->place, NAME_MAX_SHOWN);
}

/* A node that is called by its place alone is told by that. */
static void
put_name(const struct tier *tier, struct strbuf *out)
{
	bool placed = str_eq(tier->node, tier->place) && words_town(tier->place).n > 0;

	if (tier->vendor == VENDOR_UNKNOWN && tier->node.n > 0) {
		strbuf_lit(out, "the cache ");
	} else {
		strbuf_add(out, vendor_title(tier->vendor));
		if (tier->node.n == 0 || placed)
			return;
		strbuf_char(out, ' ');
	}
	words_harmless(out, tier->node, NAME_MAX_SHOWN);
}

static void
own_cache(const struct tier *tier, struct strbuf *out)
{
	if (tier->vendor == VENDOR_SERVICE_WORKER)
		strbuf_lit(out, "the page's service worker");
	else if (str_eq(tier->node, STR("memory")))
		strbuf_lit(out, "the browser, from its memory");
	else if (str_eq(tier->node, STR("disk")))
		strbuf_lit(out, "the browser, from its disk");
	else
		strbuf_lit(out, "the browser's own cache");
}

void
who_is(const struct telling *t, unsigned i, struct strbuf *out)
{
	const struct tier *tier = &t->s->tiers.tier[i];
	struct str role;

	if (browser_owns(tier)) {
		own_cache(tier, out);
		return;
	}
	role = place_in_row(t, i);
	if (role.n == 0) {
		put_name(tier, out);
		put_place(tier, out);
		return;
	}
	strbuf_add(out, role);
	put_place(tier, out);
	strbuf_lit(out, " (");
	put_name(tier, out);
	strbuf_char(out, ')');
}
