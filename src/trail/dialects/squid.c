/* Squid. Until version 5 it wrote X-Cache and X-Cache-Lookup; from 6 on it writes Cache-Status, in a way of its own. */
#include "http/fields.h"
#include "trail/dialect_impl.h"
#include "trail/reason.h"

/* ---- both generations ---- */

/* The page of an error that Squid made itself. X-Cache says what the request had come to by then. */
static bool
is_own_error(struct reading *r, struct found *f)
{
	struct str value = told_value(r, TOLD_X_SQUID_ERROR), rest, error = first_word(value, &rest);

	if (error.n == 0 || str_is(error, "0"))
		return false;
	if (f->tier.served == TIER_SERVED_UNKNOWN)
		f->tier.served = TIER_SERVED_ERROR;
	f->tier.reason = arena_printf(r->a, "It made this error page itself: %.*s.", STR_FMT(error));
	found_shows(r, f, TOLD_X_SQUID_ERROR, value);
	return true;
}

/* Until version 5 it warned that it had asked upstream in vain, with the code 111. */
static bool
has_failed_to_validate(struct reading *r)
{
	struct told_parts w = { 0 };
	struct str text, rest;

	while (told_part(r, TOLD_WARNING, &w, &text))
		if (str_eq(first_word(text, &rest), STR("111")))
			return true;
	return false;
}

/* Nobody may have told the request; but a Cairn that it passed as well says that it was a reload. */
static bool
is_a_reload_to_others(const struct reading *r)
{
	for (const struct found *f = r->first; f != NULL; f = f->next)
		if (f->tier.vendor == VENDOR_CAIRN && str_eq(f->tier.reason, reason_sentence(REASON_RELOAD)))
			return true;
	return false;
}

/* A lookup that says MISS was none, since 3.5.23, where the request says no-cache. */
static bool
asks_to_reload(const struct reading *r)
{
	const struct head *q = r->request;

	if (q == NULL)
		return is_a_reload_to_others(r);
	return head_has_token(q, HDR_CACHE_CONTROL, STR("no-cache")) ||
	       (!head_has(q, HDR_CACHE_CONTROL) && head_has_token(q, HDR_PRAGMA, STR("no-cache")));
}

/* What the two words of one hop prove, and what they do not. */
static const struct {
	enum tier_lookup lookup;
	enum tier_served served;
	struct str reason;
} pairs[] = {
	{ TIER_LOOKUP_HIT, TIER_SERVED_HIT,
	  STR_INIT("It answered with what it had stored; Squid says so too where it asked upstream first and was told "
		   "that it still holds.") },
	{ TIER_LOOKUP_HIT, TIER_SERVED_MISS,
	  STR_INIT("Its index had something that it could not use: stale, another variant, still arriving, or the "
		   "client asked to reload.") },
	{ TIER_LOOKUP_MISS, TIER_SERVED_MISS,
	  STR_INIT("Its index had nothing, or it was not looked at because the request says no-cache.") },
	{ TIER_LOOKUP_UNKNOWN, TIER_SERVED_MISS, STR_INIT("Nothing is said of a lookup.") },
};

void
squid_explain(struct reading *r, struct found *f)
{
	if (is_own_error(r, f) || f->tier.reason.n > 0)
		return;
	if (f->tier.served == TIER_SERVED_HIT && has_failed_to_validate(r)) {
		f->tier.served = TIER_SERVED_STALE;
		f->tier.reason = STR(WHY_FAILED);
		found_shows(r, f, TOLD_WARNING, told_value(r, TOLD_WARNING));
	}
	f->tier.may_have_asked = f->tier.served == TIER_SERVED_HIT;
	if (f->tier.lookup == TIER_LOOKUP_MISS && f->tier.served == TIER_SERVED_MISS && asks_to_reload(r))
		f->tier.reason =
		    STR("The request says no-cache, for which Squid asks upstream without looking what it has.");
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs && f->tier.reason.n == 0; i++)
		if (pairs[i].lookup == f->tier.lookup && pairs[i].served == f->tier.served)
			f->tier.reason = pairs[i].reason;
	if (f->tier.lookup == TIER_LOOKUP_MISS && f->tier.served == TIER_SERVED_HIT)
		reading_note(r,
			     "A hit that its own lookup did not find: X-Cache and X-Cache-Lookup of \"%.*s\" are not "
			     "of one Squid.",
			     STR_FMT(f->tier.node));
}

/* ---- Cache-Status ---- */

/* detail is what the first lookup found: "no-cache" where there was none, because the request says no-cache. Built with
 * delay pools, as Debian has it, Squid writes no fwd on a plain miss. What it made up itself has none either. */
void
squid_says(struct reading *r, struct found *f, const struct word *w, struct str detail)
{
	found_says(f, w);
	if (w == NULL && detail.n > 0 && r->server != VENDOR_SQUID)
		f->tier.served = TIER_SERVED_MISS;
	if (str_is(detail, "no-cache")) {
		f->tier.lookup = TIER_LOOKUP_UNKNOWN;
		f->tier.reason = STR("It made no lookup, because the request says no-cache.");
	} else if (str_is(detail, "mismatch")) {
		f->tier.lookup = TIER_LOOKUP_MISS;
	} else if (str_is(detail, "match") && f->tier.lookup != TIER_LOOKUP_STALE) {
		f->tier.lookup = TIER_LOOKUP_HIT;
	}
	squid_explain(r, f);
}
