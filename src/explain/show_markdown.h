/* A story as Markdown (CommonMark, with GitHub's tables), for an issue or a chat. Nothing of a header becomes markup.
 * Pure. thread: local. */
#ifndef CAIRN_EXPLAIN_SHOW_MARKDOWN_H
#define CAIRN_EXPLAIN_SHOW_MARKDOWN_H

#include "base/strbuf.h"
#include "explain/story.h"

/* Text that renders as it is: punctuation that could be markup gets a backslash (CommonMark 2.4), what acts is written
 * out. */
void show_markdown_text(struct str s, struct strbuf *out);

void show_markdown_story(const struct story *s, struct strbuf *out);

#endif
