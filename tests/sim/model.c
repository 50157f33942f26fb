#include "model.h"

#include <stdio.h>
#include <string.h>

#define DAY_MS  INT64_C(86400000)
#define WEEK_MS (7 * DAY_MS)

/* ---- what is in force ---- */

/* RFC 9111 3.2, 4.3.4: what an update says takes the place of what was stored; Date and Age are its own. */
static void
update(struct said *s, const struct said *u)
{
	if (u->has & SAID_CC)
		s->cc = u->cc;
	if (u->has & SAID_CDN)
		s->cdn = u->cdn;
	if (u->has & SAID_VARY)
		s->vary = u->vary;
	if (u->has & SAID_GROUPS)
		s->group = u->group;
	if (u->has & SAID_MODIFIED)
		s->modified = u->modified;
	if (u->has & SAID_LANGUAGE)
		s->language = u->language;
	if (u->has & SAID_EXPIRES) {
		s->expires = u->expires;
		s->expires_at = u->expires_at;
	}
	s->has |= u->has;
	s->date = u->date;
	s->age = u->age;
}

static struct said
said_after(const struct history *h, unsigned updates)
{
	struct said s = h->base->said;

	for (unsigned i = 0; i < updates; i++)
		update(&s, &h->updates[i]->said);
	if (!(s.has & SAID_VARY))
		s.vary = 0;
	if (!(s.has & SAID_LANGUAGE))
		s.language = 0;
	return s;
}

/* Cache-Control that is not there says nothing. */
static const struct directives *
in_force(const struct said *s)
{
	static const struct directives silence = { 0, ANSWER_NONE, ANSWER_NONE, ANSWER_NONE, ANSWER_NONE };

	if (s->has & SAID_CDN)
		return &s->cdn;
	return s->has & SAID_CC ? &s->cc : &silence;
}

/* ---- time ---- */

static int64_t
date_of(const struct said *s, const struct answer *last)
{
	return s->date != ANSWER_NONE ? s->date : last->came_ms / 1000; /* RFC 9110 6.6.1 */
}

/* RFC 9110 15.1. */
static bool
is_heuristic(int status)
{
	static const int those[] = { 200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501 };

	for (unsigned i = 0; i < sizeof those / sizeof those[0]; i++)
		if (those[i] == status)
			return true;
	return false;
}

/* RFC 9111 4.2.2. */
static int64_t
heuristic_ms(const struct said *s, const struct answer *last)
{
	int64_t since = date_of(s, last) - s->modified;

	if (!(s->has & SAID_MODIFIED) || since <= 0)
		return 0;
	return since * 100 < WEEK_MS ? since * 100 : WEEK_MS;
}

/* An answer to POST needs explicit freshness (RFC 9110 9.3.3), until a GET has confirmed it. */
static bool
may_guess(const struct history *h, const struct said *s, const struct answer *last)
{
	return last->ask->method != ASK_POST && (is_heuristic(h->base->status) || in_force(s)->bits & SAYS_PUBLIC);
}

/* RFC 9111 4.2.1. */
static int64_t
lifetime(const struct history *h, const struct said *s, const struct answer *last, bool *explicit)
{
	const struct directives *c = in_force(s);
	int64_t ms;

	*explicit = true;
	if (c->s_maxage != ANSWER_NONE)
		return c->s_maxage * 1000;
	if (c->max_age != ANSWER_NONE)
		return c->max_age * 1000;
	if (!(s->has & SAID_CDN) && s->has & SAID_EXPIRES) {
		ms = s->expires == EXPIRES_AT ? (s->expires_at - date_of(s, last)) * 1000 : 0;
		return ms > 0 ? ms : 0;
	}
	*explicit = false;
	return may_guess(h, s, last) ? heuristic_ms(s, last) : 0;
}

static int64_t
at_least_zero(int64_t v)
{
	return v > 0 ? v : 0;
}

/* RFC 9111 4.2.3; apparent_age in whole seconds, as both of its terms are. */
static int64_t
age(const struct said *s, const struct answer *last, int64_t now_ms)
{
	int64_t apparent = at_least_zero(last->came_ms / 1000 - date_of(s, last)) * 1000;
	int64_t corrected = s->age * 1000 + at_least_zero(last->came_ms - last->sent_ms);

	return (apparent > corrected ? apparent : corrected) + at_least_zero(now_ms - last->came_ms);
}

void
model_stand(const struct history *h, int64_t now_ms, struct standing *out)
{
	out->said = said_after(h, h->count);
	out->last = h->count == 0 ? h->base : h->updates[h->count - 1];
	out->lifetime_ms = lifetime(h, &out->said, out->last, &out->explicit);
	out->age_ms = age(&out->said, out->last, now_ms);
	out->in_force = in_force(&out->said);
}

int64_t
model_ttl(const struct standing *s)
{
	int64_t ms = s->lifetime_ms - s->age_ms;

	return ms >= 0 ? (ms + 999) / 1000 : -((-ms + 999) / 1000);
}

/* ---- storing (RFC 9111 3) ---- */

static bool
is_understood(int status)
{
	return status != 299 && status != 499;
}

static const char *
judge_cookie(const struct said *s, int64_t lifetime_ms, bool explicit)
{
	if (!(s->has & SAID_COOKIE))
		return NULL;
	if (!explicit || lifetime_ms <= 0)
		return "it sets a cookie, and says no lifetime";
	return in_force(s)->bits & SAYS_NO_CACHE ? "it sets a cookie, and says no-cache" : NULL;
}

/* What the latest word, and the request that brought it, allow. */
static const char *
judge(const struct history *h, unsigned updates)
{
	struct said s = said_after(h, updates);
	const struct directives *c = in_force(&s);
	const struct answer *last = updates == 0 ? h->base : h->updates[updates - 1];
	bool explicit;
	int64_t ms = lifetime(h, &s, last, &explicit);

	if (last->no_store)
		return "the request says no-store";
	if (c->bits & SAYS_MUST_UNDERSTAND ? !is_understood(h->base->status) : c->bits & SAYS_NO_STORE)
		return "no-store, or a status that is not understood";
	if (c->bits & SAYS_PRIVATE)
		return "private";
	if (last->ask->user != 0 && !(c->bits & (SAYS_PUBLIC | SAYS_MUST_REVALIDATE)) && c->s_maxage == ANSWER_NONE)
		return "Authorization (RFC 9111 3.5)";
	if (s.vary & VARY_ANY)
		return "Vary: *";
	if (!explicit && !may_guess(h, &s, last))
		return "nothing says that this status may be stored";
	return judge_cookie(&s, ms, explicit);
}

static const char *
judge_method(const struct history *h)
{
	struct said s = said_after(h, 0);
	bool explicit;
	int64_t ms = lifetime(h, &s, h->base, &explicit);

	if (h->base->ask->method == ASK_GET)
		return NULL;
	if (h->base->ask->method != ASK_POST || h->base->status != 200)
		return "the method";
	return h->base->located && explicit && ms > 0 ? NULL : "POST, without leave to use it for GET";
}

const char *
model_not_storable(const struct history *h)
{
	const char *why = judge_method(h);

	if (why == NULL)
		why = judge(h, 0);
	for (unsigned i = 0; i < h->count && why == NULL; i++)
		why = judge(h, i + 1);
	return why;
}

bool
model_is_useful(const struct history *h, int64_t now_ms)
{
	struct standing s;

	model_stand(h, now_ms, &s);
	return h->base->etag != ETAG_NONE || s.said.has & SAID_MODIFIED || s.lifetime_ms > s.age_ms;
}

/* ---- selecting (RFC 9111 4.1) ---- */

/* The same wish; or what the response is, by its own word, is what this request likes best. */
static bool
field_matches(enum ask_field f, const struct said *s, const struct ask *q, const struct ask *other)
{
	if (q->wish[f] == other->wish[f])
		return true;
	if (f == ASK_LANGUAGE)
		return ask_likes_best(q, f, s->language);
	return f == ASK_CODING && ask_likes_best(q, f, s->coding);
}

static bool
same_selection(const struct said *s, const struct ask *q, const struct ask *other)
{
	for (enum ask_field f = 0; f < ASK_FIELDS; f++)
		if (s->vary >> f & 1 && !field_matches(f, s, q, other))
			return false;
	return true;
}

/* Any request for which the origin gave or confirmed it will do. */
bool
model_matches(const struct history *h, const struct ask *q)
{
	struct said s = said_after(h, h->count);

	if (s.vary & VARY_ANY)
		return false;
	if (same_selection(&s, q, h->base->ask))
		return true;
	for (unsigned i = 0; i < h->count; i++)
		if (same_selection(&s, q, h->updates[i]->ask))
			return true;
	return false;
}

/* ---- using (RFC 9111 4, 5.2.1) ---- */

static bool
says_no_cache(const struct ask *q)
{
	bool has_cc = q->no_cache || q->no_store || q->only_if_cached || q->max_age >= 0 || q->min_fresh >= 0 ||
		      q->max_stale != ASK_NONE;

	return q->no_cache || (q->pragma && !has_cc);
}

static const char *
judge_demands(const struct standing *s, const struct ask *q)
{
	if (q->max_age >= 0 && s->age_ms > q->max_age * 1000)
		return "the request's max-age";
	if (q->min_fresh >= 0 && s->lifetime_ms - s->age_ms < q->min_fresh * 1000)
		return "the request's min-fresh";
	return NULL;
}

/* RFC 9111 4.2.4. */
static bool
forbids_stale(const struct directives *c)
{
	return c->bits & (SAYS_MUST_REVALIDATE | SAYS_PROXY_REVALIDATE | SAYS_NO_CACHE) || c->s_maxage != ANSWER_NONE;
}

static bool
within(int64_t stale_ms, int64_t seconds)
{
	return seconds != ANSWER_NONE && stale_ms <= seconds * 1000;
}

static const char *
judge_stale(const struct standing *s, const struct ask *q, enum leave leave)
{
	const struct directives *c = s->in_force;
	int64_t stale = s->age_ms - s->lifetime_ms;

	if (stale < 0)
		return "it is said to be stale, and is not";
	if (forbids_stale(c))
		return "stale, and the response forbids that";
	switch (leave) {
	case LEAVE_REFRESHING:
		return within(stale, c->swr) ? NULL : "stale-while-revalidate does not cover it";
	case LEAVE_MAX_STALE:
		return q->max_stale == ASK_FOREVER || within(stale, q->max_stale) ? NULL
										  : "max-stale does not cover it";
	case LEAVE_ERROR:
		return within(stale, c->sie) ? NULL : "stale-if-error does not cover it";
	case LEAVE_DOWN:
	case LEAVE_SILENCE:
		return stale <= DAY_MS || within(stale, c->sie) ? NULL : "stale for too long";
	case LEAVE_FRESH:
		break;
	}
	return "stale";
}

const char *
model_not_usable(const struct standing *s, const struct ask *q, enum leave leave)
{
	bool was_asked = leave == LEAVE_SILENCE || leave == LEAVE_ERROR;
	const char *why = was_asked ? NULL : judge_demands(s, q);

	if (says_no_cache(q))
		return "the request says no-cache";
	if (why != NULL)
		return why;
	if (s->in_force->bits & SAYS_NO_CACHE)
		return "the response says no-cache";
	if (leave == LEAVE_FRESH)
		return s->age_ms < s->lifetime_ms ? NULL : "stale";
	return judge_stale(s, q, leave);
}

/* ---- validating (RFC 9111 4.3) ---- */

/* A 304 confirms what the request for it named: one of the ETags, else the time. Another answer without content is that
 * to a HEAD, and speaks of what has its ETag. */
static bool
confirms(const struct answer *u, const struct answer *base, const struct said *was, const struct answer *last)
{
	char tag[32];

	if (u->status != 304)
		return u->etag == ETAG_NONE || u->rep == base->rep;
	snprintf(tag, sizeof tag, "%llx", (unsigned long long)base->rep);
	if (u->given_etag[0] != '\0')
		return base->etag != ETAG_NONE && strstr(u->given_etag, tag) != NULL;
	return u->given_since == (was->has & SAID_MODIFIED ? was->modified : date_of(was, last));
}

const struct answer *
model_not_confirmed(const struct history *h)
{
	for (unsigned i = 0; i < h->count; i++) {
		struct said was = said_after(h, i);

		if (!confirms(h->updates[i], h->base, &was, i == 0 ? h->base : h->updates[i - 1]))
			return h->updates[i];
	}
	return NULL;
}
