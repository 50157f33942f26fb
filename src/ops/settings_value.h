/* The value of one setting, from its text. Pure. */
#ifndef CAIRN_OPS_SETTINGS_VALUE_H
#define CAIRN_OPS_SETTINGS_VALUE_H

#include "base/arena.h"
#include "ops/settings_rows.h"

/* What is wrong with a value, a sentence; p NULL: nothing. */

/* Reads `text` into the field at `out`, whose C type is the row's (CONF_C_... in proxy/conf.h); not for LIST. A string
 * is borrowed. The sentence is in `a`. */
struct str settings_value_parse(const struct setting *row, struct str text, struct arena *a, void *out);

/* Text as a message may show it: in quotes, cut short, controls replaced. */
struct str settings_value_quote(struct str text, struct arena *a);

/* A type as people are told of it: "a duration". */
struct str settings_value_type(enum setting_type type);

#endif
