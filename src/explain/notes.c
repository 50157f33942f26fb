/* What is open, contradictory, or history: a row for each thing to be noted, in the order in which they are told. */
#include "explain/browser.h"
#include "explain/story_impl.h"
#include "explain/words.h"

#define LENGTH     192 /* of most */
#define NAME_SHOWN 80

typedef bool note_fn(const struct telling *t, struct strbuf *out);

static const struct tier *
tier_at(const struct telling *t, int i)
{
	return i < 0 ? NULL : &t->s->tiers.tier[i];
}

/* ---- news and history ---- */

static bool
history(const struct telling *t, struct strbuf *out)
{
	unsigned frozen = 0;

	for (unsigned i = 0; i < t->s->tiers.count; i++)
		frozen += t->s->tiers.tier[i].frozen && !t->s->tiers.tier[i].says_nothing;
	if (frozen == 0)
		return false;
	if (frozen == 1)
		strbuf_lit(out, "What the tier further back says");
	else
		strbuf_printf(out, "What the %u tiers further back say", frozen);
	if (may_have_asked(t->s)) {
		strbuf_lit(out,
			   " was written when the copy was made or last confirmed. If that was not this time, it is "
			   "history.");
		return true;
	}
	strbuf_lit(out, " is history: it was written when the copy was made");
	if (t->f.meta.age > 0) {
		strbuf_lit(out, ", at most ");
		words_time(out, t->f.meta.age);
		strbuf_lit(out, " ago");
	}
	strbuf_lit(out, ", and was sent again with it. Nobody there was asked this time.");
	return true;
}

/* The tier of that name that speaks of this request, by its index; -1: none does. */
static int
speaks_now(const struct telling *t, struct str name)
{
	for (unsigned i = 0; i < t->s->tiers.count && !t->s->tiers.tier[i].frozen; i++)
		if (str_eq(t->s->tiers.tier[i].node, name))
			return (int)i;
	return -1;
}

static bool
who_missed(const struct telling *t, struct strbuf *out)
{
	struct str name = head_get(&t->x->response, HDR_X_CACHE_MISS_FROM);
	int who = speaks_now(t, name);

	if (name.n == 0)
		return false;
	strbuf_lit(out, "X-Cache-Miss-From names ");
	words_harmless(out, name, NAME_SHOWN);
	if (!answered_from_store(t))
		strbuf_lit(out,
			   ": it reached back furthest. It may have had a copy all the same, one that was not fresh or "
			   "that the client did not want.");
	else if (who >= 0 && who < t->s->answered_by)
		strbuf_lit(out, ": it reached back furthest, to a tier that answered with its copy.");
	else if (who >= 0)
		strbuf_lit(out, ": it reached back furthest, and a copy was used all the same.");
	else
		strbuf_lit(out,
			   ", but a copy was used: these are words of the time when it was made or last confirmed.");
	return true;
}

static bool
token(const struct telling *t, struct strbuf *out)
{
	if (!is_told_more(t) || t->f.storable.why != UNSTORABLE_NO_STORE)
		return false;
	strbuf_lit(
	    out, "no-store came with what the token asks for; without the token Cairn sends the Cache-Control that the "
		 "response has.");
	return true;
}

/* ---- contradictions ---- */

static bool
copy_that_may_not_be(const struct telling *t, struct strbuf *out)
{
	enum unstorable why = t->f.storable.why;

	if (!is_stored_somewhere(t) || why == UNSTORABLE_NOT || t->x->response.status >= 500)
		return false;
	strbuf_lit(out, "A shared cache has a copy, though by these fields none may. ");
	strbuf_lit(out, "It has rules of its own, or fields were changed or left out behind it.");
	return true;
}

static bool
shared_cookie(const struct telling *t, struct strbuf *out)
{
	const struct tier *by = tier_at(t, t->s->answered_by);

	if (by == NULL || browser_owns(by) || !(t->f.meta.flags & META_SET_COOKIE))
		return false;
	strbuf_lit(out,
		   "A stored copy that sets a cookie: everybody who is given this copy may be given the same cookie.");
	return true;
}

static bool
past_freshness(const struct telling *t, struct strbuf *out)
{
	const struct tier *by = tier_at(t, t->s->answered_by);

	if (by == NULL || by->served != TIER_SERVED_HIT || !fresh_rule_is_explicit(t->f.lifetime.rule) ||
	    t->f.undated || t->f.fresh.ttl_ms >= 0 || (t->x->browser == BROWSER_MEMORY))
		return false;
	strbuf_lit(out, "By its own fields it has been stale for ");
	words_time(out, -fresh_seconds(t->f.fresh.ttl_ms));
	strbuf_lit(out, ", and was called a hit: the cache has a lifetime of its own for it, or serves stale copies.");
	return true;
}

/* ---- the request, and what came of it ---- */

static bool
reload(const struct telling *t, struct strbuf *out)
{
	if (!asks_to_reload(t))
		return false;
	strbuf_lit(out, "The request asked to reload: a cache that heeds this asks further back whatever it has.");
	return true;
}

static bool
not_modified(const struct telling *t, struct strbuf *out)
{
	if (t->x->response.status != 304)
		return false;
	strbuf_lit(out, "304: who asked had a copy already, and these are the fields that bring it up to date.");
	return true;
}

static bool
silent_proxies(const struct telling *t, struct strbuf *out)
{
	unsigned silent = t->s->tiers.count - t->speaking;

	if (silent == 0)
		return false;
	words_count(out, silent, STR("proxy on the way says nothing about caching."),
		    STR("proxies on the way say nothing about caching."));
	return true;
}

static bool
no_status_line(const struct telling *t, struct strbuf *out)
{
	if (t->x->response.status != 0)
		return false;
	strbuf_lit(out, "There was no status line: it is taken for a 200.");
	return true;
}

static const struct {
	note_fn *tell;
	struct str source;
} rows[] = {
	{ history, STR_INIT("") },
	{ who_missed, STR_INIT("") },
	{ token, STR_INIT("") },
	{ copy_that_may_not_be, STR_INIT("RFC 9111 3") },
	{ shared_cookie, STR_INIT("RFC 9111 7.3") },
	{ past_freshness, STR_INIT("RFC 9111 4.2.4") },
	{ reload, STR_INIT("RFC 9111 5.2.1.4") },
	{ not_modified, STR_INIT("RFC 9111 4.3.4") },
	{ silent_proxies, STR_INIT("RFC 9110 7.6.3") },
	{ no_status_line, STR_INIT("") },
};

void
notes_tell(struct telling *t)
{
	struct remarks r = { t, &t->s->notes };

	for (const struct tiers_note *n = t->s->tiers.notes; n != NULL; n = n->next)
		remark_add(&r, n->text, STR(""));
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char text[LENGTH];
		struct strbuf out = strbuf_over(text, sizeof text, t->a);

		if (rows[i].tell(t, &out))
			remark_add(&r, out.p == text ? arena_str(t->a, strbuf_str(&out)) : strbuf_str(&out),
				   rows[i].source);
	}
}
