/* `fallback` of upstream groups: who is asked where one has failed. */
#ifndef CAIRN_OPS_SETTINGS_FALLBACK_H
#define CAIRN_OPS_SETTINGS_FALLBACK_H

#include "ops/settings_read.h"

/* Once all groups are read: finds those that are named, and sees to it that no way goes round in a circle. */
void settings_fallback_read(struct settings_reader *rd);

/* Once the listeners and routes are read, too: is `direct` of use anywhere? */
void settings_fallback_check_direct(struct settings_reader *rd);

#endif
