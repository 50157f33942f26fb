/* One sentence: who answered, and whether the origin was asked. */
#include "explain/story_impl.h"

#define LENGTH 224 /* of most */

/* ---- from a copy ---- */

/* Who stood before it, and did not have it. */
static void
tell_before(struct telling *t, struct strbuf *out)
{
	unsigned before = 0, at = 0;

	for (unsigned i = 0; i < (unsigned)t->s->answered_by; i++) {
		if (t->s->tiers.tier[i].lookup != TIER_LOOKUP_MISS)
			continue;
		before++;
		at = i;
	}
	if (before == 1) {
		strbuf_lit(out, ", since ");
		who_is(t, at, out);
		strbuf_lit(out, " did not have it");
	} else if (before > 1) {
		strbuf_printf(out, ", since %u caches before it did not have it", before);
	}
}

static void
tell_copy(struct telling *t, struct strbuf *out)
{
	const struct tier *tier = &t->s->tiers.tier[t->s->answered_by];

	strbuf_lit(out, "Answered by ");
	who_is(t, (unsigned)t->s->answered_by, out);
	if (tier->served == TIER_SERVED_STALE)
		strbuf_lit(out, " with a copy past its freshness");
	tell_before(t, out);
	if (tier->served == TIER_SERVED_STALE)
		strbuf_lit(out, "; nothing new came from the origin.");
	else if (tier->may_have_asked)
		strbuf_lit(out, "; it does not say whether it had its copy confirmed first.");
	else
		strbuf_lit(out, "; the origin was not asked.");
}

static void
tell_confirmed(struct telling *t, struct strbuf *out)
{
	strbuf_lit(out, "Answered by ");
	who_is(t, (unsigned)t->s->answered_by, out);
	strbuf_lit(out, " from its copy, which ");
	if (t->confirmed_by == NULL) {
		strbuf_lit(out, "the origin confirmed first.");
		return;
	}
	who_is(t, (unsigned)(t->confirmed_by - t->s->tiers.tier), out);
	strbuf_lit(out, " confirmed first; the origin was not asked.");
}

/* ---- from the origin ---- */

/* Why the one cache on the way did not answer, behind its name. */
static struct str
why_not(const struct tier *tier)
{
	if (tier->served == TIER_SERVED_BYPASS)
		return STR(" passed the request on without looking.");
	if (tier->lookup == TIER_LOOKUP_STALE)
		return STR(" had a copy, but no longer a fresh one.");
	if (tier->lookup == TIER_LOOKUP_HIT)
		return STR(" had a copy, but could not answer this request with it.");
	return STR(" did not have it.");
}

struct tally {
	unsigned count;  /* tiers that speak of this request */
	unsigned missed; /* had none */
	unsigned had;    /* had one, fresh or not, and did not answer with it */
	unsigned told;   /* say what they did */
	unsigned errors;
	unsigned last; /* index of one of them; of the one with the error, if any */
};

static struct tally
tally(const struct telling *t)
{
	struct tally n = { 0 };

	for (unsigned i = 0; i < t->s->tiers.count; i++) {
		const struct tier *tier = &t->s->tiers.tier[i];

		if (tier->says_nothing)
			continue;
		n.count++;
		n.last = n.errors > 0 ? n.last : i;
		n.had += tier->lookup == TIER_LOOKUP_HIT || tier->lookup == TIER_LOOKUP_STALE;
		n.missed += tier->lookup == TIER_LOOKUP_MISS;
		n.told += tier->served != TIER_SERVED_UNKNOWN;
		n.errors += tier->served == TIER_SERVED_ERROR;
	}
	return n;
}

static void
tell_origin(struct telling *t, struct strbuf *out)
{
	struct tally n = tally(t);

	if (n.errors > 0) {
		strbuf_lit(out, "An error: it came from ");
		who_is(t, n.last, out);
		strbuf_lit(out, ", or from the origin behind it.");
		return;
	}
	strbuf_lit(out, "Answered by the origin: ");
	if (n.count == 1) {
		who_is(t, n.last, out);
		strbuf_add(out, why_not(&t->s->tiers.tier[n.last]));
	} else if (n.missed == n.count) {
		strbuf_printf(out, "none of the %u caches on the way had it.", n.count);
	} else if (n.had == n.count) {
		strbuf_printf(out, "each of the %u caches on the way had a copy, and none answered with it.", n.count);
	} else {
		strbuf_printf(out, "none of the %u caches on the way answered.", n.count);
	}
}

static void
tell_made_up(struct telling *t, struct strbuf *out)
{
	strbuf_lit(out, "Answered by ");
	who_is(t, (unsigned)t->s->made_by, out);
	strbuf_lit(out, ", which made the response itself: nothing came from the origin.");
}

/* ---- from whom it is not told ---- */

static void
tell_unknown(struct telling *t, struct strbuf *out)
{
	if (t->f.meta.age > 0)
		strbuf_lit(
		    out, "Answered by a cache that does not name itself: Age says so, which an origin does not send.");
	else if (t->speaking > 0)
		strbuf_lit(out, "There are caches on the way, but none says whether it answered.");
	else
		strbuf_lit(out, "No cache says a word here: the origin answered, or a cache that keeps silent.");
}

struct str
verdict_tell(struct telling *t)
{
	struct strbuf out = strbuf_in(t->a, LENGTH);

	if (t->s->answered_by >= 0 && t->s->tiers.tier[t->s->answered_by].served == TIER_SERVED_REVALIDATED)
		tell_confirmed(t, &out);
	else if (t->s->answered_by >= 0)
		tell_copy(t, &out);
	else if (t->s->made_by >= 0)
		tell_made_up(t, &out);
	else if (tally(t).told == 0)
		tell_unknown(t, &out);
	else
		tell_origin(t, &out);
	return strbuf_str(&out);
}
