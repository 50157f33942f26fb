/* Via (RFC 9110 7.6.3), origin-first, and what CDNs have made of it. Who stands there is found out here; the codes that
 * some add are read where their makers' other fields are. */
#include "trail/dialect_impl.h"

/* ---- who it is ---- */

/* By how the comment begins, or by the name. */
static const struct {
	struct str text;
	enum vendor vendor;
} comments[] = {
	{ STR_INIT("squid"), VENDOR_SQUID },
	{ STR_INIT("Varnish"), VENDOR_VARNISH },
	{ STR_INIT("CloudFront"), VENDOR_CLOUDFRONT },
	{ STR_INIT("ApacheTrafficServer"), VENDOR_ATS },
	{ STR_INIT("cairn"), VENDOR_CAIRN },
	{ STR_INIT("AkamaiGHost"), VENDOR_AKAMAI },
	{ STR_INIT("Cdn Cache Server"), VENDOR_WANGSU },
	{ STR_INIT("QTT"), VENDOR_QTT_CDN },
}, names[] = {
	{ STR_INIT("varnish"), VENDOR_FASTLY }, /* or Varnish: see below */
	{ STR_INIT("varnish-v4"), VENDOR_VARNISH },
	{ STR_INIT("httpcache"), VENDOR_LOX_HTTPCACHE },
	{ STR_INIT("google"), VENDOR_GOOGLE_CLOUD_CDN },
	{ STR_INIT("haproxy"), VENDOR_HAPROXY },
};

/* Varnish itself says more than its name: a version, or X-Varnish, which Fastly takes off. */
static enum vendor
vendor_of_varnish(const struct reading *r, const struct hop *h)
{
	if (h->text.n == h->name.n)
		return VENDOR_VARNISH; /* somebody's VCL; both write a version of the protocol before it */
	return told(r, TOLD_X_VARNISH) && r->machines == 0 && !told(r, TOLD_X_TIMER) ? VENDOR_VARNISH : VENDOR_FASTLY;
}

static enum vendor
vendor_of(const struct reading *r, const struct hop *h)
{
	if (str_is(h->comment, "W"))
		return VENDOR_WANGSU;
	for (size_t i = 0; i < sizeof comments / sizeof *comments; i++)
		if (str_istarts(h->comment, comments[i].text))
			return comments[i].vendor;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (str_ieq(h->name, names[i].text))
			return i == 0 ? vendor_of_varnish(r, h) : names[i].vendor;
	return str_ends(h->name, STR(".cloudfront.net")) ? VENDOR_CLOUDFRONT : VENDOR_UNKNOWN;
}

/* "cache5.cn348[0,200-0,H]" of Alibaba, "CHN-SH-GLOBAL1-CACHE21[0,TCP_HIT,22]" of Huawei. */
static enum vendor
vendor_of_codes(const struct hop *h)
{
	return str_find(h->name, STR("-CACHE")) >= 0 || str_find(h->comment, STR("TCP_")) >= 0 ? VENDOR_HUAWEI
											       : VENDOR_ALIBABA;
}

/* ---- one hop ---- */

/* Without the protocol's name and version: "HTTP/1.1 host" and "1.1 host" are "host". */
static struct str
without_protocol(struct str s)
{
	struct str rest, first = first_word(s, &rest);

	if (rest.n == 0 || !(str_chr(first, '/') >= 0 || ascii_digit(first.p[0])))
		return s;
	return rest;
}

/* What stands between the first `open` and the `close` at the end, taken off *s. */
static struct str
take_enclosed(struct str *s, char open, char close)
{
	ptrdiff_t at = str_chr(*s, open);
	struct str inner;

	if (at < 0 || s->p[s->n - 1] != close)
		return STR_NONE;
	inner = str_of(s->p + at + 1, s->n - (size_t)at - 2);
	*s = str_trim(str_head(*s, (size_t)at));
	return inner;
}

static struct hop
parse_hop(const struct reading *r, struct str text)
{
	struct hop h = { .text = text };
	struct str s = without_protocol(text), rest;

	h.comment = take_enclosed(&s, '(', ')');
	if (h.comment.p == NULL) {
		h.comment = take_enclosed(&s, '[', ']');
		h.codes = h.comment.p != NULL;
	}
	h.name = without_port(first_word(s, &rest));
	h.vendor = h.codes ? vendor_of_codes(&h) : vendor_of(r, &h);
	return h;
}

/* ---- the list ---- */

/* Huawei's runs the other way round. */
static struct hop *
reversed(struct hop *h)
{
	struct hop *first = NULL;

	while (h != NULL) {
		struct hop *behind = h->behind;

		h->behind = first;
		first = h;
		h = behind;
	}
	return first;
}

static void
parse(struct reading *r)
{
	struct hop **next = &r->hops;

	for (const struct part *p = told_backwards(r, TOLD_VIA); p != NULL; p = p->next) {
		struct hop *h = arena_alloc(r->a, sizeof *h);

		if (h == NULL)
			return;
		*h = parse_hop(r, p->text);
		if (!is_name(h->name))
			continue;
		*next = h;
		next = &h->behind;
	}
}

void
read_via(struct reading *r)
{
	parse(r);
	if (hop_any(r, VENDOR_HUAWEI)) {
		r->hops = reversed(r->hops);
		reading_wants(r, DIALECT_huawei);
	}
	if (hop_any(r, VENDOR_ALIBABA))
		reading_wants(r, DIALECT_alibaba);
	if (hop_any(r, VENDOR_GOOGLE_CLOUD_CDN))
		reading_wants(r, DIALECT_google);
	if (hop_any(r, VENDOR_ATS))
		reading_wants(r, DIALECT_ats);
}

struct hop *
hop_free(const struct reading *r, enum vendor v, struct str name)
{
	for (struct hop *h = r->hops; h != NULL; h = h->behind)
		if (h->tier == NULL && h->vendor == v && (name.n == 0 || str_ieq(h->name, name)))
			return h;
	return NULL;
}

unsigned
hop_count(const struct reading *r, enum vendor v)
{
	unsigned n = 0;

	for (struct hop *h = r->hops; h != NULL; h = h->behind)
		n += h->vendor == v;
	return n;
}
