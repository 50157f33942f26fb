#include "peer/upconn.h"

#include <stdlib.h>

#include "base/counter.h"
#include "base/hash.h"
#include "base/must.h"
#include "net/addr.h"
#include "net/tls.h"
#include "peer/dial_impl.h"

#define POOL_MAGIC   0x75706f6fu
#define UPCONN_MAGIC 0x7570636eu
#define BUCKETS      64

/* The idle connections to one host and port, the latest first. Known by its label and not by the member: a member goes
 * with its configuration, what is connected stays. What was secured is good only under the trust that it was opened in: its
 * connections hold that. */
struct shelf {
	struct list node;
	struct list idle;
	unsigned count;
	const struct tls_context *tls; /* NULL: in the clear */
	struct str label;
	char text[];
};

struct upconn_pool {
	unsigned magic;
	bool closed; /* freed, but for what is lent */
	unsigned lent;
	unsigned idle;
	struct loop *loop;
	struct resolver *resolver;
	struct upconn_limits limits;
	struct list bucket[BUCKETS];
};

/* Being opened (dial), lent (neither), or idle (shelf). */
struct upconn {
	unsigned magic;
	bool reused;
	bool dialling; /* counted as such with the member */
	bool for_one; /* a client's: not for another */
	struct upconn_pool *pool;
	struct member *member; /* held; while idle the one it was lent for last */
	struct conn *conn;
	const struct upconn_events *ev;
	void *owner;
	struct dial *dial; /* still there after it has failed */
	struct shelf *shelf;
	struct list node; /* on the shelf */
};

static void
free_pool_when_done(struct upconn_pool *p)
{
	if (p->closed && p->lent == 0)
		free(p);
}

/* ---- what is idle ---- */

static bool
suits(const struct shelf *s, const struct member *m)
{
	if (!str_eq(s->label, m->label) || (s->tls == NULL) != (m->tls == NULL))
		return false;
	return s->tls == NULL || s->tls == m->tls || tls_context_same(s->tls, m->tls);
}

static struct list *
bucket_of(struct upconn_pool *p, struct str label)
{
	return &p->bucket[hash_plain(label).lo % BUCKETS];
}

static struct shelf *
find_shelf(struct upconn_pool *p, const struct member *m)
{
	LIST_EACH(it, bucket_of(p, m->label)) {
		struct shelf *s = LIST_OF(it, struct shelf, node);

		if (suits(s, m))
			return s;
	}
	return NULL;
}

static struct shelf *
new_shelf(struct upconn_pool *p, const struct member *m)
{
	struct shelf *s = malloc(sizeof *s + m->label.n);

	if (s == NULL)
		return NULL;
	memcpy(s->text, m->label.p, m->label.n);
	s->label = str_of(s->text, m->label.n);
	s->tls = m->tls;
	s->count = 0;
	list_init(&s->idle);
	list_add_head(bucket_of(p, m->label), &s->node);
	return s;
}

static void
take_off(struct upconn *u)
{
	struct shelf *s = u->shelf;

	u->shelf = NULL;
	list_del(&u->node);
	u->pool->idle--;
	if (--s->count > 0)
		return;
	list_del(&s->node);
	free(s);
}

/* An idle one goes for good. */
static void
discard(struct upconn *u)
{
	take_off(u);
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

static void
put_on(struct shelf *s, struct upconn *u)
{
	struct upconn_pool *p = u->pool;

	u->shelf = s;
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

/* The latest, of which as far as is wished is known that it is still good; or NULL. */
static struct upconn *
take_idle(struct upconn_pool *p, const struct member *m, enum upconn_wish wish)
{
	struct shelf *s;

	while ((s = find_shelf(p, m)) != NULL) {
		struct upconn *u = LIST_OF(s->idle.next, struct upconn, node);

		if (wish == UPCONN_PROVED && conn_stirs(u->conn)) {
			discard(u); /* its end is here, only the event was not yet */
			continue;
		}
		take_off(u);
		conn_want(u->conn, false, false);
		conn_timer(u->conn, 0);
		return u;
	}
	return NULL;
}

/* ---- opening ---- */

static void
end_dialling(struct upconn *u)
{
	if (u->dialling)
		atomic_fetch_sub_explicit(&u->member->connecting, 1, memory_order_relaxed);
	u->dialling = false;
}

static void
count_handshake(const struct conn *c, enum upconn_fault fault)
{
	if (c != NULL)
		counter_add(COUNTER_TLS_HANDSHAKES, 1);
	if (c != NULL && conn_resumed(c))
		counter_add(COUNTER_TLS_RESUMED, 1);
	if (fault == UPCONN_CERTIFICATE || fault == UPCONN_ALERT || fault == UPCONN_TLS)
		counter_add(COUNTER_TLS_FAILURES, 1);
}

static void
on_dialled(void *arg, struct conn *c, enum upconn_fault fault, const char *why)
{
	struct upconn *u = arg;

	end_dialling(u);
	if (u->member->tls != NULL)
		count_handshake(c, fault);
	if (c != NULL) {
		dial_free(&u->dial);
		u->conn = c;
		conn_own(c, &u->ev->io, u->owner);
		atomic_fetch_add_explicit(&u->member->connects, 1, memory_order_relaxed);
	}
	u->ev->opened(u, u->owner, fault, why);
}

static struct upconn *
new_upconn(struct upconn_pool *p)
{
	struct upconn *u = calloc(1, sizeof *u);

	if (u == NULL)
		return NULL;
	u->magic = UPCONN_MAGIC;
	u->pool = p;
	u->dial = dial_new(p->loop, on_dialled, u);
	if (u->dial == NULL) {
		free(u);
		return NULL;
	}
	return u;
}

static bool
may_dial(void *arg, const union addr *to)
{
	const struct upconn *u = arg;

	return u->ev->may_reach(u->owner, to);
}

/* The latest of the idle ones, which others opened: may this borrower have it? */
static bool
may_share(struct upconn_pool *p, const struct member *m, const struct upconn_events *ev, void *owner)
{
	struct shelf *s = ev->may_reach == NULL ? NULL : find_shelf(p, m);

	return s == NULL || ev->may_reach(owner, conn_peer(LIST_OF(s->idle.next, struct upconn, node)->conn));
}

/* ---- the pool ---- */

struct upconn_pool *
upconn_pool_new(struct loop *l, struct resolver *r, const struct upconn_limits *limits)
{
	struct upconn_pool *p = calloc(1, sizeof *p);

	if (p == NULL)
		return NULL;
	p->magic = POOL_MAGIC;
	p->loop = l;
	p->resolver = r;
	p->limits = *limits;
	for (int i = 0; i < BUCKETS; i++)
		list_init(&p->bucket[i]);
	return p;
}

void
upconn_pool_limit(struct upconn_pool *p, const struct upconn_limits *limits)
{
	MUST_OBJ(p, POOL_MAGIC);
	p->limits = *limits;
}

static void
discard_all(struct upconn_pool *p)
{
	for (int i = 0; i < BUCKETS; i++)
		while (!list_empty(&p->bucket[i])) {
			struct shelf *s = LIST_OF(p->bucket[i].next, struct shelf, node);

			discard(LIST_OF(s->idle.next, struct upconn, node));
		}
}

void
upconn_pool_free(struct upconn_pool **pp)
{
	struct upconn_pool *p = *pp;

	if (p == NULL)
		return;
	MUST_OBJ(p, POOL_MAGIC);
	*pp = NULL;
	discard_all(p);
	p->closed = true;
	free_pool_when_done(p);
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
		bool last = s->count == 1; /* the shelf goes with it */

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
	for (int i = 0; i < BUCKETS; i++)
		LIST_EACH_SAFE(it, &p->bucket[i])
			tidy_shelf(LIST_OF(it, struct shelf, node));
}

bool
upconn_has_idle(struct upconn_pool *p, const struct member *m)
{
	MUST_OBJ(p, POOL_MAGIC);
	return find_shelf(p, m) != NULL;
}

unsigned
upconn_idle(const struct upconn_pool *p)
{
	MUST_OBJ(p, POOL_MAGIC);
	return p->idle;
}

/* ---- one connection ---- */

static void
lend(struct upconn *u, struct member *m, const struct upconn_events *ev, void *owner)
{
	u->pool->lent++;
	member_hold(m);
	member_let_go(&u->member);
	u->member = m;
	upconn_own(u, ev, owner);
}

static void
dial(struct upconn *u)
{
	atomic_fetch_add_explicit(&u->member->connecting, 1, memory_order_relaxed);
	u->dialling = true;
	dial_only(u->dial, u->ev->may_reach == NULL ? NULL : may_dial);
	dial_to(u->dial, u->pool->resolver, u->member, u->pool->limits.connect_ms);
}

struct upconn *
upconn_open(struct upconn_pool *p, struct member *m, enum upconn_wish wish, const struct upconn_events *ev,
	    void *owner)
{
	struct upconn *u;

	MUST_OBJ(p, POOL_MAGIC);
	u = wish == UPCONN_FRESH || !may_share(p, m, ev, owner) ? NULL : take_idle(p, m, wish);
	if (u == NULL)
		u = new_upconn(p);
	if (u == NULL)
		return NULL;
	lend(u, m, ev, owner);
	if (u->dial != NULL) {
		dial(u);
	} else {
		u->reused = true;
		atomic_fetch_add_explicit(&m->reused, 1, memory_order_relaxed);
	}
	return u;
}

struct upconn *
upconn_open_for(struct upconn_pool *p, struct member *m, const struct upconn_client *c, const struct upconn_events *ev,
		void *owner)
{
	struct upconn *u;

	MUST_OBJ(p, POOL_MAGIC);
	u = new_upconn(p);
	if (u == NULL)
		return NULL;
	u->for_one = true;
	lend(u, m, ev, owner);
	dial_for(u->dial, c);
	dial(u);
	return u;
}

bool
upconn_ready(const struct upconn *u)
{
	MUST_OBJ(u, UPCONN_MAGIC);
	return u->dial == NULL;
}

bool
upconn_reused(const struct upconn *u)
{
	MUST_OBJ(u, UPCONN_MAGIC);
	return u->reused;
}

struct conn *
upconn_conn(struct upconn *u)
{
	MUST_OBJ(u, UPCONN_MAGIC);
	return u->conn;
}

const union addr *
upconn_peer(const struct upconn *u)
{
	MUST_OBJ(u, UPCONN_MAGIC);
	return u->dial == NULL ? conn_peer(u->conn) : dial_peer(u->dial);
}

uint8_t
upconn_alert(const struct upconn *u)
{
	MUST_OBJ(u, UPCONN_MAGIC);
	return u->dial == NULL ? 0 : dial_alert(u->dial);
}

void
upconn_own(struct upconn *u, const struct upconn_events *ev, void *owner)
{
	MUST_OBJ(u, UPCONN_MAGIC);
	u->ev = ev;
	u->owner = owner;
	if (u->dial == NULL)
		conn_own(u->conn, &ev->io, owner);
}

static void
end_loan(struct upconn *u)
{
	struct upconn_pool *p = u->pool;

	member_let_go(&u->member);
	p->lent--;
	free_pool_when_done(p);
}

void
upconn_keep(struct upconn **up)
{
	struct upconn *u = *up;
	struct upconn_pool *p;
	struct shelf *s;

	MUST_OBJ(u, UPCONN_MAGIC);
	MUST(u->dial == NULL);
	p = u->pool;
	/* Bytes behind the response the next request would take for its own; another client would pass for this one. */
	if (u->for_one || member_has_left(u->member) || conn_has_more(u->conn)) {
		upconn_drop(up);
		return;
	}
	s = p->closed ? NULL : find_shelf(p, u->member);
	if (s == NULL && !p->closed)
		s = new_shelf(p, u->member);
	if (s == NULL) {
		upconn_drop(up);
		return;
	}
	*up = NULL;
	p->lent--;
	put_on(s, u);
}

struct conn *
upconn_take(struct upconn **up)
{
	struct upconn *u = *up;
	struct conn *c = u->conn;

	MUST_OBJ(u, UPCONN_MAGIC);
	MUST(u->dial == NULL);
	*up = NULL;
	end_loan(u);
	u->magic = 0;
	free(u);
	return c;
}

void
upconn_drop(struct upconn **up)
{
	struct upconn *u = *up;

	if (u == NULL)
		return;
	MUST_OBJ(u, UPCONN_MAGIC);
	*up = NULL;
	end_dialling(u);
	dial_free(&u->dial);
	conn_close(&u->conn);
	end_loan(u);
	u->magic = 0;
	free(u);
}
