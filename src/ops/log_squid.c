/* A record as Squid writes it, for the tools that read its access.log:
 *
 *     %ts.%03tu %6tr %>a %Ss/%03>Hs %<st %rm %ru %[un %Sh/%<a %mt
 *
 * What the codes mean is Squid's; which of them fits is worked out from the verdict. Two differ from Squid's own use,
 * where that is a known fault: an only-if-cached request that gets a 504 is no hit, and a follower's answer is told by
 * _CF.
 */
#include "ops/log_impl.h"

#include "base/clock.h"
#include "net/addr.h"

/* ---- the result code ---- */

static const char *
hit_tag(const struct record *r)
{
	if (r->status == 304)
		return r->if_none_match ? "INM_HIT" : "IMS_HIT";
	if (r->verdict.reason == REASON_UPSTREAM_DOWN)
		return "OFFLINE_HIT";
	if (r->status >= 400 && r->status != 412 && r->status != 416)
		return "NEGATIVE_HIT";
	return "MEM_HIT";
}

/* Something was stored, and upstream was asked all the same. */
static const char *
refreshed_tag(const struct verdict *v)
{
	if (v->reason == REASON_UPSTREAM_ERROR)
		return "REFRESH_FAIL_OLD";
	if (v->made_up || v->fwd_status >= 500)
		return "REFRESH_FAIL_ERR";
	if (v->reason == REASON_RELOAD)
		return "CLIENT_REFRESH_MISS";
	if (v->fwd_status == 0)
		return "REFRESH"; /* the client did not wait for the end of it */
	return v->fwd_status == 304 ? "REFRESH_UNMODIFIED" : "REFRESH_MODIFIED";
}

static const char *
miss_tag(const struct verdict *v)
{
	bool tried = v->asked || v->reason == REASON_UPSTREAM_FAILED || v->reason == REASON_UPSTREAM_ERROR;

	if (v->lookup == LOOKUP_MISS || !tried || v->reason == REASON_RANGE)
		return "MISS";
	return v->fwd == FWD_MISS ? "SWAPFAIL_MISS" : refreshed_tag(v);
}

/* NULL: no code at all, which Squid writes as NONE_NONE. */
static const char *
unlooked_tag(const struct record *r)
{
	switch (r->verdict.reason) {
	case REASON_DENIED:
		return "DENIED";
	case REASON_MALFORMED:
	case REASON_TOO_LARGE:
	case REASON_TIMEOUT:
	case REASON_OVERLOAD:
	case REASON_ARENA_FULL:
		return NULL;
	case REASON_NONE: /* OPTIONS or TRACE, answered here */
		return r->verdict.made_up ? NULL : "MISS";
	case REASON_HOST_MISMATCH: /* else it was sent past the cache */
	case REASON_HOST_UNRESOLVED:
		return r->verdict.made_up ? "DENIED" : "MISS";
	default:
		return str_eq(r->method, STR("CONNECT")) ? "TUNNEL" : "MISS";
	}
}

static const char *
tag_of(const struct record *r)
{
	if (r->verdict.hit)
		return hit_tag(r);
	return r->verdict.lookup == LOOKUP_NONE ? unlooked_tag(r) : miss_tag(&r->verdict);
}

static void
put_code(struct strbuf *out, const struct record *r)
{
	const char *tag = tag_of(r);

	if (tag == NULL)
		strbuf_lit(out, "NONE_NONE");
	else
		strbuf_printf(out, "TCP%s_%s", r->verdict.collapsed == COLLAPSED_NO ? "" : "_CF", tag);
	if (r->aborted || r->cut)
		strbuf_lit(out, "_ABORTED");
	strbuf_char(out, '/');
	log_status(out, r);
}

/* ---- the rest ---- */

/* Blanks would split a column in two. */
static void
escape(struct strbuf *out, struct str s)
{
	log_escape(out, s, STR(" "), STR("%"));
}

static void
put_or_dash(struct strbuf *out, struct str s)
{
	escape(out, s.n == 0 ? STR("-") : s);
}

/* What a query says is nobody's business: the text behind the `?` is left out, as Squid does by default. */
static void
put_url(struct strbuf *out, const struct record *r)
{
	ptrdiff_t query = str_chr(r->target, '?');

	if (r->target.n == 0) {
		strbuf_lit(out, "error:invalid-request");
		return;
	}
	if (log_has_origin(r)) {
		escape(out, r->scheme);
		strbuf_lit(out, "://");
		escape(out, r->host);
	}
	escape(out, query < 0 ? r->target : str_head(r->target, (size_t)query + 1));
}

static const struct str hierarchies[] = {
#define HIERARCHY(id, when) STR_INIT(#id),
#include "tbl/hierarchies.def"
#undef HIERARCHY
};

/* A follower asked nobody itself, unless it fell behind, and neither did one whose upstream's name has no address. */
static void
put_hierarchy(struct strbuf *out, const struct record *r)
{
	char peer[ADDR_TEXT_SIZE];

	if (r->upstream == NULL || (r->verdict.collapsed == COLLAPSED_YES && !r->went_on)) {
		strbuf_lit(out, "HIER_NONE/-");
		return;
	}
	if (r->ask_timed_out)
		strbuf_lit(out, "TIMEOUT_");
	strbuf_add(out, hierarchies[r->hierarchy == HIER_NONE ? HIER_DIRECT : r->hierarchy]);
	strbuf_char(out, '/');
	strbuf_add(out, str_of(peer, addr_text(r->upstream, peer)));
}

/* Of "text/html; charset=utf-8" what stands before the parameters. */
static struct str
media_type(struct str content_type)
{
	ptrdiff_t end = str_chr(content_type, ';');

	return str_trim(end < 0 ? content_type : str_head(content_type, (size_t)end));
}

void
log_squid(struct strbuf *out, const struct record *r)
{
	int64_t duration_ms = r->duration_ns / NS_PER_MS, end_ms = r->wall_ms + duration_ms;

	strbuf_printf(out, "%9lld.%03d %6lld ", (long long)(end_ms / MS_PER_S), (int)(end_ms % MS_PER_S),
		      (long long)duration_ms);
	log_client(out, r);
	strbuf_char(out, ' ');
	put_code(out, r);
	strbuf_printf(out, " %llu ", (unsigned long long)r->bytes_out);
	put_or_dash(out, r->method);
	strbuf_char(out, ' ');
	put_url(out, r);
	strbuf_char(out, ' ');
	escape(out, log_user(r));
	strbuf_char(out, ' ');
	put_hierarchy(out, r);
	strbuf_char(out, ' ');
	put_or_dash(out, media_type(r->content_type));
}
