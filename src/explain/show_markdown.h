/* A story as Markdown (CommonMark, with GitHub's tables), for an issue or a chat. Nothing of a header becomes markup.
 * Pure. thread: local. */
#ifndef CAIRN_EXPLAIN_SHOW_MARKDOWN_H
#define CAIRN_EXPLAIN_SHOW_MARKDOWN_H

#include "explain/story.h"

struct strbuf;

void show_markdown_story(const struct story *s, struct strbuf *out);

#endif
