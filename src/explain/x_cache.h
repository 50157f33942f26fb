/* The truth table of X-Cache and X-Cache-Lookup, rows of tbl/x_cache.def: what produces each pair, what it proves and what it
 * does not. Pure. */
#ifndef CAIRN_EXPLAIN_X_CACHE_H
#define CAIRN_EXPLAIN_X_CACHE_H

#include "base/json.h"
#include "explain/sheet.h"

void x_cache_text(const struct show_look *look, struct strbuf *out);
void x_cache_markdown(struct strbuf *out);

/* {"version":1,"pairs":[{"x_cache","x_cache_lookup","proves","does_not_prove","causes":[{"who","what"}]}]}; a field that is
 * not there is null. */
void x_cache_json(struct strbuf *out);

#endif
