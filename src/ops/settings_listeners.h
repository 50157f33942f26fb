/* The section `listeners`. Read after the routes, since what a listener is for decides what they must say. */
#ifndef CAIRN_OPS_SETTINGS_LISTENERS_H
#define CAIRN_OPS_SETTINGS_LISTENERS_H

#include "ops/settings_read.h"

void settings_listeners_read(struct settings_reader *rd, struct settings_place listeners);

#endif
