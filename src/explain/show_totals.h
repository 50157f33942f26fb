/* What a page comes to, for a terminal, as Markdown, and as a member of the JSON document. All texts of a struct totals are
 * harmless already. Pure. */
#ifndef CAIRN_EXPLAIN_SHOW_TOTALS_H
#define CAIRN_EXPLAIN_SHOW_TOTALS_H

#include "base/json.h"
#include "explain/sheet.h"
#include "explain/totals.h"

void show_totals_text(const struct totals *t, const struct show_look *look, struct strbuf *out);
void show_totals_markdown(const struct totals *t, struct strbuf *out);

/* "20 entries: 3 from the browser, 17 from the origin." */
void show_totals_headline(const struct totals *t, struct strbuf *out);

/* What was saved and lost, in sentences. */
void show_totals_costs(const struct totals *t, struct strbuf *out);

/* "page": {...}, behind the responses. */
void show_totals_json(const struct totals *t, struct json *j);

#endif
