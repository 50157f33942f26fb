#include "explain/browser.h"

/* Where a tier stands: from the page outwards. */
enum stand {
	STAND_MEMORY,
	STAND_WORKER,
	STAND_CACHE,
	STAND_COUNT,
};

struct reading {
	struct str node, reason, word;
	enum tier_lookup lookup;
	enum tier_served served;
	bool answered; /* nobody behind it was asked */
};

static const struct reading browsers[] = {
	[BROWSER_MEMORY] = { STR_INIT("memory"), STR_INIT("The page had it in memory already."),
			     STR_INIT("memory cache"), TIER_LOOKUP_HIT, TIER_SERVED_HIT, true },
	[BROWSER_DISK] = { STR_INIT("disk"), STR_INIT("The browser had a copy on disk that was still good."),
			   STR_INIT("disk cache"), TIER_LOOKUP_HIT, TIER_SERVED_HIT, true },
	[BROWSER_CACHE] = { STR_INIT(""), STR_INIT("The browser had a copy that was still good."),
			    STR_INIT("its own cache"), TIER_LOOKUP_HIT, TIER_SERVED_HIT, true },
	[BROWSER_VALIDATED] = { STR_INIT(""),
				STR_INIT("The browser had a copy, asked whether it still holds, and was told so."),
				STR_INIT("304"), TIER_LOOKUP_STALE, TIER_SERVED_REVALIDATED, false },
};

static const struct reading workers[] = {
	[WORKER_UNKNOWN] = { STR_INIT(""),
			     STR_INIT("The page's service worker gave the response; from where is not told."),
			     STR_INIT("service worker"), TIER_LOOKUP_UNKNOWN, TIER_SERVED_UNKNOWN, false },
	[WORKER_CACHE_STORAGE] = { STR_INIT(""), STR_INIT("The page's service worker had it in its storage."),
				   STR_INIT("cache-storage"), TIER_LOOKUP_HIT, TIER_SERVED_HIT, true },
	[WORKER_HTTP_CACHE] = { STR_INIT(""),
				STR_INIT("The page's service worker passed the request on to the browser's cache."),
				STR_INIT("http-cache"), TIER_LOOKUP_UNKNOWN, TIER_SERVED_BYPASS, false },
	[WORKER_NETWORK] = { STR_INIT(""), STR_INIT("The page's service worker passed the request on."),
			     STR_INIT("network"), TIER_LOOKUP_UNKNOWN, TIER_SERVED_BYPASS, false },
	[WORKER_MADE_UP] = { STR_INIT(""), STR_INIT("The page's service worker made the response up."),
			     STR_INIT("fallback-code"), TIER_LOOKUP_UNKNOWN, TIER_SERVED_HIT, true },
};

/* What stands where; NULL: nothing does. */
static void
stand(const struct exchange *x, const struct reading *at[STAND_COUNT])
{
	if (x->browser == BROWSER_MEMORY)
		at[STAND_MEMORY] = &browsers[BROWSER_MEMORY];
	else if (x->browser != BROWSER_NOT_TOLD)
		at[STAND_CACHE] = &browsers[x->browser];
	if (x->worker == WORKER_NONE)
		return;
	at[STAND_WORKER] = &workers[x->worker];
	if (x->worker == WORKER_HTTP_CACHE && x->browser == BROWSER_NOT_TOLD)
		at[STAND_CACHE] = &browsers[BROWSER_CACHE];
}

static const struct evidence *
evidence_of(struct str name, struct str word, struct arena *a)
{
	struct evidence *e = arena_alloc(a, sizeof *e);

	if (e != NULL)
		*e = (struct evidence){ name, word, NULL };
	return e;
}

static void
fill(struct tier *t, const struct reading *r, bool is_worker, bool frozen, struct arena *a)
{
	*t = (struct tier){
		.node = r->node,
		.vendor = is_worker ? VENDOR_SERVICE_WORKER : VENDOR_BROWSER,
		.lookup = r->lookup,
		.served = r->served,
		.hits = TIER_NUMBER_NONE,
		.ttl = TIER_NUMBER_NONE,
		.age = TIER_NUMBER_NONE,
		.took_us = TIER_NUMBER_NONE,
		.reason = r->reason,
		.frozen = frozen,
		.evidence = evidence_of(is_worker ? STR("service worker") : STR("browser"), r->word, a),
	};
}

/* The tiers of the network are history, all of them: no request left for it. */
static void
freeze(struct tiers *t)
{
	for (unsigned i = 0; i < t->count; i++)
		t->tier[i].frozen = true;
}

bool
browser_tiers(const struct exchange *x, struct arena *a, struct tiers *t)
{
	const struct reading *at[STAND_COUNT] = { NULL }, *answered = NULL;
	struct tier *all;
	unsigned n = 0;

	stand(x, at);
	if (at[STAND_MEMORY] == NULL && at[STAND_WORKER] == NULL && at[STAND_CACHE] == NULL)
		return true;
	all = arena_alloc(a, (t->count + STAND_COUNT) * sizeof *all);
	if (all == NULL)
		return false;
	for (unsigned i = 0; i < STAND_COUNT; i++) {
		if (at[i] == NULL)
			continue;
		fill(&all[n], at[i], i == STAND_WORKER, answered != NULL, a);
		if (i != STAND_WORKER && x->browser_hits != EXCHANGE_UNKNOWN)
			all[n].hits = x->browser_hits;
		answered = answered == NULL && at[i]->answered ? at[i] : answered;
		n++;
	}
	if (answered != NULL)
		freeze(t);
	if (t->count > 0)
		memcpy(all + n, t->tier, t->count * sizeof *all);
	t->tier = all;
	t->count += n;
	return true;
}
