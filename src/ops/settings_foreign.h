/* Is a file that should be a configuration one of another program's? Who comes from there is told so, in place of what YAML
 * makes of it. Told by the word that its first line begins with (tbl/foreign.def). Pure. */
#ifndef CAIRN_OPS_SETTINGS_FOREIGN_H
#define CAIRN_OPS_SETTINGS_FOREIGN_H

#include "base/str.h"

struct settings_report;

/* True, with a message in the report, where it is. No YAML with settings is taken for one. */
bool settings_foreign(struct str text, struct settings_report *r);

#endif
