/* What the response itself says about caching, in the words of the tables that the node stores by. */
#include "explain/story_impl.h"
#include "explain/words.h"
#include "http/vary.h"

#define LENGTH 192 /* of most */

struct policy_words {
	struct telling *t;
	struct remarks r;
	struct strbuf out; /* the sentence under way */
};

static struct strbuf *
begin(struct policy_words *p)
{
	p->out = strbuf_in(p->t->a, LENGTH);
	return &p->out;
}

static void
end(struct policy_words *p, struct str source)
{
	struct str text = strbuf_str(&p->out);

	if (p->out.cap > p->out.n)
		arena_trim(p->t->a, p->out.p, p->out.cap, p->out.n);
	remark_add(&p->r, text, source);
}

/* ---- may it be stored ---- */

static bool
may_be_stored(const struct telling *t)
{
	return t->f.storable.why == UNSTORABLE_NOT;
}

static void
tell_storing(struct policy_words *p)
{
	enum unstorable why = p->t->f.storable.why;
	struct strbuf *out;

	if (may_be_stored(p->t)) {
		remark_add(&p->r, STR("A shared cache may store it."), STR("RFC 9111 3"));
		return;
	}
	out = begin(p);
	strbuf_add(out, is_stored_somewhere(p->t)
			    ? STR("By the fields that are here, a shared cache may not store it. ")
			    : STR("A shared cache may not store it. "));
	strbuf_add(out, unstorable_sentence(why));
	end(p, unstorable_source(why));
}

/* ---- for how long ---- */

static void
put_lifetime(struct strbuf *out, const struct lifetime *l)
{
	if (l->rule == FRESH_NONE) {
		strbuf_lit(out, "never fresh. ");
	} else if (l->ms == 0) {
		strbuf_lit(out, "stale at once. ");
	} else {
		strbuf_lit(out, "fresh for ");
		words_time(out, fresh_seconds(l->ms));
		strbuf_lit(out, ". ");
	}
	strbuf_add(out, fresh_rule_sentence(l->rule));
}

/* Expires says until when, and that is no time for how long where nobody knows what time it was. */
static bool
is_reckonable(const struct telling *t, const struct lifetime *l)
{
	return !t->f.undated || l->rule != FRESH_EXPIRES || l->ms == 0;
}

static void
tell_lifetime(struct policy_words *p)
{
	const struct facts *f = &p->t->f;
	struct strbuf *out;

	if (!may_be_stored(p->t))
		return;
	if (!is_reckonable(p->t, &f->lifetime)) {
		remark_add(
		    &p->r,
		    STR("It is fresh until the time that Expires names; without Date that is no time for how long."),
		    STR("RFC 9111 4.2.1"));
		return;
	}
	out = begin(p);
	strbuf_lit(out, "In a shared cache it is ");
	put_lifetime(out, &f->lifetime);
	end(p, fresh_rule_source(f->lifetime.rule));
}

static void
tell_age(struct policy_words *p)
{
	const struct freshness *fresh = &p->t->f.fresh;
	struct strbuf *out;

	if (!may_be_stored(p->t) || fresh->age_ms == 0 || p->t->f.lifetime.ms == 0 ||
	    !is_reckonable(p->t, &p->t->f.lifetime))
		return;
	out = begin(p);
	strbuf_lit(out, "It is ");
	words_time(out, fresh->age_ms / 1000);
	strbuf_lit(out, " old: ");
	if (fresh->ttl_ms > 0) {
		strbuf_lit(out, "fresh for another ");
		words_time(out, fresh_seconds(fresh->ttl_ms));
	} else {
		strbuf_lit(out, "stale for ");
		words_time(out, -fresh_seconds(fresh->ttl_ms));
	}
	strbuf_char(out, '.');
	end(p, STR("RFC 9111 4.2.3"));
}

/* Where it differs from what shared caches do. */
static void
tell_at_home(struct policy_words *p)
{
	const struct facts *f = &p->t->f;
	bool same = f->at_home.ms == f->lifetime.ms && f->at_home.rule == f->lifetime.rule;
	bool may =
	    may_be_stored(p->t) || f->storable.why == UNSTORABLE_PRIVATE || f->storable.why == UNSTORABLE_SET_COOKIE;
	struct strbuf *out;

	if (!may || (may_be_stored(p->t) && same) || !is_reckonable(p->t, &f->at_home))
		return;
	out = begin(p);
	strbuf_lit(out, "A browser may store it, and there it is ");
	put_lifetime(out, &f->at_home);
	end(p, fresh_rule_source(f->at_home.rule));
}

/* ---- how it may be used ---- */

static void
tell_splits(struct policy_words *p)
{
	struct str names = vary_names(&p->t->x->response, p->t->a), one;
	struct strbuf *out;

	if (names.n == 0 || (p->t->f.meta.flags & META_VARY_ANY))
		return;
	out = begin(p);
	strbuf_lit(out, "Vary splits it: a copy of its own for each value of ");
	for (bool first = true; names.n > 0; first = false) {
		str_cut(&names, ',', &one);
		strbuf_add(out, first ? STR("") : names.n > 0 ? STR(", ") : STR(" and "));
		words_harmless(out, one, LENGTH);
	}
	strbuf_lit(out, " in a request.");
	end(p, STR("RFC 9111 4.1"));
}

/* Directives that say how a copy may be used. ROW(bit, "sentence", "source") */
static void
tell_use(struct policy_words *p)
{
	static const struct {
		uint32_t bit;
		struct str text, source;
	} rows[] = {
		{ CC_NO_CACHE, STR_INIT("no-cache: a copy has to be confirmed before each use."),
		  STR_INIT("RFC 9111 5.2.2.4") },
		{ CC_MUST_REVALIDATE, STR_INIT("must-revalidate: once stale, it is not used without being confirmed."),
		  STR_INIT("RFC 9111 5.2.2.2") },
		{ CC_PROXY_REVALIDATE,
		  STR_INIT("proxy-revalidate: once stale, no shared cache uses it without its being confirmed."),
		  STR_INIT("RFC 9111 5.2.2.8") },
		{ CC_IMMUTABLE,
		  STR_INIT("immutable: while it is fresh, browsers do not ask even when the page is reloaded."),
		  STR_INIT("RFC 8246 2") },
	};

	if (!may_be_stored(p->t))
		return;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (p->t->f.cc->bits & rows[i].bit)
			remark_add(&p->r, rows[i].text, rows[i].source);
}

static void
tell_window(struct policy_words *p, enum cc_bit bit, uint32_t seconds, struct str text, struct str source)
{
	struct strbuf *out;

	if (!(p->t->f.cc->bits & bit) || seconds == 0 || !may_be_stored(p->t) || p->t->f.fresh.never_stale)
		return;
	out = begin(p);
	strbuf_lit(out, "For ");
	words_time(out, seconds);
	strbuf_add(out, text);
	end(p, source);
}

static void
tell_validators(struct policy_words *p)
{
	bool etag = p->t->f.meta.flags & META_ETAG, modified = p->t->f.meta.flags & META_LAST_MODIFIED;

	if (!may_be_stored(p->t))
		return;
	if (!etag && !modified)
		remark_add(&p->r, STR("It has no validator: a stale copy cannot be confirmed, only fetched anew."),
			   STR("RFC 9110 8.8"));
	else
		remark_add(&p->r,
			   etag && modified ? STR("ETag and Last-Modified: a stale copy can be confirmed with a 304.")
			   : etag           ? STR("ETag: a stale copy can be confirmed with a 304.")
					    : STR("Last-Modified: a stale copy can be confirmed with a 304."),
			   etag ? STR("RFC 9110 8.8.3") : STR("RFC 9110 8.8.2"));
}

void
policy_tell(struct telling *t)
{
	struct policy_words p = { .t = t, .r = { t, &t->s->policy } };

	tell_storing(&p);
	tell_lifetime(&p);
	tell_age(&p);
	tell_at_home(&p);
	tell_splits(&p);
	tell_use(&p);
	tell_window(&p, CC_SWR, t->f.cc->swr, STR(" past its freshness it may be used while it is fetched anew."),
		    STR("RFC 5861 3"));
	tell_window(&p, CC_SIE, t->f.cc->sie, STR(" past its freshness it may be used where the origin fails."),
		    STR("RFC 5861 4"));
	tell_validators(&p);
}
