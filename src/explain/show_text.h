/* A story for a terminal: the way from the client to the origin as a line, drawn whole as far as somebody was asked,
 * and dotted behind that. Nothing of a header reaches the terminal as it is (words_harmless).
 *
 * Pure: it is told how the terminal is. thread: local.
 */
#ifndef CAIRN_EXPLAIN_SHOW_TEXT_H
#define CAIRN_EXPLAIN_SHOW_TEXT_H

#include "explain/sheet.h"
#include "explain/story.h"

/* Memory for what is composed is taken from `a`. */
void show_text_story(const struct story *s, const struct show_look *look, struct arena *a, struct strbuf *out);

#endif
