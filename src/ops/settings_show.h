/* A configuration written out again, as JSON in the shape of the file, by the rows of tbl/settings.def. What is secret
 * is told only to be set: trail.secret, trail.token, and the values of fields that requests are given, which may hold
 * credentials.
 *
 * Pure.
 */
#ifndef CAIRN_OPS_SETTINGS_SHOW_H
#define CAIRN_OPS_SETTINGS_SHOW_H

#include "base/json.h"
#include "proxy/conf.h"

/* Members of the object that is open in `j`. */
void settings_show(struct json *j, const struct conf *c);

#endif
