#include "peer/pick.h"

#include <limits.h>

#include "peer/carp.h"

/* Who may be asked now. */
struct choices {
	unsigned count;
	struct choice_of of[GROUP_MEMBERS_MAX];
};

static bool
was_tried(const struct pick *p, unsigned i)
{
	return p->tried[i / 64] >> i % 64 & 1;
}

static void
note_tried(struct pick *p, unsigned i)
{
	p->tried[i / 64] |= (uint64_t)1 << i % 64;
}

static void
list(struct choices *c, const struct seat *seat, unsigned i, double warmth)
{
	const struct member *m = seat->member;

	c->of[c->count++] = (struct choice_of){
		.seat = i,
		.active = atomic_load_explicit(&m->active, memory_order_relaxed),
		.weight = seat->weight * warmth,
	};
}

/* Those of one priority that are up, unless they are too few, tried or not. Returns the next priority; UINT_MAX: there is none.
 */
static unsigned
list_up_of(const struct pick *p, const struct group *g, struct choices *c, unsigned priority, int64_t mono_ns, bool *enough)
{
	unsigned up = 0, all = 0, kept = c->count, next = UINT_MAX;

	for (unsigned i = 0; i < p->roster->count; i++) {
		const struct seat *seat = &p->roster->seats[i];

		if (seat->priority > priority && seat->priority < next)
			next = seat->priority;
		if (seat->priority != priority)
			continue;
		all++;
		if (!member_is_up(seat->member, mono_ns))
			continue;
		up++;
		if (!was_tried(p, i))
			list(c, seat, i, member_warmth(g, seat->member, mono_ns));
	}
	if (up > 0 && up * 100 >= all * g->panic)
		*enough = true;
	else
		c->count = kept;
	return next;
}

/* Those that are up; false where they are too few of any priority. What stands by for a tier that went down is not to wait for
 * it to be asked in vain. */
static bool
list_up(const struct pick *p, const struct group *g, struct choices *c, int64_t mono_ns)
{
	bool enough = false;

	c->count = 0;
	for (unsigned priority = 0; priority != UINT_MAX;)
		priority = list_up_of(p, g, c, priority, mono_ns, &enough);
	return enough;
}

/* None is spared, or the few that are up would get the most after all. */
static void
list_all(const struct pick *p, struct choices *c)
{
	c->count = 0;
	for (unsigned i = 0; i < p->roster->count; i++)
		if (!was_tried(p, i))
			list(c, &p->roster->seats[i], i, 1);
}

/* RFC 2782: the lowest priority goes first, and the next where nobody of that is left. */
static void
keep_first(const struct roster *r, struct choices *c)
{
	unsigned first = UINT_MAX, kept = 0;

	for (unsigned i = 0; i < c->count; i++)
		if (r->seats[c->of[i].seat].priority < first)
			first = r->seats[c->of[i].seat].priority;
	for (unsigned i = 0; i < c->count; i++)
		if (r->seats[c->of[i].seat].priority == first)
			c->of[kept++] = c->of[i];
	c->count = kept;
}

/* ---- choice ---- */

static unsigned
by_hash(struct choices *c, const struct roster *r, uint64_t key)
{
	for (unsigned i = 0; i < c->count; i++)
		c->of[i].id = r->seats[c->of[i].seat].member->id;
	choice_rank(c->of, c->count, key);
	return choice_best(c->of, c->count);
}

static struct str
client_text(const struct pick_wish *w, char text[ADDR_TEXT_SIZE])
{
	return str_of(text, addr_text(w->client, text));
}

/* All are scored, as their places count. */
static unsigned
by_carp(struct choices *c, const struct roster *r, struct str url)
{
	struct carp_member m[GROUP_MEMBERS_MAX];

	for (unsigned i = 0; i < r->count; i++) {
		const struct seat *s = &r->seats[i];

		m[i] = (struct carp_member){ s->name.n > 0 ? s->name : s->member->host, s->weight, 0 };
	}
	carp_score(m, r->count, url);
	for (unsigned i = 0; i < c->count; i++)
		c->of[i].score = m[c->of[i].seat].score;
	return choice_best(c->of, c->count);
}

static unsigned
next_turn(struct group *g)
{
	return atomic_fetch_add_explicit(&g->turn, 1, memory_order_relaxed);
}

static unsigned
choose(const struct pick *p, struct group *g, struct choices *c)
{
	char text[ADDR_TEXT_SIZE];

	switch (p->wish == NULL ? CHOICE_TURN : g->choice) {
	case CHOICE_HASH:
		if (g->bounded_load > 0)
			c->count = choice_bound(c->of, c->count, g->bounded_load);
		return by_hash(c, p->roster, choice_hash(p->wish->key));
	case CHOICE_CLIENT:
		return by_hash(c, p->roster, choice_hash(client_text(p->wish, text)));
	case CHOICE_CARP:
		return by_carp(c, p->roster, p->wish->url);
	case CHOICE_LEAST:
		return choice_least(c->of, c->count, next_turn(g));
	case CHOICE_TURN:
		break;
	}
	return choice_in_turn(c->of, c->count, next_turn(g));
}

/* Where there is no other it is asked, up or not, and nothing has to be weighed. */
static struct member *
only_one(struct pick *p, const struct group *g, int64_t mono_ns)
{
	struct member *m = p->roster->seats[0].member;

	if (was_tried(p, 0))
		return NULL;
	if (member_is_up(m, mono_ns))
		(void)member_claim(g, m, mono_ns);
	note_tried(p, 0);
	return m;
}

struct member *
pick_next(struct pick *p, struct group *g, int64_t mono_ns)
{
	if (p->roster == NULL)
		p->roster = group_hold(g);
	if (p->roster->count == 1)
		return only_one(p, g, mono_ns);
	for (;;) {
		struct choices c;
		bool enough = list_up(p, g, &c, mono_ns);
		struct member *m;
		unsigned i;

		if (!enough)
			list_all(p, &c);
		if (c.count == 0)
			return NULL;
		keep_first(p->roster, &c);
		i = c.of[choose(p, g, &c)].seat;
		m = p->roster->seats[i].member;
		/* Another thread was quicker to try this one: it is down again for us, so look anew. */
		if (enough && !member_claim(g, m, mono_ns))
			continue;
		note_tried(p, i);
		return m;
	}
}

void
pick_among(struct pick *p, const struct group *g)
{
	pick_end(p);
	p->roster = group_hold(g);
}

bool
pick_was_too_soon(const struct pick *p, const struct group *g)
{
	return p->roster != NULL && p->roster->count == 0 && p->roster != group_roster(g);
}

bool
pick_this(struct pick *p, struct group *g, const struct member *m)
{
	if (p->roster == NULL)
		p->roster = group_hold(g);
	for (unsigned i = 0; i < p->roster->count; i++) {
		if (p->roster->seats[i].member != m || was_tried(p, i))
			continue;
		note_tried(p, i);
		return true;
	}
	return false;
}

void
pick_put_back(struct pick *p, const struct group *g, struct member *m, int64_t mono_ns)
{
	for (unsigned i = 0; i < p->roster->count; i++)
		if (p->roster->seats[i].member == m)
			p->tried[i / 64] &= ~((uint64_t)1 << i % 64);
	member_unclaim(g, m, mono_ns);
}

void
pick_end(struct pick *p)
{
	roster_let_go(&p->roster);
	*p = (struct pick){ .wish = p->wish };
}
