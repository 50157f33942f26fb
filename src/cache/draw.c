/* Drawing entries at random, and keeping the best that were not chosen for the next time.
 *
 * What is drawn lies all over the memory, so all of it is asked for before any of it is looked at.
 */
#include "cache/store_impl.h"

#define DRAWN     16u
#define ROW       8u /* cells looked at in one place */
#define TRIES_MAX 512u

/* Cells as they were read, once. */
struct hand {
	unsigned count;
	struct candidate card[DRAWN + ROW];
};

static uint64_t
next_random(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* Some cells beside each other, from a random place on. */
static void
take_row(const struct store *s, struct hand *h, uint64_t random)
{
	uint64_t bucket = random & (s->index.buckets - 1);
	const struct cells *cells = index_cells(&s->index, bucket);

	for (uint32_t i = 0; cells != NULL && i < ROW && i < cells->count; i++) {
		uint32_t at = (uint32_t)((random >> 40) + i) % cells->count;
		uint64_t cell = cells_get(cells, at);
		const struct entry *e = slot_at(s->slots, cell_offset(cell));

		if (cell_kind(cell) != CELL_RESOURCE)
			continue;
		__builtin_prefetch(&e->refs);
		__builtin_prefetch(&e->born);
		h->card[h->count++] = (struct candidate){ .bucket = bucket, .at = at, .cell = cell };
	}
}

static bool
is_kept(const struct draw *d, const struct candidate *c)
{
	for (unsigned i = 0; i < d->count; i++)
		if (d->best[i].cell == c->cell)
			return true;
	return false;
}

static int32_t
above(const struct store *s, const struct candidate *c)
{
	return c->overdue ? INT32_MIN : above_base(s, c->priority);
}

/* In its place by what it is worth, where it is among the best. */
static void
keep(const struct store *s, struct draw *d, const struct candidate *c)
{
	int32_t worth = above(s, c);
	unsigned i;

	if (is_kept(d, c))
		return;
	if (d->count < DRAW_MAX)
		d->count++;
	else if (above(s, &d->best[d->count - 1]) <= worth)
		return;
	for (i = d->count - 1; i > 0 && above(s, &d->best[i - 1]) > worth; i--)
		d->best[i] = d->best[i - 1];
	d->best[i] = *c;
}

static void
look(const struct store *s, struct draw *d, struct candidate *c)
{
	const struct entry *e = draw_least(s, slot_at(s->slots, cell_offset(c->cell)));

	if (e == NULL)
		return;
	c->priority = atomic_load_explicit(&e->priority, memory_order_relaxed);
	c->overdue = entry_above(s, e) == INT32_MIN;
	keep(s, d, c);
}

struct entry *
draw_least(const struct store *s, struct entry *newest)
{
	struct entry *least = NULL;

	for (struct entry *e = newest; e != NULL; e = chain_older(e))
		if (!entry_is_pinned(e) && (least == NULL || entry_above(s, e) < entry_above(s, least)))
			least = e;
	return least;
}

void
draw(struct store *s, struct pool *p, struct draw *d)
{
	struct hand h = { .count = 0 };

	pthread_mutex_lock(&p->lock);
	*d = p->left;
	for (unsigned tries = 0; tries < TRIES_MAX && h.count < DRAWN; tries++)
		take_row(s, &h, next_random(&p->seed));
	for (unsigned i = 0; i < h.count; i++)
		look(s, d, &h.card[i]);
	p->left.count = d->count > 0 ? d->count - 1 : 0;
	memcpy(p->left.best, d->best + 1, p->left.count * sizeof d->best[0]);
	pthread_mutex_unlock(&p->lock);
}
