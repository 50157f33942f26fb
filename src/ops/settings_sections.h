/* All sections of a configuration: each by its rows, and then what rows cannot say: addresses, networks, names, and how
 * one section fits another. */
#ifndef CAIRN_OPS_SETTINGS_SECTIONS_H
#define CAIRN_OPS_SETTINGS_SECTIONS_H

#include "ops/settings_read.h"

/* Fills the reader's configuration from its tree. */
void settings_sections_read(struct settings_reader *rd);

#endif
