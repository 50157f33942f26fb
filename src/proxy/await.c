#include "proxy/await.h"

#include "proxy/fetch_impl.h"

/* The group that is followed now: that of a configuration which is in force no more is not. */
static const struct group *
followed_now(const struct fetch *f)
{
	const struct conf *c = worker_conf(f->worker);

	for (unsigned i = 0; c != f->conf && i < c->upstream_count; i++)
		if (str_eq(c->upstreams[i].name, f->group->name) && c->upstreams[i].group->kind == f->group->kind)
			return c->upstreams[i].group;
	return f->group;
}

bool
await_members(struct fetch *f)
{
	struct worker *w = f->worker;
	int64_t now = loop_now(w->loop).mono_ns;

	if (f->to == NULL || !atomic_load_explicit(&followed_now(f)->awaited, memory_order_acquire))
		return false;
	if (f->await_until_ns == 0)
		f->await_until_ns = now + f->conf->timeouts.connect * NS_PER_MS;
	if (now >= f->await_until_ns)
		return false;
	pick_end(&f->pick); /* of nobody */
	if (list_empty(&w->awaiting))
		timer_set(&w->await, (f->await_until_ns - now) / NS_PER_MS + 1);
	list_del(&f->await);
	list_add_tail(&w->awaiting, &f->await);
	return true;
}

/* Of those that are members now. Their names are of the configuration in force. */
static void
pick_among_them(struct fetch *f)
{
	struct worker *w = f->worker;
	struct conf *before = f->lender;

	f->lender = conf_hold(worker_conf(w), w->index);
	pick_among(&f->pick, followed_now(f));
	conf_let_go(&before, w->index);
}

bool
await_came(struct fetch *f)
{
	if (f->to == NULL || !pick_was_too_soon(&f->pick, followed_now(f)))
		return false;
	pick_among_them(f);
	return true;
}

void
await_look(struct worker *w)
{
	struct list waiting, *node;

	list_init(&waiting);
	list_move(&waiting, &w->awaiting); /* they may come to wait again */
	while ((node = list_pop(&waiting)) != NULL) {
		struct fetch *f = LIST_OF(node, struct fetch, await);

		pick_among_them(f);
		fetch_run(f);
	}
}

void
await_over(struct timer *t)
{
	await_look(LIST_OF(t, struct worker, await));
}
