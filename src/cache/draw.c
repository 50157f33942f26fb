/* Drawing entries at random, and keeping the best that were not chosen for the next time.
 *
 * What is drawn lies all over the memory, so all of it is asked for before any of it is looked at.
 */
#include "cache/store_impl.h"

#define DRAWN     32u
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
	uint32_t n, at;

	if (cells == NULL)
		return;
	n = cells->count < ROW ? cells->count : ROW;
	at = (uint32_t)(random >> 40) % cells->count;
	for (; n > 0; n--, at = cells_next(cells, at)) {
		uint64_t cell = cells_get(cells, at);
		const struct entry *e;

		if (cell_kind(cell) != CELL_RESOURCE)
			continue;
		e = slot_at(s->slots, cell_offset(cell));
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
keep(const struct store *s, struct draw *d, const struct candidate *c, int32_t worth)
{
	unsigned i;

	if (d->count == DRAW_MAX && above(s, &d->best[DRAW_MAX - 1]) <= worth)
		return;
	if (is_kept(d, c))
		return;
	if (d->count < DRAW_MAX)
		d->count++;
	for (i = d->count - 1; i > 0 && above(s, &d->best[i - 1]) > worth; i--)
		d->best[i] = d->best[i - 1];
	d->best[i] = *c;
}

static void
look(const struct store *s, struct draw *d, struct candidate *c)
{
	const struct entry *e = draw_least(s, slot_at(s->slots, cell_offset(c->cell)));
	int32_t worth;

	if (e == NULL)
		return;
	worth = entry_above(s, e);
	c->priority = atomic_load_explicit(&e->priority, memory_order_relaxed);
	c->overdue = worth == INT32_MIN;
	keep(s, d, c, worth);
}

struct entry *
draw_least(const struct store *s, struct entry *newest)
{
	struct entry *least = NULL;

	if (chain_older(newest) == NULL)
		return entry_is_pinned(newest) ? NULL : newest;
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

void
draw_offer(struct store *s, struct pool *p, const struct candidate *c)
{
	pthread_mutex_lock(&p->lock);
	keep(s, &p->left, c, above(s, c));
	pthread_mutex_unlock(&p->lock);
}
