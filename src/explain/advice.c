/* What to change to make it a hit: rows of tbl/advice.def, and for each a function that says whether it fits. */
#include "explain/story_impl.h"
#include "http/fields.h"
#include "http/vary.h"

/* ---- the request ---- */

static bool
reload(const struct telling *t)
{
	return asks_to_reload(t);
}

static const struct tier *
first_that(const struct telling *t, enum tier_served served)
{
	for (unsigned i = 0; i < t->s->tiers.count; i++) {
		const struct tier *tier = &t->s->tiers.tier[i];

		if (!tier->frozen && !tier->says_nothing && tier->vendor != VENDOR_SERVICE_WORKER &&
		    tier->served == served)
			return tier;
	}
	return NULL;
}

static bool
unusable(const struct telling *t)
{
	const struct tier *missed = first_that(t, TIER_SERVED_MISS);

	return missed != NULL && missed->lookup == TIER_LOOKUP_HIT && !asks_to_reload(t);
}

static bool
request_store(const struct telling *t)
{
	return t->f.storable.why == UNSTORABLE_REQ_NO_STORE;
}

static bool
method(const struct telling *t)
{
	return t->f.storable.why == UNSTORABLE_METHOD;
}

/* ---- what prevents storing ---- */

static bool
no_store(const struct telling *t)
{
	return t->f.storable.why == UNSTORABLE_NO_STORE && !is_told_more(t) && t->s->made_by < 0;
}

static bool private(const struct telling *t)
{
	return t->f.storable.why == UNSTORABLE_PRIVATE;
}

static bool
authorization(const struct telling *t)
{
	return t->f.storable.why == UNSTORABLE_AUTHORIZED;
}

static bool
cookie(const struct telling *t)
{
	return t->f.storable.why == UNSTORABLE_SET_COOKIE;
}

static bool
vary_any(const struct telling *t)
{
	return t->f.storable.why == UNSTORABLE_VARY_ANY;
}

static bool
vary_personal(const struct telling *t)
{
	return !vary_any(t) && (head_has_token(&t->x->response, HDR_VARY, STR("Cookie")) ||
				head_has_token(&t->x->response, HDR_VARY, STR("User-Agent")));
}

static bool
status(const struct telling *t)
{
	return t->f.storable.why == UNSTORABLE_STATUS && t->x->response.status < 500;
}

static bool
failing(const struct telling *t)
{
	return t->x->response.status >= 500;
}

/* ---- freshness ---- */

static bool
may_be_stored(const struct telling *t)
{
	return t->f.storable.why == UNSTORABLE_NOT;
}

/* Nothing forbids storing it, and nothing that lies elsewhere makes it of use. */
static bool
wants_freshness(const struct telling *t)
{
	return may_be_stored(t) || (t->f.storable.why == UNSTORABLE_NO_FRESHNESS && !is_stored_somewhere(t));
}

static bool
no_lifetime(const struct telling *t)
{
	return wants_freshness(t) && t->f.lifetime.rule == FRESH_NONE;
}

static bool
bad_expires(const struct telling *t)
{
	return wants_freshness(t) && t->f.lifetime.rule == FRESH_EXPIRES && t->f.meta.expires == META_INVALID;
}

static bool
zero_lifetime(const struct telling *t)
{
	return wants_freshness(t) && t->f.lifetime.rule != FRESH_NONE && t->f.lifetime.ms == 0 && !bad_expires(t);
}

static bool
no_cache(const struct telling *t)
{
	return may_be_stored(t) && t->f.fresh.must_validate;
}

static bool
guessed(const struct telling *t)
{
	return may_be_stored(t) && t->f.lifetime.rule == FRESH_HEURISTIC;
}

static bool
validator(const struct telling *t)
{
	return may_be_stored(t) && !(t->f.meta.flags & (META_ETAG | META_LAST_MODIFIED));
}

static bool
pragma(const struct telling *t)
{
	return head_has(&t->x->response, HDR_PRAGMA) && !head_has(&t->x->response, HDR_CACHE_CONTROL);
}

static bool
undated(const struct telling *t)
{
	return wants_freshness(t) && (t->f.meta.flags & META_DATE_ADDED) && t->x->response.status != 0;
}

/* ---- what the tiers did ---- */

/* Is there something that keeps it from being stored and used as it is? */
static bool
is_ready(const struct telling *t)
{
	return may_be_stored(t) && t->f.lifetime.ms > 0 && !t->f.fresh.must_validate && !asks_to_reload(t);
}

static bool
configured(const struct telling *t)
{
	return is_ready(t) && first_that(t, TIER_SERVED_BYPASS) != NULL;
}

static bool
expired(const struct telling *t)
{
	const struct tier *missed = first_that(t, TIER_SERVED_MISS);

	return is_ready(t) && (first_that(t, TIER_SERVED_REVALIDATED) != NULL ||
			       (missed != NULL && missed->lookup == TIER_LOOKUP_STALE));
}

static bool
ask_again(const struct telling *t)
{
	const struct tier *missed = first_that(t, TIER_SERVED_MISS);

	return is_ready(t) && missed != NULL &&
	       (missed->lookup == TIER_LOOKUP_MISS || missed->lookup == TIER_LOOKUP_UNKNOWN) && !vary_personal(t);
}

/* ---- all of them ---- */

static const struct {
	bool (*fits)(const struct telling *t);
	struct str text, source;
} rows[] = {
#define ADVICE(id, text, source) { id, STR_INIT(text), STR_INIT(source) },
#include "tbl/advice.def"
#undef ADVICE
};

/* Where a fresh copy answered there is nothing to be had. */
void
advice_tell(struct telling *t)
{
	struct remarks r = { t, &t->s->advice };
	const struct story *s = t->s;

	if (answered_from_store(t) && s->tiers.tier[s->answered_by].served == TIER_SERVED_HIT)
		return;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].fits(t))
			remark_add(&r, rows[i].text, rows[i].source);
}
