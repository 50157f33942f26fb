#include "cache/fresh.h"

#include "base/clock.h"
#include "http/status.h"

#define AGE_MAX INT32_MAX /* RFC 9111 1.2.2 */

/* ---- the rules ---- */

enum {
	GIVEN,
	EXPLICIT,
};

static const struct {
	struct str token, sentence, source;
	bool explicit;
} rules[FRESH_RULE_COUNT] = {
#define FRESH_RULE(id, token, flag, sentence, source) \
	[FRESH_##id] = { STR_INIT(token), STR_INIT(sentence), STR_INIT(source), flag },
#include "tbl/fresh_rules.def"
#undef FRESH_RULE
};

struct str
fresh_rule_token(enum fresh_rule r)
{
	return rules[r].token;
}

struct str
fresh_rule_sentence(enum fresh_rule r)
{
	return rules[r].sentence;
}

struct str
fresh_rule_source(enum fresh_rule r)
{
	return rules[r].source;
}

bool
fresh_rule_is_explicit(enum fresh_rule r)
{
	return rules[r].explicit;
}

/* ---- directives ---- */

static int64_t
at_least_zero(int64_t v)
{
	return v > 0 ? v : 0;
}

static int64_t
ms(int64_t seconds)
{
	return seconds * MS_PER_S;
}

static bool
targeted(const struct meta *m, const struct cache_policy *p)
{
	return p->targeted && (m->flags & META_TARGETED);
}

const struct cc *
fresh_directives(const struct meta *m, const struct cache_policy *p)
{
	return targeted(m, p) ? &m->targeted : &m->cc;
}

/* ---- lifetime ---- */

/* RFC 9213 2.2: a targeted field takes the place of Cache-Control and of Expires, whatever is in it. */
static struct lifetime
explicit_lifetime(const struct meta *m, const struct cache_policy *p)
{
	const struct cc *cc = fresh_directives(m, p);
	bool by_target = targeted(m, p);

	if (cc->bits & CC_S_MAXAGE)
		return (struct lifetime){ ms(cc->s_maxage), by_target ? FRESH_TARGETED : FRESH_S_MAXAGE };
	if (cc->bits & CC_MAX_AGE)
		return (struct lifetime){ ms(cc->max_age), by_target ? FRESH_TARGETED : FRESH_MAX_AGE };
	if (by_target || m->expires == META_ABSENT)
		return (struct lifetime){ 0, FRESH_NONE };
	if (m->expires == META_INVALID)
		return (struct lifetime){ 0, FRESH_EXPIRES };
	return (struct lifetime){ at_least_zero(ms(m->expires - m->date)), FRESH_EXPIRES };
}

bool
fresh_may_guess(const struct meta *m, const struct cache_policy *p)
{
	/* RFC 9110 9.3.3: an answer to a POST needs explicit freshness. */
	if (m->flags & META_FROM_POST)
		return false;
	return status_heuristic(m->status) || (fresh_directives(m, p)->bits & CC_PUBLIC);
}

static bool
is_negative(int status)
{
	return status == 404 || status == 405 || status == 410 || status == 414 || status == 501;
}

/* What stands in where the response gives no lifetime itself. */
static struct lifetime
guessed_lifetime(const struct meta *m, const struct cache_policy *p)
{
	struct lifetime none = { 0, FRESH_NONE };

	if (!fresh_may_guess(m, p))
		return none;
	if (p->negative_ttl != POLICY_UNSET && is_negative(m->status))
		return (struct lifetime){ ms(p->negative_ttl), FRESH_NEGATIVE };
	if (p->heuristic_percent > 0 && (m->flags & META_LAST_MODIFIED) && m->date > m->last_modified) {
		int64_t share = (m->date - m->last_modified) * MS_PER_S / 100 * p->heuristic_percent;

		return (struct lifetime){ share < ms(p->heuristic_max) ? share : ms(p->heuristic_max),
					  FRESH_HEURISTIC };
	}
	if (p->default_ttl != POLICY_UNSET)
		return (struct lifetime){ ms(p->default_ttl), FRESH_DEFAULT };
	return none;
}

struct lifetime
fresh_lifetime(const struct meta *m, const struct cache_policy *p)
{
	struct lifetime l;

	/* An outage is not kept because the route keeps its pages. */
	if (p->ttl != POLICY_UNSET && m->status < 500)
		return (struct lifetime){ ms(p->ttl), FRESH_POLICY };
	l = explicit_lifetime(m, p);
	if (l.rule == FRESH_NONE)
		l = guessed_lifetime(m, p);
	if (p->max_ttl != POLICY_UNSET && l.ms > ms(p->max_ttl))
		l.ms = ms(p->max_ttl);
	return l;
}

/* ---- age ---- */

/* Clocks that went back make no negative age, and a Date ahead of ours makes none at all. Apparent age is taken in
 * whole seconds, as Date is: its missing part would make every response up to a second older than it is. */
int64_t
fresh_age_ms(const struct meta *m, int64_t now_ms)
{
	int64_t apparent = at_least_zero(ms(m->received_ms / MS_PER_S - m->date));
	int64_t delay = at_least_zero(m->received_ms - m->requested_ms);
	int64_t corrected = ms(m->age) + delay;
	int64_t resident = at_least_zero(now_ms - m->received_ms);

	return (apparent > corrected ? apparent : corrected) + resident;
}

uint32_t
fresh_age_s(const struct meta *m, int64_t now_ms)
{
	int64_t s = fresh_age_ms(m, now_ms) / MS_PER_S;

	return s < AGE_MAX ? (uint32_t)s : AGE_MAX;
}

/* ---- use past freshness ---- */

/* RFC 9111 4.2.4: what forbids stale use, whatever anybody allows. */
static bool
forbids_stale(const struct cc *cc)
{
	return cc->bits & (CC_MUST_REVALIDATE | CC_PROXY_REVALIDATE | CC_S_MAXAGE | CC_NO_CACHE);
}

/* The window of stale-while-revalidate or stale-if-error, in ms. A route's own counts only for what was fresh once:
 * that it is not to be served stale is all that max-age=0 says. */
static int64_t
window(bool said, uint32_t by_response, int64_t by_policy, int64_t lifetime)
{
	if (said)
		return ms(by_response);
	return by_policy != POLICY_UNSET && lifetime > 0 ? ms(by_policy) : 0;
}

static int64_t
swr_window(const struct cc *cc, const struct cache_policy *p, int64_t lifetime)
{
	return forbids_stale(cc) ? 0 : window(cc->bits & CC_SWR, cc->swr, p->swr, lifetime);
}

static int64_t
sie_window(const struct cc *cc, const struct cache_policy *p, int64_t lifetime)
{
	return forbids_stale(cc) ? 0 : window(cc->bits & CC_SIE, cc->sie, p->sie, lifetime);
}

void
fresh_state(const struct meta *m, const struct cache_policy *p, int64_t now_ms, struct freshness *out)
{
	const struct cc *cc = fresh_directives(m, p);
	struct lifetime l = fresh_lifetime(m, p);
	int64_t age = fresh_age_ms(m, now_ms);
	int64_t stale_for = age - l.ms;

	*out = (struct freshness){
		.ttl_ms = l.ms - age,
		.age_ms = age,
		.rule = l.rule,
		.must_validate = cc->bits & CC_NO_CACHE,
		.never_stale = forbids_stale(cc),
		.swr = stale_for >= 0 && stale_for < swr_window(cc, p, l.ms),
		.sie = stale_for >= 0 && stale_for < sie_window(cc, p, l.ms),
	};
}

int64_t
fresh_dead_ms(const struct meta *m, const struct cache_policy *p)
{
	const struct cc *cc = fresh_directives(m, p);
	struct lifetime l = fresh_lifetime(m, p);
	int64_t keep = forbids_stale(cc) ? 0 : ms(p->keep_stale);
	int64_t swr = swr_window(cc, p, l.ms), sie = sie_window(cc, p, l.ms);

	if (m->flags & (META_ETAG | META_LAST_MODIFIED))
		return FRESH_FOREVER;
	keep = swr > keep ? swr : keep;
	keep = sie > keep ? sie : keep;
	return m->received_ms - fresh_age_ms(m, m->received_ms) + l.ms + keep;
}

int64_t
fresh_seconds(int64_t v)
{
	return v >= 0 ? (v + MS_PER_S - 1) / MS_PER_S : -((-v + MS_PER_S - 1) / MS_PER_S);
}
