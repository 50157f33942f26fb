#include "ops/settings_running.h"

#include "base/must.h"
#include "ops/settings_upstreams.h"

#define LATER "takes effect at the next start: until then it stays as it is"

static bool
is_text(const struct setting *row)
{
	return row->type == SETTING_STRING || row->type == SETTING_ADDRESS;
}

static bool
same_list(const struct str_list *a, const struct str_list *b)
{
	bool same = a->count == b->count;

	for (unsigned i = 0; i < a->count && same; i++)
		same = str_eq(a->items[i], b->items[i]);
	return same;
}

static void
copy_list(struct arena *a, struct str_list *to, const struct str_list *from)
{
	struct str *items = arena_alloc(a, from->count * sizeof *items);

	if (items == NULL)
		return;
	for (unsigned i = 0; i < from->count; i++)
		items[i] = arena_str(a, from->items[i]);
	*to = (struct str_list){ items, from->count };
}

/* Only these types are fixed while a node runs. */
static size_t
size_of(const struct setting *row)
{
	MUST(row->type == SETTING_BOOL || row->type == SETTING_UINT || row->type == SETTING_SIZE);
	return row->type == SETTING_BOOL ? sizeof(bool) : sizeof(uint64_t);
}

static bool
same(const struct setting *row, const void *a, const void *b)
{
	if (is_text(row))
		return str_eq(*(const struct str *)a, *(const struct str *)b);
	if (row->type == SETTING_LIST)
		return same_list(a, b);
	return memcmp(a, b, size_of(row)) == 0;
}

static void
copy(const struct setting *row, struct arena *a, void *to, const void *from)
{
	if (is_text(row))
		*(struct str *)to = arena_str(a, *(const struct str *)from);
	else if (row->type == SETTING_LIST)
		copy_list(a, to, from);
	else
		memcpy(to, from, size_of(row));
}

static void
keep_section(struct settings_reader *rd, enum section section, void *out, const void *running)
{
	const struct settings_section *s = settings_rows(section);
	struct settings_place top = { rd->root, NULL };
	struct settings_place map = settings_read_under(rd, top, s->place);

	for (unsigned i = 0; i < s->count; i++) {
		const struct setting *row = &s->rows[i];
		void *to = (char *)out + row->offset;
		const void *from = (const char *)running + row->offset;

		if (row->when != SETTING_RESTART || same(row, to, from))
			continue;
		settings_report_warn(rd->report, settings_read_blame(rd, map, row->name), LATER);
		copy(row, rd->arena, to, from);
	}
}

static const struct conf_listener *
find(const struct conf *c, struct str address)
{
	for (unsigned i = 0; i < c->listener_count; i++)
		if (str_eq(c->listeners[i].address, address))
			return &c->listeners[i];
	return NULL;
}

/* What lies behind a listener's settings, for the new configuration's own. */
static void
keep_texts(struct arena *a, struct conf_listener *l)
{
	struct net_list *nets = &l->passing_nets;
	struct net *copy = arena_alloc(a, nets->count * sizeof *copy);

	l->address = arena_str(a, l->address);
	l->default_host = arena_str(a, l->default_host);
	l->proxy_protocol_from = (struct str_list){ 0 }; /* nobody reads it, but what is made of it */
	if (copy == NULL || nets->count == 0)
		*nets = (struct net_list){ 0 };
	else
		nets->items = memcpy(copy, nets->items, nets->count * sizeof *copy);
}

/* What its socket was made for, it stays. */
static bool
is_made_for(const struct conf_listener *socket, const struct conf_listener *now)
{
	bool intercepts = now->mode == CONF_mode_INTERCEPT;

	return (socket->mode == CONF_mode_INTERCEPT) == intercepts && (!intercepts || socket->divert == now->divert);
}

/* The sockets that are open, in their order, each with what the new configuration says about its address besides. One
 * that it no longer names stays as it was. */
static void
keep_listeners(struct settings_reader *rd, const struct conf *running)
{
	struct conf *c = rd->conf;
	struct conf_listener *kept = arena_alloc(rd->arena, running->listener_count * sizeof *kept);
	unsigned found = 0;

	if (kept == NULL)
		return;
	for (unsigned i = 0; i < running->listener_count; i++) {
		const struct conf_listener *now = find(c, running->listeners[i].address);

		if (now != NULL && !is_made_for(&running->listeners[i], now))
			now = NULL;
		found += now != NULL;
		kept[i] = now != NULL ? *now : running->listeners[i];
		keep_texts(rd->arena, &kept[i]);
	}
	if (found != c->listener_count || found != running->listener_count) {
		struct settings_place top = { rd->root, NULL };

		settings_report_warn(rd->report, settings_read_under(rd, top, STR("listeners")), LATER);
	}
	c->listeners = kept;
	c->listener_count = running->listener_count;
}

/* What is known of a member stays known. */
static void
keep_members(struct conf *c, const struct conf *running)
{
	for (unsigned i = 0; i < c->upstream_count; i++) {
		const struct conf_upstream *before = settings_upstreams_find(running, c->upstreams[i].name);

		if (before != NULL && c->upstreams[i].group != NULL)
			group_inherit(c->upstreams[i].group, before->group);
	}
}

void
settings_running_keep(struct settings_reader *rd, const struct conf *running)
{
	keep_section(rd, SECTION_NODE, &rd->conf->node, &running->node);
	keep_section(rd, SECTION_STORE, &rd->conf->store, &running->store);
	keep_section(rd, SECTION_ADMIN, &rd->conf->admin, &running->admin);
	keep_section(rd, SECTION_NEIGHBOURS, &rd->conf->neighbours, &running->neighbours);
	keep_listeners(rd, running);
	keep_members(rd->conf, running);
}
