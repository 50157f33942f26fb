#include "cache/store_impl.h"

struct entry *
chain_older(const struct entry *e)
{
	uint64_t offset = atomic_load_explicit(&e->older, memory_order_acquire);

	return offset == 0 ? NULL : slot_at(e->store->slots, offset);
}

static struct key
key_of(const struct store *s, const struct entry *e)
{
	struct str text = stored_key(entry_head(e));

	return (struct key){ .hash = hash_keyed(&s->secret, text), .text = text };
}

void
chain_lock_of(struct chain *c, struct store *s, const struct entry *e)
{
	struct key key = key_of(s, e);

	chain_lock(c, s, &key, atomic_load_explicit(&s->now_ms, memory_order_relaxed));
}

void
chain_of_cell(struct chain *c, struct store *s, uint64_t bucket, uint32_t at)
{
	struct cells *cells = index_cells(&s->index, bucket);
	struct entry *newest = slot_at(s->slots, cell_offset(cells_get(cells, at)));

	*c = (struct chain){ .store = s, .bucket = bucket, .cells = cells, .at = at, .newest = newest };
	c->key = key_of(s, newest);
	c->now_ms = atomic_load_explicit(&s->now_ms, memory_order_relaxed);
}

void
chain_lock(struct chain *c, struct store *s, const struct key *key, int64_t now_ms)
{
	*c = (struct chain){ .store = s, .key = *key, .now_ms = now_ms, .bucket = index_bucket(&s->index, key->hash) };
	atomic_store_explicit(&s->now_ms, now_ms, memory_order_relaxed);
	index_lock(&s->index, c->bucket);
	c->cells = index_cells(&s->index, c->bucket);
	c->newest = index_find(&s->index, c->cells, key, &c->at);
}

void
chain_unlock(struct chain *c)
{
	index_unlock(&c->store->index, c->bucket);
}

bool
chain_has(const struct chain *c, const struct entry *e)
{
	for (const struct entry *it = c->newest; it != NULL; it = chain_older(it))
		if (it == e)
			return true;
	return false;
}

/* By what it is remembered. */
static uint64_t
name_of(const struct chain *c, const struct entry *e)
{
	const struct stored *head = entry_head(e);

	return ghost_name(c->store, c->key.hash, stored_vary_names(head), stored_vary_values(head));
}

/* ---- in ---- */

/* A returning object is worth what it was, and this use. */
static void
set_worth(struct chain *c, struct entry *e, uint64_t name)
{
	struct ghost ghost;
	unsigned worth;

	ghost_find(c->cells, name, c->now_ms, &ghost);
	worth = ghost.worth < WORTH_MAX ? ghost.worth + 1 : WORTH_MAX;
	atomic_store_explicit(&e->worth, (unsigned char)worth, memory_order_relaxed);
	atomic_store_explicit(&e->priority, evict_priority(c->store, worth, e->weight), memory_order_relaxed);
}

static bool
show(struct chain *c, struct entry *e, uint64_t name)
{
	struct index *x = &c->store->index;
	struct cells *cells = c->newest == NULL ? index_room(x, c->bucket, c->now_ms) : c->cells;

	if (cells == NULL)
		return false;
	c->cells = cells;
	ghost_forget(cells, name, CELL_EVENT);
	if (c->newest == NULL) {
		c->at = cells_spot(cells, c->key.hash.lo, c->now_ms);
		index_add(x, cells, c->at, c->key.hash.lo, e);
	} else {
		atomic_store_explicit(&e->older, slot_offset(x->slots, c->newest), memory_order_relaxed);
		cells_set(cells, c->at, cell_resource(c->key.hash.lo, slot_offset(x->slots, e)));
	}
	c->newest = e;
	return true;
}

bool
chain_push(struct chain *c, struct entry *e)
{
	uint64_t name = name_of(c, e);
	uint64_t has = entry_has(e);
	uint8_t why;

	set_worth(c, e, name);
	if (ghost_barred(c->cells, c->key.hash.lo, c->now_ms, &why) > 0)
		entry_set_flag(e, ENTRY_BARRED);
	if (!show(c, e, name))
		return false;
	slot_show(e);
	groups_count(c->store, e, 1);
	store_count(c->store, LEVEL_ENTRIES, 1);
	store_count(c->store, LEVEL_BODIES, has);
	return true;
}

/* ---- out ---- */

static void
unlink_newest(struct chain *c, struct entry *e)
{
	struct index *x = &c->store->index;

	c->newest = chain_older(e);
	if (c->newest == NULL) {
		index_remove(x, c->cells, c->at);
		return;
	}
	if (entry_flag(e, ENTRY_BARRED))
		entry_set_flag(c->newest, ENTRY_BARRED);
	cells_set(c->cells, c->at, cell_resource(c->key.hash.lo, slot_offset(x->slots, c->newest)));
}

/* Readers that stand on it go on from it. */
static void
unlink_entry(struct chain *c, struct entry *e)
{
	struct entry *newer = c->newest;

	if (newer == e) {
		unlink_newest(c, e);
		return;
	}
	while (chain_older(newer) != e)
		newer = chain_older(newer);
	atomic_store_explicit(&newer->older, atomic_load_explicit(&e->older, memory_order_relaxed),
			      memory_order_release);
}

void
chain_note(struct chain *c, enum reason why, uint8_t order, unsigned worth)
{
	struct ghost event = { .event = why, .worth = worth, .order = order, .at_ms = c->now_ms };

	ghost_note(c->cells, c->key.hash.lo, &event);
}

/* What became of an entry that is taken out: where everything was purged before, that. */
static struct ghost
event_of(const struct chain *c, const struct entry *e, enum reason why, uint8_t order)
{
	struct store *s = c->store;
	struct ghost event = { .event = why, .order = order, .at_ms = c->now_ms };

	event.worth = atomic_load_explicit(&e->worth, memory_order_relaxed);
	if (!store_is_gone(s, e))
		return event;
	event.event = REASON_PURGED;
	event.at_ms = atomic_load_explicit(&s->gone_by.at_ms, memory_order_relaxed);
	event.order = order_note(s, atomic_load_explicit(&s->gone_by.id, memory_order_relaxed), event.at_ms);
	return event;
}

/* Under the name of its variant; and where nothing is left of the resource, under the key's. */
static void
remember(struct chain *c, uint64_t name, const struct ghost *event)
{
	if (name != c->key.hash.lo)
		ghost_note(c->cells, name, event);
	if (name == c->key.hash.lo || c->newest == NULL)
		ghost_note(c->cells, c->key.hash.lo, event);
}

void
chain_take(struct chain *c, struct entry *e, enum reason why, uint8_t order)
{
	struct ghost event = event_of(c, e, why, order);

	unlink_entry(c, e);
	if (why != REASON_NONE)
		remember(c, name_of(c, e), &event);
	groups_count(c->store, e, -1);
	entry_retire(e);
}

unsigned
chain_clear(struct chain *c, enum reason why, uint8_t order)
{
	unsigned n = 0;

	while (c->newest != NULL) {
		n += !store_is_gone(c->store, c->newest);
		chain_take(c, c->newest, why, order);
	}
	return n;
}
