#include "ops/settings_flags.h"

/* Flags that set one value of one section. */
static const struct {
	size_t offset; /* of the value in struct settings_flags */
	const char *flag;
	struct str section, key;
} singles[] = {
	{ offsetof(struct settings_flags, name), "--name", STR_INIT("node"), STR_INIT("name") },
	{ offsetof(struct settings_flags, state), "--state", STR_INIT("node"), STR_INIT("state") },
	{ offsetof(struct settings_flags, workers), "--workers", STR_INIT("node"), STR_INIT("workers") },
	{ offsetof(struct settings_flags, memory), "--memory", STR_INIT("store"), STR_INIT("memory") },
	{ offsetof(struct settings_flags, admin), "--admin", STR_INIT("admin"), STR_INIT("address") },
};

struct overlay {
	const struct settings_flags *flags;
	struct settings_node *root;
	struct arena *arena;
	struct settings_report *report;
};

static struct settings_node *
scalar(struct overlay *o, const char *flag, const char *value)
{
	return settings_tree_scalar(o->arena, flag, arena_str(o->arena, str_c(value)));
}

/* The mapping under `key`, made where there is none. NULL where the file has something else there: the reader of the
 * section says so. */
static struct settings_node *
section(struct overlay *o, struct settings_node *map, const char *flag, struct str key)
{
	struct settings_node *n = settings_tree_get(map, key);

	if (n != NULL && n->kind != SETTINGS_NOTHING)
		return n->kind == SETTINGS_MAP ? n : NULL;
	n = settings_tree_map(o->arena, flag);
	settings_tree_put(map, o->arena, key, n);
	return n;
}

static void
put_single(struct overlay *o, const char *flag, const char *value, struct str section_key, struct str key)
{
	struct settings_node *map = section(o, o->root, NULL, section_key);

	if (map != NULL)
		settings_tree_put(map, o->arena, key, scalar(o, flag, value));
}

/* The mapping of the file's list that the i-th value of a flag goes into: the one in its place, or else the last, so
 * that what the file says about it besides stays in force. An empty one where the file has no such list. */
static struct settings_node *
model(struct overlay *o, const struct settings_node *list, unsigned i, const char *flag)
{
	const struct settings_node *n;

	if (list == NULL || list->kind != SETTINGS_LIST || list->count == 0)
		return settings_tree_map(o->arena, flag);
	n = list->items[i < list->count ? i : list->count - 1];
	return n->kind == SETTINGS_MAP ? settings_tree_copy(o->arena, n) : settings_tree_map(o->arena, flag);
}

/* Replaces the list `name` by mappings that say `key: value` for each value. */
static void
put_list(struct overlay *o, const char *flag, const struct settings_flag_list *values, struct str name, struct str key)
{
	const struct settings_node *old = settings_tree_get(o->root, name);
	struct settings_node *list = settings_tree_list(o->arena, flag, values->count);

	if (list == NULL)
		return;
	for (unsigned i = 0; i < list->count; i++) {
		struct settings_node *item = model(o, old, i, flag);

		if (item == NULL)
			return;
		settings_tree_put(item, o->arena, key, scalar(o, flag, values->items[i]));
		list->items[i] = item;
	}
	settings_tree_put(o->root, o->arena, name, list);
}

/* upstreams: {<kind>: {kind: <kind>, members: [...]}}, routes: [{upstream: <kind>}] */
static void
put_upstream(struct overlay *o, const char *flag, const struct settings_flag_list *urls, const char *kind)
{
	struct settings_node *upstreams = section(o, o->root, flag, STR("upstreams"));
	struct settings_node *group = settings_tree_map(o->arena, flag);
	struct settings_node *members = settings_tree_list(o->arena, flag, urls->count);
	const struct settings_flag_list routes = { .items = { kind }, .count = 1 };

	if (upstreams == NULL || group == NULL || members == NULL)
		return;
	for (unsigned i = 0; i < members->count; i++)
		members->items[i] = scalar(o, flag, urls->items[i]);
	settings_tree_put(group, o->arena, STR("kind"), scalar(o, flag, kind));
	settings_tree_put(group, o->arena, STR("members"), members);
	settings_tree_put(upstreams, o->arena, str_c(kind), group);
	put_list(o, flag, &routes, STR("routes"), STR("upstream"));
}

static void
refuse(struct overlay *o, const char *flag, const char *why)
{
	struct settings_node at = { .flag = flag };

	settings_report_error(o->report, (struct settings_place){ &at, NULL }, "%s", why);
}

static void
overlay_upstream(struct overlay *o, const char *flag, const struct settings_flag_list *urls, const char *kind)
{
	static const struct settings_flag_list usual = { .items = { "127.0.0.1:8080" }, .count = 1 };

	if (urls->count == 0)
		return;
	if (settings_tree_get(o->root, STR("routes")) != NULL) {
		refuse(o, flag, "the file has routes, and they say who is asked: use one or the other");
		return;
	}
	put_upstream(o, flag, urls, kind);
	if (settings_tree_get(o->root, STR("listeners")) == NULL)
		put_list(o, flag, &usual, STR("listeners"), STR("address"));
}

static void
overlay_singles(struct overlay *o)
{
	for (size_t i = 0; i < sizeof singles / sizeof singles[0]; i++) {
		const char *value = *(const char *const *)(const void *)((const char *)o->flags + singles[i].offset);

		if (value != NULL)
			put_single(o, singles[i].flag, value, singles[i].section, singles[i].key);
	}
}

void
settings_flags_overlay(const struct settings_flags *flags, struct settings_node *root, struct arena *a,
		       struct settings_report *report)
{
	struct overlay o = { flags, root, a, report };
	const struct settings_flag_list log = { .items = { flags->log }, .count = 1 };

	overlay_singles(&o);
	if (flags->log != NULL)
		put_list(&o, "--log", &log, STR("logs"), STR("file"));
	if (flags->listen.count > 0)
		put_list(&o, "--listen", &flags->listen, STR("listeners"), STR("address"));
	if (flags->origin.count > 0 && flags->parent.count > 0) {
		refuse(&o, "--parent",
		       "--origin is given as well: a node asks the site itself, or the next tier of caches");
		return;
	}
	overlay_upstream(&o, "--origin", &flags->origin, "origin");
	overlay_upstream(&o, "--parent", &flags->parent, "parent");
}
