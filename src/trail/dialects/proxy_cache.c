/* X-Proxy-Cache: SiteGround, GitHub Pages and customers of nginx use the name. */
#include "trail/dialect_impl.h"

static bool
is_github(const struct reading *r)
{
	return r->server == VENDOR_GITHUB_PROXY || told(r, TOLD_X_GITHUB_REQUEST_ID) || told(r, TOLD_X_ORIGIN_CACHE) ||
	       hop_any(r, VENDOR_FASTLY);
}

static bool
is_siteground(const struct reading *r)
{
	return told(r, TOLD_X_PROXY_CACHE_INFO) || told(r, TOLD_X_CACHE_ENABLED);
}

static struct found *
add_word(struct reading *r, enum told t, enum vendor v)
{
	struct str value = told_value(r, t), rest;
	const struct word *w = words_find(&words_common, first_word(value, &rest));
	struct found *f;

	if (w == NULL)
		return NULL;
	f = found_add(r, v);
	found_says(f, w);
	found_shows(r, f, t, value);
	return f;
}

/* Both of GitHub's are behind Fastly; which of them is the inner one is taken from their names. */
void
read_proxy_cache(struct reading *r)
{
	struct found *f;

	if (is_siteground(r)) {
		f = add_word(r, TOLD_X_PROXY_CACHE, VENDOR_SITEGROUND);
		if (f == NULL && told(r, TOLD_X_PROXY_CACHE_INFO))
			f = found_add(r, VENDOR_SITEGROUND); /* which says DT:1 for hits and misses alike */
		if (f != NULL && told(r, TOLD_X_PROXY_CACHE_INFO))
			found_shows(r, f, TOLD_X_PROXY_CACHE_INFO, told_value(r, TOLD_X_PROXY_CACHE_INFO));
		return;
	}
	add_word(r, TOLD_X_PROXY_CACHE, is_github(r) ? VENDOR_GITHUB_PROXY : VENDOR_NGINX_DERIVED);
	add_word(r, TOLD_X_ORIGIN_CACHE, is_github(r) ? VENDOR_GITHUB_ORIGIN_CACHE : VENDOR_UNKNOWN);
}
