#include "ops/settings_upstreams.h"

#include "http/uri.h"
#include "ops/settings_value.h"

#define NAME_MAX_LENGTH 64

/* A group's name becomes a word in logs and a label in metrics. */
static bool
name_valid(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = ascii_lower(s.p[i]);

		if (!ascii_digit(c) && (c < 'a' || c > 'z') && (i == 0 || (c != '-' && c != '_' && c != '.')))
			return false;
	}
	return s.n > 0 && s.n <= NAME_MAX_LENGTH;
}

static void
add_member(struct settings_reader *rd, struct settings_place at, struct conf_upstream *u, struct str url)
{
	struct str shown = settings_value_quote(url, rd->arena);
	const char *why;

	if (group_add(u->group, rd->arena, url, &why) == NULL)
		settings_report_error(rd->report, at, "%.*s: %s", STR_FMT(shown), why);
}

/* A list that was wrong as such has its message. */
static bool
has_no_members(struct settings_reader *rd, struct settings_place at)
{
	const struct settings_node *list = settings_read_under(rd, at, STR("members")).node;

	return list == NULL || list->kind == SETTINGS_NOTHING || (list->kind == SETTINGS_LIST && list->count == 0);
}

static void
read_members(struct settings_reader *rd, struct settings_place at, struct conf_upstream *u)
{
	enum group_kind kind = u->kind == CONF_kind_PARENT ? GROUP_PARENT : GROUP_ORIGIN;
	struct settings_place members = settings_read_blame(rd, at, STR("members"));

	u->group = group_new(rd->arena, u->name, kind);
	if (u->group == NULL)
		return;
	u->group->max_fails = (unsigned)u->max_fails;
	u->group->down_ms = u->down;
	if (has_no_members(rd, at))
		settings_report_error(rd->report, members, "a group needs at least one member");
	if (u->members.count > GROUP_MEMBERS_MAX) {
		settings_report_error(rd->report, members, "more than %d members", GROUP_MEMBERS_MAX);
		return;
	}
	for (unsigned i = 0; i < u->members.count; i++)
		add_member(rd, settings_read_blame_item(rd, at, STR("members"), u->members.items[i]), u,
			   u->members.items[i]);
}

static void
check_host(struct settings_reader *rd, struct settings_place at, const struct conf_upstream *u)
{
	struct settings_place place = settings_read_blame(rd, at, STR("host"));
	struct str host;
	uint16_t port;

	if (!uri_parse_host(u->host, &host, &port))
		settings_report_error(rd->report, place,
				      "must be client, member, or a host name with or without a port");
	else if (u->kind == CONF_kind_PARENT && !str_eq(u->host, STR("client")))
		settings_report_warn(rd->report, place, "has no effect: a parent always gets the client's Host");
}

static bool
keeps_trail(const struct conf_upstream *u)
{
	if (u->trail == CONF_kept_AUTO)
		return u->kind == CONF_kind_PARENT;
	return u->trail == CONF_kept_KEEP;
}

static void
read_upstream(struct settings_reader *rd, struct settings_place at, struct str name, struct conf_upstream *u)
{
	struct str shown = settings_value_quote(name, rd->arena);

	if (!name_valid(name))
		settings_report_error(rd->report, at,
				      "%.*s is no name for a group: at most %d letters, digits, dots, dashes and "
				      "underscores, a letter or digit first",
				      STR_FMT(shown), NAME_MAX_LENGTH);
	settings_read_section(rd, SECTION_UPSTREAM, at, NULL, u);
	u->name = name;
	u->keeps_trail = keeps_trail(u);
	read_members(rd, at, u);
	check_host(rd, at, u);
}

void
settings_upstreams_read(struct settings_reader *rd, struct settings_place upstreams)
{
	unsigned count = settings_read_map(rd, upstreams);
	struct conf *c = rd->conf;

	c->upstreams = arena_zalloc(rd->arena, count * sizeof *c->upstreams);
	if (c->upstreams == NULL)
		return;
	for (unsigned i = 0; i < count && !settings_report_full(rd->report); i++) {
		if (settings_read_is_double(rd, upstreams, i))
			continue;
		read_upstream(rd, settings_read_item(rd, upstreams, i), upstreams.node->keys[i]->text,
			      &c->upstreams[c->upstream_count++]);
	}
}

const struct conf_upstream *
settings_upstreams_find(const struct conf *c, struct str name)
{
	for (unsigned i = 0; i < c->upstream_count; i++)
		if (str_eq(c->upstreams[i].name, name))
			return &c->upstreams[i];
	return NULL;
}
