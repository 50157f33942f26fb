/* Builds an entry from what came and what is kept: parts of the body are merged, small bodies gathered into the slot.
 */
#include "cache/store_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "cache/fresh.h"

/* The body of an entry to be, as parts; holds a reference to each. `kept` is part 0 .. of the entry that is updated. */
struct body {
	struct extent part[2 * EXTENTS_MAX];
	unsigned count;
	const char *bytes; /* where nothing is added to an inlined body: its bytes, and no parts */
	uint64_t n;        /* bytes in all */
};

static uint64_t
end_of(const struct extent *x)
{
	return x->first + segs_length(x->segs);
}

static void
drop_part(struct body *b, unsigned i)
{
	segs_unref(&b->part[i].segs);
	memmove(&b->part[i], &b->part[i + 1], (--b->count - i) * sizeof b->part[0]);
}

static void
release(struct body *b)
{
	while (b->count > 0)
		drop_part(b, b->count - 1);
}

/* ---- what the body is made of ---- */

/* A body that lies in one piece, as a run. */
static struct segs *
run_of(struct store *s, const char *bytes, size_t n)
{
	struct segs *segs = segs_new_stored(s->slots, n);
	bool full;

	while (segs != NULL && n > 0) {
		size_t room;
		char *p = segs_room(segs, n, &room, &full);

		if (p == NULL) {
			segs_end(segs, SEGS_CUT);
			segs_unref(&segs);
			return NULL;
		}
		room = room < n ? room : n;
		memcpy(p, bytes, room);
		segs_publish(segs, room);
		bytes += room;
		n -= room;
	}
	if (segs != NULL)
		segs_end(segs, SEGS_WHOLE);
	return segs;
}

/* The body of the entry that is updated. False where memory is short. */
static bool
keep(struct store *s, struct body *b, const struct entry *old)
{
	struct segs *segs;

	if (old->inlined > 0 && b->count == 0) {
		b->bytes = entry_tail(old);
		return true;
	}
	if (old->inlined > 0) {
		segs = run_of(s, entry_tail(old), old->inlined);
		if (segs == NULL)
			return false;
		b->part[b->count++] = (struct extent){ 0, segs };
		return true;
	}
	for (unsigned i = 0; i < old->parts; i++) {
		const struct part *p = (const struct part *)entry_tail(old) + i;

		b->part[b->count++] = (struct extent){ p->first, segs_ref(entry_segs(old, i)) };
	}
	return true;
}

static int
by_first(const void *a, const void *b)
{
	const struct extent *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return (end_of(x) < end_of(y)) - (end_of(x) > end_of(y)); /* the longer first */
}

static uint64_t
distance(const struct extent *x, uint64_t from)
{
	return x->first > from ? x->first - from : from - x->first;
}

/* At most EXTENTS_MAX: those furthest from what came last go. */
static void
limit_parts(struct body *b, uint64_t from)
{
	while (b->count > EXTENTS_MAX) {
		unsigned furthest = 0;

		for (unsigned i = 1; i < b->count; i++)
			if (distance(&b->part[i], from) > distance(&b->part[furthest], from))
				furthest = i;
		drop_part(b, furthest);
	}
}

/* Sorted, and none inside what those before it cover. */
static void
merge(struct body *b, uint64_t last_came)
{
	uint64_t covered = 0;

	if (b->count > 1)
		qsort(b->part, b->count, sizeof b->part[0], by_first);
	for (unsigned i = 0; i < b->count;) {
		MUST(!segs_is_window(b->part[i].segs) && segs_state(b->part[i].segs) != SEGS_ARRIVING);
		if (end_of(&b->part[i]) <= (i == 0 ? b->part[i].first : covered)) {
			drop_part(b, i);
			continue;
		}
		covered = end_of(&b->part[i++]);
	}
	limit_parts(b, last_came);
}

static bool
collect(struct store *s, struct body *b, struct new_entry *n)
{
	uint64_t last_came = n->count > 0 ? n->extents[0].first : 0;

	MUST(n->count <= EXTENTS_MAX && (!n->keep_body || n->replaces != NULL));
	b->count = n->count;
	b->bytes = NULL;
	memcpy(b->part, n->extents, n->count * sizeof b->part[0]);
	n->count = 0;
	if (n->keep_body && !keep(s, b, n->replaces))
		return false;
	merge(b, last_came);
	b->n = b->bytes != NULL ? n->replaces->inlined : 0;
	for (unsigned i = 0; i < b->count; i++)
		b->n += segs_length(b->part[i].segs);
	return true;
}

/* ---- the entry ---- */

/* What an entry is made from. */
struct plan {
	const struct new_entry *n;
	struct body body;
	unsigned groups;
	uint16_t group[GROUPS_MAX];
};

static size_t
head_room(const struct plan *p)
{
	return sizeof(struct entry) + padded(p->groups * sizeof p->group[0]) + padded(stored_bytes(p->n->head));
}

/* The bytes of a body without gaps that begins at 0; else 0. */
static uint64_t
gapless(const struct body *b)
{
	uint64_t covered = 0;

	if (b->bytes != NULL)
		return b->n;
	for (unsigned i = 0; i < b->count; i++) {
		if (b->part[i].first > covered)
			return 0;
		covered = end_of(&b->part[i]);
	}
	return covered;
}

static void
gather(const struct body *b, char *out)
{
	uint64_t done = 0;

	if (b->bytes != NULL)
		memcpy(out, b->bytes, b->n);
	for (unsigned i = 0; i < b->count; i++) {
		const struct extent *x = &b->part[i];

		segs_copy(x->segs, done - x->first, (size_t)(end_of(x) - done), out + done);
		done = end_of(x);
	}
}

/* What lies in process memory goes into the store's: all that an entry refers to does. False where there is no room. */
static bool
take_in(struct store *s, struct body *b)
{
	for (unsigned i = 0; i < b->count; i++) {
		struct extent *x = &b->part[i];
		const char *bytes = segs_small(x->segs);
		struct segs *run = bytes == NULL ? x->segs : run_of(s, bytes, (size_t)segs_length(x->segs));

		if (run == NULL)
			return false;
		if (run != x->segs)
			segs_unref(&x->segs);
		x->segs = run;
	}
	return true;
}

static void
hand_over(struct store *s, struct body *b, struct part *out)
{
	for (unsigned i = 0; i < b->count; i++)
		out[i] = (struct part){ b->part[i].first, slot_offset(s->slots, b->part[i].segs) };
	b->count = 0;
}

static void
init(struct entry *e, struct store *s, const struct plan *p)
{
	const struct meta *meta = p->n->meta;
	struct meta m;

	if (meta == NULL) {
		stored_meta(p->n->head, &m);
		meta = &m;
	}
	*e = (struct entry){ .magic = ENTRY_MAGIC, .store = s, .length = p->n->length, .groups = (uint8_t)p->groups };
	atomic_init(&e->refs, REFS_INDEX);
	atomic_init(&e->hits, p->n->hits);
	e->born = atomic_load(&s->generation);
	e->dead_ms = fresh_dead_ms(meta, p->n->policy);
	memcpy(entry_groups(e), p->group, p->groups * sizeof p->group[0]);
	memcpy(entry_head(e), p->n->head, stored_bytes(p->n->head));
}

/* The body beside the head where that is small, else as parts. */
static struct entry *
build(struct store *s, struct plan *p)
{
	struct body *b = &p->body;
	uint64_t whole = gapless(b);
	size_t head = head_room(p);
	struct entry *e = NULL;

	if (whole > 0 && (b->bytes != NULL || head + whole <= s->inline_max))
		e = slot_alloc(s->slots, head + whole, SLOT_ENTRY, NULL);
	if (e != NULL) {
		init(e, s, p);
		e->inlined = (uint32_t)whole;
		gather(b, entry_tail(e));
		return e;
	}
	if (b->bytes != NULL || !take_in(s, b))
		return NULL;
	e = slot_alloc(s->slots, head + b->count * sizeof(struct part), SLOT_ENTRY, NULL);
	if (e == NULL)
		return NULL;
	init(e, s, p);
	e->parts = (uint8_t)b->count;
	hand_over(s, b, entry_tail(e));
	return e;
}

_Static_assert(STORE_HEAD_MAX + sizeof(struct entry) + UINT8_MAX * sizeof(struct part) < SLOT_MAX,
	       "an entry's slot has room for all of its parts");

bool
store_takes_head(const struct stored *head)
{
	return stored_bytes(head) <= STORE_HEAD_MAX && stored_vary_values(head).n <= STORE_VALUES_MAX;
}

static bool
too_large(const struct store *s, const struct plan *p)
{
	const struct body *b = &p->body;
	size_t tail = b->bytes != NULL ? b->n : b->count * sizeof(struct part);

	return b->n > atomic_load(&s->max_object) || head_room(p) + tail > SLOT_MAX || !store_takes_head(p->n->head);
}

struct entry *
compose(struct store *s, struct new_entry *n, enum store_put *why)
{
	struct entry *e = NULL;
	struct plan p; /* most of it stays unwritten */

	*why = STORE_PUT_FULL;
	p.n = n;
	p.groups = groups_of(s, n, p.group);
	if (collect(s, &p.body, n)) {
		if (too_large(s, &p))
			*why = STORE_PUT_TOO_LARGE;
		else
			e = build(s, &p);
	}
	release(&p.body);
	if (e == NULL)
		return NULL;
	e->weight = evict_weight(s, entry_cost(e));
	*why = STORE_PUT_OK;
	return e;
}
