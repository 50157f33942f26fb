/* What the tests of flights share: one thread; mails are collected, and delivered when the test says so. */
#ifndef CAIRN_TESTS_FLYING_H
#define CAIRN_TESTS_FLYING_H

#include "cache/flight.h"

#define WORKERS 3
#define MAILS   32

static struct flights *fs;
static struct slots *slots;
static struct {
	struct mail *mail;
	unsigned worker;
} posted[MAILS];
static unsigned posts;
static unsigned unpinned;

/* In the place of the store's. */
void
entry_unpin(struct entry **e)
{
	*e = NULL;
	unpinned++;
}

static inline void
post(void *ctx, unsigned worker, struct mail *m)
{
	assert_ptr_equal(ctx, posted);
	assert_in_range(worker, 0, WORKERS - 1);
	if (atomic_exchange(&m->posted, true))
		return;
	assert_true(posts < MAILS);
	posted[posts].mail = m;
	posted[posts++].worker = worker;
}

/* Runs what was posted until now; what that posts stays. */
static inline void
deliver(void)
{
	struct mail *now[MAILS];
	unsigned n = posts;

	for (unsigned i = 0; i < n; i++)
		now[i] = posted[i].mail;
	posts = 0;
	for (unsigned i = 0; i < n; i++) {
		atomic_store(&now[i]->posted, false);
		now[i]->fn(now[i]);
	}
}

static inline int
setup(void **state)
{
	const char *why;

	(void)state;
	fs = flights_new(WORKERS, post, posted);
	slots = slots_new(1024 * 1024, SLOTS_AS_NEEDED, &why);
	posts = 0;
	unpinned = 0;
	return 0;
}

static inline int
teardown(void **state)
{
	struct slots_totals t;

	(void)state;
	deliver();
	assert_int_equal(posts, 0);
	assert_int_equal(flights_count(fs), 0);
	slots_totals(slots, &t);
	assert_int_equal(t.used, 0);
	slots_free(&slots);
	flights_free(&fs);
	return 0;
}

/* A waiter that counts its calls and may do something in them. */
struct client {
	struct waiter waiter;
	unsigned calls;
	void (*then)(struct client *);
	struct client *other;
};

static inline void
look(struct waiter *w)
{
	struct client *c = LIST_OF(w, struct client, waiter);

	c->calls++;
	if (c->then != NULL)
		c->then(c);
}

static inline struct client
client(unsigned worker)
{
	return (struct client){ .waiter = { .fn = look, .worker = worker } };
}

static inline struct flight_id
id(uint64_t key, uint64_t variant, uint64_t first, uint64_t last)
{
	return (struct flight_id){ { key, ~key }, variant, first, last };
}

static inline struct flight_id
all(uint64_t key)
{
	return id(key, 0, 0, RANGE_UNKNOWN);
}

static inline enum flight_role
enter(struct client *c, struct flight_id what, enum flight_join how)
{
	return flight_enter(fs, &what, how, &c->waiter);
}

static inline struct flight *
lead(struct client *c, uint64_t key)
{
	assert_int_equal(enter(c, all(key), FLIGHT_JOIN), FLIGHT_LEADS);
	return c->waiter.flight;
}

static inline void
break_off(struct flight **f)
{
	flight_fail(f, PROXY_ERROR_CONNECTION_REFUSED, 0, (struct flight_whom){ 0 });
	assert_null(*f);
}

/* Leads one that is taken down again at once: is there none that fits? */
static inline bool
would_lead(struct flight_id what)
{
	struct client c = client(0);
	struct flight *f;
	bool leads = enter(&c, what, FLIGHT_JOIN) == FLIGHT_LEADS;

	f = c.waiter.flight;
	if (leads)
		break_off(&f);
	flight_leave(&c.waiter);
	deliver();
	return leads;
}

static inline struct resp *
response(struct segs *body)
{
	struct resp *r = resp_new();

	r->body = body;
	r->shareable = true;
	return r;
}

static inline void
put(struct segs *s, size_t n)
{
	while (n > 0) {
		size_t room;
		bool full;
		char *p = segs_room(s, n, &room, &full);

		assert_non_null(p);
		room = room < n ? room : n;
		memset(p, 'x', room);
		segs_publish(s, room);
		n -= room;
	}
}

#endif
