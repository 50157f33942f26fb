#include "proxy/digest_work.h"

#include <stdlib.h>

#include "peer/digests.h"
#include "proxy/digest_make.h"

#define LOOK_NS (NS_PER_S / 4) /* at the neighbours */

struct digest_work {
	struct worker *worker;
	struct digest_maker *maker;
	struct digests *others;
	int64_t look_ns; /* the next */
};

static void
on_news(void *ctx, struct str line)
{
	worker_say(ctx, line);
}

struct digest_work *
digest_work_new(struct worker *w)
{
	struct digest_work *d = calloc(1, sizeof *d);

	if (d == NULL)
		return NULL;
	d->worker = w;
	d->maker = digest_maker_new(w);
	d->others = digests_new(w->loop, w->pool, on_news, w);
	if (d->maker == NULL || d->others == NULL)
		digest_work_free(&d);
	return d;
}

/* 0: none. */
static unsigned
wish_of(const struct conf_upstream *u)
{
	if (u->kind == CONF_kind_ORIGIN)
		return 0;
	switch (u->digest) {
	case CONF_digest_AUTO:
		return u->kind == CONF_kind_SIBLING ? DIGEST_WANT_EITHER : 0;
	case CONF_digest_SQUID:
		return DIGEST_WANT_SQUID;
	case CONF_digest_CAIRN:
		return DIGEST_WANT_CAIRN;
	default:
		return 0;
	}
}

static void
look(struct digest_work *d)
{
	const struct conf *c = worker_conf(d->worker);

	rcu_read_begin();
	for (unsigned i = 0; i < c->upstream_count; i++) {
		const struct conf_upstream *u = &c->upstreams[i];
		const struct roster *r = group_roster(u->group);
		unsigned wish = wish_of(u);

		for (unsigned m = 0; wish != 0 && m < r->count; m++)
			digests_want(d->others, r->seats[m].member, (enum digest_wish)wish);
	}
	rcu_read_end();
	digests_go(d->others);
}

void
digest_work_tick(struct digest_work *d)
{
	int64_t now_ns = loop_now(d->worker->loop).mono_ns;

	digest_maker_tick(d->maker);
	if (now_ns < d->look_ns)
		return;
	d->look_ns = now_ns + LOOK_NS;
	look(d);
}

void
digest_work_free(struct digest_work **dp)
{
	struct digest_work *d = *dp;

	*dp = NULL;
	if (d == NULL)
		return;
	digest_maker_free(&d->maker);
	digests_free(&d->others);
	free(d);
}
