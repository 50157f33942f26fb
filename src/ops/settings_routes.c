#include "ops/settings_routes.h"

#include "base/clock.h"
#include "http/fields.h"
#include "http/uri.h"
#include "ops/settings_upstreams.h"
#include "ops/settings_value.h"
#include "proxy/whom.h"

/* ---- what a route matches ---- */

static struct str
lower(struct str s, struct arena *a)
{
	struct str copy = arena_str(a, s);

	for (size_t i = 0; i < copy.n; i++)
		((char *)copy.p)[i] = ascii_lower(copy.p[i]);
	return copy;
}

static void
check_host(struct settings_reader *rd, struct settings_place at, struct conf_route *r)
{
	struct str host;
	uint16_t port;

	if (!uri_parse_host(r->host, &host, &port) || host.n < r->host.n)
		settings_report_error(
		    rd->report, settings_read_blame(rd, at, STR("host")),
		    "must be a host alone, such as \"www.example.org\" or \"*.example.org\": no scheme, no "
		    "port, no path");
	r->host = lower(r->host, rd->arena);
}

/* A path is compared with the target's up to the query. */
static void
check_path(struct settings_reader *rd, struct settings_place at, const struct conf_route *r)
{
	bool whole = r->path.n > 0 && (r->path.p[0] == '/' || r->path.p[0] == '*');
	struct str text = arena_printf(rd->arena, "/%.*s", STR_FMT(r->path));
	struct uri u;

	if (!whole || !uri_parse_target(text, false, &u) || str_chr(r->path, '?') >= 0)
		settings_report_error(rd->report, settings_read_blame(rd, at, STR("path")),
				      "must begin with \"/\" or \"*\", without query, spaces or letters beyond ASCII");
}

static bool
takes_everything(const struct conf_route *r)
{
	return str_eq(r->host, STR("*")) && (str_eq(r->path, STR("/")) || str_eq(r->path, STR("*")));
}

/* Does an earlier route take all that this one would? Found where it is plain to see: the usual slip of the pen. */
static void
check_reached(struct settings_reader *rd, struct settings_place at, const struct conf_route *r)
{
	for (unsigned i = 0; i < r->index; i++) {
		const struct conf_route *before = &rd->conf->routes[i];
		bool same = str_eq(before->host, r->host) && str_eq(before->path, r->path);

		if (!same && !takes_everything(before))
			continue;
		settings_report_warn(rd->report, at, "never reached: routes[%u] comes first and takes %s", i,
				     same ? "the same" : "everything");
		return;
	}
}

/* ---- whom it asks ---- */

static void
find_upstream(struct settings_reader *rd, struct settings_place at, struct conf_route *r)
{
	struct settings_place place = settings_read_blame(rd, at, STR("upstream"));

	if (r->upstream.n == 0)
		settings_report_error(rd->report, place, "must be given: the upstream group to ask");
	else if (!str_eq(r->upstream, WHOM_DIRECT))
		r->to = settings_upstreams_named(rd, place, r->upstream);
	if (r->to != NULL && r->to->kind == CONF_kind_SIBLING)
		settings_report_error(rd->report, place, SIBLINGS_ONLY);
}

static void
find_siblings(struct settings_reader *rd, struct settings_place at, struct conf_route *r)
{
	struct settings_place place = settings_read_blame(rd, at, STR("siblings"));

	if (r->siblings.n == 0)
		return;
	r->beside = settings_upstreams_named(rd, place, r->siblings);
	if (r->beside != NULL && r->beside->kind != CONF_kind_SIBLING)
		settings_report_error(rd->report, place, "must be a group of kind sibling");
}

/* ---- how it caches ---- */

/* HTTP counts in seconds: a part of one becomes a whole one, so that "500ms" is not nothing. */
static int64_t
seconds(int64_t ms)
{
	return ms < 0 ? POLICY_UNSET : (ms + MS_PER_S - 1) / MS_PER_S;
}

static enum set_cookie
cookies(const struct conf_cache *c)
{
	if (c->set_cookie == CONF_cookie_STRIP)
		return SET_COOKIE_STRIP;
	return c->set_cookie == CONF_cookie_STORE ? SET_COOKIE_STORE : SET_COOKIE_EXPLICIT;
}

static void
set_policy(const struct conf_cache *c, struct cache_policy *p)
{
	cache_policy_defaults(p);
	p->enabled = c->enabled;
	p->targeted = true;
	p->ttl = seconds(c->ttl);
	p->default_ttl = seconds(c->default_ttl);
	p->max_ttl = seconds(c->max_ttl);
	p->negative_ttl = seconds(c->negative_ttl);
	p->swr = seconds(c->stale_while_revalidate);
	p->sie = seconds(c->stale_if_error);
	p->heuristic_percent = (unsigned)c->heuristic_percent;
	p->heuristic_max = seconds(c->heuristic_max);
	p->keep_stale = seconds(c->keep_stale);
	p->set_cookie = cookies(c);
	p->key = (struct key_rules){
		.ignore = c->ignore_query.items,
		.ignore_count = c->ignore_query.count,
		.fields = c->key_fields.items,
		.field_count = c->key_fields.count,
		.sort_query = c->sort_query,
	};
}

static void
check_key_fields(struct settings_reader *rd, struct settings_place cache, struct conf_cache *c)
{
	struct str *names = arena_alloc(rd->arena, c->key_fields.count * sizeof *names);

	if (names == NULL)
		return;
	for (unsigned i = 0; i < c->key_fields.count; i++) {
		struct str name = c->key_fields.items[i];

		if (!token_valid(name))
			settings_report_error(rd->report, settings_read_blame_item(rd, cache, STR("key_fields"), name),
					      "must be the name of a field");
		names[i] = lower(name, rd->arena);
	}
	c->key_fields.items = names;
}

static bool
condition_valid(struct str s)
{
	struct str what;

	if (!str_cut(&s, ':', &what) || s.n == 0)
		return false;
	return str_eq(what, STR("cookie")) || str_eq(what, STR("field")) || str_eq(what, STR("query"));
}

static void
check_bypass(struct settings_reader *rd, struct settings_place cache, const struct conf_cache *c)
{
	for (unsigned i = 0; i < c->bypass.count; i++)
		if (!condition_valid(c->bypass.items[i]))
			settings_report_error(rd->report,
					      settings_read_blame_item(rd, cache, STR("bypass"), c->bypass.items[i]),
					      "must be \"cookie:NAME\", \"field:NAME\" or \"query:NAME\"");
}

/* ---- which fields it changes ---- */

/* Fields that say where a message ends and what belongs to one connection are the node's own business, and Host is the
 * upstream's. */
static bool
is_ours(struct str name)
{
	enum hdr id = hdr_id(name);

	return id == HDR_HOST || id == HDR_CONTENT_LENGTH || (hdr_flags(id) & HDR_HOP) != 0;
}

static void
check_name(struct settings_reader *rd, struct settings_place at, struct str name)
{
	struct str shown = settings_value_quote(name, rd->arena);

	if (!token_valid(name))
		settings_report_error(rd->report, at, "%.*s is no name of a field", STR_FMT(shown));
	else if (is_ours(name))
		settings_report_error(rd->report, at, "%.*s cannot be changed: the node itself depends on it",
				      STR_FMT(shown));
}

static void
check_lines(struct settings_reader *rd, struct settings_place edit, struct str key, struct str_list lines)
{
	for (unsigned i = 0; i < lines.count; i++) {
		struct settings_place at = settings_read_blame_item(rd, edit, key, lines.items[i]);
		struct str rest = lines.items[i], name;

		if (str_cut(&rest, ':', &name))
			check_name(rd, at, name);
		else
			settings_report_error(rd->report, at, "must be \"Name: value\"");
	}
}

static void
read_edit(struct settings_reader *rd, struct settings_place edit, struct conf_edit *e)
{
	settings_read_section(rd, SECTION_EDIT, edit, NULL, e);
	check_lines(rd, edit, STR("set"), e->set);
	check_lines(rd, edit, STR("add"), e->add);
	for (unsigned i = 0; i < e->remove.count; i++)
		check_name(rd, settings_read_blame_item(rd, edit, STR("remove"), e->remove.items[i]),
			   e->remove.items[i]);
}

/* ---- all of them ---- */

static void
read_cache(struct settings_reader *rd, struct settings_place cache, struct conf_route *r)
{
	settings_read_section(rd, SECTION_CACHE, cache, NULL, &r->cache);
	check_key_fields(rd, cache, &r->cache);
	check_bypass(rd, cache, &r->cache);
	set_policy(&r->cache, &r->policy);
}

static void
read_route(struct settings_reader *rd, struct settings_place at, struct conf_route *r)
{
	static const struct str names[] = { STR_INIT("cache"), STR_INIT("request_fields"),
					    STR_INIT("response_fields") };
	static const struct str_list inner = { names, sizeof names / sizeof names[0] };

	settings_read_section(rd, SECTION_ROUTE, at, &inner, r);
	check_host(rd, at, r);
	check_path(rd, at, r);
	check_reached(rd, at, r);
	find_upstream(rd, at, r);
	find_siblings(rd, at, r);
	read_cache(rd, settings_read_under(rd, at, STR("cache")), r);
	read_edit(rd, settings_read_under(rd, at, STR("request_fields")), &r->request);
	read_edit(rd, settings_read_under(rd, at, STR("response_fields")), &r->response);
}

void
settings_routes_read(struct settings_reader *rd, struct settings_place routes)
{
	unsigned count = settings_read_list(rd, routes);
	struct conf *c = rd->conf;

	c->routes = arena_zalloc(rd->arena, count * sizeof *c->routes);
	if (c->routes == NULL)
		return;
	for (unsigned i = 0; i < count && !settings_report_full(rd->report); i++) {
		c->routes[i].index = i;
		read_route(rd, settings_read_item(rd, routes, i), &c->routes[i]);
		c->route_count++;
	}
}
