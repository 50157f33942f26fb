/* One line of all tiers, the client's side first.
 *
 * A list that several tiers wrote into tells their order: X-Cache, Via, Cache-Status, a maker's own. Who stands
 * together in none is placed by what such tiers usually are to each other (tbl/vendors.def). */
#include "trail/dialect_impl.h"

enum place {
	USER,
	FRONT,
	OUTER,
	CDN,
	HOST,
	HOST_INNER,
	BALANCER,
	SERVER,
	PROXY,
	ORIGIN,
	APP,
	APP_INNER,
};

static const uint8_t places[VENDOR_COUNT] = {
#define VENDOR(id, name, place, title) [VENDOR_##id] = place,
#include "tbl/vendors.def"
#undef VENDOR
};

/* Are all placed that stand before it? */
static bool
is_ready(const struct found *f)
{
	for (int i = 0; i < ORDERS; i++)
		if (f->before[i] != NULL && !f->before[i]->placed)
			return false;
	return true;
}

static bool
is_nearer(const struct found *f, const struct found *than)
{
	return than == NULL || places[f->tier.vendor] < places[than->tier.vendor];
}

/* The one to be placed next. Lists that contradict each other may leave none that is ready. */
static struct found *
nearest(const struct reading *r)
{
	struct found *best = NULL, *any = NULL;

	for (struct found *f = r->first; f != NULL; f = f->next) {
		if (f->placed)
			continue;
		if (any == NULL)
			any = f;
		if (is_nearer(f, best) && is_ready(f))
			best = f;
	}
	return best == NULL ? any : best;
}

/* A stored response brings the words of those behind it along, from the time when it was fetched. */
static bool
is_from_store(const struct found *f)
{
	return f->replays || f->tier.served == TIER_SERVED_HIT || f->tier.served == TIER_SERVED_STALE;
}

void
reading_order(struct reading *r, struct tiers *out)
{
	unsigned count = r->count < TIERS_MAX ? r->count : TIERS_MAX;
	bool past = false;

	out->tier = count == 0 ? NULL : arena_alloc(r->a, count * sizeof *out->tier);
	if (out->tier == NULL)
		return;
	for (; out->count < count; out->count++) {
		struct found *f = nearest(r);

		f->placed = true;
		f->tier.frozen = past;
		past |= is_from_store(f);
		out->tier[out->count] = f->tier;
	}
}
