/* One name that is followed: asked for, looked at, and asked for again when its time is over.
 *
 * The two families of addresses are asked for and kept apart: where one fails, its members stay while the other's
 * follow their answers. Where one has records the other's lack of them is believed; that neither has any is taken for a
 * mishap.
 */
#include <stdlib.h>

#include "base/counter.h"
#include "base/must.h"
#include "net/addr.h"
#include "peer/follow_impl.h"

#define LEAST_MS  MS_PER_S
#define HOSTS_MS  (5 * MS_PER_S) /* the hosts file has no TTL: it is read again */
#define DOUBLINGS 16

static void ask(struct followed *n);

/* ---- what is known ---- */

static void
leave_hosts(struct followed **hosts, unsigned count)
{
	for (unsigned i = 0; hosts != NULL && i < count; i++)
		followed_leave(&hosts[i]);
	free(hosts);
}

static struct followed **
use_hosts(struct follow *f, const struct dns_records *r)
{
	struct followed **hosts = calloc(r->count, sizeof *hosts);

	for (unsigned i = 0; hosts != NULL && i < r->count; i++) {
		if (r->items[i].target_n == 0)
			continue;
		hosts[i] = followed_use(f, FOLLOW_ADDRESSES, str_of(r->items[i].target, r->items[i].target_n));
		if (hosts[i] == NULL) {
			leave_hosts(hosts, i);
			return NULL;
		}
	}
	return hosts;
}

/* Targets that stay are used twice for a moment, and so not asked for anew. */
static bool
follow_targets(struct followed *n, const struct dns_records *r)
{
	struct followed **hosts = use_hosts(n->follow, r);

	if (hosts == NULL)
		return false;
	leave_hosts(n->hosts, n->part[0].known == NULL ? 0 : n->part[0].known->count);
	n->hosts = hosts;
	return true;
}

/* Takes over `r`, NULL for none of that part. Says whether that is news. */
static bool
learn(struct followed *n, struct followed_part *p, struct dns_records *r)
{
	if (r != NULL)
		dns_records_tidy(r);
	if (dns_records_same(r, p->known) || (n->kind == FOLLOW_SRV && !follow_targets(n, r))) {
		free(r);
		return false;
	}
	if (r != NULL && r->left_out > 0)
		follow_say(n->follow, "%s: has %u records more than the %u that can be followed", n->text, r->left_out,
			   r->count);
	free(p->known);
	p->known = r;
	return true;
}

/* ---- answers ---- */

static unsigned
parts(const struct followed *n)
{
	return n->kind == FOLLOW_SRV ? 1 : 2;
}

static int64_t
bounded(const struct followed *n, int64_t ms)
{
	if (ms > n->follow->max_ms)
		ms = n->follow->max_ms;
	return ms < LEAST_MS ? LEAST_MS : ms;
}

static void
ask_again_in(struct followed *n, int64_t ms)
{
	ms = bounded(n, ms);
	n->asks_again_ns = loop_now(n->follow->loop).mono_ns + ms * NS_PER_MS;
	timer_set(&n->timer, ms);
}

static void
note_news(struct followed *n, bool news)
{
	if (news)
		n->changed_ms = loop_now(n->follow->loop).wall_ms;
	if (news || !n->told)
		follow_changed(n->follow);
	n->told = true;
}

/* What the parts say together. */
struct outcome {
	bool answered; /* one of them at least */
	bool failed;   /* one of them at least; or there is no record at all */
	const char *why;
	int64_t ttl_ms;
};

static struct outcome
sum_up(const struct followed *n)
{
	struct outcome o = { .ttl_ms = INT64_MAX };

	for (unsigned i = 0; i < parts(n); i++) {
		const struct followed_part *p = &n->part[i];

		if (p->end == QUESTION_ANSWERED) {
			o.answered = true;
			o.ttl_ms = p->came->ttl_ms < o.ttl_ms ? p->came->ttl_ms : o.ttl_ms;
		} else if (p->end == QUESTION_FAILED || o.why == NULL) {
			o.why = p->why;
		}
		o.failed = o.failed || p->end == QUESTION_FAILED;
	}
	o.failed = o.failed || !o.answered;
	return o;
}

static bool
learn_all(struct followed *n)
{
	bool news = false;

	for (unsigned i = 0; i < parts(n); i++) {
		struct followed_part *p = &n->part[i];

		if (p->end != QUESTION_FAILED)
			news |= learn(n, p, p->came);
		p->came = NULL;
	}
	return news;
}

static void
note_failure(struct followed *n, const char *why)
{
	counter_add(COUNTER_FOLLOW_FAILURES, 1);
	if (n->failures == 0)
		follow_say(n->follow, "%s: %s; what is known of it stays", n->text, why);
	if (n->failures < DOUBLINGS)
		n->failures++;
	n->why = why;
}

static void
note_success(struct followed *n)
{
	if (n->failures > 0)
		follow_say(n->follow, "%s: is answered again", n->text);
	n->failures = 0;
	n->why = NULL;
}

static void
look(struct followed *n)
{
	struct outcome o = sum_up(n);
	int64_t wait_ms = o.ttl_ms;

	counter_add(COUNTER_FOLLOW_ANSWERS, 1);
	if (o.failed)
		note_failure(n, o.why);
	else
		note_success(n);
	if (o.failed && LEAST_MS << (n->failures - 1) < wait_ms)
		wait_ms = LEAST_MS << (n->failures - 1);
	note_news(n, o.answered && learn_all(n));
	ask_again_in(n, wait_ms);
}

/* Neither its timer nor a question knows it any more. */
static void
free_when_done(struct followed *n)
{
	if (!n->closed || n->asking > 0)
		return;
	list_del(&n->node);
	task_cancel(&n->answered);
	for (unsigned i = 0; i < parts(n); i++) {
		free(n->part[i].came);
		free(n->part[i].known);
	}
	free(n);
}

static void
on_all_answered(struct task *t)
{
	struct followed *n = LIST_OF(t, struct followed, answered);

	if (n->users > 0)
		look(n);
	else
		free_when_done(n);
}

/* From inside c-ares, which must not be entered again: so it is looked at from a task. */
static void
on_answer(struct question *q, struct dns_records *r, enum question_end end, const char *why)
{
	struct followed_part *p = LIST_OF(q, struct followed_part, question);

	p->came = r;
	p->end = end;
	p->why = why;
	if (--p->of->asking == 0)
		loop_defer(p->of->follow->loop, &p->of->answered);
}

/* ---- questions ---- */

/* What needs no name server: a target that is an address, and what the hosts file says. */
static unsigned
at_hand(struct followed *n, union addr *out, unsigned max)
{
	if (addr_parse_ip(str_c(n->text), 0, &out[0]))
		return 1;
	return resolver_hosts(n->follow->resolver, n->text, out, max);
}

static bool
answer_at_hand(struct followed *n)
{
	union addr addrs[DNS_RECORDS_MAX];
	unsigned count = at_hand(n, addrs, DNS_RECORDS_MAX);
	struct dns_records *r = count == 0 ? NULL : calloc(1, sizeof *r + count * sizeof *r->items);

	if (r == NULL)
		return false;
	r->count = count;
	r->ttl_ms = HOSTS_MS;
	for (unsigned i = 0; i < count; i++)
		r->items[i].addr = addrs[i];
	n->part[0].came = r;
	n->part[0].end = QUESTION_ANSWERED;
	n->part[1].end = QUESTION_NO_DATA;
	loop_defer(n->follow->loop, &n->answered);
	return true;
}

static void
ask(struct followed *n)
{
	static const enum dns_type addresses[] = { DNS_A, DNS_AAAA };

	if (n->kind == FOLLOW_ADDRESSES && answer_at_hand(n))
		return;
	n->asking = parts(n);
	for (unsigned i = 0; i < parts(n); i++)
		resolver_ask(n->follow->resolver, n->text, n->kind == FOLLOW_SRV ? DNS_SRV : addresses[i],
			     &n->part[i].question);
}

static void
on_time(struct timer *t)
{
	ask(LIST_OF(t, struct followed, timer));
}

/* ---- life ---- */

static struct followed *
find(struct follow *f, enum follow_kind kind, struct str name)
{
	LIST_EACH(it, &f->names) {
		struct followed *n = LIST_OF(it, struct followed, node);

		if (n->kind == kind && str_ieq(str_c(n->text), name))
			return n;
	}
	return NULL;
}

static struct followed *
begin(struct follow *f, enum follow_kind kind, struct str name)
{
	struct followed *n = calloc(1, sizeof *n);

	if (n == NULL)
		return NULL;
	MUST(name.n <= DNS_TARGET_MAX);
	n->follow = f;
	n->kind = kind;
	str_put_lower(n->text, name);
	for (unsigned i = 0; i < 2; i++)
		n->part[i] = (struct followed_part){ .of = n, .question.answered = on_answer };
	task_init(&n->answered, on_all_answered);
	timer_init(&n->timer, f->loop, on_time);
	list_add_tail(&f->names, &n->node);
	ask(n);
	return n;
}

struct followed *
followed_use(struct follow *f, enum follow_kind kind, struct str name)
{
	struct followed *n = find(f, kind, name);

	if (n == NULL)
		n = begin(f, kind, name);
	if (n != NULL)
		n->users++;
	return n;
}

static void
on_closed(struct timer *t)
{
	struct followed *n = LIST_OF(t, struct followed, timer);

	n->closed = true;
	free_when_done(n);
}

void
followed_leave(struct followed **np)
{
	struct followed *n = *np;

	if (n == NULL)
		return;
	*np = NULL;
	MUST(n->users > 0);
	if (--n->users > 0)
		return;
	list_del(&n->node);
	list_add_tail(&n->follow->leaving, &n->node);
	leave_hosts(n->hosts, n->part[0].known == NULL ? 0 : n->part[0].known->count);
	n->hosts = NULL;
	timer_close(&n->timer, on_closed);
}

void
followed_leave_all(struct follow *f)
{
	struct list *node;

	while ((node = list_pop(&f->leaving)) != NULL) {
		struct followed *n = LIST_OF(node, struct followed, node);

		n->asking = 0;
		free_when_done(n);
	}
}

/* ---- for rosters ---- */

bool
followed_is_told(const struct followed *n)
{
	for (unsigned i = 0; n->hosts != NULL && i < n->part[0].known->count; i++)
		if (n->hosts[i] != NULL && !n->hosts[i]->told)
			return false;
	return n->told;
}

unsigned
followed_addrs(const struct followed *n, union addr *out, unsigned max)
{
	unsigned count = 0;

	for (unsigned i = 0; i < 2; i++)
		for (unsigned k = 0; n->part[i].known != NULL && k < n->part[i].known->count && count < max; k++)
			out[count++] = n->part[i].known->items[k].addr;
	return count;
}
