#include "peer/roster.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/must.h"
#include "net/tls.h"

#define DEFAULT_MAX_FAILS 3
#define DEFAULT_DOWN_MS   (5 * MS_PER_S)

/* ---- rosters ---- */

struct roster *
roster_new(void)
{
	struct roster *r = calloc(1, sizeof *r);

	if (r != NULL)
		atomic_init(&r->refs, 1);
	return r;
}

void
roster_let_go(struct roster **rp)
{
	struct roster *r = *rp;

	if (r == NULL)
		return;
	*rp = NULL;
	if (atomic_fetch_sub_explicit(&r->refs, 1, memory_order_acq_rel) > 1)
		return;
	for (unsigned i = 0; i < r->count; i++)
		member_let_go(&r->seats[i].member);
	free(r);
}

struct seat *
roster_add(struct roster **rp, struct member *m, unsigned weight)
{
	struct roster *r;

	if ((*rp)->count == GROUP_MEMBERS_MAX)
		return NULL;
	r = realloc(*rp, sizeof *r + ((*rp)->count + 1) * sizeof *r->seats);
	if (r == NULL)
		return NULL;
	*rp = r;
	r->seats[r->count] = (struct seat){ .member = member_hold(m), .weight = weight };
	return &r->seats[r->count++];
}

struct seat *
roster_add_like(struct roster **rp, struct member *m, const struct seat *like)
{
	struct seat *seat = roster_add(rp, m, like->weight);

	if (seat == NULL)
		return NULL;
	*seat = *like;
	seat->member = m;
	return seat;
}

bool
roster_has(const struct roster *r, const struct member *m)
{
	for (unsigned i = 0; i < r->count; i++)
		if (r->seats[i].member == m)
			return true;
	return false;
}

bool
seat_is_neighbour(const struct seat *s)
{
	return s->asked.icp != 0 || s->asked.htcp != 0 || neighbour_is_one(&s->member->neighbour);
}

/* ---- groups ---- */

static struct roster *
shown(const struct group *g)
{
	return atomic_load_explicit(&g->roster, memory_order_acquire);
}

/* When its configuration goes: nobody reads it any more. */
static void
drop_roster(void *group)
{
	struct group *g = group;
	struct roster *r = shown(g);

	roster_let_go(&r);
	tls_context_unref(&g->tls);
}

struct group *
group_new(struct arena *a, struct str name, enum group_kind kind)
{
	struct group *g = arena_zalloc(a, sizeof *g);
	struct roster *r;

	if (g == NULL)
		return NULL;
	g->name = arena_str(a, name);
	g->kind = kind;
	g->max_fails = DEFAULT_MAX_FAILS;
	g->down_ms = DEFAULT_DOWN_MS;
	r = g->name.p == NULL ? NULL : roster_new();
	atomic_init(&g->roster, r);
	if (r == NULL)
		return NULL;
	if (arena_cleanup(a, drop_roster, g))
		return g;
	roster_let_go(&r);
	return NULL;
}

void
group_trust(struct group *g, struct tls_context *tls)
{
	MUST(g->tls == NULL);
	g->tls = tls_context_ref(tls);
}

struct seat *
group_add(struct group *g, struct str url, const char **why)
{
	struct member *m = member_new(url, g->tls, why);
	struct roster *r = shown(g);
	struct seat *added;

	if (m == NULL)
		return NULL;
	added = roster_add(&r, m, 1);
	if (added == NULL)
		*why = r->count == GROUP_MEMBERS_MAX ? "an upstream has at most 256 members" : "out of memory";
	atomic_store_explicit(&g->roster, r, memory_order_relaxed);
	member_let_go(&m); /* the roster has it */
	return added;
}

static void
drop_following(void *following)
{
	struct following *s = following;

	member_let_go(&s->like.member);
}

struct following *
group_follow(struct group *g, struct arena *a, enum follow_kind kind, struct str url, const char **why)
{
	struct following *s = arena_zalloc(a, sizeof *s);

	*why = "out of memory";
	if (s == NULL)
		return NULL;
	s->next = g->followings;
	s->follow = kind;
	s->like = (struct seat){ .member = member_new(url, g->tls, why), .weight = 1, .following = s };
	if (s->like.member == NULL)
		return NULL;
	if (!arena_cleanup(a, drop_following, s)) {
		member_let_go(&s->like.member);
		*why = "out of memory";
		return NULL;
	}
	g->followings = s;
	return s;
}

/* A group may name one twice: these are two, before and after. */
static struct member *
same_in(const struct roster *before, const struct roster *r, const struct member *wanted)
{
	for (unsigned i = 0; i < before->count; i++) {
		struct member *m = before->seats[i].member;

		if (before->seats[i].following == NULL && member_same(m, wanted) && !roster_has(r, m))
			return m;
	}
	return NULL;
}

static bool
is_same_following(const struct following *a, const struct following *b)
{
	return a != NULL && a->follow == b->follow && member_same(a->like.member, b->like.member);
}

/* Whom a name stood for, until somebody follows it again. */
static void
inherit_followed(struct group *g, const struct following *s, const struct roster *before)
{
	struct roster *r = shown(g);

	for (unsigned i = 0; i < before->count; i++) {
		const struct seat *seat = &before->seats[i];
		struct seat *mine;

		if (!is_same_following(seat->following, s))
			continue;
		mine = roster_add_like(&r, seat->member, &s->like);
		if (mine == NULL)
			break;
		mine->priority = seat->priority;
		if (s->follow == FOLLOW_SRV)
			mine->weight = seat->weight;
	}
	atomic_store_explicit(&g->roster, r, memory_order_relaxed);
}

void
group_inherit(struct group *g, const struct group *before)
{
	struct roster *r = shown(g);

	for (unsigned i = 0; i < r->count; i++) {
		struct member *m = same_in(shown(before), r, r->seats[i].member);

		if (m == NULL)
			continue;
		member_let_go(&r->seats[i].member);
		r->seats[i].member = member_hold(m);
	}
	for (const struct following *s = g->followings; s != NULL; s = s->next)
		inherit_followed(g, s, shown(before));
	atomic_store(&g->changed_ms, atomic_load(&before->changed_ms));
}

struct roster *
group_hold(const struct group *g)
{
	struct roster *r;

	rcu_read_begin(); /* the group's own reference goes only when all have left */
	r = shown(g);
	atomic_fetch_add_explicit(&r->refs, 1, memory_order_relaxed);
	rcu_read_end();
	return r;
}

static void
let_go_later(struct rcu_later *later)
{
	struct roster *r = LIST_OF(later, struct roster, later);

	roster_let_go(&r);
}

void
group_swap(struct group *g, struct roster *r)
{
	struct roster *before = atomic_exchange_explicit(&g->roster, r, memory_order_acq_rel);

	MUST(before != r);
	rcu_defer(&before->later, let_go_later);
}

bool
group_is_down(const struct group *g, int64_t mono_ns)
{
	const struct roster *r;
	bool down = true;

	rcu_read_begin();
	r = shown(g);
	for (unsigned i = 0; i < r->count && down; i++)
		down = !member_is_up(r->seats[i].member, mono_ns);
	rcu_read_end();
	return down;
}

struct str
group_kind_word(enum group_kind k)
{
	static const struct str words[] = { [GROUP_ORIGIN] = STR_INIT("origin"),
					    [GROUP_PARENT] = STR_INIT("parent"),
					    [GROUP_SIBLING] = STR_INIT("sibling") };

	return words[k];
}
