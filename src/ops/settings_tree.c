#include "ops/settings_tree.h"

static struct settings_node *
node(struct arena *a, enum settings_kind kind, const char *flag)
{
	struct settings_node *n = arena_zalloc(a, sizeof *n);

	if (n == NULL)
		return NULL;
	n->kind = kind;
	n->flag = flag;
	return n;
}

struct settings_node *
settings_tree_map(struct arena *a, const char *flag)
{
	return node(a, SETTINGS_MAP, flag);
}

struct settings_node *
settings_tree_scalar(struct arena *a, const char *flag, struct str text)
{
	struct settings_node *n = node(a, SETTINGS_SCALAR, flag);

	if (n != NULL)
		n->text = text;
	return n;
}

struct settings_node *
settings_tree_list(struct arena *a, const char *flag, unsigned count)
{
	struct settings_node *n = node(a, SETTINGS_LIST, flag);

	if (n == NULL)
		return NULL;
	n->items = arena_zalloc(a, count * sizeof *n->items);
	n->count = n->items == NULL ? 0 : count;
	return n;
}

struct settings_node *
settings_tree_copy(struct arena *a, const struct settings_node *from)
{
	struct settings_node *n = node(a, from->kind, from->flag);
	size_t bytes = from->count * sizeof *n->items;

	if (n == NULL)
		return NULL;
	*n = *from;
	if (from->kind != SETTINGS_MAP || bytes == 0)
		return n;
	n->keys = arena_alloc(a, bytes);
	n->items = arena_alloc(a, bytes);
	if (n->keys == NULL || n->items == NULL)
		return NULL;
	memcpy(n->keys, from->keys, bytes);
	memcpy(n->items, from->items, bytes);
	return n;
}

static ptrdiff_t
find(const struct settings_node *map, struct str key)
{
	if (map == NULL || map->kind != SETTINGS_MAP)
		return -1;
	for (unsigned i = 0; i < map->count; i++)
		if (str_eq(map->keys[i]->text, key))
			return i;
	return -1;
}

struct settings_node *
settings_tree_get(const struct settings_node *map, struct str key)
{
	ptrdiff_t at = find(map, key);

	return at < 0 ? NULL : map->items[at];
}

/* The arrays are full: mappings come from a file with no room to spare, or grow by a handful of flags. */
static bool
grow(struct settings_node *map, struct arena *a)
{
	struct settings_node **keys = arena_alloc(a, (map->count + 1) * sizeof *keys);
	struct settings_node **items = arena_alloc(a, (map->count + 1) * sizeof *items);

	if (keys == NULL || items == NULL)
		return false;
	if (map->count > 0) {
		memcpy(keys, map->keys, map->count * sizeof *keys);
		memcpy(items, map->items, map->count * sizeof *items);
	}
	map->keys = keys;
	map->items = items;
	return true;
}

void
settings_tree_put(struct settings_node *map, struct arena *a, struct str key, struct settings_node *item)
{
	ptrdiff_t at = find(map, key);
	struct settings_node *name;

	if (item == NULL)
		return;
	if (at >= 0) {
		map->items[at] = item;
		return;
	}
	name = settings_tree_scalar(a, item->flag, key);
	if (name == NULL || !grow(map, a))
		return;
	map->keys[map->count] = name;
	map->items[map->count++] = item;
}
