/* Hosts of sites, and the caches within applications, whose words need more than a row of own_field.c. */
#include "trail/dialect_impl.h"

/* ---- X-Proxy-Cache: three makers use the name ---- */

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

/* ---- WordPress.com ---- */

/* X-NC: "HIT lax 249", where the number is a server's. X-AC: "3.bur _bur BYPASS", with or without a verdict. */
void
read_wordpress(struct reading *r)
{
	struct str edge = told_value(r, TOLD_X_AC), rest, node, word = first_word(told_value(r, TOLD_X_NC), &node);
	const struct word *w = words_find(&words_common, word);
	enum told t = TOLD_X_NC;
	struct found *f;

	if (w == NULL) {
		first_word(edge, &rest);
		node = first_word(rest, &rest);
		if (node.n < 2 || node.p[0] != '_')
			return;
		node = str_skip(node, 1);
		w = words_find(&words_common, rest);
		t = TOLD_X_AC;
	}
	f = found_add(r, VENDOR_WORDPRESS_COM);
	f->tier.node = node;
	found_says(f, w);
	found_shows(r, f, t, told_value(r, t));
}

/* ---- caches that tell their steps ---- */

/* X-Rack-Cache: "stale, valid, store" is one cache, and what it did. A row: a step, and the one that must go before. */
static const struct {
	struct str step, before;
	struct word word;
} steps[] = {
	{ STR_INIT("fresh"), STR_INIT(""), WORD("", HIT, HIT, "") },
	{ STR_INIT("pass"), STR_INIT(""), WORD("", UNKNOWN, BYPASS, "A rule says to go past this cache.") },
	{ STR_INIT("valid"), STR_INIT("stale"),
	  WORD("", STALE, REVALIDATED,
	       "Its copy was no longer fresh; the application was asked, and said that it still holds.") },
	{ STR_INIT("invalid"), STR_INIT("stale"),
	  WORD("", STALE, MISS, "Its copy was no longer fresh, and the application made a new response.") },
	{ STR_INIT("miss"), STR_INIT(""), WORD("", MISS, MISS, "") },
	{ STR_INIT("reload"), STR_INIT(""), WORD("", UNKNOWN, BYPASS, "The client asked to reload.") },
};

static const struct word *
rack_word(struct str trace)
{
	struct str step, before = STR_NONE;

	while (part_next(&trace, &step)) {
		for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
			if (str_ieq(step, steps[i].step) &&
			    (steps[i].before.n == 0 || str_ieq(before, steps[i].before)))
				return &steps[i].word;
		before = step;
	}
	return NULL;
}

void
read_rack_cache(struct reading *r)
{
	struct str value = told_value(r, TOLD_X_RACK_CACHE);
	const struct word *w = rack_word(value);
	struct found *f;

	if (w == NULL)
		return;
	f = found_add(r, VENDOR_RACK_CACHE);
	found_says(f, w);
	found_shows(r, f, TOLD_X_RACK_CACHE, value);
}
