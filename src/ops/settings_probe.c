#include "ops/settings_probe.h"

#include "http/uri.h"
#include "ops/settings_value.h"
#include "peer/probe.h"

/* "200", or "200-399". */
static bool
parse_statuses(struct str text, struct probe_statuses *out)
{
	struct str first;
	uint64_t from, to;

	if (!str_cut(&text, '-', &first))
		text = first;
	if (!str_u64(first, &from) || !str_u64(text, &to) || from < 200 || to > 599 || from > to)
		return false;
	*out = (struct probe_statuses){ (unsigned)from, (unsigned)to };
	return true;
}

static void
read_statuses(struct settings_reader *rd, struct settings_place at, const struct conf_probe *c, struct probe *p)
{
	struct probe_statuses *all = arena_alloc(rd->arena, c->status.count * sizeof *all);

	if (all == NULL)
		return;
	for (unsigned i = 0; i < c->status.count; i++)
		if (!parse_statuses(c->status.items[i], &all[i]))
			settings_report_error(rd->report,
					      settings_read_blame_item(rd, at, STR("status"), c->status.items[i]),
					      "%.*s is no status: write 204, or 200-399",
					      STR_FMT(settings_value_quote(c->status.items[i], rd->arena)));
	p->statuses = all;
	p->status_count = c->status.count;
}

static bool
is_path(struct str s)
{
	struct uri u;

	return s.n > 0 && s.p[0] == '/' && uri_parse_target(s, false, &u) && u.form == URI_ORIGIN;
}

static void
check(struct settings_reader *rd, struct settings_place at, const struct conf_probe *c)
{
	struct str host;
	uint16_t port;

	if (!is_path(c->path))
		settings_report_error(rd->report, settings_read_blame(rd, at, STR("path")),
				      "must be a path, such as \"/health\"");
	if (c->host.n > 0 && !uri_parse_host(c->host, &host, &port))
		settings_report_error(rd->report, settings_read_blame(rd, at, STR("host")),
				      "must be a host name with or without a port");
	if (c->kind == CONF_probe_TCP && (c->host.n > 0 || !str_eq(c->path, STR("/"))))
		settings_report_warn(rd->report, at, "path, host and status have no effect: a tcp probe asks nothing");
	if (c->timeout > c->interval)
		settings_report_warn(rd->report, settings_read_blame(rd, at, STR("timeout")),
				     "is longer than the interval: a silent member is probed that much more seldom");
}

void
settings_probe_read(struct settings_reader *rd, struct settings_place upstream, struct conf_upstream *u)
{
	struct settings_place at = settings_read_under(rd, upstream, STR("probe"));
	struct conf_probe *c = &u->probe;
	struct probe *p = arena_zalloc(rd->arena, sizeof *p);

	settings_read_section(rd, SECTION_PROBE, at, NULL, c);
	if (p == NULL || c->kind == CONF_probe_OFF)
		return;
	check(rd, at, c);
	p->kind = c->kind == CONF_probe_TCP ? PROBE_TCP : PROBE_HTTP;
	p->path = c->path;
	p->host = c->host.n > 0 ? c->host : STR_NONE;
	p->interval_ms = c->interval;
	p->timeout_ms = c->timeout;
	p->up_after = (unsigned)c->up_after;
	p->down_after = (unsigned)c->down_after;
	read_statuses(rd, at, c, p);
	u->group->probe = p;
}
