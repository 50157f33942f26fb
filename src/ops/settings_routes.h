/* The section `routes`: patterns, the upstream asked, the cache policy, and the changes to fields. Read after the
 * upstreams.
 */
#ifndef CAIRN_OPS_SETTINGS_ROUTES_H
#define CAIRN_OPS_SETTINGS_ROUTES_H

#include "ops/settings_read.h"

void settings_routes_read(struct settings_reader *rd, struct settings_place routes);

#endif
