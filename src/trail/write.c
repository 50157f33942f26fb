#include "trail/write_impl.h"

#include "base/dec.h"
#include "base/must.h"
#include "trail/chain_impl.h"

/* A structured field's integers have fifteen digits (RFC 8941 3.3.1). */
#define SF_INTEGER_MAX INT64_C(999999999999999)

/* ---- a line, and this node's item at its end ----
 *
 * The node's own words go straight into room made for them, since a hit is little more than that: begin() makes it, the
 * put functions fill it, end() keeps what they wrote. */

/* What an item has at most beside the name: the longest is a member of Cache-Status. */
#define ITEM_MAX   192
#define DETAIL_MAX 24

#define REASON(id, token, sentence) _Static_assert(sizeof(token) - 1 <= DETAIL_MAX, "ITEM_MAX has room for the detail");
#include "tbl/reasons.def"
#undef REASON

#define put_lit(p, lit) str_put_lit((p), lit)

/* An integer of a structured field. */
static char *
put_integer(char *p, int64_t v)
{
	if (v < 0)
		*p++ = '-';
	v = v < 0 ? -(v + (v == INT64_MIN)) : v;
	return dec_put(p, v > SF_INTEGER_MAX ? SF_INTEGER_MAX : (uint64_t)v);
}

/* The name as a structured field has it: a token, but for one that begins with a digit (RFC 8941 3.3.4). */
static char *
put_name(char *p, struct str name)
{
	if (!ascii_digit(name.p[0]))
		return str_put(p, name);
	*p++ = '"';
	p = str_put(p, name);
	*p++ = '"';
	return p;
}

static inline char *
room(const struct writing *w)
{
	struct strbuf *out = w->out;
	size_t n = w->self.n + ITEM_MAX;

	return LIKELY(n <= out->cap - out->n && !out->over) ? out->p + out->n : strbuf_room(out, n);
}

static void
keep(const struct writing *w, const char *p)
{
	w->out->n = (size_t)(p - w->out->p);
}

/* Room for this node's item, behind the field's name and the upstream's items. NULL where there is none. */
static inline char *
begin(const struct writing *w, struct str field, enum chain_list list)
{
	char *p = room(w);

	if (p == NULL)
		return NULL;
	p = str_put(p, field);
	if (LIKELY(w->upstream == NULL))
		return p;
	keep(w, p);
	chain_write_items(w->out, w->upstream, list, w->n, w->who);
	return room(w);
}

static void
end(const struct writing *w, char *p)
{
	keep(w, put_lit(p, "\r\n"));
}

/* ---- the family that Squid began ---- */

/* What X-Cache says. A setting makes it call a hit what upstream only confirmed, as Squid does. */
static bool
says_hit(const struct writing *w)
{
	const struct verdict *v = w->v;

	return v->hit || (w->n->revalidated_is_hit && v->fwd == FWD_STALE && v->fwd_status == 304);
}

static void
x_cache(const struct writing *w)
{
	char *p = begin(w, STR("X-Cache: "), CHAIN_X_CACHE);

	if (p == NULL)
		return;
	p = says_hit(w) ? put_lit(p, "HIT from ") : put_lit(p, "MISS from ");
	end(w, str_put(p, w->self));
}

static void
x_cache_lookup(const struct writing *w)
{
	char *p = begin(w, STR("X-Cache-Lookup: "), CHAIN_LOOKUP);

	if (p == NULL)
		return;
	p = str_put(p, lookup_word(w->v->lookup));
	p = put_lit(p, " from ");
	p = str_put(p, w->self);
	*p++ = ':';
	end(w, dec_put(p, w->x->port));
}

static void
x_cache_hits(const struct writing *w)
{
	char *p = begin(w, STR("X-Cache-Hits: "), CHAIN_HITS);

	if (p != NULL)
		end(w, dec_put(p, w->v->hits));
}

/* It says who reached back, so there is none where nobody did, or where X-Cache calls it a hit. */
static void
x_cache_miss_from(const struct writing *w)
{
	char buf[TRAIL_OPAQUE_SIZE];

	if (says_hit(w) || !w->v->asked || w->x->miss_from.n == 0)
		return;
	strbuf_lit(w->out, "X-Cache-Miss-From: ");
	strbuf_add(w->out, trail_shown(w->n, w->who, w->x->miss_from, buf));
	strbuf_lit(w->out, "\r\n");
}

static void
x_cache_family(const struct writing *w)
{
	const struct trail_fields *fields = &w->n->fields;
	bool named = w->who->names != NAMES_OFF;

	if (fields->x_cache && named)
		x_cache(w);
	if (fields->x_cache_lookup && named)
		x_cache_lookup(w);
	if (fields->x_cache_hits && w->who->history)
		x_cache_hits(w);
	if (fields->x_cache_miss_from && named)
		x_cache_miss_from(w);
}

/* ---- Cache-Status (RFC 9211) ---- */

/* How the request was answered: RFC 9211 2.1 to 2.6. */
static char *
put_forward(char *p, const struct verdict *v)
{
	p = put_lit(p, "; fwd=");
	p = str_put(p, fwd_token(v->fwd));
	if (v->fwd_status > 0) {
		p = put_lit(p, "; fwd-status=");
		p = dec_put(p, (uint64_t)v->fwd_status);
	}
	if (v->stored)
		p = put_lit(p, "; stored");
	if (v->collapsed == COLLAPSED_YES)
		p = put_lit(p, "; collapsed");
	else if (v->collapsed == COLLAPSED_TRIED)
		p = put_lit(p, "; collapsed=?0");
	return p;
}

static char *
put_history(char *p, const struct verdict *v)
{
	if (v->replayed) {
		p = put_lit(p, "; cairn-age=");
		p = put_integer(p, v->cairn_age < 0 ? 0 : v->cairn_age);
	}
	if (v->reason != REASON_NONE) {
		p = put_lit(p, "; detail=");
		p = str_put(p, reason_token(v->reason));
	}
	return p;
}

/* What only those see who hold the token, of any length. NULL where there is no room behind it. */
static char *
add_extras(const struct writing *w, char *p)
{
	keep(w, p);
	if (w->x->key.n > 0) {
		strbuf_lit(w->out, "; key=");
		chain_write_string(w->out, w->x->key);
	}
	if (w->x->record_id.n > 0) {
		strbuf_lit(w->out, "; cairn-record=");
		chain_write_word(w->out, w->x->record_id);
	}
	return room(w);
}

static void
add_member(const struct writing *w, char *p)
{
	const struct verdict *v = w->v;

	p = put_name(p, w->self);
	p = v->hit ? put_lit(p, "; hit") : put_forward(p, v);
	if (v->has_ttl) {
		p = put_lit(p, "; ttl=");
		p = put_integer(p, v->ttl);
	}
	if (w->who->history && w->who->extras)
		p = add_extras(w, p);
	if (p == NULL)
		return;
	end(w, w->who->history ? put_history(p, v) : p);
}

static void
cache_status(const struct writing *w)
{
	char *p;

	if (w->v->made_up)
		return; /* RFC 9211 2: not on responses that the cache generated itself */
	p = room(w);
	if (p == NULL)
		return;
	p = put_lit(p, "Cache-Status: ");
	if (w->upstream != NULL) {
		keep(w, p);
		chain_write_members(w->out, w->upstream, w->n, w->who);
		p = room(w);
	}
	if (p != NULL)
		add_member(w, p);
}

/* ---- nginx's ---- */

/* nginx's word for what happened; empty where nginx has none. */
static struct str
nginx_word(const struct verdict *v)
{
	if (v->made_up)
		return STR("");
	switch (v->reason) {
	case REASON_METHOD:
	case REASON_UPGRADE:
	case REASON_TUNNEL:
		return STR("");
	case REASON_REFRESHING:
		return STR("UPDATING");
	case REASON_UPSTREAM_ERROR:
	case REASON_UPSTREAM_DOWN:
	case REASON_MAX_STALE:
		return STR("STALE");
	case REASON_POLICY:
	case REASON_HOST_MISMATCH:
	case REASON_HOST_UNRESOLVED:
		return STR("BYPASS");
	default:
		break;
	}
	if (v->hit)
		return STR("HIT");
	/* With nothing stored a 304 confirms the client's copy, not one of ours. */
	if (v->fwd_status == 304 && v->lookup == LOOKUP_HIT)
		return STR("REVALIDATED");
	if (v->fwd == FWD_STALE)
		return STR("EXPIRED");
	return v->fwd == FWD_REQUEST ? STR("BYPASS") : STR("MISS");
}

static void
x_cache_status(const struct writing *w)
{
	struct str word = nginx_word(w->v);

	if (word.n == 0)
		return;
	strbuf_lit(w->out, "X-Cache-Status: ");
	strbuf_add(w->out, word);
	strbuf_lit(w->out, "\r\n");
}

/* ---- the whole ---- */

void
trail_write(struct strbuf *out, const struct trail_node *n, const struct audience *who, const struct verdict *v,
	    const struct chain *upstream, const struct trail_extra *x)
{
	struct writing w = { out, n, who, v, v->made_up ? NULL : upstream, x, trail_shown_self(n, who) };

	verdict_check(v);
	x_cache_family(&w);
	if (n->fields.cache_status)
		cache_status(&w);
	if (n->fields.x_cache_status)
		x_cache_status(&w);
	/* These two mostly say nothing: then nobody is called. */
	if (n->fields.server_timing || who->extras || x->upstream_server_timing.n > 0)
		write_server_timing(&w);
	if (v->error != PROXY_ERROR_NONE || x->upstream_proxy_status.n > 0)
		write_proxy_status(&w);
}
