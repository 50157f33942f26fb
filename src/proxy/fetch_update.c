/* What an answer without a body makes of the stored response: a newer head over the same bytes, or nothing
 * (RFC 9111 3.2, 4.3.4, 4.3.5). */
#include <stdlib.h>

#include "http/fields.h"
#include "proxy/fetch_impl.h"

struct update {
	struct stored *head; /* malloc'd; NULL where memory is short */
	bool kept;           /* it may take the stored one's place */
	bool shareable;      /* and followers may have it */
};

void
fetch_take_back_if_doomed(struct fetch *f)
{
	if (flight_is_doomed(f->flight))
		store_invalidate(fetch_store(f), &f->key, fetch_wall_ms(f));
}

/* Where the new head forbids that it be stored, the old one goes too: it is not what the origin says any more. */
static struct update
make_update(struct fetch *f, struct keeping *k)
{
	struct update u = { 0 };
	struct storable verdict;
	struct head updated;
	struct draft d;

	if (!stored_updated(entry_stored(f->base), &f->answer, &updated, f->arena))
		return u;
	meta_read(&k->meta, &updated, &f->head, f->sent_ms, f->received_ms, f->arena);
	fetch_read_vary(f, &updated, k);
	verdict = storable_judge_update(&k->meta, &f->head, &updated, f->policy, f->received_ms);
	if (verdict.why != UNSTORABLE_NOT && verdict.remember)
		store_invalidate(fetch_store(f), &f->key, fetch_wall_ms(f));
	u.kept = verdict.why == UNSTORABLE_NOT && !flight_is_doomed(f->flight);
	u.shareable = u.kept && verdict.shareable;
	d = fetch_draft(f, &updated, k);
	u.head = fetch_pack(&d);
	return u;
}

static struct new_entry
updated_entry(struct fetch *f, const struct update *u)
{
	return (struct new_entry){
		.key = &f->key,
		.head = u->head,
		.policy = f->policy,
		.length = entry_length(f->base),
		.hits = entry_hits(f->base),
		.replaces = f->base,
		.keep_body = true,
	};
}

/* Into the stored one's place. NULL where it may not, or there is no room. */
static struct entry *
put(struct fetch *f, const struct update *u)
{
	struct new_entry n;
	struct entry *e = NULL;

	if (!u->kept || u->head == NULL)
		return NULL;
	n = updated_entry(f, u);
	if (store_put(fetch_store(f), &n, fetch_wall_ms(f), &e) != STORE_PUT_OK)
		return NULL;
	fetch_take_back_if_doomed(f);
	return e;
}

/* For the one who asked alone: what the origin says now, which may be that nobody else may have it. */
static struct entry *
set_aside(struct fetch *f, const struct update *u)
{
	struct new_entry n;

	if (u->head == NULL)
		return NULL;
	n = updated_entry(f, u);
	return store_set_aside(fetch_store(f), &n);
}

enum fetch_step
fetch_refreshed(struct fetch *f)
{
	struct keeping k = { 0 };
	struct update u;
	struct entry *e;

	fetch_read_trail(f, &k);
	u = make_update(f, &k);
	e = put(f, &u);
	if (e == NULL) {
		u.shareable = false;
		e = set_aside(f, &u);
	}
	if (e == NULL) { /* no room for the new head: the old copy was validated all the same */
		e = f->base;
		entry_pin(e);
	}
	free(u.head);
	fetch_let_go(f, f->in_pos == f->in_n && !head_has_token(&f->answer, HDR_CONNECTION, STR("close")));
	flight_refreshed(&f->flight, e, u.shareable, k.miss_from, f->whom);
	return FETCH_END;
}

/* What a HEAD says of a stored GET: the same, and its fields are newer; or something else, and the copy is no good
 * (RFC 9111 4.3.5). */
void
fetch_update_by_head(struct fetch *f, const struct keeping *k)
{
	struct keeping kept = *k;
	struct update u;
	struct entry *e;

	if (f->base == NULL || f->answer.status != 200)
		return;
	if (stored_contradicts(entry_stored(f->base), entry_length(f->base), &f->answer)) {
		store_invalidate(fetch_store(f), &f->key, fetch_wall_ms(f));
		return;
	}
	u = make_update(f, &kept);
	e = put(f, &u);
	entry_unpin(&e);
	free(u.head);
}
