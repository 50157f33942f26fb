/* Files that a configuration names. */
#ifndef CAIRN_OPS_SETTINGS_FILE_H
#define CAIRN_OPS_SETTINGS_FILE_H

#include <stdio.h>

#include "ops/settings_read.h"

/* Opens a file, and not what never ends or waits for somebody. NULL, with an error at `at`, where it cannot be read. */
FILE *settings_file_open(struct settings_reader *rd, struct settings_place at, struct str name);

#endif
