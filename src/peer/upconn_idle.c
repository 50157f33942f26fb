/* The connections that nobody has borrowed: kept on shelves, watched, and taken again, the latest first. */
#include <stdlib.h>

#include "base/must.h"
#include "net/addr.h"
#include "net/tls.h"
#include "peer/upconn_impl.h"

static bool
suits(const struct shelf *s, const struct member *m)
{
	if (!str_eq(s->label, m->label) || (s->tls == NULL) != (m->tls == NULL))
		return false;
	if (s->tls == NULL)
		return true;
	return str_eq(s->server, m->server) && (s->tls == m->tls || tls_context_same(s->tls, m->tls));
}

/* The shelf's last one has mostly been that member's own, and then suits. */
static bool
is_shelf_of(const struct shelf *s, const struct member *m)
{
	return (s->count > 0 && LIST_OF(s->idle.next, struct upconn, node)->member == m) || suits(s, m);
}

static struct list *
bucket_of(struct upconn_pool *p, const struct member *m)
{
	return &p->bucket[m->id % UPCONN_SHELVES];
}

static struct shelf *
find_shelf(struct upconn_pool *p, const struct member *m)
{
	LIST_EACH(it, bucket_of(p, m)) {
		struct shelf *s = LIST_OF(it, struct shelf, node);

		if (is_shelf_of(s, m))
			return s;
	}
	return NULL;
}

static struct shelf *
new_shelf(struct upconn_pool *p, const struct member *m)
{
	struct str server = m->tls == NULL ? STR_NONE : m->server;
	struct shelf *s = malloc(sizeof *s + m->label.n + server.n);

	if (s == NULL)
		return NULL;
	s->label = str_of(s->text, m->label.n);
	s->server = str_of(s->text + m->label.n, server.n);
	str_put(str_put(s->text, m->label), server);
	s->tls = m->tls == NULL ? NULL : tls_context_ref(m->tls);
	s->count = s->places = 0;
	list_init(&s->idle);
	list_add_head(bucket_of(p, m), &s->node);
	return s;
}

bool
upconn_take_place(struct upconn *u, const struct member *m)
{
	u->shelf = find_shelf(u->pool, m);
	if (u->shelf == NULL)
		u->shelf = new_shelf(u->pool, m);
	if (u->shelf == NULL)
		return false;
	u->shelf->places++;
	return true;
}

void
upconn_leave_place(struct upconn *u)
{
	struct shelf *s = u->shelf;

	u->shelf = NULL;
	if (s == NULL || --s->places > 0)
		return;
	list_del(&s->node);
	tls_context_unref(&s->tls);
	free(s);
}

static void
take_off(struct upconn *u)
{
	list_del(&u->node);
	u->shelf->count--;
	u->pool->idle--;
}

/* An idle one goes for good. */
static void
discard(struct upconn *u)
{
	take_off(u);
	upconn_leave_place(u);
	conn_close(&u->conn);
	member_let_go(&u->member);
	u->magic = 0;
	free(u);
}

/* An end or stray bytes: neither is fit for another request. A TLS ticket that comes late is nothing of the kind. */
static void
on_idle_readable(struct conn *c, void *owner)
{
	if (conn_stirs(c))
		discard(owner);
}

static void
on_idle_expired(struct conn *c, void *owner)
{
	(void)c;
	discard(owner);
}

static const struct conn_events idle_events = { .readable = on_idle_readable, .expired = on_idle_expired };

void
upconn_shelve(struct upconn *u)
{
	struct upconn_pool *p = u->pool;
	struct shelf *s = u->shelf;

	u->ev = NULL;
	list_add_head(&s->idle, &u->node);
	s->count++;
	p->idle++;
	conn_own(u->conn, &idle_events, u);
	conn_want(u->conn, true, false);
	conn_timer(u->conn, p->limits.idle_ms);
	if (s->count > p->limits.idle_per_member)
		discard(LIST_OF(s->idle.prev, struct upconn, node));
}

struct upconn *
upconn_take_idle(struct upconn_pool *p, const struct member *m, enum upconn_wish wish, const struct upconn_events *ev,
		 void *owner)
{
	struct shelf *s;

	while ((s = find_shelf(p, m)) != NULL && s->count > 0) {
		struct upconn *u = LIST_OF(s->idle.next, struct upconn, node);

		if (wish == UPCONN_PROVED && conn_stirs(u->conn)) {
			discard(u); /* its end is here, only the event was not yet */
			continue;
		}
		if (ev->may_reach != NULL && !ev->may_reach(owner, conn_peer(u->conn)))
			return NULL;
		take_off(u); /* what it says is still to be heard: whoever borrows it wants an answer */
		conn_timer(u->conn, 0);
		return u;
	}
	return NULL;
}

/* The shelf may go with the last. */
static void
empty(struct shelf *s)
{
	for (unsigned left = s->count; left > 0; left--)
		discard(LIST_OF(s->idle.next, struct upconn, node));
}

void
upconn_discard_idle(struct upconn_pool *p)
{
	for (int i = 0; i < UPCONN_SHELVES; i++)
		LIST_EACH_SAFE(it, &p->bucket[i])
			empty(LIST_OF(it, struct shelf, node));
}

static bool
leads_nowhere(const struct upconn *u)
{
	union addr places[MEMBER_ADDRS_MAX];
	unsigned count = member_places(u->member, places);

	for (unsigned i = 0; i < count; i++)
		if (addr_same(&places[i], conn_peer(u->conn)))
			return member_has_left(u->member);
	return count > 0 || member_has_left(u->member);
}

static void
tidy_shelf(struct shelf *s)
{
	LIST_EACH_SAFE(it, &s->idle) {
		struct upconn *u = LIST_OF(it, struct upconn, node);
		bool last = s->count == 1; /* the shelf may go with it */

		if (leads_nowhere(u))
			discard(u);
		if (last)
			return;
	}
}

void
upconn_pool_tidy(struct upconn_pool *p)
{
	MUST_OBJ(p, POOL_MAGIC);
	for (int i = 0; i < UPCONN_SHELVES; i++)
		LIST_EACH_SAFE(it, &p->bucket[i])
			tidy_shelf(LIST_OF(it, struct shelf, node));
}

bool
upconn_has_idle(struct upconn_pool *p, const struct member *m)
{
	const struct shelf *s = find_shelf(p, m);

	MUST_OBJ(p, POOL_MAGIC);
	return s != NULL && s->count > 0;
}

unsigned
upconn_idle(const struct upconn_pool *p)
{
	MUST_OBJ(p, POOL_MAGIC);
	return p->idle;
}
