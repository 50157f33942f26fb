#include "ops/settings_sections.h"

#include "base/strbuf.h"
#include "net/addr.h"
#include "ops/node_name.h"
#include "ops/settings_access.h"
#include "ops/settings_fallback.h"
#include "ops/settings_listeners.h"
#include "ops/settings_nets.h"
#include "ops/settings_pac.h"
#include "ops/settings_passwords.h"
#include "ops/settings_routes.h"
#include "ops/settings_upstreams.h"
#include "ops/settings_value.h"

#define NAME_SERVER_PORT 53

/* ---- the sections ---- */

static void
read_name_servers(struct settings_reader *rd, struct settings_place at, struct conf_node *node)
{
	struct strbuf list = strbuf_in(rd->arena, 64);

	for (unsigned i = 0; i < node->name_servers.count; i++) {
		struct str item = node->name_servers.items[i];
		char text[ADDR_TEXT_SIZE];
		union addr a;

		if (!addr_parse_ip(item, NAME_SERVER_PORT, &a) &&
		    (!addr_parse(item, &a) || item.p[0] == ':' || addr_port(&a) == 0)) {
			settings_report_error(rd->report,
					      settings_read_blame_item(rd, at, STR("name_servers"), item),
					      "%.*s is no name server: write 192.0.2.53, 127.0.0.1:8600 or [::1]:53",
					      STR_FMT(settings_value_quote(item, rd->arena)));
			return;
		}
		strbuf_printf(&list, "%s%.*s", i == 0 ? "" : ",", (int)addr_text_port(&a, text), text);
	}
	strbuf_char(&list, '\0');
	node->servers = node->name_servers.count == 0 ? NULL : strbuf_str(&list).p;
}

static void
read_node(struct settings_reader *rd, struct settings_place at)
{
	struct conf_node *node = &rd->conf->node;
	struct str shown;

	settings_read_section(rd, SECTION_NODE, at, NULL, node);
	read_name_servers(rd, at, node);
	if (node->name.n == 0) {
		node->name = node_name_default(rd->arena);
		return;
	}
	if (trail_name_valid(node->name))
		return;
	shown = settings_value_quote(node->name, rd->arena);
	settings_report_error(
	    rd->report, settings_read_blame(rd, at, STR("name")),
	    "%.*s is no name for a node: letters, digits, dots, dashes and underscores, a letter or digit "
	    "first, and not n- with 8 hex digits, which is how opaque names look",
	    STR_FMT(shown));
}

static void
read_store(struct settings_reader *rd, struct settings_place at)
{
	settings_read_section(rd, SECTION_STORE, at, NULL, &rd->conf->store);
}

static void
read_trail(struct settings_reader *rd, struct settings_place at)
{
	struct conf_trail *t = &rd->conf->trail;

	settings_read_section(rd, SECTION_TRAIL, at, NULL, t);
	settings_nets_read(rd, at, STR("trusted"), t->trusted, &t->trusted_nets);
	settings_nets_read(rd, at, STR("tiers"), t->tiers, &t->tiers_nets);
	if (rd->has_file && t->secret.n == 0 && (t->names == CONF_names_AUTO || t->names == CONF_names_OPAQUE))
		settings_report_warn(
		    rd->report, settings_read_blame(rd, at, STR("secret")),
		    "not set, so this node's opaque name is its own: the fleet's nodes agree on names only if "
		    "all have one secret");
}

static void
read_log(struct settings_reader *rd, struct settings_place at, struct conf_log *l)
{
	const struct conf_log *logs = rd->conf->logs;

	settings_read_section(rd, SECTION_LOG, at, NULL, l);
	rd->conf->logged |= !str_eq(l->file, STR("off"));
	for (const struct conf_log *other = logs; other < l && !str_eq(l->file, STR("off")); other++)
		if (str_eq(other->file, l->file))
			settings_report_error(rd->report, settings_read_blame(rd, at, STR("file")),
					      "logs[%d] is written there already", (int)(other - logs));
}

static void
read_logs(struct settings_reader *rd, struct settings_place at)
{
	bool given = at.node != NULL && at.node->kind != SETTINGS_NOTHING;
	unsigned count = settings_read_list(rd, at);
	struct conf *c = rd->conf;

	c->logs = arena_zalloc(rd->arena, (count + 1) * sizeof *c->logs);
	if (c->logs == NULL)
		return;
	if (!given)
		read_log(rd, (struct settings_place){ NULL, at.path }, &c->logs[c->log_count++]);
	for (unsigned i = 0; i < count && !settings_report_full(rd->report); i++)
		read_log(rd, settings_read_item(rd, at, i), &c->logs[c->log_count++]);
}

static void
read_admin(struct settings_reader *rd, struct settings_place at)
{
	struct conf_admin *admin = &rd->conf->admin;
	union addr address;
	int listener;

	settings_read_section(rd, SECTION_ADMIN, at, NULL, admin);
	admin->asked_for = settings_tree_get(at.node, STR("address")) != NULL;
	if (!addr_parse(admin->address, &address))
		return; /* it has its message */
	listener = settings_listeners_find(rd->conf, &address);
	if (admin->asked_for && listener >= 0)
		settings_report_error(rd->report, settings_read_blame(rd, at, STR("address")),
				      "listeners[%d] has the same address", listener);
}

static void
read_forwarding(struct settings_reader *rd, struct settings_place at)
{
	struct conf_forwarding *f = &rd->conf->forwarding;

	settings_read_section(rd, SECTION_FORWARDING, at, NULL, f);
	settings_nets_read(rd, at, STR("trusted_proxies"), f->trusted_proxies, &f->trusted_nets);
	settings_nets_ports(rd, at, STR("connect_ports"), f->connect_ports, &f->connect_ranges);
}

static void
read_purge(struct settings_reader *rd, struct settings_place at)
{
	struct conf_purge *p = &rd->conf->purge;

	settings_read_section(rd, SECTION_PURGE, at, NULL, p);
	settings_nets_read(rd, at, STR("allow"), p->allow, &p->allow_nets);
}

/* One socket cannot speak both. */
static void
read_neighbours(struct settings_reader *rd, struct settings_place at)
{
	struct conf_neighbours *n = &rd->conf->neighbours;
	union addr icp, htcp;

	settings_read_section(rd, SECTION_NEIGHBOURS, at, NULL, n);
	settings_nets_read(rd, at, STR("allow"), n->allow, &n->allow_nets);
	settings_nets_read(rd, at, STR("clear"), n->clear, &n->clear_nets);
	n->allow_asked_for = settings_tree_get(at.node, STR("allow")) != NULL;
	if (addr_parse(n->icp, &icp) && addr_parse(n->htcp, &htcp) && addr_port(&icp) != 0 &&
	    addr_port(&icp) == addr_port(&htcp))
		settings_report_error(rd->report, settings_read_blame(rd, at, STR("htcp")),
				      "has the port of neighbours.icp");
}

/* A head that the limits allow must find room in a request's memory, beside what is made of it. */
static void
read_limits(struct settings_reader *rd, struct settings_place at)
{
	struct conf_limits *l = &rd->conf->limits;

	settings_read_section(rd, SECTION_LIMITS, at, NULL, l);
	if (l->arena < 2 * l->head || l->arena < 2 * l->upstream_head)
		settings_report_error(rd->report, settings_read_blame(rd, at, STR("arena")),
				      "must be at least twice limits.head and limits.upstream_head");
}

/* By itself only for those whom the operator has named: whatever ends TLS or relays on this machine asks from loopback, for
 * anybody. */
static void
read_digest(struct settings_reader *rd, struct settings_place at)
{
	struct conf_digest *d = &rd->conf->digest;

	settings_read_section(rd, SECTION_DIGEST, at, NULL, d);
	d->in_squids = d->serve == CONF_serve_ALL;
	d->in_cairns = d->in_squids || (d->serve == CONF_serve_AUTO && rd->conf->neighbours.allow_asked_for);
}

static void
read_timeouts(struct settings_reader *rd, struct settings_place at)
{
	settings_read_section(rd, SECTION_TIMEOUTS, at, NULL, &rd->conf->timeouts);
}

/* In the order in which they are read: a route looks for its upstream, a listener for its routes. */
static const struct {
	struct str key;
	void (*read)(struct settings_reader *rd, struct settings_place at);
} sections[] = {
	{ STR_INIT("node"), read_node },
	{ STR_INIT("upstreams"), settings_upstreams_read },
	{ STR_INIT("routes"), settings_routes_read },
	{ STR_INIT("listeners"), settings_listeners_read },
	{ STR_INIT("pac"), settings_pac_read },
	{ STR_INIT("authentication"), settings_passwords_read },
	{ STR_INIT("access"), settings_access_read },
	{ STR_INIT("store"), read_store },
	{ STR_INIT("trail"), read_trail },
	{ STR_INIT("logs"), read_logs },
	{ STR_INIT("admin"), read_admin },
	{ STR_INIT("forwarding"), read_forwarding },
	{ STR_INIT("purge"), read_purge },
	{ STR_INIT("neighbours"), read_neighbours },
	{ STR_INIT("digest"), read_digest },
	{ STR_INIT("limits"), read_limits },
	{ STR_INIT("timeouts"), read_timeouts },
};

#define SECTIONS (sizeof sections / sizeof sections[0])

static bool
is_section(struct str key)
{
	for (size_t i = 0; i < SECTIONS; i++)
		if (str_eq(sections[i].key, key))
			return true;
	return false;
}

static void
check_keys(struct settings_reader *rd, struct settings_place top)
{
	struct str names[SECTIONS];

	for (size_t i = 0; i < SECTIONS; i++)
		names[i] = sections[i].key;
	for (unsigned i = 0; i < top.node->count && !settings_report_full(rd->report); i++) {
		if (is_section(top.node->keys[i]->text))
			settings_read_is_double(rd, top, i);
		else
			settings_read_unknown(rd, top, i, (struct str_list){ names, SECTIONS });
	}
}

void
settings_sections_read(struct settings_reader *rd)
{
	struct settings_place top = { rd->root, NULL };

	check_keys(rd, top);
	for (size_t i = 0; i < SECTIONS; i++)
		sections[i].read(rd, settings_read_under(rd, top, sections[i].key));
	settings_fallback_check_direct(rd);
}
