/* The head of the request that goes upstream: what of the client's is passed on, what is replaced, what is added. */
#include "http/fields.h"
#include "http/writer.h"
#include "proxy/edit.h"
#include "proxy/fetch_impl.h"

static bool
is_parent(const struct fetch *f)
{
	return f->group->kind == GROUP_PARENT;
}

/* Is it one that we speak to as to a proxy? */
static bool
is_cache(const struct fetch *f)
{
	return f->group->kind != GROUP_ORIGIN;
}

static struct str
host_for(const struct fetch *f)
{
	struct str how = fetch_is_direct(f) ? STR("client") : f->to->host;

	if (is_cache(f) || str_is(how, "client"))
		return f->host;
	return str_is(how, "member") ? f->member->authority : how;
}

/* A cache gets the target as a proxy does (RFC 9112 3.2.2), with the client's host: so both tiers have one key. Nor is
 * it asked to use TLS where the client did: of that X-Forwarded-Proto tells it. The asterisk is for the last in the row
 * to write, who asks the origin; before that it is a host without a path (RFC 9112 3.2.4). */
static char *
put_target(char *p, const struct fetch *f)
{
	bool tunnel = f->head.method == METHOD_CONNECT; /* RFC 9112 3.2.3 */

	if (is_cache(f) && !tunnel)
		p = str_put_lit(p, "http://");
	if (is_cache(f) || tunnel)
		p = str_put(p, f->host);
	if (!tunnel && (!is_cache(f) || !str_is(f->target, "*")))
		p = str_put(p, f->target);
	return p;
}

/* The request line, and Host. */
static void
write_start(struct fetch *f, struct strbuf *b)
{
	struct str method = f->head.method_text, host = host_for(f);
	char *p =
	    strbuf_room(b, method.n + f->host.n + f->target.n + host.n + sizeof " http:// HTTP/1.1\r\nHost: \r\n");

	if (p == NULL)
		return;
	p = str_put_lit(str_put(p, method), " ");
	p = str_put_lit(put_target(p, f), " HTTP/1.1\r\nHost: ");
	strbuf_took(b, str_put_lit(str_put(p, host), "\r\n"));
}

static bool
is_condition(uint16_t id)
{
	return id == HDR_IF_MATCH || id == HDR_IF_NONE_MATCH || id == HDR_IF_MODIFIED_SINCE ||
	       id == HDR_IF_UNMODIFIED_SINCE || id == HDR_IF_RANGE;
}

/* What the route writes anew; NULL: nothing. */
static const struct conf_edit *
edit_of(const struct fetch *f)
{
	return f->route != NULL && edit_any(&f->route->request) ? &f->route->request : NULL;
}

bool
fetch_replaces(const struct conf_edit *edit, struct str name)
{
	return edit != NULL && edit_replaces(edit, name);
}

/* CGI and its heirs make one variable of X-Forwarded-Host and X_Forwarded_Host: spelled so, it is the same claim. */
static uint16_t
claimed(const struct field *f)
{
	char name[32];

	if (f->id != HDR_OTHER || f->name_n > sizeof name || str_chr(field_name(f), '_') < 0)
		return f->id;
	for (size_t i = 0; i < f->name_n; i++)
		name[i] = f->name[i] == '_' ? '-' : f->name[i];
	return (uint16_t)hdr_id(str_of(name, f->name_n));
}

/* To a parent that is to tell more, and may make its answer no-store for that alone. */
bool
fetch_passes_token(const struct fetch *f)
{
	struct str token = f->conf->trail.token;

	return is_parent(f) && token.n > 0 && str_eq(head_get(&f->head, HDR_CAIRN_TRACE), token);
}

static bool
passes(const struct fetch *f, const struct field *field)
{
	bool own_condition = fetch_asks_anew(f) || fetch_wants_part(f) || f->may_store;

	switch (field->id) {
	case HDR_HOST:
	case HDR_CONTENT_LENGTH:
	case HDR_VIA:
	case HDR_CDN_LOOP:
	case HDR_MAX_FORWARDS:
	case HDR_X_FORWARDED_FOR:
		return false; /* written by ourselves */
	case HDR_CACHE_CONTROL:
		return !fetch_asks_sibling(f); /* else with a directive of ours */
	case HDR_CAIRN_TRACE:
		return fetch_passes_token(f);
	case HDR_EXPECT:
		return f->request_frame.framing != FRAMING_NONE;
	case HDR_RANGE:
		return !own_condition;
	default:
		break;
	}
	if (is_condition(field->id))
		return !fetch_asks_anew(f) && !fetch_wants_part(f);
	return fetch_believes(f, claimed(field)) && !field_is_hop(&f->head, field);
}

static void
write_conditions(struct fetch *f, struct strbuf *b)
{
	const struct stored *s = f->base == NULL ? NULL : entry_stored(f->base);
	struct str etag = s == NULL ? STR_NONE : stored_field(s, HDR_ETAG);
	struct str modified = s == NULL ? STR_NONE : stored_field(s, HDR_LAST_MODIFIED);

	if (fetch_asks_anew(f)) {
		if (etag.n > 0)
			write_field_id(b, HDR_IF_NONE_MATCH, etag);
		if (modified.n > 0)
			write_field_id(b, HDR_IF_MODIFIED_SINCE, modified);
		else if (etag.n == 0)
			write_date(b, HDR_IF_MODIFIED_SINCE, f->base_meta.date); /* RFC 9111 4.3.1 */
	} else if (f->decision.fill && etag.n > 0) {
		write_field_id(b, HDR_IF_RANGE, etag);
	} else if (f->rest.validator.n > 0) {
		write_field_id(b, HDR_IF_RANGE, f->rest.validator);
	}
}

static void
write_range(struct fetch *f, struct strbuf *b)
{
	struct range_spec r = f->range;

	if (f->decision.fill) {
		bool to_end = f->decision.gap_last + 1 == entry_length(f->base);

		r = (struct range_spec){ f->decision.gap_first, to_end ? RANGE_UNKNOWN : f->decision.gap_last };
	} else if (f->rest.validator.n > 0) {
		r = (struct range_spec){ f->rest.first, f->rest.last };
	} else if (!f->has_range || fetch_asks_anew(f) || !f->may_store)
		return;
	strbuf_lit(b, "Range: bytes=");
	if (r.first != RANGE_UNKNOWN)
		strbuf_u64(b, r.first);
	strbuf_char(b, '-');
	if (r.last != RANGE_UNKNOWN)
		strbuf_u64(b, r.last);
	strbuf_lit(b, "\r\n");
}

static void
write_loops(struct fetch *f, struct strbuf *b)
{
	const struct trail_node *node = &f->conf->trail.node;
	struct str before = head_joined(&f->head, HDR_CDN_LOOP, f->arena);
	char *p;

	trail_via_request(b, node, f->head.minor, head_joined(&f->head, HDR_VIA, f->arena));
	if (fetch_is_direct(f))
		return;
	p = strbuf_room(b, before.n + TRAIL_CDN_LOOP_SIZE + sizeof "CDN-Loop: , \r\n");
	if (p == NULL)
		return;
	p = str_put_lit(p, "CDN-Loop: ");
	if (before.n > 0)
		p = str_put_lit(str_put(p, before), ", ");
	trail_cdn_loop(node, p);
	strbuf_took(b, str_put_lit(p + TRAIL_CDN_LOOP_SIZE, "\r\n"));
}

/* A sibling is to give what it holds, and not to fetch anything. */
static void
write_only_if_cached(struct fetch *f, struct strbuf *b)
{
	struct str before;

	if (!fetch_asks_sibling(f))
		return;
	before = head_joined(&f->head, HDR_CACHE_CONTROL, f->arena);
	strbuf_lit(b, "Cache-Control: ");
	strbuf_add(b, before);
	strbuf_add(b, before.n > 0 ? STR(", only-if-cached\r\n") : STR("only-if-cached\r\n"));
}

static void
write_framing(struct fetch *f, struct strbuf *b)
{
	if (f->request_frame.framing == FRAMING_CHUNKED) {
		write_field_id(b, HDR_TRANSFER_ENCODING, STR("chunked"));
	} else if (f->request_frame.framing == FRAMING_LENGTH) {
		strbuf_lit(b, "Content-Length: ");
		strbuf_u64(b, f->request_frame.length);
		strbuf_lit(b, "\r\n");
	}
	if (f->upgrade && f->head.method != METHOD_CONNECT) {
		write_field_id(b, HDR_CONNECTION, STR("Upgrade"));
		write_field_id(b, HDR_UPGRADE, head_joined(&f->head, HDR_UPGRADE, f->arena));
	}
}

/* OPTIONS and TRACE count their hops (RFC 9110 7.6.2); zero never comes here. */
static void
write_max_forwards(struct fetch *f, struct strbuf *b)
{
	struct str v = head_get(&f->head, HDR_MAX_FORWARDS);
	uint64_t n;

	if (v.p == NULL)
		return;
	if ((f->head.method == METHOD_OPTIONS || f->head.method == METHOD_TRACE) && str_u64(v, &n) && n > 0) {
		strbuf_lit(b, "Max-Forwards: ");
		strbuf_u64(b, n - 1);
		strbuf_lit(b, "\r\n");
		return;
	}
	write_field_id(b, HDR_MAX_FORWARDS, v);
}

bool
fetch_write_request(struct fetch *f)
{
	struct strbuf *b = &f->out;
	const struct conf_edit *edit = edit_of(f);

	*b = strbuf_in(f->arena, 1024);
	write_start(f, b);
	for (uint32_t i = 0; i < f->head.count; i++) {
		const struct field *field = &f->head.fields[i];

		if (passes(f, field) && !fetch_replaces(edit, field_name(field)))
			write_field(b, field_name(field), field_value(field));
	}
	write_only_if_cached(f, b);
	write_conditions(f, b);
	write_range(f, b);
	fetch_write_sender(f, b, edit);
	write_loops(f, b);
	write_max_forwards(f, b);
	write_framing(f, b);
	if (edit != NULL)
		edit_write(edit, b);
	write_end(b);
	return !b->over && !arena_failed(f->arena);
}
