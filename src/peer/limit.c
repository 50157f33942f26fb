#include "peer/limit.h"

#include "base/counter.h"

/* The budget counts hundredths of a request. So many are free, at first and after a time without any. */
#define ONE  100
#define MOST (100 * ONE)

static bool
refused(struct member *m)
{
	atomic_fetch_add_explicit(&m->refused, 1, memory_order_relaxed);
	return false;
}

bool
limit_enter(const struct group *g, struct member *m)
{
	unsigned before = atomic_fetch_add_explicit(&m->active, 1, memory_order_relaxed);

	if (g->max_requests == 0 || before < g->max_requests)
		return true;
	limit_leave(m);
	return refused(m);
}

void
limit_leave(struct member *m)
{
	atomic_fetch_sub_explicit(&m->active, 1, memory_order_relaxed);
}

bool
limit_may_open(const struct group *g, struct member *m)
{
	if (g->max_connecting == 0 || atomic_load_explicit(&m->connecting, memory_order_relaxed) < g->max_connecting)
		return true;
	return refused(m);
}

static void
pay(atomic_int *spent, unsigned percent)
{
	if (percent > 0 && atomic_load_explicit(spent, memory_order_relaxed) > 0)
		atomic_fetch_sub_explicit(spent, (int)percent, memory_order_relaxed);
}

void
limit_pay(struct group *g, struct member *m)
{
	pay(&g->spent, g->retry_percent);
	pay(&m->spent, g->retry_percent);
}

static bool
spend(atomic_int *spent, unsigned percent, int most)
{
	if (percent == 0)
		return true;
	if (atomic_fetch_add_explicit(spent, ONE, memory_order_relaxed) + ONE <= most)
		return true;
	atomic_fetch_sub_explicit(spent, ONE, memory_order_relaxed);
	return false;
}

static bool
spend_of_all(struct group *g, int most)
{
	if (spend(&g->spent, g->retry_percent, most))
		return true;
	counter_add(COUNTER_RETRIES_REFUSED, 1);
	return false;
}

bool
limit_spend(struct group *g)
{
	return spend_of_all(g, MOST);
}

bool
limit_spend_spare(struct group *g)
{
	return spend_of_all(g, MOST / 2);
}

void
limit_unspend(struct group *g)
{
	if (g->retry_percent > 0)
		atomic_fetch_sub_explicit(&g->spent, ONE, memory_order_relaxed);
}

bool
limit_spend_on(const struct group *g, struct member *m)
{
	return spend(&m->spent, g->retry_percent, MOST) || refused(m);
}

bool
limit_spend_spare_on(const struct group *g, struct member *m)
{
	return spend(&m->spent, g->retry_percent, MOST / 2) || refused(m);
}
