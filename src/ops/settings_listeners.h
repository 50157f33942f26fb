/* The section `listeners`. Read after the routes, since a listener in front of sites needs some. */
#ifndef CAIRN_OPS_SETTINGS_LISTENERS_H
#define CAIRN_OPS_SETTINGS_LISTENERS_H

#include "ops/settings_read.h"

/* The listener that has this address, or -1. Port 0 is a free one, another each time, and never the same. */
int settings_listeners_find(const struct conf *c, const union addr *at);

void settings_listeners_read(struct settings_reader *rd, struct settings_place listeners);

#endif
