/* Cache-Status (RFC 9211), origin-first. Members are read leniently one by one: there are nodes whose names begin with
 * a digit, that forget quotes, or put a comma last, and by the book one of these hides the members of all. That the
 * field is not valid is noted. */
#include "http/fields.h"
#include "http/sf.h"
#include "trail/dialect_impl.h"
#include "trail/reason.h"

struct member {
	struct str text, name;
	struct str fwd, detail, key, record;
	struct str reason; /* what the detail is, if it is a word of Cairn's */
	int64_t fwd_status, ttl;
	bool hit, replayed;
	bool bare; /* a name, and not one parameter */
};

/* ---- one member ---- */

/* An integer; of a decimal what stands before the point. */
static int64_t
signed_number(struct str s)
{
	bool negative = s.n > 0 && s.p[0] == '-';
	struct str whole;
	int64_t n;

	if (negative)
		s = str_skip(s, 1);
	str_cut(&s, '.', &whole);
	n = number_of(whole);
	return negative && n != TIER_NUMBER_NONE ? -n : n;
}

static bool
is_true(struct str value)
{
	return value.p == NULL || str_is(value, "?1") || str_ieq(value, STR("true"));
}

static void
take_param(struct member *m, struct str name, struct str value, struct arena *a)
{
	if (str_ieq(name, STR("hit")))
		m->hit = is_true(value);
	else if (str_ieq(name, STR("cairn-age")))
		m->replayed = true;
	else if (str_ieq(name, STR("cairn-record")))
		m->record = unquote(value, a);
	else if (str_ieq(name, STR("fwd")))
		m->fwd = unquote(value, a);
	else if (str_ieq(name, STR("detail")))
		m->detail = unquote(value, a);
	else if (str_ieq(name, STR("key")))
		m->key = unquote(value, a);
	else if (str_ieq(name, STR("fwd-status")))
		m->fwd_status = signed_number(value);
	else if (str_ieq(name, STR("ttl")))
		m->ttl = signed_number(value);
}

/* A word of Cairn's for why; empty for another maker's. */
static struct str
cairn_reason(struct str detail)
{
	for (int i = REASON_NONE + 1; i < REASON_COUNT && detail.n > 0; i++)
		if (str_eq(reason_token((enum reason)i), detail))
			return reason_sentence((enum reason)i);
	return STR_NONE;
}

static struct member
parse_member(struct str text, struct arena *a)
{
	struct member m = { .text = text, .fwd_status = TIER_NUMBER_NONE, .ttl = TIER_NUMBER_NONE };
	struct str params, name, value;

	m.name = unquote(element_value(text, &params), a);
	m.bare = true;
	while (param_next(&params, &name, &value)) {
		take_param(&m, name, value, a);
		m.bare = false;
	}
	m.reason = cairn_reason(m.detail);
	if (str_ieq(m.fwd, STR("hit"))) { /* there are servers that write so */
		m.hit = true;
		m.fwd = STR_NONE;
	}
	return m;
}

/* ---- what it means ---- */

static const struct word forwards[] = {
	WORD("bypass", UNKNOWN, BYPASS, "It is set not to answer this from its store."),
	WORD("method", UNKNOWN, BYPASS, "Requests with this method are not answered from a cache."),
	WORD("uri-miss", MISS, MISS, "It had nothing stored for this URL."),
	WORD("vary-miss", MISS, MISS,
	     "It had other variants of it stored, but not the one that this request selects (Vary)."),
	WORD("miss", MISS, MISS, ""),
	WORD("request", HIT, MISS, "It had a copy, and the request forbade using it."),
	WORD("stale", STALE, MISS, WHY_REPLACED),
	WORD("partial", HIT, MISS, "Its copy did not have all the bytes that were asked for."),
};
static const struct words words_forward = WORDS(forwards);

static const struct word hit_fresh = WORD("", HIT, HIT, ""),
			 hit_stale = WORD("", STALE, STALE,
					  "Its copy was no longer fresh and was served without asking upstream."),
			 validated = WORD("", STALE, REVALIDATED, WHY_VALIDATED),
			 failed = WORD("", STALE, STALE, WHY_FAILED);

/* It is stale, and nothing that could have taken its place came: told where the detail is not shown, too. */
static bool
has_failed(const struct member *m, bool past)
{
	bool came = m->fwd_status != TIER_NUMBER_NONE && m->fwd_status < 500;

	return str_is(m->detail, "upstream-error") || (past && !came);
}

static const struct word *
meaning(const struct member *m)
{
	bool past = m->ttl != TIER_NUMBER_NONE && m->ttl < 0;

	if (m->hit)
		return past ? &hit_stale : &hit_fresh;
	if (str_ieq(m->fwd, STR("stale")) && m->fwd_status == 304)
		return &validated;
	if (str_ieq(m->fwd, STR("stale")) && has_failed(m, past))
		return &failed;
	return words_find(&words_forward, m->fwd);
}

/* ---- who it is ---- */

static const struct {
	struct str prefix; /* of the member's name */
	enum vendor vendor;
} names[] = {
	{ STR_INIT("Netlify"), VENDOR_NETLIFY },       { STR_INIT("Souin"), VENDOR_SOUIN },
	{ STR_INIT("Caddy"), VENDOR_SOUIN },           { STR_INIT("Next.js"), VENDOR_NEXTJS },
	{ STR_INIT("cairn"), VENDOR_CAIRN },           { STR_INIT("ATS"), VENDOR_ATS },
	{ STR_INIT("Varnish"), VENDOR_VARNISH },       { STR_INIT("nginx"), VENDOR_NGINX_DERIVED },
	{ STR_INIT("Cloudflare"), VENDOR_CLOUDFLARE }, { STR_INIT("CloudFront"), VENDOR_CLOUDFRONT },
	{ STR_INIT("Fastly"), VENDOR_FASTLY },         { STR_INIT("Akamai"), VENDOR_AKAMAI },
	{ STR_INIT("Vercel"), VENDOR_VERCEL },
};

static bool
is_squid_detail(struct str s)
{
	return str_is(s, "match") || str_is(s, "mismatch") || str_is(s, "no-cache");
}

static const struct hop *
hop_named(const struct reading *r, struct str name)
{
	const struct hop *h = r->hops;

	while (h != NULL && !(h->vendor != VENDOR_UNKNOWN && str_ieq(h->name, name)))
		h = h->behind;
	return h;
}

/* By its name in Via, by words that one maker alone writes, by its name. */
static enum vendor
vendor_of(const struct reading *r, const struct member *m)
{
	const struct hop *h = hop_named(r, m->name);

	if (h != NULL)
		return h->vendor;
	if (is_squid_detail(m->detail))
		return VENDOR_SQUID;
	if (m->replayed || m->reason.n > 0 || m->record.n > 0)
		return VENDOR_CAIRN;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (str_istarts(m->name, names[i].prefix))
			return names[i].vendor;
	return str_istarts(m->key, STR("GET-http")) ? VENDOR_SOUIN : VENDOR_UNKNOWN;
}

/* ---- the list ---- */

/* Some servers write one word, "Cache-Status: HIT", which by the book is the name of a cache that says nothing. The one
 * who writes it in small letters is a plugin of Traefik's. */
static bool
read_lone_word(struct reading *r, const struct member *m)
{
	static const struct str traefik[] = { STR_INIT("hit"), STR_INIT("miss"), STR_INIT("error") };
	const struct word *w = m->bare ? words_find(&words_common, m->name) : NULL;
	enum vendor v = VENDOR_UNKNOWN;
	struct found *f;

	if (w == NULL)
		return false;
	for (size_t i = 0; i < sizeof traefik / sizeof *traefik; i++)
		if (str_eq(m->name, traefik[i]))
			v = VENDOR_TRAEFIK;
	f = found_add(r, v);
	found_says(f, w);
	found_shows(r, f, TOLD_CACHE_STATUS, m->text);
	reading_note(r, "Cache-Status has nothing but the word \"%.*s\", which by RFC 9211 2 is the name of a cache.",
		     STR_FMT(m->name));
	return true;
}

static void
read_member(struct reading *r, struct run *run, const struct member *m)
{
	enum vendor v = vendor_of(r, m);
	struct found *f = found_add(r, v);

	f->tier.node = m->name;
	f->tier.ttl = m->ttl;
	f->tier.record = m->record;
	f->replays = m->replayed;
	found_shows(r, f, TOLD_CACHE_STATUS, m->text);
	found_follow(run, f);
	if (m->hit && m->fwd.n > 0) {
		reading_note(r,
			     "\"%.*s\" says both hit and fwd in Cache-Status, which exclude each other (RFC 9211 2.2).",
			     STR_FMT(m->name));
		return;
	}
	if (v == VENDOR_SQUID) {
		squid_says(r, f, meaning(m), m->detail);
		return;
	}
	found_says(f, meaning(m));
	if (m->reason.n > 0)
		f->tier.reason = m->reason;
}

/* Of all lines, the client's side first. Unlike elsewhere, only quotes keep a comma from separating. */
static struct part *
elements(const struct reading *r)
{
	struct told_lines lines = { 0 };
	struct part *first = NULL;
	struct str line, element;

	while (told_line(r, TOLD_CACHE_STATUS, &lines, &line))
		while (list_next(&line, &element))
			part_before(&first, element, r->a);
	return part_shortened(first);
}

void
read_cache_status(struct reading *r)
{
	struct run run = { ORDER_STATUS, false, NULL };
	struct sf_item *valid;
	bool lone = false;

	for (const struct part *p = elements(r); p != NULL; p = p->next) {
		struct member m = parse_member(p->text, r->a);

		if (!is_name(m.name))
			continue;
		if (read_lone_word(r, &m))
			lone = true;
		else
			read_member(r, &run, &m);
	}
	if (!lone && !sf_parse_list(head_joined(r->response, HDR_CACHE_STATUS, r->a), r->a, &valid))
		reading_note(r, "Cache-Status is not a valid list (RFC 8941 4.2): strict readers see nothing of it. It "
				"was read member by member.");
}
