#include "cache/store_impl.h"

#include "base/must.h"
#include "http/vary.h"

/* What a walk over the variants has found. */
struct walk {
	struct store *store;
	const struct head *request;
	struct str names; /* what `values` was written for; p NULL: nothing yet */
	struct strbuf values;
	struct entry *newest;    /* that is not gone */
	struct str newest_names; /* of its rule */
	struct entry *varied;    /* the newest that the request selects by its values */
	struct entry *unvaried;  /* the newest without Vary */
	struct entry *suited;    /* the newest that suits by language and coding */
	bool gone;               /* one was purged with everything */
	bool overlong;           /* the request's fields are too long to compare */
	char room[STORE_VALUES_MAX];
};

/* The request's values for this rule; kept for the next entry, which mostly has the same. */
static struct str
values_for(struct walk *w, struct str names)
{
	if (w->names.p == NULL || !str_eq(w->names, names)) {
		w->names = names;
		w->values = strbuf_fixed(w->room, sizeof w->room);
		vary_values(w->request, names, &w->values);
	}
	return strbuf_str(&w->values);
}

static void
weigh_varied(struct walk *w, struct entry *e, const struct stored *head, struct str names)
{
	struct str values = values_for(w, names);
	struct vary_stored stored = { .names = names, .values = stored_vary_values(head) };

	if (w->values.over) {
		w->overlong = true;
		return;
	}
	if (str_eq(values, stored.values)) {
		w->varied = e;
		return;
	}
	stored.content_language = stored_field(head, HDR_CONTENT_LANGUAGE);
	stored.content_encoding = stored_field(head, HDR_CONTENT_ENCODING);
	if (w->suited == NULL && vary_selects(w->request, values, &stored))
		w->suited = e;
}

static void
weigh(struct walk *w, struct entry *e)
{
	const struct stored *head = entry_head(e);
	struct str names = stored_vary_names(head);

	MUST_OBJ(e, ENTRY_MAGIC);
	if (store_is_gone(w->store, e)) {
		w->gone = true;
		return;
	}
	if (w->newest == NULL) {
		w->newest = e;
		w->newest_names = names;
	}
	if (names.n > 0)
		weigh_varied(w, e, head, names);
	else if (w->unvaried == NULL)
		w->unvaried = e;
}

/* One that varies goes before one whose sender forgot to say so (RFC 9111 4.1), what was stored for the same values
 * before what suits. */
static struct entry *
select_entry(struct walk *w, struct entry *newest)
{
	for (struct entry *e = newest; e != NULL && w->varied == NULL; e = chain_older(e))
		weigh(w, e);
	if (w->varied != NULL)
		return w->varied;
	return w->unvaried != NULL ? w->unvaried : w->suited;
}

/* ---- what is said about it ---- */

static uint64_t
id_of(const struct order *o)
{
	return atomic_load_explicit(&o->id, memory_order_relaxed);
}

/* The order of a mark on this key stands among the memories; of one on everything, in the store. */
static void
say_mark(struct store *s, const struct cells *c, const struct key *key, struct found *out, int64_t now_ms)
{
	struct ghost ghost;

	out->mark = store_mark(s, out->entry);
	if (out->mark != REASON_PURGED)
		return;
	ghost_find(c, key->hash.lo, now_ms, &ghost);
	if (!entry_flag(out->entry, ENTRY_PURGED))
		out->order = id_of(&s->stale_by);
	else if (ghost.event == REASON_PURGED)
		out->order = order_find(s, ghost.order, ghost.at_ms);
}

static void
say_event(struct store *s, const struct ghost *ghost, struct found *out, int64_t now_ms)
{
	out->absent = ghost->event;
	out->absent_ago_ms = now_ms > ghost->at_ms ? now_ms - ghost->at_ms : 0;
	if (ghost->event == REASON_PURGED)
		out->order = order_find(s, ghost->order, ghost->at_ms);
}

/* The variant's own event, then that the key is uncacheable, then that it was never seen. */
static void
say_others(struct walk *w, const struct cells *c, const struct key *key, struct found *out, int64_t now_ms)
{
	struct str names = w->newest_names;
	struct ghost ghost;

	out->what = FOUND_OTHERS;
	ghost_find(c, ghost_name(w->store, key->hash, names, values_for(w, names)), now_ms, &ghost);
	if (ghost.event != REASON_NONE)
		say_event(w->store, &ghost, out, now_ms);
	else
		out->absent = out->uncacheable ? REASON_UNCACHEABLE : REASON_VARIANT;
}

static void
say_nothing(struct store *s, const struct cells *c, const struct key *key, struct found *out, int64_t now_ms)
{
	struct ghost ghost;

	ghost_find(c, key->hash.lo, now_ms, &ghost);
	if (ghost.event != REASON_NONE)
		say_event(s, &ghost, out, now_ms);
	else
		out->absent = out->uncacheable ? REASON_UNCACHEABLE : REASON_NEVER_SEEN;
}

static void
say_gone(struct store *s, struct found *out, int64_t now_ms)
{
	int64_t ago = now_ms - atomic_load_explicit(&s->gone_by.at_ms, memory_order_relaxed);

	out->absent = REASON_PURGED;
	out->absent_ago_ms = ago > 0 ? ago : 0;
	out->order = id_of(&s->gone_by);
}

static void
say_absent(struct walk *w, const struct cells *c, const struct key *key, struct found *out, int64_t now_ms)
{
	if (w->overlong) {
		out->what = FOUND_TROUBLE;
		out->absent = REASON_STORE_TROUBLE;
	} else if (w->newest != NULL) {
		say_others(w, c, key, out, now_ms);
	} else if (w->gone) {
		say_gone(w->store, out, now_ms);
	} else {
		say_nothing(w->store, c, key, out, now_ms);
	}
}

void
store_find(struct store *s, const struct key *key, const struct head *request, int64_t now_ms, struct found *out)
{
	struct walk w;
	const struct cells *c;
	struct entry *newest;

	MUST_OBJ(s, STORE_MAGIC);
	*out = (struct found){ .what = FOUND_NOTHING, .absent_ago_ms = -1 };
	w.store = s;
	w.request = request;
	w.names = w.newest_names = STR_NONE;
	w.newest = w.varied = w.unvaried = w.suited = NULL;
	w.gone = w.overlong = false;
	c = index_cells(&s->index, index_bucket(&s->index, key->hash));
	newest = index_find(&s->index, c, key, NULL);
	out->entry = select_entry(&w, newest);
	if (newest == NULL || entry_flag(newest, ENTRY_BARRED)) {
		out->uncacheable_s = (uint32_t)ghost_barred(c, key->hash.lo, now_ms, &out->uncacheable_why);
		out->uncacheable = out->uncacheable_s > 0;
	}
	out->vary_names = w.newest_names;
	if (out->entry == NULL) {
		say_absent(&w, c, key, out, now_ms);
		return;
	}
	out->what = FOUND_ENTRY;
	say_mark(s, c, key, out, now_ms);
}
