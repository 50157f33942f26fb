/* What one response tells: the tiers, one sentence of verdict, what is open or contradictory, what the response itself says
 * about caching, and what to change to make it a hit. The freshness and storability answers are those of cache/.
 *
 * Pure; time is in the exchange. thread: local.
 */
#ifndef CAIRN_EXPLAIN_STORY_H
#define CAIRN_EXPLAIN_STORY_H

#include "explain/exchange.h"
#include "trail/tiers.h"

/* A sentence, and where it is written: "RFC 9111 5.2.2.5"; empty: nowhere. */
struct remark {
	struct str text, source;
	const struct remark *next;
};

struct story {
	const struct exchange *of;
	struct tiers tiers; /* the browser's own first, where there are any */
	int answered_by;    /* index of the tier that gave the answer; -1: the origin, or nobody who says so */
	int made_by;        /* index of the tier that made the response itself; -1: none says so */
	bool origin_asked;  /* as far as the tiers tell */
	struct str verdict;
	struct str why; /* it was no hit, in a few words that others share: for sums; empty: it was one */
	const struct remark *notes;  /* news and history, contradictions, ambiguity */
	const struct remark *policy; /* what the response says about caching: stored or not, how long, by which rule, split by what */
	const struct remark *advice; /* what to change */
};

/* Everything in `a`, or borrowed from `x`. False where the arena is full: what there is may be shown all the same. */
bool story_tell(const struct exchange *x, struct arena *a, struct story *out);

/* Did a tier answer that calls it a hit, too, when it had its copy confirmed first? Then what stands behind it may be news. */
static inline bool
may_have_asked(const struct story *s)
{
	return s->answered_by >= 0 && s->tiers.tier[s->answered_by].may_have_asked;
}

#endif
