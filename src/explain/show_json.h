/* Stories as JSON, version 1 (docs/reference/explain.schema.json): one document for all, written as they come, so that
 * nothing piles up. What nobody told is null.
 *
 * thread: local. Order of use: show_json_begin, show_json_story for each, show_json_end. The caller empties the buffer
 * in between as it likes, and tests its `over`.
 */
#ifndef CAIRN_EXPLAIN_SHOW_JSON_H
#define CAIRN_EXPLAIN_SHOW_JSON_H

#include "base/json.h"
#include "explain/story.h"

#define SHOW_JSON_VERSION 1

void show_json_begin(struct json *j, struct strbuf *out);
void show_json_story(struct json *j, const struct story *s);

/* Behind the last story: what follows are members of the document's own, before show_json_end. */
void show_json_stories_end(struct json *j);
void show_json_end(struct json *j);

#endif
