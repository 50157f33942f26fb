#include "cache/storable.h"

#include "http/range.h"
#include "http/status.h"
#include "http/uri.h"

static const struct {
	struct str token, sentence, source;
} rows[UNSTORABLE_COUNT] = {
#define UNSTORABLE(id, token, sentence, source) \
	[UNSTORABLE_##id] = { STR_INIT(token), STR_INIT(sentence), STR_INIT(source) },
#include "tbl/unstorable.def"
#undef UNSTORABLE
};

struct str
unstorable_token(enum unstorable u)
{
	return rows[u].token;
}

struct str
unstorable_sentence(enum unstorable u)
{
	return rows[u].sentence;
}

struct str
unstorable_source(enum unstorable u)
{
	return rows[u].source;
}

/* All that the rules below look at. */
struct judged {
	const struct meta *m;
	const struct head *request;
	const struct head *response;
	const struct cache_policy *p;
	const struct cc *cc; /* in force */
	int64_t now_ms;
	struct lifetime lifetime; /* weighed where nothing forbids storing outright */
};

static void
weigh(struct judged *j)
{
	j->lifetime = fresh_lifetime(j->m, j->p);
}

/* ---- the request ---- */

static bool
has_body(const struct head *request)
{
	struct str length = head_get(request, HDR_CONTENT_LENGTH);

	return head_has(request, HDR_TRANSFER_ENCODING) || (length.n > 0 && !str_eq(length, STR("0")));
}

/* RFC 9110 9.3.3: Content-Location names the target itself. The scheme is not known here, and a reference that writes
 * one has little reason to write another than the one it was asked by. */
static bool
located_at_target(const struct head *request, const struct head *response)
{
	struct str ref = head_get(response, HDR_CONTENT_LOCATION), base, path;
	struct uri u;

	if (head_count(response, HDR_CONTENT_LOCATION) != 1 || !uri_parse_target(request->target, false, &u))
		return false;
	base = uri_path(&u, response->arena);
	return base.p != NULL &&
	       uri_same_origin_path(str_istarts(ref, STR("https:")) ? STR("https") : STR("http"),
				    u.form == URI_ABSOLUTE ? u.authority : head_get(request, HDR_HOST), base, ref,
				    response->arena, &path) &&
	       str_eq(path, base);
}

static bool
method_allows(struct judged *j)
{
	if (j->request->method == METHOD_GET)
		return true;
	if (j->request->method != METHOD_POST || j->m->status != 200)
		return false;
	weigh(j);
	return fresh_rule_is_explicit(j->lifetime.rule) && j->lifetime.ms > 0 &&
	       located_at_target(j->request, j->response);
}

static enum unstorable
judge_request(struct judged *j)
{
	if (!j->p->enabled)
		return UNSTORABLE_POLICY;
	if (!method_allows(j))
		return UNSTORABLE_METHOD;
	if (j->request->method == METHOD_GET && has_body(j->request))
		return UNSTORABLE_REQUEST_BODY;
	if (cc_parse(j->request).bits & CC_NO_STORE)
		return UNSTORABLE_REQ_NO_STORE;
	return UNSTORABLE_NOT;
}

/* ---- what the response forbids ---- */

/* RFC 9111 3: final, and understood where that is demanded. What has no explicit freshness needs a status that may be
 * cached without. */
static bool
status_allows(const struct judged *j)
{
	int status = j->m->status;

	if (status < 200 || status == 304)
		return false;
	if (status == 412 || status == 416) /* an answer to conditions and ranges, which no key covers */
		return false;
	if ((j->cc->bits & CC_MUST_UNDERSTAND) && !status_understood(status))
		return false;
	return j->lifetime.rule == FRESH_POLICY || fresh_rule_is_explicit(j->lifetime.rule) ||
	       fresh_may_guess(j->m, j->p);
}

/* RFC 9111 5.2.2.3: must-understand overrides the no-store beside it, which is meant for caches that do not know it. */
static bool
forbids_storing(const struct cc *cc)
{
	return (cc->bits & CC_NO_STORE) && !(cc->bits & CC_MUST_UNDERSTAND);
}

/* RFC 9111 3.5. */
static bool
authorization_allows(const struct judged *j)
{
	return !(j->m->flags & META_AUTHORIZED) || (j->cc->bits & (CC_PUBLIC | CC_MUST_REVALIDATE | CC_S_MAXAGE));
}

/* One range, with a place for it. multipart/byteranges has no Content-Range of its own (RFC 9110 15.3.7.2). */
static bool
range_allows(const struct judged *j)
{
	struct content_range r;

	if (!(j->m->flags & META_PARTIAL))
		return true;
	return head_count(j->response, HDR_CONTENT_RANGE) == 1 &&
	       content_range_parse(head_get(j->response, HDR_CONTENT_RANGE), &r) && !r.unsatisfied;
}

/* A cookie meant for one is handed to all who are given the stored response, so the origin must have said, by a
 * lifetime of its own, that it may be. With no-cache or a lifetime of zero it has said the opposite: a 304 to somebody
 * else would hand the cookie on. */
static bool
cookies_allow(const struct judged *j)
{
	if (!(j->m->flags & META_SET_COOKIE) || j->p->set_cookie != SET_COOKIE_EXPLICIT)
		return true;
	if (cc_names_field(j->response, CC_PRIVATE_FIELDS, STR("Set-Cookie")) ||
	    cc_names_field(j->response, CC_NO_CACHE_FIELDS, STR("Set-Cookie")))
		return true; /* it is not kept (stored_keeps) */
	return fresh_rule_is_explicit(j->lifetime.rule) && j->lifetime.ms > 0 && !(j->cc->bits & CC_NO_CACHE);
}

/* Can it ever be used: fresh, by validation, or by leave to serve it stale? */
static bool
useful(const struct judged *j)
{
	if (j->m->flags & (META_ETAG | META_LAST_MODIFIED))
		return true;
	return (j->lifetime.ms > 0 || (j->cc->bits & (CC_SWR | CC_SIE))) && j->now_ms < fresh_dead_ms(j->m, j->p);
}

static enum unstorable
judge_response(struct judged *j)
{
	if (forbids_storing(j->cc))
		return UNSTORABLE_NO_STORE;
	if (j->cc->bits & CC_PRIVATE)
		return UNSTORABLE_PRIVATE;
	if (!authorization_allows(j))
		return UNSTORABLE_AUTHORIZED;
	weigh(j);
	if (!cookies_allow(j))
		return UNSTORABLE_SET_COOKIE;
	if (j->m->flags & META_VARY_ANY)
		return UNSTORABLE_VARY_ANY;
	if (!status_allows(j))
		return UNSTORABLE_STATUS;
	if (!useful(j))
		return UNSTORABLE_NO_FRESHNESS;
	return UNSTORABLE_NOT;
}

/* Will the next response for this URL be refused as well? An error passes, and other requests have other bodies and
 * credentials. */
static bool
will_be_so_again(enum unstorable why, int status)
{
	switch (why) {
	case UNSTORABLE_NO_STORE:
	case UNSTORABLE_PRIVATE:
	case UNSTORABLE_SET_COOKIE:
	case UNSTORABLE_VARY_ANY:
	case UNSTORABLE_NO_FRESHNESS:
	case UNSTORABLE_STATUS:
		return status >= 200 && status < 500 && status != 304;
	default:
		return false;
	}
}

/* RFC 9111 4: a request that waited may have it only if it could have been answered with it from the store, fresh and
 * without asking again. */
static bool
may_share(const struct judged *j)
{
	return j->lifetime.ms > fresh_age_ms(j->m, j->now_ms) && !(j->cc->bits & CC_NO_CACHE);
}

static struct storable
verdict(const struct judged *j, enum unstorable why)
{
	return (struct storable){
		.why = why,
		.remember = will_be_so_again(why, j->m->status),
		.shareable = why == UNSTORABLE_NOT && may_share(j),
	};
}

struct storable
storable_judge(const struct meta *m, const struct head *request, const struct head *response,
	       const struct cache_policy *p, int64_t now_ms)
{
	struct judged j = { m, request, response, p, fresh_directives(m, p), now_ms };
	enum unstorable why = judge_request(&j);

	if (why == UNSTORABLE_NOT)
		why = judge_response(&j);
	if (why == UNSTORABLE_NOT && !range_allows(&j))
		why = UNSTORABLE_PARTIAL;
	return verdict(&j, why);
}

struct storable
storable_judge_update(const struct meta *m, const struct head *request, const struct head *updated,
		      const struct cache_policy *p, int64_t now_ms)
{
	struct judged j = { m, request, updated, p, fresh_directives(m, p), now_ms };

	if (!p->enabled)
		return verdict(&j, UNSTORABLE_POLICY);
	if (cc_parse(request).bits & CC_NO_STORE)
		return verdict(&j, UNSTORABLE_REQ_NO_STORE);
	return verdict(&j, judge_response(&j));
}
