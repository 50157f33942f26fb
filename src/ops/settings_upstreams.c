#include "ops/settings_upstreams.h"

#include "base/suggest.h"
#include "http/uri.h"
#include "net/proxy_protocol.h"
#include "ops/settings_fallback.h"
#include "ops/settings_follow.h"
#include "ops/settings_probe.h"
#include "ops/settings_tls.h"
#include "ops/settings_value.h"
#include "proxy/whom.h"

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

/* A URL alone is a member with nothing else said about it. */
static struct settings_place
as_mapping(struct settings_reader *rd, struct settings_place at)
{
	struct settings_node *map = settings_tree_map(rd->arena, at.node->flag);
	struct settings_node *url = settings_tree_copy(rd->arena, at.node);

	if (map == NULL || url == NULL)
		return at;
	settings_tree_put(map, rd->arena, STR("url"), url);
	map->line = at.node->line;
	map->column = at.node->column;
	return (struct settings_place){ map, at.path };
}

static struct seat_asked
asked_at(const struct conf_member *c)
{
	return (struct seat_asked){ (uint16_t)c->icp, (uint16_t)c->htcp, c->clear };
}

static void
add_member(struct settings_reader *rd, struct settings_place at, struct conf_upstream *u, const struct conf_member *c)
{
	struct str shown = settings_value_quote(c->url, rd->arena);
	const char *why;
	struct seat *seat = group_add(u->group, c->url, &why);

	if (seat == NULL) {
		settings_report_error(rd->report, at, "%.*s: %s", STR_FMT(shown), why);
		return;
	}
	seat->weight = (unsigned)c->weight;
	seat->name = c->name;
	seat->asked = asked_at(c);
}

/* Whom it is said of that cannot be asked. */
static void
check_asking(struct settings_reader *rd, struct settings_place at, const struct conf_upstream *u,
	     const struct conf_member *m)
{
	struct settings_place port = settings_read_blame(rd, at, m->htcp != 0 ? STR("htcp") : STR("icp"));

	if (u->kind == CONF_kind_ORIGIN && (m->icp != 0 || m->htcp != 0))
		settings_report_error(rd->report, port, "is for parents and siblings: an origin is no cache");
	if (m->clear && m->htcp == 0)
		settings_report_error(rd->report, settings_read_blame(rd, at, STR("clear")),
				      "needs htcp, the port where it is told so");
}

static void
add_source(struct settings_reader *rd, struct settings_place at, struct settings_place url, struct conf_upstream *u,
	   struct conf_member *m)
{
	struct seat *like;

	if (u->group->tls == NULL && str_istarts(m->url, STR("https:")))
		return; /* what is wrong with `tls` has its message */
	if (!settings_follow_read(rd, at, url, u, m, &like))
		add_member(rd, url, u, m);
	else if (like != NULL)
		like->asked = asked_at(m);
}

static void
read_member(struct settings_reader *rd, struct settings_place item, struct conf_upstream *u)
{
	struct conf_member *m = &u->members[u->member_count++];
	bool alone = item.node->kind == SETTINGS_SCALAR;
	struct settings_place at = alone ? as_mapping(rd, item) : item;
	struct settings_place url = alone ? item : settings_read_blame(rd, at, STR("url"));

	settings_read_section(rd, SECTION_MEMBER, at, NULL, m);
	if (item.node->kind == SETTINGS_LIST)
		return; /* which has its message */
	if (m->url.n == 0)
		settings_report_error(rd->report, url, "must be given, such as \"http://127.0.0.1:8080\"");
	else
		add_source(rd, at, url, u, m);
	check_asking(rd, at, u, m);
	rd->conf->clears |= m->clear;
}

static void
read_members(struct settings_reader *rd, struct settings_place at, struct conf_upstream *u)
{
	struct settings_place members = settings_read_blame(rd, at, STR("members"));
	struct settings_place list = settings_read_under(rd, at, STR("members"));
	unsigned count = settings_read_list(rd, list);

	/* A list that is wrong as such has its message. */
	if (count == 0 &&
	    (list.node == NULL || list.node->kind == SETTINGS_NOTHING || list.node->kind == SETTINGS_LIST))
		settings_report_error(rd->report, members, "a group needs at least one member");
	if (count > GROUP_MEMBERS_MAX) {
		settings_report_error(rd->report, members, "more than %d members", GROUP_MEMBERS_MAX);
		return;
	}
	u->members = arena_zalloc(rd->arena, count * sizeof *u->members);
	if (u->members == NULL)
		return;
	for (unsigned i = 0; i < count; i++)
		read_member(rd, settings_read_item(rd, list, i), u);
}

static struct str
carp_name(const struct seat *s)
{
	return s->name.n > 0 ? s->name : s->member->host;
}

/* CARP tells members apart by their names alone. */
static void
check_names(struct settings_reader *rd, struct settings_place at, const struct conf_upstream *u)
{
	struct settings_place members = settings_read_blame(rd, at, STR("members"));
	const struct roster *r = group_roster(u->group);
	bool carp = u->choice == CONF_choice_CARP;

	for (unsigned i = 0; i < r->count; i++) {
		if (!carp && r->seats[i].name.n > 0)
			settings_report_warn(rd->report, members, "the name of %.*s has no effect: choice is not carp",
					     STR_FMT(r->seats[i].member->label));
		for (unsigned k = 0; carp && k < i; k++)
			if (str_eq(carp_name(&r->seats[k]), carp_name(&r->seats[i])))
				settings_report_error(
				    rd->report, members,
				    "two are called \"%.*s\", and choice carp goes by the names: give them some",
				    STR_FMT(carp_name(&r->seats[i])));
	}
}

/* They are known by their labels. Each is told of once, however often it stands there. */
static void
check_doubles(struct settings_reader *rd, struct settings_place at, const struct conf_upstream *u)
{
	struct settings_place members = settings_read_blame(rd, at, STR("members"));
	const struct roster *r = group_roster(u->group);

	for (unsigned i = 0; i < r->count; i++) {
		unsigned before = 0;

		for (unsigned k = 0; k < i; k++)
			before += str_eq(r->seats[k].member->label, r->seats[i].member->label);
		if (before == 1)
			settings_report_warn(rd->report, members,
					     "%.*s stands there more than once: metrics cannot tell which is which; for a "
					     "larger share give it a weight",
					     STR_FMT(r->seats[i].member->label));
	}
}

static enum choice
choice_of(const struct conf_upstream *u)
{
	switch (u->choice) {
	case CONF_choice_HASH:
		return CHOICE_HASH;
	case CONF_choice_LEAST:
		return CHOICE_LEAST;
	case CONF_choice_CLIENT:
		return CHOICE_CLIENT;
	case CONF_choice_CARP:
		return CHOICE_CARP;
	default:
		return CHOICE_TURN;
	}
}

static enum group_kind
kind_of(const struct conf_upstream *u)
{
	if (u->kind == CONF_kind_SIBLING)
		return GROUP_SIBLING;
	return u->kind == CONF_kind_PARENT ? GROUP_PARENT : GROUP_ORIGIN;
}

/* What a connection of our own says to members that are to be told whose it is. */
static struct str
own_preface(struct arena *a, int how)
{
	static const union addr nobody = { .sa.sa_family = AF_UNSPEC };
	enum proxy_protocol_version v = how == CONF_preface_V1 ? PROXY_PROTOCOL_V1 : PROXY_PROTOCOL_V2;
	char text[PROXY_PROTOCOL_ROOM];

	if (how == CONF_preface_OFF)
		return STR_NONE;
	return arena_str(a, str_of(text, proxy_protocol_write(v, &nobody, &nobody, text)));
}

static bool
make_group(struct settings_reader *rd, struct conf_upstream *u)
{
	u->group = group_new(rd->arena, u->name, kind_of(u));
	if (u->group == NULL)
		return false;
	u->group->max_fails = (unsigned)u->max_fails;
	u->group->down_ms = u->down;
	u->group->choice = choice_of(u);
	u->group->bounded_load = (unsigned)u->bounded_load;
	u->group->panic = (unsigned)u->panic;
	u->group->slow_start_ms = u->slow_start;
	u->group->max_requests = (unsigned)u->max_requests;
	u->group->max_connecting = (unsigned)u->max_connecting;
	u->group->retry_percent = (unsigned)u->retry_budget;
	u->group->preface = own_preface(rd->arena, u->proxy_protocol);
	return true;
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
	else if (u->kind != CONF_kind_ORIGIN && !str_eq(u->host, STR("client")))
		settings_report_warn(rd->report, place, "has no effect: a cache always gets the client's Host");
}

static void
check_digest(struct settings_reader *rd, struct settings_place at, const struct conf_upstream *u)
{
	bool fetched = u->digest == CONF_digest_SQUID || u->digest == CONF_digest_CAIRN;

	if (fetched && u->kind == CONF_kind_ORIGIN)
		settings_report_warn(rd->report, settings_read_blame(rd, at, STR("digest")),
				     "has no effect: an origin has no digest");
}

static bool
keeps_trail(const struct conf_upstream *u)
{
	if (u->trail == CONF_kept_AUTO)
		return u->kind != CONF_kind_ORIGIN;
	return u->trail == CONF_kept_KEEP;
}

static void
read_upstream(struct settings_reader *rd, struct settings_place at, struct str name, struct conf_upstream *u)
{
	static const struct str names[] = { STR_INIT("members"), STR_INIT("probe"), STR_INIT("tls") };
	static const struct str_list inner = { names, sizeof names / sizeof names[0] };
	struct str shown = settings_value_quote(name, rd->arena);

	if (!name_valid(name))
		settings_report_error(rd->report, at,
				      "%.*s is no name for a group: at most %d letters, digits, dots, dashes and "
				      "underscores, a letter or digit first",
				      STR_FMT(shown), NAME_MAX_LENGTH);
	if (str_eq(name, WHOM_DIRECT))
		settings_report_error(rd->report, at, "is what the host that a request names is called; take another");
	settings_read_section(rd, SECTION_UPSTREAM, at, &inner, u);
	u->name = name;
	u->keeps_trail = keeps_trail(u);
	if (make_group(rd, u)) {
		settings_tls_read(rd, at, u);
		read_members(rd, at, u);
		check_names(rd, at, u);
		check_doubles(rd, at, u);
		settings_probe_read(rd, at, u);
	}
	check_host(rd, at, u);
	check_digest(rd, at, u);
}

/* ---- all of them ---- */

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
	settings_fallback_read(rd);
}

const struct conf_upstream *
settings_upstreams_find(const struct conf *c, struct str name)
{
	for (unsigned i = 0; i < c->upstream_count; i++)
		if (str_eq(c->upstreams[i].name, name))
			return &c->upstreams[i];
	return NULL;
}

const struct conf_upstream *
settings_upstreams_named(struct settings_reader *rd, struct settings_place at, struct str name)
{
	const struct conf_upstream *u = settings_upstreams_find(rd->conf, name);
	struct str shown = settings_value_quote(name, rd->arena);
	struct suggest near = suggest_begin(name);

	if (u != NULL)
		return u;
	for (unsigned i = 0; i < rd->conf->upstream_count; i++)
		suggest_offer(&near, rd->conf->upstreams[i].name);
	if (near.best.p == NULL)
		settings_report_error(rd->report, at, "no upstream is called %.*s", STR_FMT(shown));
	else
		settings_report_error(rd->report, at, "no upstream is called %.*s; did you mean \"%.*s\"?",
				      STR_FMT(shown), STR_FMT(near.best));
	return NULL;
}
