/* Fields that a route sets, adds and removes. Pure; the lists were checked when the configuration was read. */
#ifndef CAIRN_PROXY_EDIT_H
#define CAIRN_PROXY_EDIT_H

#include "base/strbuf.h"
#include "proxy/conf.h"

/* Is there anything to do? */
bool edit_any(const struct conf_edit *e);

/* Does a field of this name go, because it is removed or set anew? */
bool edit_replaces(const struct conf_edit *e, struct str name);

/* Writes the lines that are set and added. */
void edit_write(const struct conf_edit *e, struct strbuf *b);

/* `lines` (field lines with CRLF) without those that go; in `a`. STR_NONE where it is full. */
struct str edit_lines(const struct conf_edit *e, struct str lines, struct arena *a);

#endif
