/* Apache httpd's mod_cache: X-Cache as Squid writes it, and X-Cache-Detail, whose words are the reason. */
#include "trail/dialect_impl.h"

/* X-Cache-Detail: "\"cache hit\" from localhost" */
struct str
apache_detail(const struct reading *r, struct str host)
{
	struct told_lines w = { 0 };
	struct str line;

	while (host.n > 0 && told_line(r, TOLD_X_CACHE_DETAIL, &w, &line))
		if (str_ends(line, host))
			return line;
	return STR_NONE;
}

/* X-Cache-Detail: "\"cache hit: 503 status; stale content returned\" from host", whose words are the reason. */
void
read_apache(struct reading *r)
{
	struct found *f = found_first(r, VENDOR_APACHE_MOD_CACHE);
	struct str value = f == NULL ? STR_NONE : apache_detail(r, f->tier.node), detail;

	if (value.n < 2 || value.p[0] != '"')
		return;
	detail = before_char(str_skip(value, 1), '"');
	if (f->tier.served == TIER_SERVED_HIT && str_find(detail, STR("stale")) >= 0) {
		f->tier.lookup = TIER_LOOKUP_STALE;
		f->tier.served = TIER_SERVED_STALE;
	}
	f->tier.reason = arena_printf(r->a, "It says: %.*s.", STR_FMT(str_head(detail, 200)));
	found_shows(r, f, TOLD_X_CACHE_DETAIL, value);
}
