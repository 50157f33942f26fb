/* X-Cache-Status: nginx's $upstream_cache_status under its most usual name; what Google's and Akamai's customers call
 * the field that they have made of theirs; Kingsoft's "HIT from KS-CLOUD-...", a line for each tier; Wikimedia's
 * summary. */
#include "trail/dialect_impl.h"

static const struct word wikimedia[] = {
	WORD("hit-front", HIT, HIT, ""),
	WORD("hit-local", HIT, HIT, ""),
	WORD("int-front", UNKNOWN, UNKNOWN, WHY_OWN),
	WORD("int-tls", UNKNOWN, UNKNOWN, WHY_OWN),
	WORD("int-local", UNKNOWN, UNKNOWN, WHY_OWN),
};
static const struct words words_wikimedia = WORDS(wikimedia);

static bool
has_lower(struct str s)
{
	return s.n > 0 && s.p[0] >= 'a' && s.p[0] <= 'z';
}

/* nginx writes capitals, and has words that others do not have; HIT and MISS are not enough to know it by. A CDN in
 * front may have put its own name in place of nginx's in Server. */
static enum vendor
vendor_of_plain(const struct reading *r, struct str word)
{
	if (r->server == VENDOR_GOOGLE_CLOUD_CDN || r->server == VENDOR_HAPROXY || r->server == VENDOR_ENVOY ||
	    r->server == VENDOR_BAIDU)
		return r->server;
	if (hop_any(r, VENDOR_GOOGLE_CLOUD_CDN) || told(r, TOLD_CDN_CACHE_STATUS))
		return VENDOR_GOOGLE_CLOUD_CDN;
	if (r->server == VENDOR_NGINX_DERIVED)
		return VENDOR_NGINX_DERIVED;
	if (has_lower(word))
		return VENDOR_UNKNOWN;
	if (r->server == VENDOR_CLOUDFLARE)
		return VENDOR_NGINX_DERIVED;
	return str_ieq(word, STR("HIT")) || str_ieq(word, STR("MISS")) ? VENDOR_UNKNOWN : VENDOR_NGINX_DERIVED;
}

/* X-Cache may say the same of the same cache. */
static struct found *
same_in_x_cache(const struct reading *r, const struct word *w)
{
	for (struct item *it = r->items; it != NULL; it = it->behind) {
		struct found *f = it->tier;

		if (f != NULL && (f->tier.vendor == VENDOR_UNKNOWN || f->tier.vendor == VENDOR_NGINX_DERIVED) &&
		    !f->listed[ORDER_OWN] && f->tier.lookup == w->lookup && f->tier.served == w->served)
			return f;
	}
	return NULL;
}

static struct found *
read_plain(struct reading *r, struct str text)
{
	const struct word *w = words_find(&words_common, text);
	struct found *f;

	if (w == NULL)
		return NULL;
	f = same_in_x_cache(r, w);
	if (f == NULL)
		f = found_add(r, vendor_of_plain(r, text));
	if (f->tier.vendor == VENDOR_UNKNOWN)
		f->tier.vendor = vendor_of_plain(r, text);
	found_says(f, w);
	return f;
}

/* Whoever says who he is: Akamai, Kingsoft, or a host of which nothing more is known. */
static struct found *
read_from(struct reading *r, const struct item *it)
{
	enum vendor v = VENDOR_NGINX_DERIVED;
	struct found *f;

	if (!form_of(r, it, &v) || word_of(v, it->word) == NULL)
		return NULL;
	if (v == VENDOR_SQUID)
		v = VENDOR_NGINX_DERIVED;
	f = found_named(r, it->host, ORDER_OWN);
	if (f == NULL)
		f = found_add(r, v);
	f->tier.node = it->host;
	found_says(f, word_of(v, it->word));
	if (f->tier.served == TIER_SERVED_MISS && str_ieq(it->word, STR("MISS")))
		f->tier.miss_from = it->host;
	return f;
}

static struct found *
read_wikimedia(struct reading *r, struct str text)
{
	struct found *f = found_first(r, VENDOR_WIKIMEDIA);
	const struct word *w = words_find(&words_wikimedia, text);

	if (f == NULL && w == NULL)
		return NULL;
	if (f == NULL)
		f = found_add(r, VENDOR_WIKIMEDIA);
	found_says(f, w);
	return f;
}

struct found *
read_status_part(struct reading *r, struct str text)
{
	struct item it = item_of(text);
	struct found *f = read_wikimedia(r, text);

	if (f == NULL)
		f = found_first(r, VENDOR_CAIRN); /* it writes nginx's word for itself alone */
	if (f == NULL)
		f = found_first(r, VENDOR_BAIDU); /* its list says more */
	if (f == NULL)
		f = it.from ? read_from(r, &it) : read_plain(r, text);
	return f;
}

void
read_status_field(struct reading *r, enum told t)
{
	struct run run = { ORDER_OWN, false, NULL }, akamai = { ORDER_OWN, true, NULL };

	for (const struct part *p = told_backwards(r, t); p != NULL; p = p->next) {
		struct found *f = read_status_part(r, p->text);

		if (f == NULL) {
			told_is_unknown(r, t, p->text);
			continue;
		}
		found_shows(r, f, t, p->text);
		found_follow(f->tier.vendor == VENDOR_AKAMAI ? &akamai : &run, f);
	}
}

void
read_x_cache_status(struct reading *r)
{
	read_status_field(r, TOLD_X_CACHE_STATUS);
}
