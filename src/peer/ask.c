#include "peer/ask.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/counter.h"
#include "base/must.h"
#include "net/addr.h"
#include "net/timer.h"
#include "peer/htcp.h"
#include "peer/icp.h"

#define BUCKETS      1024
#define QUERIES_MAX  16384 /* remembered at a time; more are not asked */
#define REMEMBER_NS  (10 * NS_PER_S)
#define WAIT_MIN_MS  5
#define WAIT_MAX_MS  2000
#define RTT_GUESS_NS (100 * NS_PER_MS) /* of a neighbour that has not answered yet */
#define RESOLVE_MS   (5 * MS_PER_S)
#define LOOKUPS_MAX  16 /* of names, at a time */
#define NUMBERS      64 /* taken from the kernel at once */

/* One datagram that was sent. */
struct query {
	struct list bucket;
	struct list age;       /* of all, the oldest first */
	struct member *member; /* held */
	union addr to;
	uint32_t number;
	enum told by;
	int64_t sent_ns;
	struct inquiry *inquiry; /* NULL: it is not waited for, or not any more */
};

struct inquiry {
	struct asker *asker;
	struct list node;
	ask_fn *fn;
	void *owner;
	struct timer timer;
	unsigned waits; /* answers to come */
	int64_t rtt_sum_ns;
	struct query *queries[ASK_MAX]; /* those waited for; NULL once answered */
	unsigned count;
};

/* A name that is looked up for the next time. */
struct lookup {
	struct asker *asker;
	struct list node;
	struct resolve *resolve; /* NULL: the answer was there */
	union addr address;
	bool found;
};

struct asker {
	struct loop *loop;
	struct resolver *resolver;
	struct udp *udp;
	ask_denied_fn *denied;
	void *ctx;
	struct list inquiries, lookups, ages;
	unsigned lookups_left, query_count;
	uint32_t numbers[NUMBERS];
	unsigned numbers_left;
	struct list buckets[BUCKETS];
};

/* ---- questions that are out ---- */

static int64_t
now_ns(const struct asker *a)
{
	return loop_now(a->loop).mono_ns;
}

static struct list *
bucket_of(struct asker *a, uint32_t number)
{
	return &a->buckets[number % BUCKETS];
}

static struct query *
find(struct asker *a, uint32_t number)
{
	LIST_EACH(it, bucket_of(a, number)) {
		struct query *q = LIST_OF(it, struct query, bucket);

		if (q->number == number)
			return q;
	}
	return NULL;
}

/* Not 0: Squid takes that on a reply for a neighbour that cannot tell numbers. And none that is out already. */
static uint32_t
new_number(struct asker *a)
{
	uint32_t n = 0;

	while (n == 0 || find(a, n) != NULL) {
		if (a->numbers_left == 0) {
			if (getrandom(a->numbers, sizeof a->numbers, 0) != sizeof a->numbers)
				return 0;
			a->numbers_left = NUMBERS;
		}
		n = a->numbers[--a->numbers_left];
	}
	return n;
}

static void
forget(struct asker *a, struct query *q)
{
	MUST(q->inquiry == NULL);
	list_del(&q->bucket);
	list_del(&q->age);
	a->query_count--;
	member_let_go(&q->member);
	free(q);
}

static void
forget_old(struct asker *a)
{
	int64_t before = now_ns(a) - REMEMBER_NS;

	LIST_EACH_SAFE(it, &a->ages) {
		struct query *q = LIST_OF(it, struct query, age);

		if (q->sent_ns > before)
			return;
		if (q->inquiry == NULL) /* else its time is not over yet, however long that is */
			forget(a, q);
	}
}

static struct query *
new_query(struct asker *a, struct member *m, const union addr *to, enum told by)
{
	uint32_t number = a->query_count < QUERIES_MAX ? new_number(a) : 0;
	struct query *q = number == 0 ? NULL : malloc(sizeof *q);

	if (q == NULL)
		return NULL;
	*q = (struct query){ .member = member_hold(m), .to = *to, .number = number, .by = by, .sent_ns = now_ns(a) };
	list_add_tail(bucket_of(a, number), &q->bucket);
	list_add_tail(&a->ages, &q->age);
	a->query_count++;
	return q;
}

/* ---- the end of an inquiry ---- */

static void
timer_closed(struct timer *t)
{
	free(LIST_OF(t, struct inquiry, timer));
}

/* Its questions are waited for no more. */
static void
end(struct inquiry *i)
{
	for (unsigned n = 0; n < i->count; n++)
		if (i->queries[n] != NULL)
			i->queries[n]->inquiry = NULL;
	list_del(&i->node);
	timer_close(&i->timer, timer_closed);
}

static void
conclude(struct inquiry *i, const struct ask_end *e)
{
	ask_fn *fn = i->fn;
	void *owner = i->owner;

	end(i);
	fn(owner, e);
}

void
inquiry_drop(struct inquiry **ip)
{
	if (*ip != NULL)
		end(*ip);
	*ip = NULL;
}

static void
on_time_over(struct timer *t)
{
	struct inquiry *i = LIST_OF(t, struct inquiry, timer);
	struct ask_end e = { .timed_out = true };

	for (unsigned n = 0; n < i->count; n++)
		if (i->queries[n] != NULL)
			neighbour_silent(&i->queries[n]->member->neighbour);
	conclude(i, &e);
}

/* ---- replies ---- */

static void
answered(struct asker *a, struct query *q, enum neighbour_reply r)
{
	struct inquiry *i = q->inquiry;
	struct member *m = member_hold(q->member);
	struct ask_end e = { .member = r == REPLY_HIT ? m : NULL, .by = r == REPLY_HIT ? q->by : TOLD_BY_NOBODY };
	bool denies = neighbour_answered(&m->neighbour, r, i == NULL, now_ns(a) - q->sent_ns);

	if (i != NULL) {
		for (unsigned n = 0; n < i->count; n++)
			if (i->queries[n] == q)
				i->queries[n] = NULL;
		i->waits--;
		q->inquiry = NULL;
	}
	forget(a, q);
	if (denies)
		a->denied(a->ctx, m);
	if (i != NULL && (r == REPLY_HIT || i->waits == 0))
		conclude(i, &e);
	member_let_go(&m);
}

static bool
same_address(const union addr *a, const union addr *b)
{
	if (a->sa.sa_family != b->sa.sa_family || addr_port(a) != addr_port(b))
		return false;
	return a->sa.sa_family == AF_INET ? a->in.sin_addr.s_addr == b->in.sin_addr.s_addr
					  : memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr, sizeof a->in6.sin6_addr) == 0;
}

/* False: no reply at all. */
static bool
read_icp(struct str datagram, uint32_t *number, enum neighbour_reply *r)
{
	struct icp m;

	if (icp_read(datagram, &m) == ICP_READ_BAD)
		return false;
	*number = m.number;
	switch (m.opcode) {
	case ICP_HIT:
	case ICP_HIT_OBJ:
		*r = REPLY_HIT;
		return true;
	case ICP_MISS:
	case ICP_MISS_NOFETCH:
		*r = REPLY_MISS;
		return true;
	case ICP_DENIED:
		*r = REPLY_DENIED;
		return true;
	case ICP_ERR:
		*r = REPLY_ERROR;
		return true;
	default:
		return false;
	}
}

static bool
read_htcp(struct str datagram, uint32_t *number, enum neighbour_reply *r)
{
	struct htcp m;

	if (!htcp_read(datagram, &m) || !m.answers || m.opcode != HTCP_TST)
		return false;
	*number = m.id;
	if (m.overall)
		*r = m.response == HTCP_DISALLOWED ? REPLY_DENIED : REPLY_ERROR;
	else
		*r = m.response == HTCP_TST_HIT ? REPLY_HIT : REPLY_MISS;
	return true;
}

/* The two protocols share the socket, and no datagram is one of both: ICP's first two bytes, opcode and version, would
 * be HTCP's length, which is that of the datagram, and so above 0xff; and HTCP's major version would be the high byte
 * of ICP's length, which is the same. */
static enum told
read_reply(struct str datagram, uint32_t *number, enum neighbour_reply *r)
{
	if (read_icp(datagram, number, r))
		return TOLD_BY_ICP;
	return read_htcp(datagram, number, r) ? TOLD_BY_HTCP : TOLD_BY_NOBODY;
}

static void
on_datagram(void *owner, struct str datagram, const union addr *from, const union addr *to)
{
	struct asker *a = owner;
	uint32_t number = 0;
	enum neighbour_reply r = REPLY_ERROR;
	enum told by = read_reply(datagram, &number, &r);
	struct query *q = by == TOLD_BY_NOBODY ? NULL : find(a, number);

	(void)to;
	if (by == TOLD_BY_NOBODY)
		counter_add(COUNTER_REPLIES_MALFORMED, 1);
	else if (q == NULL)
		counter_add(COUNTER_REPLIES_UNASKED, 1);
	else if (q->by != by || !same_address(&q->to, from))
		counter_add(COUNTER_REPLIES_FOREIGN, 1);
	else
		answered(a, q, r);
}

/* ---- addresses ---- */

static void
on_resolved(void *arg, const union addr *addrs, unsigned count, enum resolve_end e, const char *why)
{
	struct lookup *l = arg;

	(void)e;
	(void)why;
	l->found = count > 0;
	if (l->found)
		l->address = addrs[0];
	if (l->resolve == NULL)
		return; /* it was known */
	list_del(&l->node);
	l->asker->lookups_left++;
	free(l);
}

/* False where it is not known now. */
static bool
address_of(struct asker *a, const struct member *m, uint16_t port, union addr *out)
{
	union addr places[MEMBER_ADDRS_MAX];
	struct lookup *l;
	bool found;

	if (addr_parse_ip(m->host, port, out))
		return true;
	if (member_places(m, places) > 0) {
		*out = places[0];
		addr_set_port(out, port);
		return true;
	}
	l = a->lookups_left == 0 ? NULL : calloc(1, sizeof *l);
	if (l == NULL)
		return false;
	l->asker = a;
	l->resolve = resolve_start(a->resolver, m->host, port, RESOLVE_MS, on_resolved, l);
	if (l->resolve != NULL) {
		list_add_tail(&a->lookups, &l->node);
		a->lookups_left--;
		return false;
	}
	found = l->found;
	*out = l->address;
	free(l);
	return found;
}

/* ---- asking ---- */

static size_t
write_icp(const struct ask_about *about, uint32_t number, char *out)
{
	const struct icp m = { ICP_QUERY, number, about->url };

	return icp_write(&m, out, ICP_MAX);
}

static struct htcp
htcp_request(const struct ask_about *about, enum htcp_opcode opcode, uint32_t number)
{
	return (struct htcp){ .minor = 1,
			      .opcode = opcode,
			      .id = number,
			      .method = about->method,
			      .uri = about->url,
			      .version = STR("1/1"),
			      .fields = about->fields };
}

/* Without the fields where they are too long for a datagram. */
static size_t
write_htcp(const struct ask_about *about, uint32_t number, char *out)
{
	struct htcp m = htcp_request(about, HTCP_TST, number);
	size_t n;

	m.wants = true;
	n = htcp_write(&m, out, HTCP_MAX);
	m.fields = STR_NONE;
	return n > 0 ? n : htcp_write(&m, out, HTCP_MAX);
}

/* NULL where nothing was sent. */
static struct query *
send_query(struct asker *a, const struct ask_about *about, const struct ask_whom *whom)
{
	enum told by = whom->htcp != 0 ? TOLD_BY_HTCP : TOLD_BY_ICP;
	char out[ICP_MAX];
	union addr to;
	struct query *q;
	size_t n;

	if (!address_of(a, whom->member, by == TOLD_BY_HTCP ? whom->htcp : whom->icp, &to))
		return NULL;
	q = new_query(a, whom->member, &to, by);
	if (q == NULL)
		return NULL;
	n = by == TOLD_BY_HTCP ? write_htcp(about, q->number, out) : write_icp(about, q->number, out);
	if (n == 0) {
		forget(a, q);
		return NULL;
	}
	atomic_fetch_add_explicit(&whom->member->neighbour.queries, 1, memory_order_relaxed);
	udp_send(a->udp, str_of(out, n), &to, NULL); /* one that is lost is not answered */
	return q;
}

static void
ask_one(struct inquiry *i, const struct ask_about *about, const struct ask_whom *whom)
{
	struct asker *a = i->asker;
	enum neighbour_may may = i->count == ASK_MAX || (whom->icp == 0 && whom->htcp == 0)
				     ? NEIGHBOUR_SHUN
				     : neighbour_may(&whom->member->neighbour, now_ns(a));
	struct query *q = may == NEIGHBOUR_SHUN ? NULL : send_query(a, about, whom);
	int64_t rtt;

	if (q == NULL || may == NEIGHBOUR_KNOCK)
		return;
	q->inquiry = i;
	i->queries[i->count++] = q;
	i->waits++;
	rtt = neighbour_rtt(&whom->member->neighbour);
	i->rtt_sum_ns += rtt == 0 ? RTT_GUESS_NS : rtt;
}

/* Twice the mean time of those that are asked (as Squid waits). */
static int64_t
worth_waiting_ms(const struct inquiry *i)
{
	int64_t ms = 2 * i->rtt_sum_ns / i->waits / NS_PER_MS;

	if (ms < WAIT_MIN_MS)
		return WAIT_MIN_MS;
	return ms > WAIT_MAX_MS ? WAIT_MAX_MS : ms;
}

struct inquiry *
asker_ask(struct asker *a, const struct ask_about *about, const struct ask_whom *whom, unsigned count, int64_t wait_ms,
	  ask_fn *fn, void *owner)
{
	struct inquiry *i = calloc(1, sizeof *i);

	if (i == NULL)
		return NULL;
	i->asker = a;
	i->fn = fn;
	i->owner = owner;
	forget_old(a);
	for (unsigned n = 0; n < count; n++)
		ask_one(i, about, &whom[n]);
	if (i->waits == 0) {
		free(i);
		return NULL;
	}
	list_add_tail(&a->inquiries, &i->node);
	timer_init(&i->timer, a->loop, on_time_over);
	timer_set(&i->timer, wait_ms > 0 ? wait_ms : worth_waiting_ms(i));
	return i;
}

void
asker_clear(struct asker *a, const struct ask_about *about, const struct ask_whom *whom, bool by_order)
{
	struct htcp m = htcp_request(about, HTCP_CLR, new_number(a));
	char out[HTCP_MAX];
	union addr to;
	size_t n;

	if (whom->htcp == 0 || !address_of(a, whom->member, whom->htcp, &to))
		return;
	m.reason = by_order ? HTCP_ANY_REASON : HTCP_GONE;
	n = htcp_write(&m, out, sizeof out);
	if (n == 0)
		return;
	counter_add(COUNTER_CLEARS_SENT, 1);
	udp_send(a->udp, str_of(out, n), &to, NULL);
}

/* ---- life ---- */

struct asker *
asker_new(struct loop *l, struct resolver *r, ask_denied_fn *denied, void *ctx)
{
	struct asker *a = calloc(1, sizeof *a);
	int err, fd = a == NULL ? -1 : udp_bind_any();

	if (fd < 0) {
		free(a);
		return NULL;
	}
	*a = (struct asker){ .loop = l, .resolver = r, .denied = denied, .ctx = ctx, .lookups_left = LOOKUPS_MAX };
	list_init(&a->inquiries);
	list_init(&a->lookups);
	list_init(&a->ages);
	for (unsigned i = 0; i < BUCKETS; i++)
		list_init(&a->buckets[i]);
	a->udp = udp_new(l, fd, on_datagram, a, &err);
	if (a->udp == NULL) {
		free(a);
		return NULL;
	}
	return a;
}

void
asker_free(struct asker **ap)
{
	struct asker *a = *ap;

	if (a == NULL)
		return;
	*ap = NULL;
	LIST_EACH_SAFE(it, &a->inquiries)
		end(LIST_OF(it, struct inquiry, node));
	LIST_EACH_SAFE(it, &a->ages)
		forget(a, LIST_OF(it, struct query, age));
	LIST_EACH_SAFE(it, &a->lookups) {
		struct lookup *l = LIST_OF(it, struct lookup, node);

		resolve_cancel(&l->resolve);
		free(l);
	}
	udp_free(&a->udp);
	free(a);
}
