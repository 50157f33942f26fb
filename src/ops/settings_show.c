#include "ops/settings_show.h"

#include "base/clock.h"
#include "ops/settings_rows.h"

#define SET STR("(set)")

/* ---- values, as the file has them ---- */

struct unit {
	int64_t size;
	const char *name;
};

/* In the largest unit that it is a whole number of. The last unit is 1. */
static void
put_scaled(struct strbuf *out, int64_t v, const struct unit *units)
{
	while (v % units->size != 0 || (v == 0 && units->size != 1))
		units++;
	strbuf_printf(out, "%lld%s", (long long)(v / units->size), units->name);
}

static void
put_duration(struct strbuf *out, int64_t ms)
{
	static const struct unit units[] = { { 86400 * MS_PER_S, "d" },
					     { 3600 * MS_PER_S, "h" },
					     { 60 * MS_PER_S, "m" },
					     { MS_PER_S, "s" },
					     { 1, "ms" } };

	if (ms < 0)
		strbuf_lit(out, "unset");
	else
		put_scaled(out, ms, units);
}

static void
put_size(struct strbuf *out, uint64_t bytes)
{
	static const struct unit units[] = {
		{ 1LL << 40, "T" }, { 1LL << 30, "G" }, { 1LL << 20, "M" }, { 1LL << 10, "K" }, { 1, "" }
	};

	put_scaled(out, (int64_t)bytes, units);
}

static void
show_scaled(struct json *j, const struct setting *row, const void *at)
{
	json_open(j, row->name, '"');
	if (row->type == SETTING_SIZE)
		put_size(j->out, *(const uint64_t *)at);
	else
		put_duration(j->out, *(const int64_t *)at);
	json_close(j, '"');
}

static void
show_word(struct json *j, const struct setting *row, int value)
{
	struct str word = STR("");
	int one;

	for (unsigned i = 0; settings_rows_choice(row->type, &i, &word, &one);)
		if (one == value)
			break;
	json_text(j, row->name, word);
}

static void
show_list(struct json *j, struct str name, const struct str_list *l)
{
	json_open(j, name, '[');
	for (unsigned i = 0; i < l->count; i++)
		json_text(j, STR_NONE, l->items[i]);
	json_close(j, ']');
}

static bool
is_secret(const struct setting *row)
{
	return str_eq(row->name, STR("secret")) || str_eq(row->name, STR("token"));
}

static void
show_string(struct json *j, const struct setting *row, struct str value)
{
	json_text(j, row->name, is_secret(row) && value.n > 0 ? SET : value);
}

static void
show_row(struct json *j, const struct setting *row, const void *section)
{
	const void *at = (const char *)section + row->offset;

	switch (row->type) {
	case SETTING_STRING:
	case SETTING_ADDRESS:
		show_string(j, row, *(const struct str *)at);
		break;
	case SETTING_BOOL:
		json_bool(j, row->name, *(const bool *)at);
		break;
	case SETTING_UINT:
		json_u64(j, row->name, *(const uint64_t *)at);
		break;
	case SETTING_SIZE:
	case SETTING_DURATION:
		show_scaled(j, row, at);
		break;
	case SETTING_LIST:
		show_list(j, row->name, at);
		break;
	default:
		show_word(j, row, *(const int *)at);
	}
}

/* ---- sections ---- */

/* The object stays open, for what no row says. */
static void
begin_section(struct json *j, struct str name, enum section id, const void *section)
{
	const struct settings_section *s = settings_rows(id);

	json_open(j, name, '{');
	for (unsigned i = 0; i < s->count; i++)
		show_row(j, &s->rows[i], section);
}

static void
show_section(struct json *j, struct str name, enum section id, const void *section)
{
	begin_section(j, name, id, section);
	json_close(j, '}');
}

/* "Name: value" without the value. */
static void
show_names(struct json *j, struct str name, const struct str_list *l)
{
	json_open(j, name, '[');
	for (unsigned i = 0; i < l->count; i++) {
		struct str value = l->items[i], field;

		str_cut(&value, ':', &field);
		json_open(j, STR_NONE, '"');
		json_escape(j->out, field);
		strbuf_lit(j->out, ": (set)");
		json_close(j, '"');
	}
	json_close(j, ']');
}

static void
show_request_fields(struct json *j, const struct conf_edit *e)
{
	json_open(j, STR("request_fields"), '{');
	show_names(j, STR("set"), &e->set);
	show_names(j, STR("add"), &e->add);
	show_list(j, STR("remove"), &e->remove);
	json_close(j, '}');
}

static void
show_routes(struct json *j, const struct conf *c)
{
	json_open(j, STR("routes"), '[');
	for (unsigned i = 0; i < c->route_count; i++) {
		const struct conf_route *r = &c->routes[i];

		begin_section(j, STR_NONE, SECTION_ROUTE, r);
		show_section(j, STR("cache"), SECTION_CACHE, &r->cache);
		show_request_fields(j, &r->request);
		show_section(j, STR("response_fields"), SECTION_EDIT, &r->response);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
show_listeners(struct json *j, const struct conf *c)
{
	json_open(j, STR("listeners"), '[');
	for (unsigned i = 0; i < c->listener_count; i++)
		show_section(j, STR_NONE, SECTION_LISTENER, &c->listeners[i]);
	json_close(j, ']');
}

static void
show_upstream(struct json *j, const struct conf_upstream *u)
{
	begin_section(j, u->name, SECTION_UPSTREAM, u);
	json_open(j, STR("members"), '[');
	for (unsigned i = 0; i < u->member_count; i++)
		show_section(j, STR_NONE, SECTION_MEMBER, &u->members[i]);
	json_close(j, ']');
	show_section(j, STR("tls"), SECTION_TLS, &u->tls);
	show_section(j, STR("probe"), SECTION_PROBE, &u->probe);
	json_close(j, '}');
}

static void
show_upstreams(struct json *j, const struct conf *c)
{
	json_open(j, STR("upstreams"), '{');
	for (unsigned i = 0; i < c->upstream_count; i++)
		show_upstream(j, &c->upstreams[i]);
	json_close(j, '}');
}

static void
show_access(struct json *j, const struct conf *c)
{
	json_open(j, STR("access"), '[');
	for (unsigned i = 0; i < c->access_given; i++)
		show_section(j, STR_NONE, SECTION_ACCESS, &c->access[i]);
	json_close(j, ']');
}

static void
show_logs(struct json *j, const struct conf *c)
{
	json_open(j, STR("logs"), '[');
	for (unsigned i = 0; i < c->log_count; i++)
		show_section(j, STR_NONE, SECTION_LOG, &c->logs[i]);
	json_close(j, ']');
}

void
settings_show(struct json *j, const struct conf *c)
{
	show_section(j, STR("node"), SECTION_NODE, &c->node);
	show_listeners(j, c);
	show_upstreams(j, c);
	show_routes(j, c);
	show_section(j, STR("pac"), SECTION_PAC, &c->pac);
	show_section(j, STR("authentication"), SECTION_AUTHENTICATION, &c->authentication);
	show_access(j, c);
	show_section(j, STR("store"), SECTION_STORE, &c->store);
	show_section(j, STR("trail"), SECTION_TRAIL, &c->trail);
	show_logs(j, c);
	show_section(j, STR("admin"), SECTION_ADMIN, &c->admin);
	show_section(j, STR("forwarding"), SECTION_FORWARDING, &c->forwarding);
	show_section(j, STR("purge"), SECTION_PURGE, &c->purge);
	show_section(j, STR("neighbours"), SECTION_NEIGHBOURS, &c->neighbours);
	show_section(j, STR("digest"), SECTION_DIGEST, &c->digest);
	show_section(j, STR("limits"), SECTION_LIMITS, &c->limits);
	show_section(j, STR("timeouts"), SECTION_TIMEOUTS, &c->timeouts);
}
