/* What to make of an upstream's answer: a refreshed entry, a response to store, one to pass on. */
#include "base/clock.h"
#include "http/fields.h"
#include "http/status.h"
#include "proxy/fetch_impl.h"
#include "proxy/trailers.h"

static bool
is_unsafe(const struct fetch *f)
{
	return !method_is_safe(f->head.method);
}

/* --- 304 --- */

/* A 304 that speaks of something else than what is stored (RFC 9111 4.3.4): once more, without conditions. */
static enum fetch_step
ask_plainly(struct fetch *f)
{
	entry_unpin(&f->base);
	f->decision.action = ACT_FETCH;
	f->error = PROXY_ERROR_HTTP_PROTOCOL_ERROR;
	f->fwd_status = 0; /* it was no answer */
	f->in_pos = f->in_n = 0;
	f->out_done = 0;
	fetch_let_go(f, false);
	return FETCH_CONNECT;
}

/* --- all other answers --- */

/* The length that the head tells: of the body, or of the one that a HEAD or a 304 leaves out. */
static uint64_t
told_length(const struct fetch *f)
{
	uint64_t n;

	if (f->frame.framing == FRAMING_LENGTH)
		return f->frame.length;
	if (f->frame.framing != FRAMING_NONE)
		return RANGE_UNKNOWN;
	if (f->head.method != METHOD_HEAD && f->answer.status != 304)
		return 0;
	return str_u64(head_get(&f->answer, HDR_CONTENT_LENGTH), &n) ? n : RANGE_UNKNOWN;
}

/* Where the bytes of a 206 belong. */
static void
place(struct fetch *f, struct resp *r)
{
	struct content_range cr;

	r->length = told_length(f);
	r->complete = r->length;
	if (f->answer.status != 206)
		return;
	r->complete = RANGE_UNKNOWN;
	if (content_range_parse(head_get(&f->answer, HDR_CONTENT_RANGE), &cr) && !cr.unsatisfied) {
		r->first = cr.first;
		r->complete = cr.complete;
		if (r->length != RANGE_UNKNOWN && r->length != cr.last - cr.first + 1)
			r->complete = cr.first + r->length; /* a lone part: what came is counted, not what was said */
	}
}

/* Is it marked so already, for a good part of the time? Then that need not be written again with each answer. */
static bool
is_marked(const struct fetch *f, enum unstorable why)
{
	return f->uncacheable_why == why &&
	       (int64_t)f->uncacheable_s * MS_PER_S >= f->route->cache.remember_uncacheable / 2;
}

static enum unstorable
judge_storing(struct fetch *f, const struct keeping *k, bool *shareable)
{
	struct storable s;

	*shareable = false;
	if (f->head.method == METHOD_HEAD || f->answer.status == 304)
		return UNSTORABLE_METHOD;
	if (!f->may_store && (f->bypassed || !(k->meta.flags & META_FROM_POST)))
		return f->decision.action == ACT_BYPASS ? UNSTORABLE_POLICY : UNSTORABLE_METHOD;
	if (flight_is_doomed(f->flight))
		return UNSTORABLE_DOOMED;
	s = storable_judge(&k->meta, &f->head, &f->answer, f->policy, f->received_ms);
	*shareable = s.shareable;
	if (s.why != UNSTORABLE_NOT && s.remember && f->may_store && f->route != NULL && !is_marked(f, s.why) &&
	    !fetch_passes_token(f))
		store_mark_uncacheable(fetch_store(f), &f->key, (uint8_t)s.why, fetch_wall_ms(f),
				       f->route->cache.remember_uncacheable);
	if (s.why == UNSTORABLE_NOT && told_length(f) != RANGE_UNKNOWN &&
	    told_length(f) > store_max_object(fetch_store(f)))
		return UNSTORABLE_TOO_LARGE;
	return s.why;
}

static void
give_up_storing(struct fetch *f, struct resp *r, enum unstorable why)
{
	f->unstorable = why;
	r->unstorable = (uint8_t)why;
	r->stored = false;
}

static bool
make_body(struct fetch *f, struct resp *r)
{
	uint64_t hint = r->length == RANGE_UNKNOWN ? 0 : r->length;

	if (f->frame.framing == FRAMING_NONE) {
		r->no_body = f->head.method == METHOD_HEAD || status_bodiless(f->answer.status);
		return true;
	}
	if (f->frame.framing == FRAMING_LENGTH && r->length <= SEGS_SMALL)
		r->body = segs_new_small(r->length);
	if (r->body == NULL && r->stored) {
		r->body = segs_new_stored(store_slots(fetch_store(f)), hint);
		if (r->body == NULL && store_make_room(fetch_store(f), SLOT_MAX, fetch_wall_ms(f)))
			r->body = segs_new_stored(store_slots(fetch_store(f)), hint);
		if (r->body == NULL)
			give_up_storing(f, r, UNSTORABLE_FULL);
	}
	if (r->body == NULL)
		r->body = segs_new_window(f->conf->store.window);
	return r->body != NULL;
}

static const struct stored *
head_to_store(const struct fetch *f)
{
	return f->to_store != NULL ? f->to_store : f->resp->head;
}

static struct stored *
pack_into(struct resp *r, const struct draft *d)
{
	size_t most = stored_most(d);
	struct stored *s = mem_room_get(&r->room, most);

	if (s != NULL)
		mem_room_trim(&r->room, s, stored_pack(d, s, most));
	return s;
}

/* The head as the first client gets it; and where that differs from what others may have, the one to store. */
static bool
make_heads(struct fetch *f, const struct keeping *k, struct resp *r)
{
	struct draft d = fetch_draft(f, &f->answer, k);
	bool holds_back = stored_holds_back(&d);

	if (holds_back && stored_is_personal(&d))
		r->shareable = false;
	if (holds_back && r->stored) {
		f->to_store = fetch_pack(&d);
		r->stored = f->to_store != NULL;
	}
	d.relay = true;
	d.passing = holds_back || !r->stored;
	r->head = pack_into(r, &d);
	if (r->head != NULL && r->stored && !store_takes_head(head_to_store(f)))
		give_up_storing(f, r, UNSTORABLE_TOO_LARGE);
	return r->head != NULL;
}

/* Texts that go with it. */
static void
keep_texts(struct fetch *f, const struct keeping *k, struct resp *r)
{
	r->meta = k->meta;
	if (k->miss_from.p != f->conf->trail.node.name.p)
		r->miss_from = mem_room_str(&r->room, k->miss_from);
	r->server_timing = mem_room_str(&r->room, k->server_timing);
	if (f->frame.framing == FRAMING_CHUNKED)
		r->announced = mem_room_str(&r->room, head_joined(&f->answer, HDR_TRAILER, f->arena));
}

enum fetch_step
fetch_judge(struct fetch *f)
{
	struct keeping k; /* all of it is read below */
	struct resp *r;
	bool shareable;

	if (f->answer.status == 304 && fetch_asks_anew(f)) {
		if (stored_is_meant(entry_stored(f->base), &f->answer))
			return fetch_refreshed(f);
		return ask_plainly(f);
	}
	f->left = f->frame.length;
	if (is_unsafe(f))
		fetch_invalidate(f);
	meta_read(&k.meta, &f->answer, &f->head, f->sent_ms, f->received_ms, f->arena);
	fetch_read_trail(f, &k);
	fetch_read_vary(f, &f->answer, &k);
	if (f->head.method == METHOD_HEAD)
		fetch_update_by_head(f, &k);
	f->unstorable = judge_storing(f, &k, &shareable);
	r = f->resp = resp_new();
	if (r == NULL)
		return fetch_failed(f, PROXY_ERROR_PROXY_INTERNAL_ERROR);
	place(f, r);
	r->stored = f->unstorable == UNSTORABLE_NOT;
	r->shareable = shareable;
	r->unstorable = (uint8_t)f->unstorable;
	keep_texts(f, &k, r);
	if (!make_heads(f, &k, r) || !make_body(f, r) || arena_failed(f->arena))
		return fetch_failed(f, PROXY_ERROR_PROXY_INTERNAL_ERROR);
	flight_head(f->flight, resp_ref(r), f->fwd_status, f->whom);
	return r->body == NULL ? FETCH_FINISH : FETCH_BODY;
}

/* --- the end of the body --- */

static void
put(struct fetch *f)
{
	struct resp *r = f->resp;
	struct new_entry n = { .key = &f->key,
			       .head = head_to_store(f),
			       .meta = &r->meta,
			       .policy = f->policy,
			       .length = r->complete,
			       .unmarks = true };

	if (r->length == RANGE_UNKNOWN && f->answer.status != 206)
		n.length = f->got;
	if (r->body != NULL) {
		n.extents[0] = (struct extent){ r->first, segs_ref(r->body) };
		n.count = 1;
	}
	if (f->base != NULL && f->decision.fill && f->answer.status == 206 &&
	    entry_takes_part(f->base, head_get(&f->answer, HDR_ETAG), r->complete)) {
		n.length = entry_length(f->base);
		n.replaces = f->base;
		n.keep_body = true;
		n.hits = entry_hits(f->base);
	}
	store_put(fetch_store(f), &n, fetch_wall_ms(f), NULL);
}

static bool
connection_lasts(const struct fetch *f)
{
	return !f->eof && f->frame.framing != FRAMING_CLOSE && f->in_pos == f->in_n &&
	       (f->request_frame.framing == FRAMING_NONE || (f->upload_ended && f->upload_n == 0)) &&
	       f->answer.minor == 1 && !head_has_token(&f->answer, HDR_CONNECTION, STR("close"));
}

static void
keep_trailers(struct fetch *f)
{
	if (f->trailers.n > 0)
		f->resp->trailers = mem_room_str(&f->resp->room, trailers_kept(&f->trailers, &f->conf->limits, f->arena));
}

enum fetch_step
fetch_finish(struct fetch *f)
{
	keep_trailers(f); /* before the end is told: readers look at them then */
	if (f->resp->body != NULL)
		segs_end(f->resp->body, SEGS_WHOLE);
	if (f->resp->stored && !flight_is_doomed(f->flight)) {
		put(f);
		fetch_take_back_if_doomed(f);
	}
	fetch_let_go(f, connection_lasts(f));
	flight_done(&f->flight);
	return FETCH_END;
}
