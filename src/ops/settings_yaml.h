/* A configuration's file, by libyaml, as a tree.
 *
 * thread: local. Aliases are followed, each into a copy of its own, so that a node has one parent. The number of nodes,
 * their depth and the items of one list or mapping are bounded.
 */
#ifndef CAIRN_OPS_SETTINGS_YAML_H
#define CAIRN_OPS_SETTINGS_YAML_H

#include "ops/settings_tree.h"

struct settings_report;

/* Reads one YAML document; an empty one is an empty mapping. NULL where it is no YAML, or not one mapping at the top:
 * the report says why and where. In `a`. */
struct settings_node *settings_yaml_read(struct str text, struct arena *a, struct settings_report *r);

#endif
