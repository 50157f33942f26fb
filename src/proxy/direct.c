#include "proxy/direct.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"

#define SLOTS     2048 /* open addressing, at most half full */
#define HOSTS     (SLOTS / 2)
#define ARENA_CAP ((size_t)8 * 1024 * 1024)
#define KEEP_NS   (3600 * NS_PER_S)

struct generation {
	struct generation *older;
	struct arena *arena;
	int64_t retired_ns;
	unsigned count;
	struct group *slots[SLOTS];
};

struct direct {
	struct generation *newest;
};

static struct generation *
generation_new(struct generation *older)
{
	struct generation *g = calloc(1, sizeof *g);

	if (g == NULL)
		return NULL;
	g->arena = arena_new(ARENA_CAP);
	if (g->arena == NULL) {
		free(g);
		return NULL;
	}
	g->older = older;
	return g;
}

static void
generation_free(struct generation *g)
{
	arena_free(&g->arena);
	free(g);
}

struct direct *
direct_new(void)
{
	struct direct *d = calloc(1, sizeof *d);

	if (d == NULL)
		return NULL;
	d->newest = generation_new(NULL);
	if (d->newest == NULL)
		direct_free(&d);
	return d;
}

void
direct_free(struct direct **dp)
{
	struct direct *d = *dp;

	if (d == NULL)
		return;
	*dp = NULL;
	while (d->newest != NULL) {
		struct generation *g = d->newest;

		d->newest = g->older;
		generation_free(g);
	}
	free(d);
}

static bool
in_use(const struct generation *g)
{
	for (unsigned i = 0; i < SLOTS; i++)
		if (g->slots[i] != NULL &&
		    atomic_load_explicit(&g->slots[i]->members[0]->active, memory_order_relaxed) > 0)
			return true;
	return false;
}

static void
sweep(struct direct *d, int64_t mono_ns)
{
	struct generation **link = &d->newest->older;

	while (*link != NULL) {
		struct generation *g = *link;

		if (mono_ns - g->retired_ns < KEEP_NS || in_use(g)) {
			link = &g->older;
			continue;
		}
		*link = g->older;
		generation_free(g);
	}
}

/* Where the host is, or the free slot where it would be. */
static struct group **
slot_of(struct generation *g, struct str authority)
{
	uint64_t at = hash_plain(authority).lo;

	for (;; at++) {
		struct group **slot = &g->slots[at % SLOTS];

		if (*slot == NULL || str_eq((*slot)->name, authority))
			return slot;
	}
}

struct group *
direct_group(struct direct *d, struct str authority, int64_t mono_ns)
{
	struct generation *g = d->newest;
	struct group **slot = slot_of(g, authority);
	const char *why;
	struct str url;

	if (*slot != NULL)
		return *slot;
	if (g->count == HOSTS) {
		struct generation *fresh = generation_new(g);

		if (fresh == NULL)
			return NULL;
		g->retired_ns = mono_ns;
		d->newest = g = fresh;
		sweep(d, mono_ns);
		slot = slot_of(g, authority);
	}
	url = arena_printf(g->arena, "http://%.*s", STR_FMT(authority));
	*slot = url.p == NULL ? NULL : group_new(g->arena, arena_str(g->arena, authority), GROUP_ORIGIN);
	if (*slot == NULL || group_add(*slot, g->arena, url, &why) == NULL) {
		*slot = NULL; /* what the arena gave is lost, up to its cap; then the generation counts as full */
		g->count = arena_failed(g->arena) ? HOSTS : g->count;
		return NULL;
	}
	g->count++;
	return *slot;
}
