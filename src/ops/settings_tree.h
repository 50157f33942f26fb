/* A configuration as a tree of scalars, lists and mappings, each with its place: the file as settings_yaml reads it, with
 * what the command line says laid over it. What it means is settings_read's business.
 *
 * thread: local. All in the arena it was made in. A node has one parent.
 */
#ifndef CAIRN_OPS_SETTINGS_TREE_H
#define CAIRN_OPS_SETTINGS_TREE_H

#include "base/arena.h"

enum settings_kind {
	SETTINGS_NOTHING, /* "key:" with nothing behind, or ~, or null */
	SETTINGS_SCALAR,
	SETTINGS_LIST,
	SETTINGS_MAP,
};

struct settings_node {
	enum settings_kind kind;
	struct str text;              /* of a scalar */
	struct settings_node **keys;  /* of a mapping; scalars all */
	struct settings_node **items; /* of a list or mapping */
	unsigned count;
	unsigned line, column; /* from 1; 0: not from a file */
	const char *flag;      /* "--listen": from the command line; else NULL */
};

/* How one got to a node: "listeners[0].port". Built on the stack while walking; `up` NULL: the top. */
struct settings_path {
	const struct settings_path *up;
	struct str key; /* of a mapping */
	int index;      /* of a list; -1: a key */
};

/* A node and the path to it. */
struct settings_place {
	const struct settings_node *node;
	const struct settings_path *path;
};

/* NULL where the arena is full, as in all that follow. */
struct settings_node *settings_tree_map(struct arena *a, const char *flag);
struct settings_node *settings_tree_scalar(struct arena *a, const char *flag, struct str text);
struct settings_node *settings_tree_list(struct arena *a, const char *flag, unsigned count);

/* Another node of the same content, whose items can be exchanged without touching the first. */
struct settings_node *settings_tree_copy(struct arena *a, const struct settings_node *n);

/* The item under a key, or NULL: where `map` is NULL or no mapping, too. */
struct settings_node *settings_tree_get(const struct settings_node *map, struct str key);

/* Sets the item under a key, which replaces one that is there. */
void settings_tree_put(struct settings_node *map, struct arena *a, struct str key, struct settings_node *item);

#endif
