/* The head of a reply: the lines of what is delivered, as this reader may see them, and those of this response alone.
 */
#include "http/writer.h"
#include "proxy/edit.h"
#include "proxy/plates.h"
#include "proxy/reply_impl.h"

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

struct str
reply_lines(struct req *r, const struct source *s)
{
	const struct conf_edit *edit = r->route == NULL ? NULL : &r->route->response;
	struct str lines = stored_lines(s->stored);

	if (r->status == 304 && s->status != 304)
		lines = lines_of_304(r, s->stored);
	if (s->fills)
		lines = lines_without(r, lines, HDR_CONTENT_RANGE);
	if (!s->plain) /* names of tiers, shown as this reader may see them */
		lines = lines_without(r, lines_without(r, lines, HDR_VIA), HDR_PROXY_STATUS);
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
plate_for(const struct req *r, const struct source *s, bool age)
{
	if (!s->plain || r->audience.extras || r->conf != worker_conf(r->worker) || (!r->verdict.hit && is_told(r)))
		return NULL;
	return plates_get(r->worker->plates, r->conf, session_listener(r->session), &r->audience, &r->verdict, age);
}

/* Age, the trail, Via. */
static void
write_words(struct req *r, const struct source *s, struct strbuf *b)
{
	bool age = has_age(r, s);
	const struct plate *plate = plate_for(r, s, age);

	if (plate != NULL) {
		plate_write(b, plate, &r->verdict, age ? fresh_age_s(s->meta, r->now.wall_ms) : 0);
		return;
	}
	if (age)
		write_age(r, s, b);
	req_write_trail(r, b, s->stored);
	write_via(r, s, b);
}

void
reply_write_extra(struct req *r, const struct source *s, struct strbuf *b)
{
	write_words(r, s, b);
	if (tells_more(r))
		strbuf_lit(b, "Cache-Control: no-store\r\n");
	if (r->route != NULL && edit_any(&r->route->response))
		edit_write(&r->route->response, b);
}
