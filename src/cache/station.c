#include "cache/station_impl.h"

#include <stdlib.h>

#include "base/must.h"

/* One alone, as it mostly is: whatever it does, nobody comes after it. */
static bool
call_only_one(struct station *st)
{
	struct list *only = st->waiters.next;

	if (only != st->waiters.prev || only == &st->waiters)
		return false;
	LIST_OF(only, struct waiter, node)->fn(LIST_OF(only, struct waiter, node));
	return true;
}

/* Calls everybody on `round`. Each goes back to the waiters before it is called, so whatever it does to itself or to
 * others it does on lists that stand; who is put in meanwhile is not on the round. */
static void
call_round(struct station *st, struct list *round)
{
	struct list *node;

	while ((node = list_pop(round)) != NULL) {
		struct waiter *w = LIST_OF(node, struct waiter, node);

		list_add_tail(&st->waiters, node);
		w->fn(w);
	}
}

static void
answer(struct mail *m)
{
	struct call *c = LIST_OF(m, struct call, mail);
	struct station *st = LIST_OF(c, struct station, call);
	struct flight *f = c->flight;
	struct list round;

	call_answer(c);
	if (!call_only_one(st)) {
		list_init(&round);
		list_move(&round, &st->waiters);
		call_round(st, &round);
	}
	flight_unref(&f);
}

void
station_init(struct station *st, struct flight *f, unsigned worker)
{
	call_init(&st->call, f, worker, answer);
	atomic_init(&st->count, 0);
	list_init(&st->waiters);
	st->older = atomic_load_explicit(&f->stations, memory_order_relaxed);
	atomic_store_explicit(&f->stations, st, memory_order_release);
}

struct station *
station_at(struct flight *f, unsigned worker)
{
	struct station *st = atomic_load_explicit(&f->stations, memory_order_acquire);

	while (st != NULL && st->call.worker != worker)
		st = st->older;
	return st;
}

struct station *
station_make(struct flight *f, unsigned worker)
{
	struct station *st = station_at(f, worker);

	if (st != NULL)
		return st;
	st = malloc(sizeof *st);
	if (st != NULL)
		station_init(st, f, worker);
	return st;
}

void
station_free_all(struct flight *f)
{
	struct station *st = atomic_load(&f->stations), *older;

	for (; st != NULL; st = older) {
		older = st->older;
		MUST(list_empty(&st->waiters));
		if (st != &f->first)
			free(st);
	}
}

void
station_add(struct station *st, struct waiter *w)
{
	list_add_tail(&st->waiters, &w->node);
	atomic_fetch_add_explicit(&st->count, 1, memory_order_relaxed);
}

void
station_remove(struct station *st, struct waiter *w)
{
	list_del(&w->node);
	atomic_fetch_sub_explicit(&st->count, 1, memory_order_relaxed);
}

void
station_wake(struct station *st)
{
	if (atomic_load_explicit(&st->count, memory_order_relaxed) > 0)
		call_post(&st->call);
}
