#include "peer/follow_impl.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/must.h"
#include "base/strbuf.h"
#include "net/addr.h"

#define FOLLOW_MAGIC 0x666f6c6cu
#define WEIGHT_MAX   100u

void
follow_say(const struct follow *f, const char *format, ...)
{
	char text[1024];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (n > 0)
		f->hooks.say(f->hooks.ctx, str_of(text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1));
}

/* ---- a group's next roster ---- */

/* One that is there already keeps all that is known of it. Takes over `m`, one that was just made. */
static struct member *
the_same(const struct roster *before, const struct following *s, struct member *m)
{
	for (unsigned i = 0; i < before->count; i++) {
		const struct seat *seat = &before->seats[i];

		if (seat->following == s && str_eq(seat->member->label, m->label)) {
			member_let_go(&m);
			return member_hold(seat->member);
		}
	}
	return m;
}

static bool
has_label(const struct roster *r, struct str label)
{
	for (unsigned i = 0; i < r->count; i++)
		if (str_eq(r->seats[i].member->label, label))
			return true;
	return false;
}

/* A roster in the making. */
struct making {
	const struct roster *before;
	struct roster *r;
	bool full; /* or out of memory */
};

/* Whom several names stand for is there once. NULL where it is not added. */
static struct seat *
seat_for(struct making *mk, const struct following *s, struct member *m)
{
	struct seat *seat = NULL;

	if (m == NULL) {
		mk->full = true;
		return NULL;
	}
	if (!has_label(mk->r, m->label)) {
		m = the_same(mk->before, s, m);
		seat = roster_add_like(&mk->r, m, &s->like);
		mk->full = mk->full || seat == NULL;
	}
	member_let_go(&m);
	return seat;
}

static void
seat_addresses(struct making *mk, const struct following *s)
{
	union addr addrs[GROUP_MEMBERS_MAX];
	unsigned count = followed_addrs(s->followed, addrs, GROUP_MEMBERS_MAX);

	for (unsigned i = 0; i < count; i++)
		seat_for(mk, s, member_at(s->like.member, &addrs[i]));
}

static unsigned
divisor(unsigned a, unsigned b)
{
	return b == 0 ? a : divisor(b, a % b);
}

/* Of an SRV record. What they have in common is taken out, and what is left are percents: weights are shares, and the
 * choices have a turn for each unit. RFC 2782: one of 0 is to be chosen seldom where others have more. */
static unsigned
weight_of(const struct dns_records *all, const struct dns_record *r)
{
	unsigned most = 0, common = 0;

	for (unsigned i = 0; i < all->count; i++) {
		most = all->items[i].weight > most ? all->items[i].weight : most;
		common = divisor(all->items[i].weight, common);
	}
	if (r->weight == 0)
		return 1;
	if (most / common <= WEIGHT_MAX)
		return r->weight / common;
	return r->weight * WEIGHT_MAX / most == 0 ? 1 : r->weight * WEIGHT_MAX / most;
}

static void
seat_target(struct making *mk, const struct following *s, unsigned i)
{
	const struct dns_records *all = s->followed->part[0].known;
	const struct dns_record *r = &all->items[i];
	const struct followed *host = s->followed->hosts[i];
	union addr addrs[MEMBER_ADDRS_MAX];
	unsigned count = host == NULL ? 0 : followed_addrs(host, addrs, MEMBER_ADDRS_MAX);
	struct seat *seat;

	if (count == 0 || r->port == 0)
		return;
	seat = seat_for(mk, s, member_named(s->like.member, str_of(r->target, r->target_n), r->port));
	if (seat == NULL)
		return;
	seat->weight = weight_of(all, r);
	seat->priority = r->priority;
	member_place(seat->member, addrs, count);
}

static void
seat_services(struct making *mk, const struct following *s)
{
	const struct followed *n = s->followed;

	for (unsigned i = 0; n->hosts != NULL && i < n->part[0].known->count; i++)
		seat_target(mk, s, i);
}

static void
seat_named(struct making *mk)
{
	for (unsigned i = 0; i < mk->before->count; i++) {
		const struct seat *seat = &mk->before->seats[i];

		if (seat->following == NULL && roster_add_like(&mk->r, seat->member, seat) == NULL)
			mk->full = true;
	}
}

static void
make(struct making *mk, const struct group *g)
{
	seat_named(mk);
	for (const struct following *s = g->followings; s != NULL; s = s->next) {
		if (s->followed == NULL)
			continue;
		if (s->follow == FOLLOW_SRV)
			seat_services(mk, s);
		else
			seat_addresses(mk, s);
	}
}

/* ---- publishing ---- */

static bool
same(const struct roster *a, const struct roster *b)
{
	if (a->count != b->count)
		return false;
	for (unsigned i = 0; i < a->count; i++)
		if (a->seats[i].member != b->seats[i].member || a->seats[i].weight != b->seats[i].weight ||
		    a->seats[i].priority != b->seats[i].priority)
			return false;
	return true;
}

/* Those of `a` that `b` has not, for the operator; each is told that it has left, where `leave`. */
static void
list_missing(struct strbuf *out, char sign, const struct roster *a, const struct roster *b, bool leave)
{
	for (unsigned i = 0; i < a->count; i++) {
		struct member *m = a->seats[i].member;

		if (roster_has(b, m))
			continue;
		strbuf_printf(out, " %c%.*s", sign, STR_FMT(m->label));
		if (leave)
			member_leave(m);
	}
}

static void
say_change(const struct follow *f, const struct group *g, const struct roster *before, const struct roster *r)
{
	char text[512];
	struct strbuf list = strbuf_fixed(text, sizeof text);

	list_missing(&list, '+', r, before, false);
	list_missing(&list, '-', before, r, true);
	follow_say(f, "%.*s: %u members:%.*s", STR_FMT(g->name), r->count, STR_FMT(strbuf_str(&list)));
}

static bool
is_awaited(const struct group *g)
{
	for (const struct following *s = g->followings; s != NULL; s = s->next)
		if (s->followed != NULL && !followed_is_told(s->followed))
			return true;
	return false;
}

/* Says whether the members are different now. */
static bool
publish_members(struct follow *f, struct group *g)
{
	struct making mk = { .before = group_roster(g), .r = roster_new() };

	if (mk.r == NULL)
		return false;
	make(&mk, g);
	if (mk.full)
		follow_say(f, "%.*s: no more than %u members: the others are left out", STR_FMT(g->name), mk.r->count);
	if (same(mk.before, mk.r)) {
		roster_let_go(&mk.r);
		return false;
	}
	say_change(f, g, mk.before, mk.r);
	atomic_store(&g->changed_ms, loop_now(f->loop).wall_ms);
	group_swap(g, mk.r);
	return true;
}

/* Says whether anything is different now. Members first: who finds that none are awaited any more looks among those there are. */
static bool
publish_group(struct follow *f, struct group *g)
{
	bool changed = publish_members(f, g), awaited = is_awaited(g);

	return atomic_exchange(&g->awaited, awaited) != awaited || changed;
}

static void
publish(struct task *t)
{
	struct follow *f = LIST_OF(t, struct follow, publish);
	bool changed = false;

	for (unsigned i = 0; i < f->count; i++)
		if (f->groups[i]->followings != NULL)
			changed |= publish_group(f, f->groups[i]);
	if (changed)
		f->hooks.changed(f->hooks.ctx);
}

void
follow_changed(struct follow *f)
{
	loop_defer(f->loop, &f->publish);
}

/* ---- whom to follow ---- */

static bool
use_all(struct follow *f, struct group *g)
{
	bool all = true;

	for (struct following *s = g->followings; s != NULL; s = s->next) {
		s->followed = followed_use(f, s->follow, s->like.member->host);
		all = all && s->followed != NULL;
	}
	return all;
}

static void
leave_all(struct group *g)
{
	for (struct following *s = g->followings; s != NULL; s = s->next)
		followed_leave(&s->followed);
}

static void
forget_groups(struct follow *f)
{
	for (unsigned i = 0; i < f->count; i++)
		leave_all(f->groups[i]);
	free(f->groups);
	f->groups = NULL;
	f->count = 0;
}

bool
follow_groups(struct follow *f, struct group *const *groups, unsigned count, int64_t max_ms)
{
	struct group **kept = calloc(count + 1, sizeof *kept);
	bool all = kept != NULL;

	MUST_OBJ(f, FOLLOW_MAGIC);
	if (kept == NULL) {
		forget_groups(f);
		return false;
	}
	f->max_ms = max_ms;
	for (unsigned i = 0; i < count; i++) {
		kept[i] = groups[i];
		all = use_all(f, groups[i]) && all;
	}
	forget_groups(f); /* names that both follow go on */
	f->groups = kept;
	f->count = count;
	publish(&f->publish);
	return all;
}

/* ---- life ---- */

struct follow *
follow_new(struct loop *l, const struct follow_hooks *hooks)
{
	struct follow *f = calloc(1, sizeof *f);

	if (f == NULL)
		return NULL;
	f->resolver = resolver_new(l);
	if (f->resolver == NULL) {
		free(f);
		return NULL;
	}
	f->magic = FOLLOW_MAGIC;
	f->loop = l;
	f->hooks = *hooks;
	list_init(&f->names);
	list_init(&f->leaving);
	task_init(&f->publish, publish);
	return f;
}

bool
follow_servers(struct follow *f, const char *list)
{
	MUST_OBJ(f, FOLLOW_MAGIC);
	return resolver_servers(f->resolver, list);
}

void
follow_free(struct follow **fp)
{
	struct follow *f = *fp;

	if (f == NULL)
		return;
	MUST_OBJ(f, FOLLOW_MAGIC);
	*fp = NULL;
	resolver_free(&f->resolver);
	LIST_EACH(it, &f->names)
		LIST_OF(it, struct followed, node)->asking = 0; /* and so it stays */
	forget_groups(f);
	followed_leave_all(f);
	MUST(list_empty(&f->names));
	task_cancel(&f->publish);
	f->magic = 0;
	free(f);
}

bool
follow_state(const struct following *s, int64_t mono_ns, struct follow_state *out)
{
	const struct followed *n = s->followed;

	if (n == NULL)
		return false;
	*out = (struct follow_state){ n->told, n->failures, n->why, (n->asks_again_ns - mono_ns) / NS_PER_MS,
				      n->changed_ms };
	if (out->left_ms < 0)
		out->left_ms = 0; /* a question is on its way */
	return true;
}
