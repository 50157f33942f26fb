#include "ops/settings_follow.h"

#include "http/uri.h"
#include "net/addr.h"
#include "ops/settings_value.h"

static struct seat *
follow_name(struct settings_reader *rd, struct settings_place at, struct conf_upstream *u, const struct conf_member *c)
{
	enum follow_kind kind = c->follow == CONF_follow_SRV ? FOLLOW_SRV : FOLLOW_ADDRESSES;
	struct str shown = settings_value_quote(c->url, rd->arena);
	const char *why;
	struct following *f = group_follow(u->group, rd->arena, kind, c->url, &why);

	if (f == NULL) {
		settings_report_error(rd->report, at, "%.*s: %s", STR_FMT(shown), why);
		return NULL;
	}
	f->like.weight = (unsigned)c->weight;
	return &f->like;
}

/* What is written where it says nothing. */
static void
check_follow(struct settings_reader *rd, struct settings_place at, struct settings_place url, struct conf_member *c)
{
	struct settings_place follow = settings_read_blame(rd, at, STR("follow"));
	struct str host;
	uint16_t port;
	union addr a;
	struct uri u;

	if (!uri_parse_target(c->url, false, &u) || !uri_parse_host(u.authority, &host, &port))
		return; /* the member says so */
	if (addr_parse_ip(host, 0, &a)) {
		settings_report_warn(rd->report, follow, "has no effect: an address stands for itself alone");
		c->follow = CONF_follow_OFF;
	} else if (c->follow == CONF_follow_SRV && u.port != 0) {
		settings_report_warn(rd->report, url, "its port has no effect: SRV records say theirs");
	}
	if (c->name.n > 0)
		settings_report_warn(rd->report, settings_read_blame(rd, at, STR("name")),
				     "has no effect: those that DNS tells go by their own");
	if (c->follow == CONF_follow_SRV && c->weight != 1)
		settings_report_warn(rd->report, settings_read_blame(rd, at, STR("weight")),
				     "has no effect: SRV records say theirs");
	if (c->follow == CONF_follow_SRV && host.p[0] != '_')
		settings_report_warn(
		    rd->report, url,
		    "the names of SRV records begin with service and protocol: _http._tcp.example.org");
}

bool
settings_follow_read(struct settings_reader *rd, struct settings_place at, struct settings_place url,
		     struct conf_upstream *u, struct conf_member *m, struct seat **like)
{
	if (m->follow != CONF_follow_OFF)
		check_follow(rd, at, url, m);
	if (m->follow != CONF_follow_OFF)
		*like = follow_name(rd, url, u, m);
	return m->follow != CONF_follow_OFF;
}
