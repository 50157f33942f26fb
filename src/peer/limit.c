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
	atomic_fetch_add_explicit(&g->asked, 1, memory_order_relaxed);
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

/* What it is to have of so many of the group's requests. */
static int
even_part(const struct group *g, unsigned asked)
{
	unsigned members;
	uint64_t part;

	rcu_read_begin();
	members = group_roster(g)->count;
	rcu_read_end();
	part = members == 0 ? 0 : (uint64_t)asked * g->retry_percent / members;
	return part > MOST ? MOST : (int)part;
}

/* Here and not with each request: it is seldom that anybody is asked again. A reload begins to count anew. */
static void
take_part(const struct group *g, struct member *m)
{
	unsigned asked = atomic_load_explicit(&g->asked, memory_order_relaxed);
	unsigned before = atomic_load_explicit(&m->shared, memory_order_relaxed);
	int part = even_part(g, asked >= before ? asked - before : 0), spent;

	if (part == 0 && asked >= before)
		return;
	if (!atomic_compare_exchange_strong_explicit(&m->shared, &before, asked, memory_order_relaxed,
						     memory_order_relaxed))
		return;
	spent = atomic_load_explicit(&m->spent, memory_order_relaxed);
	if (spent > 0)
		atomic_fetch_sub_explicit(&m->spent, part < spent ? part : spent, memory_order_relaxed);
}

static bool
spend_of_one(const struct group *g, struct member *m, int most)
{
	take_part(g, m);
	return spend(&m->spent, g->retry_percent, most) || refused(m);
}

bool
limit_spend_on(const struct group *g, struct member *m)
{
	return spend_of_one(g, m, MOST);
}

bool
limit_spend_spare_on(const struct group *g, struct member *m)
{
	return spend_of_one(g, m, MOST / 2);
}
