#include "ops/settings_listeners.h"

#include "http/uri.h"
#include "ops/settings_nets.h"

static bool
same_address(const union addr *a, const union addr *b)
{
	char x[ADDR_TEXT_SIZE], y[ADDR_TEXT_SIZE];

	addr_text_port(a, x);
	addr_text_port(b, y);
	return addr_port(a) != 0 && strcmp(x, y) == 0;
}

int
settings_listeners_find(const struct conf *c, const union addr *at)
{
	for (unsigned i = 0; i < c->listener_count; i++)
		if (same_address(&c->listeners[i].at, at))
			return (int)i;
	return -1;
}

/* One that is no address reads as the default, which is none, and has its message. */
static void
check_address(struct settings_reader *rd, struct settings_place at, struct conf_listener *l)
{
	struct settings_place place = settings_read_blame(rd, at, STR("address"));
	bool given = settings_tree_get(at.node, STR("address")) != NULL;
	int other;

	if (!given)
		settings_report_error(rd->report, place, "must be given, such as \"127.0.0.1:8080\"");
	if (!addr_parse(l->address, &l->at))
		return;
	other = settings_listeners_find(rd->conf, &l->at);
	if (other >= 0)
		settings_report_error(rd->report, place, "listeners[%d] has the same address", other);
}

static void
check_default_host(struct settings_reader *rd, struct settings_place at, const struct conf_listener *l)
{
	struct str host;
	uint16_t port;

	if (l->default_host.n > 0 && !uri_parse_host(l->default_host, &host, &port))
		settings_report_error(rd->report, settings_read_blame(rd, at, STR("default_host")),
				      "must be a host name with or without a port");
}

/* What says something about diverted connections alone, and what nothing does about them. */
static void
check_interception(struct settings_reader *rd, struct settings_place at, const struct conf_listener *l)
{
	static const char *const of_intercept[] = { "divert", "keep_client", "unverified" };
	bool intercepts = l->mode == CONF_mode_INTERCEPT;

	for (unsigned i = 0; i < sizeof of_intercept / sizeof *of_intercept && !intercepts; i++)
		if (settings_tree_get(at.node, str_c(of_intercept[i])) != NULL)
			settings_report_warn(rd->report, settings_read_blame(rd, at, str_c(of_intercept[i])),
					     "has no effect: it is for mode: intercept");
	if (intercepts && l->keep_client && l->divert != CONF_divert_TPROXY)
		settings_report_error(rd->report, settings_read_blame(rd, at, STR("keep_client")),
				      "only with divert: tproxy, whose rules bring back what is sent to the client");
	if (intercepts && l->proxy_protocol_from.count > 0)
		settings_report_error(rd->report, settings_read_blame(rd, at, STR("proxy_protocol_from")),
				      "not with mode: intercept: where the connection was going says the kernel");
	if (intercepts && l->default_host.n > 0)
		settings_report_warn(rd->report, settings_read_blame(rd, at, STR("default_host")),
				     "has no effect: with mode: intercept a request that names no host is for the "
				     "address that it was sent to");
}

static bool
needs_routes(const struct conf_listener *l)
{
	return l->mode == CONF_mode_REVERSE || l->mode == CONF_mode_BOTH;
}

static void
read_listener(struct settings_reader *rd, struct settings_place at, struct conf_listener *l)
{
	settings_read_section(rd, SECTION_LISTENER, at, NULL, l);
	check_address(rd, at, l);
	check_default_host(rd, at, l);
	settings_nets_read(rd, at, STR("proxy_protocol_from"), l->proxy_protocol_from, &l->passing_nets);
	check_interception(rd, at, l);
	if (needs_routes(l) && rd->conf->route_count == 0)
		settings_report_error(rd->report, settings_read_blame(rd, at, STR("mode")),
				      "a %s listener needs routes to say whom to ask",
				      l->mode == CONF_mode_BOTH ? "two-way" : "reverse");
}

/* What is no list at all has its message. */
static bool
is_empty(const struct settings_node *n)
{
	return n == NULL || n->kind == SETTINGS_NOTHING || (n->kind == SETTINGS_LIST && n->count == 0);
}

void
settings_listeners_read(struct settings_reader *rd, struct settings_place listeners)
{
	unsigned count = settings_read_list(rd, listeners);
	struct conf *c = rd->conf;

	c->listeners = arena_zalloc(rd->arena, count * sizeof *c->listeners);
	if (c->listeners == NULL)
		return;
	for (unsigned i = 0; i < count && !settings_report_full(rd->report); i++) {
		read_listener(rd, settings_read_item(rd, listeners, i), &c->listeners[i]);
		c->listener_count++;
	}
	if (is_empty(listeners.node))
		settings_report_error(
		    rd->report, listeners,
		    "none: a node must listen somewhere, such as listeners: [{address: \"127.0.0.1:8080\"}]");
}
