/* What is replied: which bytes, under which status, with which head. The body itself is deliver.c's. */
#include "base/must.h"
#include "http/status.h"
#include "http/writer.h"
#include "proxy/edit.h"
#include "proxy/held.h"
#include "proxy/plates.h"
#include "proxy/req_impl.h"

/* --- what is delivered --- */

struct source {
	const struct stored *stored;
	const struct meta *meta;
	int status;      /* a part that is delivered from the store, or with it, is one of a whole: 200 */
	uint64_t length; /* of the whole representation; RANGE_UNKNOWN */
	bool fills;      /* what arrives is put together with what is stored */
	bool no_body;
};

/* Is the body whole by now? With trailers behind it, it has to be sent in chunks all the same. */
static bool
arrived_plain(const struct req *r)
{
	const struct resp *resp = r->resp;

	return resp->body != NULL && segs_state(resp->body) == SEGS_WHOLE &&
	       (resp->trailers.n == 0 || r->head.minor == 0);
}

static void
find_source(struct req *r, struct source *s)
{
	const struct resp *resp = r->resp;

	if (resp == NULL) {
		s->stored = entry_stored(r->entry);
		s->meta = &r->meta;
		s->status = r->meta.status == 206 ? 200 : r->meta.status;
		s->length = entry_length(r->entry);
		s->fills = s->no_body = false;
		return;
	}
	s->stored = resp->head;
	s->meta = &resp->meta;
	s->fills = req_fills(r);
	s->status = s->fills ? 200 : s->meta->status;
	s->no_body = resp->no_body || resp->body == NULL;
	s->length = s->fills ? entry_length(r->entry) : resp->length;
	if (s->length == RANGE_UNKNOWN && arrived_plain(r))
		s->length = segs_length(resp->body);
}

static void
add_piece(struct req *r, int from, uint64_t first, uint64_t last)
{
	MUST(r->piece_count < PIECES_MAX);
	r->pieces[r->piece_count++] = (struct piece){ .from = from, .first = first, .last = last };
}

/* Bytes first to last, from what is stored with what arrives in its gap, or from one of the two. */
static void
plan_bytes(struct req *r, uint64_t first, uint64_t last)
{
	uint64_t from = r->decision.gap_first, to = r->decision.gap_last;

	if (r->resp == NULL) {
		add_piece(r, PIECE_ENTRY, first, last);
	} else if (!req_fills(r)) {
		add_piece(r, PIECE_RESP, first, last);
	} else {
		if (first < from)
			add_piece(r, PIECE_ENTRY, first, from - 1);
		add_piece(r, PIECE_RESP, from - r->resp->first, to - r->resp->first);
		if (to < last)
			add_piece(r, PIECE_ENTRY, to + 1, last);
	}
}

/* Does it bring all that the gap lacks? A server may send a part of what it was asked for (RFC 9110 15.3.7). */
static bool
brings_gap(const struct resp *resp, const struct decision *d)
{
	struct content_range cr;

	if (!content_range_parse(stored_field(resp->head, HDR_CONTENT_RANGE), &cr) || cr.unsatisfied)
		return false;
	if (resp->length != RANGE_UNKNOWN && resp->length != cr.last - cr.first + 1)
		return false;
	return cr.first == d->gap_first && cr.last >= d->gap_last;
}

/* Does the arriving response fill a gap of the stored one? (RFC 9110 15.3.7.3) */
bool
req_fills(const struct req *r)
{
	if (!r->decision.fill || r->resp == NULL || r->entry == NULL)
		return false;
	return r->resp->meta.status == 206 && brings_gap(r->resp, &r->decision) &&
	       entry_takes_part(r->entry, stored_field(r->resp->head, HDR_ETAG), r->resp->complete);
}

/* Has the client what would be sent? */
static bool
has_it_already(const struct req *r, const struct source *s)
{
	struct cond_entry ce;

	if (s->status != 200 || !method_looks_up(r->head.method) || !cond_has_any(&r->head))
		return false;
	held_cond_entry(s->stored, s->meta, &ce);
	return cond_not_modified(&r->head, &ce);
}

/* The request's range, against what would be sent. Sets the status, and which bytes go. */
static void
apply_range(struct req *r, struct source *s, struct reply *reply, struct strbuf *extra)
{
	struct cond_entry ce;
	struct range_run run;
	bool get = r->head.method == METHOD_GET;

	r->status = s->status;
	if (s->length == RANGE_UNKNOWN || s->length == 0 || s->status != 200 || !get || !r->has_range)
		return;
	held_cond_entry(s->stored, s->meta, &ce);
	if (!cond_if_range(&r->head, &ce))
		return;
	if (!range_resolve(r->range, s->length, &run)) {
		r->status = 416;
		strbuf_printf(extra, "Content-Range: bytes */%llu\r\n", (unsigned long long)s->length);
		return;
	}
	r->status = 206;
	reply->length = run.last - run.first + 1;
	strbuf_printf(extra, "Content-Range: bytes %llu-%llu/%llu\r\n", (unsigned long long)run.first,
		      (unsigned long long)run.last, (unsigned long long)s->length);
	plan_bytes(r, run.first, run.last);
}

/* A stored range whose whole length nobody told: served as it was asked, "*" for the length. */
static bool
apply_unknown_whole(struct req *r, struct reply *reply, struct strbuf *extra)
{
	if (r->entry == NULL || r->resp != NULL || entry_length(r->entry) != RANGE_UNKNOWN || !r->has_range)
		return false;
	r->status = 206;
	reply->length = r->range.last - r->range.first + 1;
	strbuf_printf(extra, "Content-Range: bytes %llu-%llu/*\r\n", (unsigned long long)r->range.first,
		      (unsigned long long)r->range.last);
	plan_bytes(r, r->range.first, r->range.last);
	return true;
}

static void
plan_whole(struct req *r, const struct source *s, struct reply *reply)
{
	reply->length = s->length;
	if (s->no_body && r->resp != NULL) {
		reply->bodiless = r->resp->no_body;
		reply->no_length = status_bodiless(r->status) || s->length == RANGE_UNKNOWN;
		return;
	}
	reply->no_length = status_bodiless(s->status); /* RFC 9110 8.6 */
	if (s->length == 0)
		return;
	if (r->resp != NULL && !s->fills)
		add_piece(r, PIECE_RESP, 0, RANGE_UNKNOWN);
	else
		plan_bytes(r, 0, s->length - 1);
}

/* --- its head --- */

/* Field lines of a 304 (RFC 9110 15.4.5): what a cache would update, and nothing that describes a body. */
static struct str
lines_of_304(struct req *r, const struct stored *s)
{
	struct strbuf b = strbuf_in(r->arena, 512);
	struct head h;

	if (!stored_head(s, &h, r->arena))
		return STR_NONE;
	for (uint32_t i = 0; i < h.count; i++) {
		const struct field *f = &h.fields[i];

		if (!(hdr_flags(f->id) & HDR_KEEP) && f->id != HDR_CONTENT_TYPE)
			write_field(&b, field_name(f), field_value(f));
	}
	return strbuf_str(&b);
}

static struct str
lines_without(struct req *r, struct str lines, enum hdr id)
{
	struct str name = hdr_name(id);
	struct conf_edit drop = { .remove = { &name, 1 } };

	return edit_lines(&drop, lines, r->arena);
}

/* Does it tell more than others may know? Our own nodes see to that themselves, and store it without the extras. */
static bool
tells_more(const struct req *r)
{
	return r->audience.extras && !r->audience.tier;
}

static struct str
choose_lines(struct req *r, const struct source *s)
{
	const struct conf_edit *edit = r->route == NULL ? NULL : &r->route->response;
	struct str lines = stored_lines(s->stored);

	if (r->status == 304 && s->status != 304)
		lines = lines_of_304(r, s->stored);
	if (s->fills)
		lines = lines_without(r, lines, HDR_CONTENT_RANGE);
	if (stored_field(s->stored, HDR_VIA).p != NULL) /* names of tiers, shown as this reader may see them */
		lines = lines_without(r, lines, HDR_VIA);
	if (stored_field(s->stored, HDR_PROXY_STATUS).p != NULL)
		lines = lines_without(r, lines, HDR_PROXY_STATUS);
	if (tells_more(r)) /* no-store takes the place of what it said */
		lines = lines_without(r, lines_without(r, lines, HDR_CACHE_CONTROL), HDR_CDN_CACHE_CONTROL);
	if (edit != NULL && edit_any(edit))
		lines = edit_lines(edit, lines, r->arena);
	return lines;
}

/* Upstream's own answer, just made, has none. */
static bool
has_age(const struct req *r, const struct source *s)
{
	return r->resp == NULL || !r->leads || s->meta->age != 0;
}

static void
write_age(struct req *r, const struct source *s, struct strbuf *b)
{
	if (!has_age(r, s))
		return;
	strbuf_lit(b, "Age: ");
	strbuf_u64(b, fresh_age_s(s->meta, r->now.wall_ms));
	strbuf_lit(b, "\r\n");
}

/* All lines of it, joined. */
static struct str
stored_joined(struct req *r, const struct stored *s, enum hdr id)
{
	struct head h;

	if (s == NULL || stored_field(s, id).p == NULL || !stored_head(s, &h, r->arena))
		return STR_NONE;
	return head_joined(&h, id, r->arena);
}

void
req_write_via(const struct req *r, struct strbuf *b, int minor, struct str received)
{
	const struct trail_node *node = &r->conf->trail.node;

	if (conf_adds_via(r->conf, r->listener))
		trail_via_response(b, node, &r->audience, minor, received);
	else if (received.n > 0)
		trail_via_relayed(b, node, &r->audience, received);
}

static void
write_via(struct req *r, const struct source *s, struct strbuf *b)
{
	int minor = s->meta->flags & META_HTTP_1_0 ? 0 : 1;

	req_write_via(r, b, minor, stored_joined(r, s->stored, HDR_VIA));
}

/* Given when first asked for: most records go unnamed until they are written. */
static struct str
record_id(struct req *r)
{
	if (r->id == 0)
		r->id = worker_record_id(r->worker);
	return arena_printf(r->arena, "%llu", (unsigned long long)r->id);
}

struct str
req_failure(const struct req *r)
{
	switch (r->verdict.error) {
	case PROXY_ERROR_TLS_CERTIFICATE_ERROR:
	case PROXY_ERROR_TLS_PROTOCOL_ERROR:
	case PROXY_ERROR_TLS_ALERT_RECEIVED:
		return r->audience.names == NAMES_PLAIN ? r->details : STR_NONE;
	default:
		return STR_NONE;
	}
}

/* For those who are told more: in which group nobody could be reached, or answered. */
static struct str
failed_in(struct req *r)
{
	struct str words = req_failure(r);

	if (!r->audience.extras || r->verdict.error == PROXY_ERROR_NONE ||
	    (r->verdict.reason != REASON_UPSTREAM_FAILED && r->verdict.reason != REASON_UPSTREAM_ERROR))
		return words;
	return arena_printf(r->arena, "upstream %.*s%s%.*s", STR_FMT(r->upstream_group), words.n > 0 ? ": " : "",
			    STR_FMT(words));
}

/* What upstream says went wrong in this exchange; of an earlier one it is not said again. */
static struct str
upstream_failure(struct req *r, const struct stored *s)
{
	return r->verdict.hit || r->verdict.replayed ? STR_NONE : stored_joined(r, s, HDR_PROXY_STATUS);
}

void
req_write_trail(struct req *r, struct strbuf *b, const struct stored *s)
{
	const struct trail_node *node = &r->conf->trail.node;
	bool told = r->told != NULL && !r->verdict.hit && !r->verdict.replayed;
	const struct chain *chain = told ? r->told : s == NULL ? NULL : chain_unpack(stored_chain(s), r->arena);
	struct trail_extra x = {
		.port = worker_shown_port(r->conf, session_listener(r->session)),
		.miss_from = !r->verdict.hit && r->verdict.asked ? r->miss_from : STR_NONE,
		.key = r->key.text,
		.duration_us = (r->now.mono_ns - r->begun_ns) / 1000,
		.upstream_server_timing = r->resp == NULL ? STR_NONE : r->resp->server_timing,
		.record_id = r->audience.extras ? record_id(r) : STR_NONE,
		.next_hop = r->verdict.asked ? r->upstream_member : STR_NONE,
		.proxy_status_details = failed_in(r),
		.upstream_proxy_status = upstream_failure(r, s),
	};

	if (!r->verdict.hit && r->verdict.asked && x.miss_from.n == 0)
		x.miss_from = node->name;
	trail_write(b, node, &r->audience, &r->verdict, chain, &x);
}

/* Has somebody upstream said in this exchange what would have to be told again? */
static bool
is_told(const struct req *r)
{
	return r->told != NULL || (r->resp != NULL && r->resp->server_timing.n > 0) ||
	       (r->miss_from.n > 0 && !str_eq(r->miss_from, r->conf->trail.node.name));
}

/* What write_words writes, but for its numbers. NULL: it is not so plain. */
static const struct plate *
plate_for(const struct req *r, const struct source *s)
{
	if (r->audience.extras || r->conf != worker_conf(r->worker) || !plates_suit(s->stored, s->meta) ||
	    (!r->verdict.hit && is_told(r)))
		return NULL;
	return plates_get(r->worker->plates, r->conf, session_listener(r->session), &r->audience, &r->verdict,
			  has_age(r, s));
}

/* Age, the trail, Via. */
static void
write_words(struct req *r, const struct source *s, struct strbuf *b)
{
	const struct plate *plate = plate_for(r, s);

	if (plate != NULL) {
		plate_write(b, plate, &r->verdict, fresh_age_s(s->meta, r->now.wall_ms));
		return;
	}
	write_age(r, s, b);
	req_write_trail(r, b, s->stored);
	write_via(r, s, b);
}

static void
write_extra(struct req *r, struct source *s, struct strbuf *b)
{
	write_words(r, s, b);
	if (tells_more(r))
		strbuf_lit(b, "Cache-Control: no-store\r\n");
	if (r->route != NULL && edit_any(&r->route->response))
		edit_write(&r->route->response, b);
}

static void
prepare(struct req *r, struct reply *reply, char room[REPLY_EXTRA])
{
	struct strbuf extra = strbuf_over(room, REPLY_EXTRA, r->arena);
	struct source s;

	find_source(r, &s);
	reply->length = REPLY_UNKNOWN;
	r->piece_count = r->piece = 0;
	if (has_it_already(r, &s))
		r->status = 304;
	else if (!apply_unknown_whole(r, reply, &extra))
		apply_range(r, &s, reply, &extra);
	if (r->status == 304 || r->status == 416) {
		reply->bodiless = r->status == 304;
		reply->no_length = r->status == 304;
		if (s.status != r->status || s.no_body)
			reply->length = 0;
		else
			plan_whole(r, &s, reply);
	} else if (r->piece_count == 0) {
		plan_whole(r, &s, reply);
	}
	reply->status = r->status;
	reply->lines = choose_lines(r, &s);
	write_extra(r, &s, &extra);
	if (r->resp != NULL && r->resp->announced.n > 0 && reply->length == REPLY_UNKNOWN)
		write_field_id(&extra, HDR_TRAILER, r->resp->announced);
	reply->extra = strbuf_str(&extra);
	if (r->conf->logged)
		r->content_type = arena_str(r->arena, stored_field(s.stored, HDR_CONTENT_TYPE));
	if (r->head.method == METHOD_HEAD)
		reply->bodiless = true;
	if (reply->bodiless)
		r->piece_count = 0;
}

static void
prepare_refusal(struct req *r, struct reply *reply)
{
	r->status = r->refusal.status;
	reply->status = r->status;
	reply->length = r->refusal.text.n + r->refusal.more.n;
	reply->no_length = status_bodiless(r->status);
	reply->extra = r->refusal.extra;
	reply->bodiless = r->head.method == METHOD_HEAD;
	r->piece_count = 1;
	r->pieces[0] = (struct piece){ .from = PIECE_TEXT, .text = r->refusal.text };
	if (r->refusal.more.n > 0)
		r->pieces[r->piece_count++] =
		    (struct piece){ .from = PIECE_TEXT, .text = r->refusal.more, .pace_ms = r->refusal.pace_ms };
	if (reply->bodiless || r->refusal.text.n == 0)
		r->piece_count = 0;
}

void
req_prepare_reply(struct req *r, struct reply *reply, char room[REPLY_EXTRA])
{
	*reply = (struct reply){ 0 };
	if (r->refusal.status != 0)
		prepare_refusal(r, reply);
	else
		prepare(r, reply, room);
	if (r->worker->draining || r->refusal.close || !session_body_whole(r->session))
		r->keep = false;
	reply->close = !r->keep;
	r->body_due = reply->bodiless || reply->no_length || reply->length == REPLY_UNKNOWN ? 0 : reply->length;
}
