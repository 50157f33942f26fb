/* `probe` of a group: how its members are probed. */
#ifndef CAIRN_OPS_SETTINGS_PROBE_H
#define CAIRN_OPS_SETTINGS_PROBE_H

#include "ops/settings_read.h"

/* From what stands in the mapping `at` of a group. */
void settings_probe_read(struct settings_reader *rd, struct settings_place at, struct conf_upstream *u);

#endif
