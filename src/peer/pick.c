#include "peer/pick.h"

/* Who may be asked now, by their seats. */
struct choices {
	unsigned count;
	uint16_t seat[GROUP_MEMBERS_MAX];
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

/* Those that are up; false where none is, tried or not. */
static bool
list_up(const struct pick *p, struct choices *c, int64_t mono_ns)
{
	bool any = false;

	c->count = 0;
	for (unsigned i = 0; i < p->roster->count; i++) {
		if (!member_is_up(p->roster->seats[i].member, mono_ns))
			continue;
		any = true;
		if (!was_tried(p, i))
			c->seat[c->count++] = (uint16_t)i;
	}
	return any;
}

static void
list_all(const struct pick *p, struct choices *c)
{
	c->count = 0;
	for (unsigned i = 0; i < p->roster->count; i++)
		if (!was_tried(p, i))
			c->seat[c->count++] = (uint16_t)i;
}

static unsigned
weight_of(const struct roster *r, const struct choices *c)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < c->count; i++)
		sum += r->seats[c->seat[i]].weight;
	return sum;
}

/* Whose turn is it? Each has as many in a row as its weight says. */
static unsigned
in_turn(const struct roster *r, const struct choices *c, unsigned turn)
{
	unsigned n = turn % weight_of(r, c);

	for (unsigned i = 0;; i++) {
		const struct seat *seat = &r->seats[c->seat[i]];

		if (n < seat->weight)
			return c->seat[i];
		n -= seat->weight;
	}
}

struct member *
pick_next(struct pick *p, struct group *g, int64_t mono_ns)
{
	if (p->roster == NULL)
		p->roster = group_hold(g);
	for (;;) {
		struct choices c;
		bool up = list_up(p, &c, mono_ns);
		struct member *m;
		unsigned i;

		if (!up)
			list_all(p, &c);
		if (c.count == 0)
			return NULL;
		i = in_turn(p->roster, &c, atomic_fetch_add_explicit(&g->turn, 1, memory_order_relaxed));
		m = p->roster->seats[i].member;
		/* Another thread was quicker to try this one: it is down again for us, so look anew. */
		if (up && !member_claim(g, m, mono_ns))
			continue;
		note_tried(p, i);
		return m;
	}
}

void
pick_end(struct pick *p)
{
	roster_let_go(&p->roster);
	*p = (struct pick){ 0 };
}
