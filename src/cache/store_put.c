#include "cache/store_impl.h"

#include "base/must.h"

static bool
same_variant(const struct entry *a, const struct entry *b)
{
	const struct stored *x = entry_head(a), *y = entry_head(b);

	return str_eq(stored_vary_names(x), stored_vary_names(y)) &&
	       str_eq(stored_vary_values(x), stored_vary_values(y));
}

/* What takes another's place is worth at least as much. */
static void
inherit(struct entry *e, const struct entry *old)
{
	unsigned worth = atomic_load_explicit(&old->worth, memory_order_relaxed);

	if (worth <= atomic_load_explicit(&e->worth, memory_order_relaxed))
		return;
	atomic_store_explicit(&e->worth, (unsigned char)worth, memory_order_relaxed);
	atomic_store_explicit(&e->priority, evict_priority(e->store, worth, e->weight), memory_order_relaxed);
}

/* Takes out what the new one replaces, and what was purged with everything; returns how many variants are left. */
static unsigned
replace(struct chain *c, struct entry *e, const struct entry *replaces, bool keep_body)
{
	struct entry *next;
	unsigned left = 1;

	for (struct entry *it = chain_older(e); it != NULL; it = next) {
		next = chain_older(it);
		if (it == replaces || same_variant(it, e)) {
			inherit(e, it);
			if (it == replaces && keep_body && e->parts > 0)
				entry_set_flag(it, ENTRY_PASSED_ON);
			chain_take(c, it, REASON_NONE, 0);
			store_count(c->store, COUNT_REPLACED, 1);
		} else if (store_is_gone(c->store, it)) {
			chain_take(c, it, REASON_PURGED, 0);
		} else {
			left++;
		}
	}
	return left;
}

/* Beyond the limit of variants the least valuable leaves. */
static void
drop_variant(struct chain *c, struct entry *keep)
{
	struct entry *least = NULL;

	for (struct entry *it = chain_older(keep); it != NULL; it = chain_older(it))
		if (least == NULL || entry_above(c->store, it) <= entry_above(c->store, least))
			least = it;
	chain_take(c, least, REASON_EVICTED, 0);
	store_count(c->store, COUNT_VARIANTS, 1);
}

/* An order to forget an entry holds for what is made of it, too. */
static bool
has_left(const struct chain *c, const struct entry *e)
{
	return e != NULL && (!chain_has(c, e) || store_is_gone(c->store, e));
}

/* How it may be drawn, as long as it stays as it is. */
static struct candidate
candidate_of(const struct chain *c, const struct entry *e)
{
	return (struct candidate){ .bucket = c->bucket,
				   .at = c->at,
				   .cell = cells_get(c->cells, c->at),
				   .priority = atomic_load_explicit(&e->priority, memory_order_relaxed) };
}

static enum store_put
insert(struct entry *e, const struct new_entry *n, int64_t now_ms, struct entry **out, struct candidate *came)
{
	struct store *s = e->store;
	struct chain c;
	bool in, gone;

	chain_lock(&c, s, n->key, now_ms);
	gone = has_left(&c, n->replaces);
	in = !gone && chain_push(&c, e);
	if (in && out != NULL) {
		entry_pin(e);
		*out = e;
	}
	if (in)
		for (unsigned left = replace(&c, e, n->replaces, n->keep_body);
		     left > atomic_load(&s->variants) && left > 1; left--)
			drop_variant(&c, e);
	if (in && n->unmarks)
		ghost_forget(c.cells, n->key->hash.lo, CELL_BARRED);
	if (in)
		*came = candidate_of(&c, e);
	chain_unlock(&c);
	if (!in)
		entry_discard(e);
	return in ? STORE_PUT_OK : gone ? STORE_PUT_GONE : STORE_PUT_FULL;
}

/* Room is made behind each put for the next: memory that is given up comes back only when readers have left. What came
 * is looked at from the next one on, by when those who waited for it have mostly let go of it. */
enum store_put
store_put(struct store *s, struct new_entry *n, int64_t now_ms, struct entry **out)
{
	TIMED_CALL;
	enum store_put result;
	struct candidate came;
	struct entry *e;

	MUST_OBJ(s, STORE_MAGIC);
	MUST(str_eq(stored_key(n->head), n->key->text));
	if (out != NULL)
		*out = NULL;
	e = compose(s, n, &result);
	if (e != NULL)
		result = insert(e, n, now_ms, out, &came);
	store_count(s, result == STORE_PUT_OK ? COUNT_PUTS : COUNT_FULL,
		    result == STORE_PUT_OK || result == STORE_PUT_FULL);
	if (result == STORE_PUT_FULL)
		evict_missed(s, SLOT_LEAST);
	evict_ahead(s);
	if (result == STORE_PUT_OK)
		evict_consider(s, &came);
	return result;
}

struct entry *
store_set_aside(struct store *s, struct new_entry *n)
{
	TIMED_CALL;
	enum store_put result;
	struct entry *e;

	MUST_OBJ(s, STORE_MAGIC);
	e = compose(s, n, &result);
	if (e != NULL)
		entry_set_aside(e);
	evict_ahead(s);
	return e;
}
