/* Varnish: X-Varnish is a list that each tier appends to. One number is a miss, or passed; two are a hit: this
 * request's, and that of the one that fetched the copy. X-Cache is what the site's own VCL makes of it. */
#include "trail/dialect_impl.h"

static const struct word one_number = WORD("", MISS, MISS, ""), two_numbers = WORD("", HIT, HIT, "");

/* NULL: it is nothing of Varnish's. */
static const struct word *
word_of_numbers(struct str text)
{
	struct str rest, more, first = first_word(text, &rest), second = first_word(rest, &more);

	if (number_of(first) == TIER_NUMBER_NONE || more.n > 0)
		return NULL;
	if (second.n == 0)
		return &one_number;
	return number_of(second) == TIER_NUMBER_NONE ? NULL : &two_numbers;
}

static struct item *
next_item(struct item *it)
{
	while (it != NULL && (it->tier == NULL || it->tier->tier.vendor != VENDOR_VARNISH))
		it = it->behind;
	return it;
}

/* VCL says more than the numbers do (a pass, grace). Where it says the opposite it is wrong: a copy was stored with a
 * X-Cache that nobody took off. */
static void
compare(struct reading *r, struct found *f, const struct word *w)
{
	if ((w->served != TIER_SERVED_HIT || f->tier.served != TIER_SERVED_MISS) &&
	    (w->served != TIER_SERVED_MISS || f->tier.served != TIER_SERVED_HIT))
		return;
	reading_note(
	    r, "X-Varnish has %s, and so contradicts the %.*s that Varnish's configuration writes; it was believed.",
	    w == &two_numbers ? "two numbers, which is a hit" : "one number, which is no hit",
	    STR_FMT(tier_served_word(f->tier.served)));
	f->tier.lookup = w->lookup;
	f->tier.served = w->served;
}

static void
read_numbers(struct reading *r)
{
	struct run run = { ORDER_OWN, false, NULL };
	struct item *it = next_item(r->items);

	for (const struct part *p = told_backwards(r, TOLD_X_VARNISH); p != NULL; p = p->next) {
		const struct word *w = word_of_numbers(p->text);
		struct found *f;

		if (w == NULL)
			continue;
		f = it != NULL ? it->tier : found_add(r, VENDOR_VARNISH);
		found_shows(r, f, TOLD_X_VARNISH, p->text);
		if (it != NULL)
			compare(r, f, w);
		else
			found_says(f, w);
		found_follow(&run, f);
		if (it != NULL)
			it = next_item(it->behind);
	}
}

/* X-Varnish-Cache and the like are one word, of the tier nearest the client. */
static void
read_own_word(struct reading *r)
{
	struct str value = told_value(r, TOLD_X_VARNISH_CACHE);
	struct found *f = found_first(r, VENDOR_VARNISH);

	if (value.n == 0 || words_find(&words_common, value) == NULL)
		return;
	if (f == NULL)
		f = found_add(r, VENDOR_VARNISH);
	found_says(f, words_find(&words_common, value));
	found_shows(r, f, TOLD_X_VARNISH_CACHE, value);
}

void
read_varnish(struct reading *r)
{
	if (found_first(r, VENDOR_WIKIMEDIA) != NULL)
		return; /* its X-Cache says all that, and by name */
	read_numbers(r);
	read_own_word(r);
}

/* ---- X-Cacheable ---- */

/* "NO:Cookie", "NO:Not Cacheable": of the host's or the site's own Varnish. */
void
read_cacheable(struct reading *r)
{
	struct str value = told_value(r, TOLD_X_CACHEABLE);
	struct found *f = found_first(r, VENDOR_WPENGINE);

	if (f == NULL)
		f = found_first(r, VENDOR_VARNISH);
	if (f == NULL || !str_istarts(value, STR("NO")))
		return;
	if (f->tier.reason.n == 0)
		f->tier.reason = arena_printf(r->a, "It says of its caching: %.*s.", STR_FMT(str_head(value, 80)));
	found_shows(r, f, TOLD_X_CACHEABLE, value);
}
