/* What the command line says, laid over the tree of the file: the values are then read and checked in one way, wherever
 * they come from, and a message about one names its flag. */
#ifndef CAIRN_OPS_SETTINGS_FLAGS_H
#define CAIRN_OPS_SETTINGS_FLAGS_H

#include "ops/settings.h"

/* `root` is the file's mapping, an empty one where there is no file. */
void settings_flags_overlay(const struct settings_flags *flags, struct settings_node *root, struct arena *a,
			    struct settings_report *report);

#endif
