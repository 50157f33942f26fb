/* What RFC 9111 allows a shared cache to do with a response, written down a second time, from the paragraphs and from
 * what messages mean, without a line of the program's own. Where the RFC leaves room, the project's rules stand in:
 * they are named here.
 *
 *   Set-Cookie           stored on explicit freshness alone, of more than zero, without no-cache
 *   CDN-Cache-Control    in the place of Cache-Control and Expires (RFC 9213 2.2)
 *   heuristic freshness  a tenth of the time since Last-Modified, a week at most
 *   nobody answers       a stale response may be used for a day (RFC 9111 4.2.4), or as stale-if-error says
 */
#ifndef CAIRN_TESTS_SIM_MODEL_H
#define CAIRN_TESTS_SIM_MODEL_H

#include "answer.h"

#define MODEL_UPDATES_MAX 64

/* A response as it should be stored: what came first, and what updated it since, oldest first. */
struct history {
	const struct answer *base;
	const struct answer *updates[MODEL_UPDATES_MAX];
	unsigned count;
};

/* The same, read at one time. */
struct standing {
	struct said said;
	const struct answer *last; /* whose Date, Age and times count */
	int64_t lifetime_ms;
	bool explicit;
	int64_t age_ms;
	const struct directives *in_force;
};

void model_stand(const struct history *h, int64_t now_ms, struct standing *out);

/* NULL where it may be stored and shared; else the rule against it. */
const char *model_not_storable(const struct history *h);

/* The first update that speaks of something else than what it was applied to; NULL. */
const struct answer *model_not_confirmed(const struct history *h);

/* Has a cache any use for it: fresh for a while, or to be validated? */
bool model_is_useful(const struct history *h, int64_t now_ms);

/* Does it answer this request (RFC 9111 4.1)? */
bool model_matches(const struct history *h, const struct ask *q);

/* By what leave is a response used that nobody was asked about? */
enum leave {
	LEAVE_FRESH,
	LEAVE_REFRESHING, /* stale-while-revalidate */
	LEAVE_MAX_STALE,
	LEAVE_DOWN,    /* upstream is known not to answer */
	LEAVE_SILENCE, /* it was asked, and did not answer */
	LEAVE_ERROR,   /* it was asked, and a 5xx came */
};

/* NULL where this leave covers it; else the rule against it. */
const char *model_not_usable(const struct standing *s, const struct ask *q, enum leave leave);

/* ttl as the trail writes it: seconds, away from zero. */
int64_t model_ttl(const struct standing *s);

#endif
