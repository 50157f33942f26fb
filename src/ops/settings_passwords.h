/* The section `authentication`, and the file of users that it names. */
#ifndef CAIRN_OPS_SETTINGS_PASSWORDS_H
#define CAIRN_OPS_SETTINGS_PASSWORDS_H

#include "ops/settings_read.h"

void settings_passwords_read(struct settings_reader *rd, struct settings_place authentication);

#endif
