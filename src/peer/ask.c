#include "peer/ask_impl.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/counter.h"
#include "base/must.h"

#define QUERIES_MAX  16384 /* remembered at a time; more are not asked */
#define REMEMBER_NS  (10 * NS_PER_S)
#define WAIT_MIN_MS  5
#define WAIT_MAX_MS  2000
#define RTT_GUESS_NS (100 * NS_PER_MS) /* of a neighbour that has not answered yet */
#define LOOKUPS_MAX  16                /* of names, at a time */

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

struct query *
query_find(struct asker *a, uint32_t number)
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

	while (n == 0 || query_find(a, n) != NULL) {
		if (a->numbers_left == 0) {
			if (getrandom(a->numbers, sizeof a->numbers, 0) != sizeof a->numbers)
				return 0;
			a->numbers_left = NUMBERS;
		}
		n = a->numbers[--a->numbers_left];
	}
	return n;
}

void
query_forget(struct asker *a, struct query *q)
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
			query_forget(a, q);
	}
}

struct query *
query_new(struct asker *a, struct member *m, const union addr *to, enum told by)
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

/* ---- answers ---- */

void
query_answered(struct asker *a, struct query *q, enum neighbour_reply r)
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
	query_forget(a, q);
	if (denies)
		a->denied(a->ctx, m);
	if (i != NULL && (r == REPLY_HIT || i->waits == 0))
		conclude(i, &e);
	member_let_go(&m);
}

/* ---- asking ---- */

static void
ask_one(struct inquiry *i, const struct ask_about *about, const struct ask_whom *whom)
{
	struct asker *a = i->asker;
	enum neighbour_may may = i->count == ASK_MAX || (whom->icp == 0 && whom->htcp == 0)
				     ? NEIGHBOUR_SHUN
				     : neighbour_may(&whom->member->neighbour, now_ns(a));
	struct query *q = may == NEIGHBOUR_SHUN ? NULL : asker_send(a, about, whom);
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
	struct htcp m = asker_htcp(about, HTCP_CLR, new_number(a));
	char out[HTCP_MAX];
	union addr to;
	size_t n;

	if (whom->htcp == 0 || !asker_address(a, whom->member, whom->htcp, &to))
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
	a->udp = udp_new(l, fd, asker_hear, a, &err);
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
		query_forget(a, LIST_OF(it, struct query, age));
	LIST_EACH_SAFE(it, &a->lookups) {
		struct lookup *l = LIST_OF(it, struct lookup, node);

		resolve_cancel(&l->resolve);
		free(l);
	}
	udp_free(&a->udp);
	free(a);
}
