/* What the caches of the world wrote, from its field lines: an input's lines are fields. */
#include "heads.h"
#include "trail/tiers.h"

static void
check_evidence(const struct evidence *e)
{
	MUST(e != NULL); /* of each tier is said what it was read from */
	for (; e != NULL; e = e->next)
		MUST(e->name.n > 0);
}

static void
check_tier(const struct tier *t)
{
	MUST(vendor_name(t->vendor).n > 0 && vendor_title(t->vendor).n > 0);
	MUST(t->lookup <= TIER_LOOKUP_STALE && t->served <= TIER_SERVED_ERROR);
	MUST(t->hits == TIER_NUMBER_NONE || t->hits >= 0);
	check_evidence(t->evidence);
}

/* Behind a tier that answered from its store all is of the past, and behind one that is of the past too. */
static void
check_line(const struct tiers *t)
{
	bool past = false;

	MUST(t->count <= TIERS_MAX);
	for (unsigned i = 0; i < t->count; i++) {
		const struct tier *at = &t->tier[i];

		check_tier(at);
		MUST(at->frozen || !past);
		past = at->frozen || at->served == TIER_SERVED_HIT || at->served == TIER_SERVED_STALE;
	}
}

static bool
is_same(const struct tier *a, const struct tier *b)
{
	return a->vendor == b->vendor && a->lookup == b->lookup && a->served == b->served && a->hits == b->hits &&
	       a->frozen == b->frozen && str_eq(a->node, b->node);
}

/* Read again it is the same; with too little memory it is less, and no harm is done. */
static void
check_again(const struct head *h, const struct tiers *first)
{
	struct arena *wide = arena_new(64 << 20), *narrow = arena_new(9 << 10);
	struct tiers again;

	MUST(tiers_read(h, NULL, wide, &again) && again.count == first->count);
	for (unsigned i = 0; i < again.count; i++)
		MUST(is_same(&again.tier[i], &first->tier[i]));
	tiers_read(h, NULL, narrow, &again);
	arena_free(&wide);
	arena_free(&narrow);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a;
	struct head h;
	struct tiers t;

	if (size > 1 << 16)
		return 0;
	a = arena_new(64 << 20);
	head_init(&h, a);
	h.status = size % 3 == 0 ? 101 : 200;
	fuzz_add_fields(&h, fuzz_str(data, size));
	MUST(tiers_read(&h, NULL, a, &t));
	check_line(&t);
	check_again(&h, &t);
	arena_free(&a);
	return 0;
}
