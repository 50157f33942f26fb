/* The rules under `access`, and those that hold where the operator wrote none. */
#ifndef CAIRN_OPS_SETTINGS_ACCESS_H
#define CAIRN_OPS_SETTINGS_ACCESS_H

#include "ops/settings_read.h"

/* When the listeners have been read. */
void settings_access_read(struct settings_reader *rd, struct settings_place access);

#endif
