/* The section `pac`. */
#ifndef CAIRN_OPS_SETTINGS_PAC_H
#define CAIRN_OPS_SETTINGS_PAC_H

#include "ops/settings_read.h"

void settings_pac_read(struct settings_reader *rd, struct settings_place pac);

#endif
