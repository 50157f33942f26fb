#include "trail/chain.h"

#include "trail/chain_impl.h"

/* ---- who reached back (trail.md section 2, X-Cache-Miss-From) ---- */

/* Where a walk from this node towards the origin stands: so many items and members are still to be seen. */
struct walk {
	const struct chain *c;
	unsigned items;
	unsigned members;
};

/* One tier, by its Cache-Status, or its X-Cache where it wrote no other. */
struct tier {
	struct str name;
	bool forward;  /* it says that it went forward */
	bool replayed; /* what tiers behind it say is history */
};

static bool
among_items(const struct walk *w, struct str name)
{
	for (unsigned i = 0; i < w->items; i++)
		if (str_eq(chain_item_name(&w->c->list[CHAIN_X_CACHE].at[i]), name))
			return true;
	return false;
}

/* Is the next tier one that wrote X-Cache alone? Where the two lists name different tiers and neither name comes again,
 * nothing tells which is nearer, and Cache-Status goes first. An item without a name is taken for the next member's. */
static bool
next_is_item(const struct walk *w)
{
	struct str item, member;

	if (w->items == 0 || w->members == 0)
		return w->members == 0;
	item = chain_item_name(&w->c->list[CHAIN_X_CACHE].at[w->items - 1]);
	member = w->c->members[w->members - 1].name;
	return item.n > 0 && !str_eq(item, member) && among_items(w, member);
}

static struct tier
take_item(struct walk *w)
{
	const struct chain_item *it = &w->c->list[CHAIN_X_CACHE].at[--w->items];

	return (struct tier){ chain_item_name(it), it->forward, false };
}

/* The same tier's item goes with its member. */
static struct tier
take_member(struct walk *w)
{
	const struct chain_member *m = &w->c->members[--w->members];

	if (w->items > 0) {
		struct str item = chain_item_name(&w->c->list[CHAIN_X_CACHE].at[w->items - 1]);

		w->items -= item.n == 0 || str_eq(item, m->name);
	}
	return (struct tier){ m->name, m->forward, m->replayed };
}

static struct str
furthest(const struct chain *c, struct str self)
{
	struct walk w = { c, c->list[CHAIN_X_CACHE].n, c->member_count };
	struct str name = self;

	while (w.items + w.members > 0) {
		struct tier t = next_is_item(&w) ? take_item(&w) : take_member(&w);

		if (!t.forward)
			break;
		name = t.name;
		if (t.replayed)
			break;
	}
	return name;
}

/* Has any tier written something that the walk can go by? */
static bool
speaks(const struct chain *c)
{
	for (unsigned i = 0; i < c->list[CHAIN_X_CACHE].n; i++)
		if (c->list[CHAIN_X_CACHE].at[i].name_n > 0)
			return true;
	return c->member_count > 0;
}

struct str
chain_miss_from(const struct chain *c, struct str self, struct arena *a)
{
	struct str name = self;

	if (c != NULL && speaks(c))
		name = furthest(c, self);
	else if (c != NULL && c->miss_from.n > 0)
		name = c->miss_from;
	if (name.p != self.p)
		name = arena_str(a, name);
	return name.p != NULL ? name : self;
}
