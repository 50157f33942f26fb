#include "proxy/access.h"

#include "http/uri.h"

static bool
has_text(const struct str_list *l, struct str s)
{
	for (unsigned i = 0; i < l->count; i++)
		if (str_eq(l->items[i], s))
			return true;
	return false;
}

static bool
has_port(const struct port_list *l, uint16_t port)
{
	for (unsigned i = 0; i < l->count; i++)
		if (port >= l->items[i].first && port <= l->items[i].last)
			return true;
	return false;
}

/* ".example.org" is example.org and all below it. */
static bool
has_host(const struct str_list *l, struct str given)
{
	struct str host = uri_plain_host(given);

	for (unsigned i = 0; i < l->count; i++) {
		struct str pattern = l->items[i];

		if (pattern.p[0] == '.' &&
		    (str_ieq(host, str_skip(pattern, 1)) ||
		     (host.n > pattern.n && str_ieq(str_skip(host, host.n - pattern.n), pattern))))
			return true;
		if (conf_host_matches(host, pattern))
			return true;
	}
	return false;
}

/* --- what a rule is about: each list that is not empty must have what is asked for --- */

static bool
concerns_client(const struct conf_access *rule, const struct conf_listener *l, const union addr *client, bool proxied)
{
	return (proxied || !rule->of_proxy) && (rule->clients.count == 0 || net_list_has(&rule->client_nets, client)) &&
	       (rule->listeners.count == 0 || has_text(&rule->listeners, l->address));
}

static bool
concerns(const struct conf_access *rule, const struct access_asked *a)
{
	return concerns_client(rule, a->listener, a->client, a->proxied) &&
	       (rule->methods.count == 0 || has_text(&rule->methods, a->method)) &&
	       (rule->ports.count == 0 || has_port(&rule->port_ranges, a->port)) &&
	       (rule->hosts.count == 0 || has_host(&rule->hosts, a->host));
}

/* --- what it opens --- */

static bool
opens_port(const struct conf *c, const struct conf_access *rule, const struct access_asked *a)
{
	return !a->connect || !rule->allows || rule->ports.count > 0 ||
	       has_port(&c->forwarding.connect_ranges, a->port);
}

/* This machine's own addresses, asked for from elsewhere. */
static bool
is_inside(const struct conf *c, const struct access_asked *a)
{
	return a->destination != NULL && net_list_has(&c->inside_nets, a->destination) &&
	       !net_list_has(&c->loopback_nets, a->client);
}

static bool
leads_there(const struct conf *c, const struct conf_access *rule, const struct access_asked *a)
{
	if (rule->destinations.count == 0)
		return !rule->allows || !is_inside(c, a);
	if (!a->direct)
		return false;
	return a->destination == NULL ? rule->allows : net_list_has(&rule->destination_nets, a->destination);
}

/* --- whom it is about --- */

static bool
wants_user(const struct conf_access *rule)
{
	return rule->authenticated || rule->users.count > 0;
}

/* A rule about users is not about visitors of a site, who have no way to say who they are. */
static bool
is_about(const struct conf_access *rule, const struct access_asked *a)
{
	if (!wants_user(rule))
		return true;
	return a->askable && (a->who != WHO_KNOWN || rule->users.count == 0 || has_text(&rule->users, a->user));
}

/* --- the judge --- */

struct access_answer
access_judge(const struct conf *c, const struct access_asked *a)
{
	struct str barred = STR("default");

	for (unsigned i = 0; i < c->access_count; i++) {
		const struct conf_access *rule = &c->access[i];

		if (!concerns(rule, a) || !is_about(rule, a))
			continue;
		if (!opens_port(c, rule, a))
			barred = STR("forwarding.connect_ports");
		else if (!leads_there(c, rule, a))
			barred = is_inside(c, a) ? STR("default destinations") : barred;
		else if (wants_user(rule) && a->who != WHO_KNOWN)
			return (struct access_answer){ ACCESS_WHO, rule->label };
		else if (rule->allows)
			return (struct access_answer){ ACCESS_ALLOWED, rule->label };
		else
			return (struct access_answer){ ACCESS_DENIED, rule->label.n > 0 ? rule->label : barred };
	}
	return (struct access_answer){ ACCESS_DENIED, barred };
}

/* A rule that allows and names destinations was taken at its word: the ones behind it may hold. Behind one that names
 * none those may that do, where the host leads into this machine. */
bool
access_may_ask(const struct conf *c, const struct access_asked *a)
{
	bool decided = false;

	if (!a->direct || a->destination != NULL)
		return false;
	for (unsigned i = 0; i < c->access_count; i++) {
		const struct conf_access *rule = &c->access[i];
		bool named = rule->destinations.count > 0;

		if (!concerns(rule, a) || !is_about(rule, a) || !opens_port(c, rule, a) || (decided && !named))
			continue;
		if (wants_user(rule))
			return true;
		if (!named && !rule->allows)
			return false;
		decided |= !named;
	}
	return false;
}

static bool
is_of_client_alone(const struct conf_access *rule)
{
	return rule->methods.count == 0 && rule->ports.count == 0 && rule->hosts.count == 0 &&
	       rule->destinations.count == 0 && !wants_user(rule);
}

bool
access_serves(const struct conf *c, const struct conf_listener *l, const union addr *client)
{
	for (unsigned i = 0; i < c->access_count; i++) {
		const struct conf_access *rule = &c->access[i];

		if (!concerns_client(rule, l, client, true))
			continue;
		if (rule->allows || is_of_client_alone(rule))
			return rule->allows;
	}
	return false;
}

bool
access_is_open(const struct conf *c, const struct conf_listener *l, const union addr *client)
{
	if (!access_guards(c, l))
		return true;
	for (unsigned i = 0; i < c->access_count; i++) {
		const struct conf_access *rule = &c->access[i];

		if (!concerns_client(rule, l, client, l->mode != CONF_mode_REVERSE && l->mode != CONF_mode_BOTH))
			continue;
		if (rule->methods.count > 0 && !has_text(&rule->methods, STR("GET")))
			continue;
		if (wants_user(rule) && l->mode == CONF_mode_FORWARD)
			return false;
		if (rule->destinations.count > 0 || wants_user(rule)) /* a site has neither named hosts nor users */
			continue;
		return rule->allows && rule->ports.count == 0 && rule->hosts.count == 0;
	}
	return false;
}

struct access_answer
access_judge_at(const struct conf *c, const struct access_asked *asked, const union addr *destination)
{
	struct access_asked a = *asked;

	a.direct = true;
	a.destination = destination;
	return access_judge(c, &a);
}

const struct access_asked *
access_keep(const struct access_asked *a, struct arena *arena)
{
	struct access_asked *kept = arena_alloc(arena, sizeof *kept);
	union addr *client = arena_alloc(arena, sizeof *client);

	if (kept == NULL || client == NULL)
		return NULL;
	*kept = *a;
	*client = *a->client;
	kept->client = client;
	kept->destination = NULL;
	kept->method = arena_str(arena, a->method);
	kept->host = arena_str(arena, a->host);
	kept->user = arena_str(arena, a->user);
	return kept;
}
