#include "proxy/decide.h"

#include "base/clock.h"
#include "http/fields.h"

/* ---- what is asked ---- */

void
asked_read(struct asked *a, const struct head *request)
{
	*a = (struct asked){ .method = request->method, .cc = cc_parse(request) };
	a->no_cache = a->cc.bits & CC_NO_CACHE;
	if (!head_has(request, HDR_CACHE_CONTROL) && head_has(request, HDR_PRAGMA))
		a->no_cache = head_has_token(request, HDR_PRAGMA, STR("no-cache"));
}

/* Why no lookup is made; REASON_NONE: one is. A body makes GET and HEAD something that no key covers (RFC 9110 9.3.1).
 */
static enum reason
no_lookup(const struct asked *a, const struct cache_policy *p)
{
	if (!method_looks_up(a->method) || a->has_body)
		return REASON_METHOD;
	if (a->upgrade)
		return REASON_UPGRADE;
	if (a->unverified != REASON_NONE)
		return a->unverified;
	return !p->enabled || a->bypass ? REASON_POLICY : REASON_NONE;
}

bool
asked_looks_up(const struct asked *a, const struct cache_policy *p)
{
	return no_lookup(a, p) == REASON_NONE;
}

static bool
says(const struct asked *a, enum cc_bit bit)
{
	return a->cc.bits & bit;
}

/* A demand for an answer that comes from the origin, now: F5 and shift-F5 alike. */
static bool
is_reload(const struct asked *a)
{
	return a->no_cache || (says(a, CC_MAX_AGE) && a->cc.max_age == 0);
}

/* ---- what is held ---- */

static bool
stale(const struct held *h)
{
	return h->fresh.ttl_ms <= 0;
}

/* Stale by so many ms; 0 where it is fresh. */
static int64_t
stale_for(const struct held *h)
{
	return stale(h) ? -h->fresh.ttl_ms : 0;
}

bool
stale_is_bearable(const struct freshness *f, const struct cache_policy *p)
{
	return f->sie || -f->ttl_ms <= p->keep_stale * MS_PER_S;
}

bool
stale_stands_in(const struct asked *a, const struct freshness *f)
{
	return f->sie || (says(a, CC_SIE) && -f->ttl_ms <= (int64_t)a->cc.sie * MS_PER_S);
}

/* Does anything but the client speak for using it, once it is stale? An order to purge it does not age away. */
static bool
may_be_stale(const struct found *f, const struct held *h)
{
	return f->mark == REASON_NONE && h->covers && !h->fresh.must_validate && !h->fresh.never_stale;
}

/* ---- what the client demands (RFC 9111 5.2.1) ---- */

static bool
too_old(const struct asked *a, const struct freshness *f)
{
	if (!says(a, CC_MAX_AGE))
		return false;
	return a->cc.max_age == 0 || f->age_ms > (int64_t)a->cc.max_age * MS_PER_S;
}

static bool
too_soon_stale(const struct asked *a, const struct freshness *f)
{
	return says(a, CC_MIN_FRESH) && f->ttl_ms < (int64_t)a->cc.min_fresh * MS_PER_S;
}

/* Why this client does not want what is held, fresh or not. */
static enum reason
refused_by_client(const struct asked *a, const struct freshness *f)
{
	if (a->no_cache)
		return REASON_RELOAD;
	if (too_old(a, f))
		return REASON_MAX_AGE;
	if (too_soon_stale(a, f))
		return REASON_MIN_FRESH;
	return REASON_NONE;
}

bool
asked_accepts(const struct asked *a, const struct freshness *f)
{
	return refused_by_client(a, f) == REASON_NONE;
}

static bool
accepts_stale(const struct asked *a, const struct held *h)
{
	return says(a, CC_MAX_STALE_ANY) ||
	       (says(a, CC_MAX_STALE) && stale_for(h) <= (int64_t)a->cc.max_stale * MS_PER_S);
}

/* ---- the decision ---- */

/* Why a found entry cannot be served before upstream was asked; REASON_NONE: it can. In the order of RFC 9211's words, so
 * that reason and word always make a pair: what the copy is worth comes before what it has of the body. */
static enum reason
why_ask(const struct asked *a, const struct found *f, const struct held *h)
{
	enum reason refused = refused_by_client(a, &h->fresh);

	if (f->mark != REASON_NONE)
		return f->mark;
	if (stale(h))
		return REASON_EXPIRED;
	if (h->fresh.must_validate)
		return REASON_RESPONSE_NO_CACHE;
	if (refused != REASON_NONE)
		return refused;
	return h->covers ? REASON_NONE : REASON_RANGE;
}

/* RFC 9211's word for it. */
static enum fwd
fwd_of(enum reason why)
{
	switch (why) {
	case REASON_RELOAD:
	case REASON_MAX_AGE:
	case REASON_MIN_FRESH:
		return FWD_REQUEST;
	case REASON_RANGE:
		return FWD_PARTIAL;
	default:
		return FWD_STALE;
	}
}

/* Is RFC 9111 4.2.4's leave there for a cache that gets no answer? For as long as such things are kept at all, or as
 * the origin allowed. */
static bool
serves_disconnected(const struct found *f, const struct held *h, const struct cache_policy *p)
{
	return may_be_stale(f, h) && stale_is_bearable(&h->fresh, p);
}

/* By whose leave a stale entry is served at once; REASON_NONE: by nobody's. */
static enum reason
leave_to_serve(const struct asked *a, const struct found *f, const struct held *h, const struct cache_policy *p)
{
	if (a->background || !stale(h) || !may_be_stale(f, h) || refused_by_client(a, &h->fresh) != REASON_NONE)
		return REASON_NONE;
	if (h->fresh.swr)
		return a->upstream_down ? REASON_UPSTREAM_DOWN : REASON_REFRESHING;
	if (accepts_stale(a, h))
		return REASON_MAX_STALE;
	return a->upstream_down && serves_disconnected(f, h, p) ? REASON_UPSTREAM_DOWN : REASON_NONE;
}

/* Past the cache. */
static struct decision
bypass(enum reason why)
{
	return (struct decision){
		.action = ACT_BYPASS,
		.lookup = LOOKUP_NONE,
		.fwd = why == REASON_METHOD ? FWD_METHOD : FWD_BYPASS,
		.reason = why,
	};
}

/* Nothing that was found can answer. */
static struct decision
absent(const struct asked *a, const struct found *f)
{
	struct decision d = { .action = ACT_FETCH, .lookup = LOOKUP_MISS, .reason = f->absent, .reload = is_reload(a) };

	if (f->what == FOUND_TROUBLE) {
		d.lookup = LOOKUP_HIT;
		d.fwd = FWD_MISS;
		d.reason = REASON_STORE_TROUBLE;
	} else {
		d.fwd = fwd_for_absent(f->what == FOUND_OTHERS);
	}
	return d;
}

static struct decision
serve(enum reason leave)
{
	return (struct decision){
		.action = leave == REASON_REFRESHING ? ACT_DELIVER_AND_REFRESH : ACT_DELIVER,
		.lookup = LOOKUP_HIT,
		.reason = leave,
	};
}

/* The missing bytes alone are fetched only of what could be used otherwise: else a part would be added to what is not
 * known to be current. */
static void
fill_gap(struct decision *d, const struct held *h)
{
	if (!h->gap)
		return;
	d->fill = true;
	d->gap_first = h->gap_first;
	d->gap_last = h->gap_last;
}

/* A found entry that upstream has to be asked about. */
static struct decision
ask(const struct asked *a, const struct found *f, const struct held *h, const struct cache_policy *p)
{
	enum reason why = why_ask(a, f, h);
	struct decision d = {
		.action = h->validator && h->covers ? ACT_REVALIDATE : ACT_FETCH,
		.lookup = LOOKUP_HIT,
		.fwd = fwd_of(why),
		.reason = why,
		.reload = is_reload(a),
	};

	if (why == REASON_RANGE)
		fill_gap(&d, h);
	if (why == REASON_EXPIRED && !a->no_cache && may_be_stale(f, h)) {
		d.stale_if_silent = serves_disconnected(f, h, p);
		d.stale_if_error = stale_stands_in(a, &h->fresh);
	}
	return d;
}

static struct decision
decide_found(const struct asked *a, const struct found *f, const struct held *h, const struct cache_policy *p)
{
	enum reason leave = leave_to_serve(a, f, h, p);

	if (leave != REASON_NONE)
		return serve(leave);
	if (why_ask(a, f, h) == REASON_NONE)
		return serve(REASON_NONE);
	return ask(a, f, h, p);
}

static bool
forwards(enum action action)
{
	return action == ACT_FETCH || action == ACT_REVALIDATE || action == ACT_BYPASS;
}

struct decision
decide(const struct asked *a, const struct found *found, const struct held *held, const struct cache_policy *p)
{
	enum reason past = no_lookup(a, p);
	struct decision d;

	if (past != REASON_NONE)
		d = bypass(past);
	else if (found->what == FOUND_ENTRY)
		d = decide_found(a, found, held, p);
	else
		d = absent(a, found);
	/* RFC 9111 5.2.1.7. What no cache answers anyway is not asked of one. */
	if (says(a, CC_ONLY_IF_CACHED) && forwards(d.action) && d.reason != REASON_METHOD && d.reason != REASON_UPGRADE)
		d = (struct decision){ .action = ACT_REFUSE, .lookup = d.lookup, .reason = REASON_ONLY_IF_CACHED };
	return d;
}
