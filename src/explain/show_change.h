/* What changes where the same URL is asked for several times: cold, then warm; several nodes behind one name.
 * Its entries are those of a struct totals, in the order in which they came. Pure. */
#ifndef CAIRN_EXPLAIN_SHOW_CHANGE_H
#define CAIRN_EXPLAIN_SHOW_CHANGE_H

#include "explain/sheet.h"
#include "explain/totals.h"

/* "Cold, then warm: the first came from further back, the 2 after it from caches." And how many nodes there were. */
void show_change_sentences(const struct totals *t, struct strbuf *out);

void show_change_text(const struct totals *t, const struct show_look *look, struct strbuf *out);
void show_change_markdown(const struct totals *t, struct strbuf *out);

#endif
