/* The response as cache/ sees it: the answers here are those that a node would act on. */
#include "base/clock.h"
#include "explain/story_impl.h"
#include "http/date.h"
#include "http/fields.h"

/* The request as it was, or the plainest that could have had this response. HEAD tells what GET would have been told,
 * so it is judged as one. */
static void
request_of(const struct exchange *x, struct arena *a, struct head *out)
{
	if (x->has_request)
		*out = x->request;
	else
		head_init(out, a);
	if (x->method.n > 0)
		out->method = method_id(x->method);
	else if (!x->has_request)
		out->method = METHOD_GET;
	if (out->method == METHOD_HEAD)
		out->method = METHOD_GET;
	if (out->target.n == 0)
		out->target = STR("/");
}

/* A 304 speaks of the copy that it confirms; a block without a status line is taken for what it mostly is. */
static struct head
response_of(const struct exchange *x)
{
	struct head h = x->response;

	if (h.status == 0 || h.status == 304)
		h.status = 200;
	return h;
}

/* Where nobody told when it came, Date and Age do: they are what a cache would have reckoned with then. */
static int64_t
time_of(const struct exchange *x, bool *undated)
{
	struct head request;
	struct meta m;
	int64_t date;

	*undated = false;
	if (x->came_ms != EXCHANGE_UNKNOWN)
		return x->came_ms;
	*undated = !date_of_field(&x->response, HDR_DATE, &date);
	if (*undated)
		return 0;
	head_init(&request, x->response.arena);
	meta_read(&m, &x->response, &request, 0, 0, x->response.arena);
	return (date + m.age) * MS_PER_S;
}

/* RFC 9111 5.2.2.7, 5.2.2.10: a browser is one user's, so what is said to shared caches alone does not concern it. */
static struct lifetime
at_home(const struct meta *shared, const struct cache_policy *p)
{
	struct meta m = *shared;
	struct cache_policy own = *p;

	own.targeted = false;
	m.cc.bits &= ~(uint32_t)(CC_S_MAXAGE | CC_PRIVATE | CC_PROXY_REVALIDATE);
	return fresh_lifetime(&m, &own);
}

/* May it be stored, asked of it as it was when the origin sent it: one that has grown too old since could be then. */
static struct storable
judge(const struct facts *f)
{
	struct meta young = f->meta;

	young.age = 0;
	young.requested_ms = young.received_ms = young.date * MS_PER_S;
	return storable_judge(&young, &f->request, &f->response, &f->policy, young.received_ms);
}

void
facts_read(struct telling *t)
{
	struct facts *f = &t->f;

	cache_policy_defaults(&f->policy);
	request_of(t->x, t->a, &f->request);
	f->response = response_of(t->x);
	f->now_ms = time_of(t->x, &f->undated);
	meta_read(&f->meta, &f->response, &f->request, f->now_ms, f->now_ms, t->a);
	f->cc = fresh_directives(&f->meta, &f->policy);
	f->storable = judge(f);
	f->lifetime = fresh_lifetime(&f->meta, &f->policy);
	fresh_state(&f->meta, &f->policy, f->now_ms, &f->fresh);
	f->at_home = at_home(&f->meta, &f->policy);
}

/* RFC 9111 5.4: Pragma counts where there is no Cache-Control. */
bool
asks_to_reload(const struct telling *t)
{
	const struct head *request = &t->x->request;
	struct cc cc;

	if (!t->x->has_request)
		return false;
	if (!head_has(request, HDR_CACHE_CONTROL))
		return head_has_token(request, HDR_PRAGMA, STR("no-cache"));
	cc = cc_parse(request);
	return (cc.bits & CC_NO_CACHE) || ((cc.bits & CC_MAX_AGE) && cc.max_age == 0);
}
