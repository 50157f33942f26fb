#include "ops/settings_fallback.h"

#include "ops/settings_upstreams.h"
#include "proxy/whom.h"

static struct settings_place
place_of(struct settings_reader *rd, const struct conf_upstream *u)
{
	struct settings_place top = { rd->root, NULL };

	return settings_read_under(rd, settings_read_under(rd, top, STR("upstreams")), u->name);
}

static void
find_fallback(struct settings_reader *rd, struct conf_upstream *u)
{
	if (u->kind == CONF_kind_SIBLING && u->fallback.n > 0) {
		settings_report_error(rd->report, settings_read_blame(rd, place_of(rd, u), STR("fallback")),
				      "is not for siblings: behind them comes the route's upstream");
		return;
	}
	u->then_direct = str_eq(u->fallback, WHOM_DIRECT);
	if (u->fallback.n > 0 && !u->then_direct)
		u->next = settings_upstreams_named(rd, settings_read_blame(rd, place_of(rd, u), STR("fallback")),
						   u->fallback);
	if (u->next != NULL && u->next->kind == CONF_kind_SIBLING) {
		settings_report_error(rd->report, settings_read_blame(rd, place_of(rd, u), STR("fallback")),
				      SIBLINGS_ONLY);
		u->next = NULL;
	}
}

/* Does the way from `u` lead back to it? */
static bool
comes_back(const struct conf *c, const struct conf_upstream *u)
{
	const struct conf_upstream *at = u->next;

	for (unsigned i = 0; at != NULL && i < c->upstream_count; i++, at = at->next)
		if (at == u)
			return true;
	return false;
}

static void
forbid_circle(struct settings_reader *rd, struct conf_upstream *u)
{
	struct strbuf way = strbuf_in(rd->arena, 128);

	if (!comes_back(rd->conf, u))
		return;
	for (const struct conf_upstream *at = u->next; at != u; at = at->next)
		strbuf_printf(&way, "%.*s, then ", STR_FMT(at->name));
	settings_report_error(rd->report, settings_read_blame(rd, place_of(rd, u), STR("fallback")),
			      "goes round in a circle: %.*s, then %.*s%.*s again", STR_FMT(u->name),
			      STR_FMT(strbuf_str(&way)), STR_FMT(u->name));
	u->next = NULL;
}

void
settings_fallback_read(struct settings_reader *rd)
{
	struct conf *c = rd->conf;

	for (unsigned i = 0; i < c->upstream_count; i++)
		find_fallback(rd, &c->upstreams[i]);
	for (unsigned i = 0; i < c->upstream_count; i++)
		forbid_circle(rd, &c->upstreams[i]);
}

void
settings_fallback_check_direct(struct settings_reader *rd)
{
	static const char text[] =
	    "direct needs a listener of mode forward, both or intercept: elsewhere no request says where to go";
	struct settings_place top = { rd->root, NULL };
	struct settings_place routes = settings_read_under(rd, top, STR("routes"));
	const struct conf *c = rd->conf;

	if (conf_forwards(c))
		return;
	for (unsigned i = 0; i < c->upstream_count; i++)
		if (c->upstreams[i].then_direct)
			settings_report_error(
			    rd->report, settings_read_blame(rd, place_of(rd, &c->upstreams[i]), STR("fallback")), text);
	for (unsigned i = 0; i < c->route_count; i++)
		if (str_eq(c->routes[i].upstream, WHOM_DIRECT))
			settings_report_error(
			    rd->report, settings_read_blame(rd, settings_read_item(rd, routes, i), STR("upstream")),
			    text);
}
