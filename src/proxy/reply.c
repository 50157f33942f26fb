/* What is replied: which bytes, under which status, with which head. The body itself is deliver.c's. */
#include "base/must.h"
#include "http/status.h"
#include "http/writer.h"
#include "proxy/held.h"
#include "proxy/plates.h"
#include "proxy/reply_impl.h"

/* --- what is delivered --- */

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
		s->plain = plates_suit(s->stored, s->meta);
		return;
	}
	s->stored = resp->head;
	s->meta = &resp->meta;
	s->plain = plates_suit(s->stored, s->meta);
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

static void
add_text(struct req *r, struct str text)
{
	MUST(r->piece_count < PIECES_MAX);
	r->pieces[r->piece_count++] = (struct piece){ .from = PIECE_TEXT, .text = text };
}

/* Positions in the body that arrives. A small one, once it is there, is no more than a text. */
static void
add_response(struct req *r, uint64_t first, uint64_t last)
{
	struct segs *body = r->resp->body;
	const char *bytes = segs_state(body) == SEGS_WHOLE ? segs_small(body) : NULL;
	struct str text;

	if (bytes == NULL) {
		add_piece(r, PIECE_RESP, first, last);
		return;
	}
	text = str_of(bytes, (size_t)segs_length(body));
	if (last < text.n)
		text = str_head(text, (size_t)last + 1);
	add_text(r, str_skip(text, (size_t)first));
}

/* Bytes first to last, from what is stored with what arrives in its gap, or from one of the two. */
static void
plan_bytes(struct req *r, uint64_t first, uint64_t last)
{
	uint64_t from = r->decision.gap_first, to = r->decision.gap_last;

	if (r->resp == NULL) {
		add_piece(r, PIECE_ENTRY, first, last);
	} else if (!req_fills(r)) {
		add_response(r, first, last);
	} else {
		if (first < from)
			add_piece(r, PIECE_ENTRY, first, from - 1);
		add_response(r, from - r->resp->first, to - r->resp->first);
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
	if (!r->has_range || s->length == RANGE_UNKNOWN || s->length == 0 || s->status != 200 || !get)
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
	if (!r->has_range || r->entry == NULL || r->resp != NULL || entry_length(r->entry) != RANGE_UNKNOWN)
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
		add_response(r, 0, RANGE_UNKNOWN);
	else
		plan_bytes(r, 0, s->length - 1);
}

/* --- the reply --- */

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
	reply->lines = reply_lines(r, &s);
	reply_write_extra(r, &s, &extra);
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
	r->piece_count = 0;
	add_text(r, r->refusal.text);
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
