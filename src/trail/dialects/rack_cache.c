/* Rack::Cache: X-Rack-Cache tells the steps of one cache, "stale, valid, store". */
#include "trail/dialect_impl.h"

/* X-Rack-Cache: "stale, valid, store" is one cache, and what it did. A row: a step, and the one that must go before. */
static const struct {
	struct str step, before;
	struct word word;
} steps[] = {
	{ STR_INIT("fresh"), STR_INIT(""), WORD("", HIT, HIT, "") },
	{ STR_INIT("pass"), STR_INIT(""), WORD("", UNKNOWN, BYPASS, "A rule says to go past this cache.") },
	{ STR_INIT("valid"), STR_INIT("stale"),
	  WORD("", STALE, REVALIDATED,
	       "Its copy was no longer fresh; the application was asked, and said that it still holds.") },
	{ STR_INIT("invalid"), STR_INIT("stale"),
	  WORD("", STALE, MISS, "Its copy was no longer fresh, and the application made a new response.") },
	{ STR_INIT("miss"), STR_INIT(""), WORD("", MISS, MISS, "") },
	{ STR_INIT("reload"), STR_INIT(""), WORD("", UNKNOWN, BYPASS, "The client asked to reload.") },
};

static const struct word *
rack_word(struct str trace)
{
	struct str step, before = STR_NONE;

	while (part_next(&trace, &step)) {
		for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
			if (str_ieq(step, steps[i].step) &&
			    (steps[i].before.n == 0 || str_ieq(before, steps[i].before)))
				return &steps[i].word;
		before = step;
	}
	return NULL;
}

void
read_rack_cache(struct reading *r)
{
	struct str value = told_value(r, TOLD_X_RACK_CACHE);
	const struct word *w = rack_word(value);
	struct found *f;

	if (w == NULL)
		return;
	f = found_add(r, VENDOR_RACK_CACHE);
	found_says(f, w);
	found_shows(r, f, TOLD_X_RACK_CACHE, value);
}
