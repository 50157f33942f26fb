/* The section `upstreams`: groups under names, and their members. */
#ifndef CAIRN_OPS_SETTINGS_UPSTREAMS_H
#define CAIRN_OPS_SETTINGS_UPSTREAMS_H

#include "ops/settings_read.h"

void settings_upstreams_read(struct settings_reader *rd, struct settings_place upstreams);

/* The group of that name, or NULL. */
const struct conf_upstream *settings_upstreams_find(const struct conf *c, struct str name);

/* The same, where a setting names it: NULL has its message. */
const struct conf_upstream *settings_upstreams_named(struct settings_reader *rd, struct settings_place at, struct str name);

/* Said where a group of kind sibling is to be asked for anything. */
#define SIBLINGS_ONLY "is a group of siblings, who give what they hold and nothing else: name it in a route's siblings"

#endif
