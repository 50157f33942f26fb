/* Why it was no hit, in words that many responses share. */
#include "explain/story_impl.h"

/* The first cache that was asked and sent the request on. */
static const struct tier *
first_miss(const struct telling *t)
{
	for (unsigned i = 0; i < t->s->tiers.count; i++) {
		const struct tier *tier = &t->s->tiers.tier[i];

		if (!tier->frozen && !tier->says_nothing && tier->vendor != VENDOR_SERVICE_WORKER &&
		    tier->served != TIER_SERVED_HIT)
			return tier;
	}
	return NULL;
}

static struct str
of_tier(const struct tier *tier)
{
	if (tier->served == TIER_SERVED_ERROR)
		return STR("It is an error.");
	if (tier->served == TIER_SERVED_BYPASS)
		return STR("A cache passed it on without looking.");
	if (tier->lookup == TIER_LOOKUP_STALE)
		return STR("The copy was no longer fresh.");
	if (tier->lookup == TIER_LOOKUP_HIT)
		return STR("The copy could not answer this request.");
	return STR("It was not stored yet, or not any more.");
}

struct str
why_tell(const struct telling *t)
{
	const struct tier *tier = first_miss(t);

	if (answered_from_store(t))
		return STR("");
	if (t->x->response.status >= 500)
		return STR("It is an error.");
	if (asks_to_reload(t))
		return STR("The client asked to reload.");
	if (t->f.storable.why != UNSTORABLE_NOT)
		return unstorable_sentence(t->f.storable.why);
	if (t->s->tiers.count == 0 || tier == NULL)
		return STR("No cache says a word.");
	return of_tier(tier);
}
