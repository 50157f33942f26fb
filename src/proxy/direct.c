#include "proxy/direct.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/list.h"
#include "base/must.h"

#define BUCKETS   1024
#define IDLE_MAX  1024u
#define ARENA_CAP ((size_t)16 * 1024)

struct direct_host {
	struct list node; /* in its bucket */
	struct list idle; /* the latest first; linked to itself while it is held */
	struct direct *direct;
	struct arena *arena; /* the group's */
	struct group *group;
	unsigned holds;
};

struct direct {
	unsigned idle_count;
	struct list idle;
	struct list buckets[BUCKETS];
};

struct direct *
direct_new(void)
{
	struct direct *d = calloc(1, sizeof *d);

	if (d == NULL)
		return NULL;
	list_init(&d->idle);
	for (unsigned i = 0; i < BUCKETS; i++)
		list_init(&d->buckets[i]);
	return d;
}

/* An idle one is forgotten. */
static void
forget(struct direct_host *h)
{
	MUST(h->holds == 0);
	list_del(&h->node);
	list_del(&h->idle);
	h->direct->idle_count--;
	arena_free(&h->arena);
	free(h);
}

void
direct_free(struct direct **dp)
{
	struct direct *d = *dp;

	if (d == NULL)
		return;
	*dp = NULL;
	LIST_EACH_SAFE(it, &d->idle)
		forget(LIST_OF(it, struct direct_host, idle));
	for (unsigned i = 0; i < BUCKETS; i++)
		MUST(list_empty(&d->buckets[i]));
	free(d);
}

static struct list *
bucket_of(struct direct *d, struct str authority)
{
	return &d->buckets[hash_plain(authority).lo % BUCKETS];
}

static struct direct_host *
look_up(struct direct *d, struct str authority)
{
	LIST_EACH(it, bucket_of(d, authority)) {
		struct direct_host *h = LIST_OF(it, struct direct_host, node);

		if (str_eq(h->group->name, authority))
			return h;
	}
	return NULL;
}

static struct group *
make_group(struct arena *a, struct str authority)
{
	struct str url = arena_printf(a, "http://%.*s", STR_FMT(authority));
	struct group *g = url.p == NULL ? NULL : group_new(a, authority, GROUP_ORIGIN);
	const char *why;

	return g != NULL && group_add(g, url, &why) != NULL ? g : NULL;
}

/* Idle, for the moment. */
static struct direct_host *
make(struct direct *d, struct str authority)
{
	struct direct_host *h = calloc(1, sizeof *h);

	if (h == NULL)
		return NULL;
	h->direct = d;
	h->arena = arena_new(ARENA_CAP);
	h->group = h->arena == NULL ? NULL : make_group(h->arena, authority);
	if (h->group == NULL) {
		arena_free(&h->arena);
		free(h);
		return NULL;
	}
	list_add_head(bucket_of(d, authority), &h->node);
	list_add_head(&d->idle, &h->idle);
	d->idle_count++;
	return h;
}

struct direct_host *
direct_find(struct direct *d, struct str authority)
{
	struct direct_host *h = look_up(d, authority);

	if (h == NULL)
		h = make(d, authority);
	return h == NULL ? NULL : direct_hold(h);
}

struct group *
direct_group(const struct direct_host *h)
{
	return h->group;
}

struct direct_host *
direct_hold(struct direct_host *h)
{
	if (h->holds++ == 0) {
		list_del(&h->idle);
		h->direct->idle_count--;
	}
	return h;
}

void
direct_let_go(struct direct_host **hp)
{
	struct direct_host *h = *hp;
	struct direct *d;

	if (h == NULL)
		return;
	*hp = NULL;
	MUST(h->holds > 0);
	if (--h->holds > 0)
		return;
	d = h->direct;
	list_add_head(&d->idle, &h->idle);
	if (++d->idle_count > IDLE_MAX)
		forget(LIST_OF(d->idle.prev, struct direct_host, idle));
}
