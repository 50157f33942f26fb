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

/* ---- what no field tells ---- */

static bool
are_linked(const struct found *near, const struct found *far)
{
	for (int i = 0; i < ORDERS; i++)
		if (far->before[i] == near)
			return true;
	return false;
}

/* Squid and Cairn stand before a CDN as often as behind it; and of two that are put in front of other CDNs one is
 * behind. */
static bool
is_open(const struct found *near, const struct found *far)
{
	enum place p = (enum place)places[near->tier.vendor], q = (enum place)places[far->tier.vendor];

	if (near->tier.vendor == far->tier.vendor || are_linked(near, far))
		return false;
	return ((far->tier.vendor == VENDOR_SQUID || far->tier.vendor == VENDOR_CAIRN) && p <= CDN) ||
	       (p <= OUTER && q <= OUTER);
}

static void
note_order(struct reading *r, const struct found *near, const struct found *far)
{
	if (is_open(near, far))
		reading_note(r, "No field tells whether %.*s stands before %.*s; it usually does.",
			     STR_FMT(vendor_title(near->tier.vendor)), STR_FMT(vendor_title(far->tier.vendor)));
}

/* What the origin has just confirmed is as old as the origin's Date. Another tier's may be older: behind one, Age shows
 * nothing. */
static bool
shows_that_nobody_was_asked(const struct tier *t, int64_t age, const struct tiers *all)
{
	return age > 0 && t == &all->tier[all->count - 1];
}

/* Age is of the whole answer. It goes with whoever answered from a store; where nobody says so it contradicts them. */
static void
read_age(struct reading *r, struct tiers *out)
{
	struct str value = told_value(r, TOLD_AGE);
	int64_t age = number_of(value);
	bool missed = false;

	if (age == TIER_NUMBER_NONE)
		return;
	for (unsigned i = 0; i < out->count; i++) {
		struct tier *t = &out->tier[i];

		if (t->served == TIER_SERVED_HIT || t->served == TIER_SERVED_STALE ||
		    t->served == TIER_SERVED_REVALIDATED) {
			t->age = age;
			if (shows_that_nobody_was_asked(t, age, out))
				t->may_have_asked = false;
			return;
		}
		missed |= t->served == TIER_SERVED_MISS;
	}
	if (age > 0 && missed)
		reading_note(
		    r,
		    "Age is %lld, so some cache had it for a while, and none says so: either one that does not name "
		    "itself stands behind these, or a stored miss was sent again with a hit.",
		    (long long)age);
}

void
reading_order(struct reading *r, struct tiers *out)
{
	unsigned count = r->count < TIERS_MAX ? r->count : TIERS_MAX;
	struct found *last = NULL;
	bool past = false;

	out->tier = count == 0 ? NULL : arena_alloc(r->a, count * sizeof *out->tier);
	if (out->tier == NULL)
		return;
	for (; out->count < count; out->count++) {
		struct found *f = nearest(r);

		if (last != NULL)
			note_order(r, last, f);
		last = f;
		f->placed = true;
		f->tier.frozen = past;
		past |= is_from_store(f);
		out->tier[out->count] = f->tier;
	}
	read_age(r, out);
}
