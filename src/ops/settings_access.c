#include "ops/settings_access.h"

#include "http/fields.h"
#include "http/uri.h"
#include "ops/settings_nets.h"
#include "ops/settings_value.h"

/* ---- one rule ---- */

static struct str
lower(struct str s, struct arena *a)
{
	struct str copy = arena_str(a, s);

	if (copy.p != NULL)
		str_put_lower((char *)copy.p, s);
	return copy;
}

/* Patterns are in lower case and without dots behind them once they are read. */
static void
read_hosts(struct settings_reader *rd, struct settings_place at, struct conf_access *rule)
{
	struct str *hosts = arena_alloc(rd->arena, rule->hosts.count * sizeof *hosts);

	if (hosts == NULL)
		return;
	for (unsigned i = 0; i < rule->hosts.count; i++) {
		struct str given = rule->hosts.items[i], host;
		uint16_t port;

		if (!uri_parse_host(given, &host, &port) || host.n < given.n)
			settings_report_error(
			    rd->report, settings_read_blame_item(rd, at, STR("hosts"), given),
			    "must be a host alone, such as \"www.example.org\", \"*.example.org\", or "
			    "\".example.org\" for that host and all below it; ports stand under ports");
		hosts[i] = lower(uri_plain_host(given), rd->arena);
	}
	rule->hosts.items = hosts;
}

static void
check_methods(struct settings_reader *rd, struct settings_place at, const struct conf_access *rule)
{
	for (unsigned i = 0; i < rule->methods.count; i++)
		if (!token_valid(rule->methods.items[i]))
			settings_report_error(rd->report,
					      settings_read_blame_item(rd, at, STR("methods"), rule->methods.items[i]),
					      "must be a method, such as GET or CONNECT");
}

static bool
listens_on(const struct conf *c, struct str address)
{
	for (unsigned i = 0; i < c->listener_count; i++)
		if (str_eq(c->listeners[i].address, address))
			return true;
	return false;
}

static void
check_listeners(struct settings_reader *rd, struct settings_place at, const struct conf_access *rule)
{
	for (unsigned i = 0; i < rule->listeners.count; i++)
		if (!listens_on(rd->conf, rule->listeners.items[i]))
			settings_report_error(
			    rd->report, settings_read_blame_item(rd, at, STR("listeners"), rule->listeners.items[i]),
			    "no listener has this address: write one as it stands under listeners");
}

/* A list of nobody is not one that was left out: what fills it in has failed. */
static void
check_empty(struct settings_reader *rd, struct settings_place at)
{
	for (unsigned i = 0; at.node->kind == SETTINGS_MAP && i < at.node->count; i++) {
		const struct settings_node *item = at.node->items[i];

		if (item->kind == SETTINGS_NOTHING || (item->kind == SETTINGS_LIST && item->count == 0))
			settings_report_error(rd->report, settings_read_item(rd, at, i),
					      "is empty: leave it out where it does not matter");
	}
}

/* ---- users ---- */

static bool
has_user(const struct conf_authentication *c, struct str name)
{
	for (unsigned i = 0; i < c->user_count; i++)
		if (str_eq(c->users[i].name, name))
			return true;
	return false;
}

static bool
wants_user(const struct conf_access *rule)
{
	return rule->authenticated || rule->users.count > 0;
}

static void
check_users(struct settings_reader *rd, struct settings_place at, const struct conf_access *rule)
{
	const struct conf_authentication *c = &rd->conf->authentication;

	if (!wants_user(rule))
		return;
	if (c->file.n == 0)
		settings_report_error(rd->report, at, "wants users, and there is no authentication.file that has any");
	for (unsigned i = 0; i < rule->users.count && c->user_count > 0; i++)
		if (!has_user(c, rule->users.items[i]))
			settings_report_warn(rd->report,
					     settings_read_blame_item(rd, at, STR("users"), rule->users.items[i]),
					     "authentication.file has no such user");
}

/* ---- what is likely a slip of the pen ---- */

static bool
is_about(const struct conf_access *rule, const struct conf_listener *l)
{
	for (unsigned i = 0; i < rule->listeners.count; i++)
		if (str_eq(rule->listeners.items[i], l->address))
			return true;
	return rule->listeners.count == 0;
}

/* Only who uses a proxy, and knows it, can be asked who he is. */
static void
check_listens(struct settings_reader *rd, struct settings_place at, const struct conf_access *rule)
{
	const struct conf *c = rd->conf;

	if (!wants_user(rule))
		return;
	for (unsigned i = 0; i < c->listener_count; i++)
		if ((c->listeners[i].mode == CONF_mode_FORWARD || c->listeners[i].mode == CONF_mode_BOTH) &&
		    is_about(rule, &c->listeners[i]))
			return;
	settings_report_warn(rd->report, at, "never matches: users can be asked on forward listeners alone");
}

/* Does it let anybody on earth use this node as a proxy for any site? */
static void
check_open(struct settings_reader *rd, struct settings_place at, const struct conf_access *rule)
{
	const struct conf *c = rd->conf;

	if (!rule->allows || rule->clients.count > 0 || rule->hosts.count > 0 || rule->destinations.count > 0 ||
	    wants_user(rule))
		return;
	for (unsigned i = 0; i < c->listener_count; i++)
		if (c->listeners[i].mode != CONF_mode_REVERSE && is_about(rule, &c->listeners[i])) {
			settings_report_warn(rd->report, at,
					     "anybody may use listeners[%u] as a proxy: name clients, or hosts", i);
			return;
		}
}

static bool
has_texts(const struct str_list *wide, const struct str_list *narrow)
{
	unsigned found = 0;

	if (wide->count == 0)
		return true;
	for (unsigned i = 0; i < narrow->count; i++)
		for (unsigned k = 0; k < wide->count; k++)
			if (str_eq(narrow->items[i], wide->items[k])) {
				found++;
				break;
			}
	return narrow->count > 0 && found == narrow->count;
}

static bool
has_net(const struct net_list *wide, const struct net *n)
{
	for (unsigned i = 0; i < wide->count; i++)
		if (net_holds(&wide->items[i], n))
			return true;
	return false;
}

static bool
has_nets(const struct net_list *wide, const struct net_list *narrow)
{
	if (wide->count == 0)
		return true;
	for (unsigned i = 0; i < narrow->count; i++)
		if (!has_net(wide, &narrow->items[i]))
			return false;
	return narrow->count > 0;
}

static bool
has_range(const struct port_list *wide, const struct port_range *r)
{
	for (unsigned i = 0; i < wide->count; i++)
		if (r->first >= wide->items[i].first && r->last <= wide->items[i].last)
			return true;
	return false;
}

static bool
has_ports(const struct port_list *wide, const struct port_list *narrow)
{
	if (wide->count == 0)
		return true;
	for (unsigned i = 0; i < narrow->count; i++)
		if (!has_range(wide, &narrow->items[i]))
			return false;
	return narrow->count > 0;
}

/* Who is asked for, and is not known, is not let past the rule. */
static bool
demands_less(const struct conf_access *before, const struct conf_access *rule)
{
	return (!before->authenticated || wants_user(rule)) && has_texts(&before->users, &rule->users);
}

/* Does `before` match whatever `rule` would? Found where it is plain to see. One that allows leaves to later ones the
 * ports and destinations that only they name. */
static bool
covers(const struct conf_access *before, const struct conf_access *rule)
{
	bool more = (rule->ports.count > 0 && before->ports.count == 0) ||
		    (rule->destinations.count > 0 && before->destinations.count == 0);

	return !(before->allows && rule->allows && more) && demands_less(before, rule) &&
	       has_nets(&before->client_nets, &rule->client_nets) &&
	       has_nets(&before->destination_nets, &rule->destination_nets) &&
	       has_ports(&before->port_ranges, &rule->port_ranges) && has_texts(&before->hosts, &rule->hosts) &&
	       has_texts(&before->methods, &rule->methods) && has_texts(&before->listeners, &rule->listeners);
}

static void
check_reached(struct settings_reader *rd, struct settings_place at, unsigned index)
{
	const struct conf_access *rules = rd->conf->access;

	for (unsigned i = 0; i < index; i++) {
		if (!covers(&rules[i], &rules[index]))
			continue;
		settings_report_warn(rd->report, at, "is never reached: access[%u] matches all that it does", i);
		return;
	}
}

/* ---- all of them ---- */

static void
read_rule(struct settings_reader *rd, struct settings_place at, unsigned index)
{
	struct conf_access *rule = &rd->conf->access[index];

	settings_read_section(rd, SECTION_ACCESS, at, NULL, rule);
	if (settings_tree_get(at.node, STR("action")) == NULL)
		settings_report_error(rd->report, at, "action must be given: allow or deny");
	check_empty(rd, at);
	rule->allows = rule->action == CONF_action_ALLOW;
	rule->label = arena_printf(rd->arena, "access[%u]", index);
	settings_nets_read(rd, at, STR("clients"), rule->clients, &rule->client_nets);
	settings_nets_read(rd, at, STR("destinations"), rule->destinations, &rule->destination_nets);
	settings_nets_ports(rd, at, STR("ports"), rule->ports, &rule->port_ranges);
	read_hosts(rd, at, rule);
	check_methods(rd, at, rule);
	check_listeners(rd, at, rule);
	check_users(rd, at, rule);
	check_listens(rd, at, rule);
	check_open(rd, at, rule);
	check_reached(rd, at, index);
}

#define OWN_RULES 3

/* Behind the operator's: a proxy is for those who are near, a site for everybody. */
static void
add_own(struct settings_reader *rd)
{
	static const struct str near[] = { STR_INIT("loopback"), STR_INIT("private"), STR_INIT("link-local") };
	const struct str_list all = { near, 3 };
	struct conf_access *own = rd->conf->access + rd->conf->access_count;

	own[0] = (struct conf_access){ .of_proxy = true, .allows = true, .clients = all };
	settings_nets_named(rd->arena, all, &own[0].client_nets);
	own[1] = (struct conf_access){ .of_proxy = true };
	own[2] = (struct conf_access){ .allows = true };
	rd->conf->access_count += OWN_RULES;
}

static void
name_own_addresses(struct settings_reader *rd)
{
	static const struct str names[] = { STR_INIT("loopback"), STR_INIT("link-local") };

	settings_nets_named(rd->arena, (struct str_list){ names, 1 }, &rd->conf->loopback_nets);
	settings_nets_named(rd->arena, (struct str_list){ names, 2 }, &rd->conf->inside_nets);
}

void
settings_access_read(struct settings_reader *rd, struct settings_place access)
{
	unsigned count = settings_read_list(rd, access);
	struct conf *c = rd->conf;

	name_own_addresses(rd);
	c->access = arena_zalloc(rd->arena, (count + OWN_RULES) * sizeof *c->access);
	if (c->access == NULL)
		return;
	for (unsigned i = 0; i < count && !settings_report_full(rd->report); i++) {
		read_rule(rd, settings_read_item(rd, access, i), i);
		c->access_count++;
	}
	c->access_given = c->access_count;
	add_own(rd);
}
