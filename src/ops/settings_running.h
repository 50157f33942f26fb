/* What is fixed once a node runs (RESTART in tbl/settings.def) goes on to hold when a configuration is read again. */
#ifndef CAIRN_OPS_SETTINGS_RUNNING_H
#define CAIRN_OPS_SETTINGS_RUNNING_H

#include "ops/settings_read.h"

/* Puts the values of `running` in place of those that differ, each with a warning. Texts are copied. */
void settings_running_keep(struct settings_reader *rd, const struct conf *running);

#endif
