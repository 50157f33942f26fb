/* Where `cairn explain` writes: one buffer, emptied as it fills, so that a million stories take no more memory than
 * one.
 *
 * thread: the main one. Order of use: explain_out_begin, explain_out_story for each, explain_out_end.
 */
#ifndef CAIRN_CLI_EXPLAIN_OUT_H
#define CAIRN_CLI_EXPLAIN_OUT_H

#include "explain/story.h"

enum explain_form {
	EXPLAIN_TEXT,
	EXPLAIN_MARKDOWN,
	EXPLAIN_JSON,
};

struct explain_out;

/* NULL where memory is short. */
struct explain_out *explain_out_begin(enum explain_form form);

/* Memory for what is composed is taken from `a`. False where nobody reads any more, or the disk is full: then there is
 * no use in going on. */
bool explain_out_story(struct explain_out *o, const struct story *s, struct arena *a);

/* The same for an entry of a page, of which there are many: in JSON it is told whole, elsewhere as a line of a table, at
 * the end, with what all of them come to. */
bool explain_out_entry(struct explain_out *o, const struct story *s, struct arena *a);

/* Tells a story like explain_out_story, and what changes from one to the next once explain_out_change is called. */
bool explain_out_again(struct explain_out *o, const struct story *s, struct arena *a);
void explain_out_change(struct explain_out *o);

/* The truth table of X-Cache and X-Cache-Lookup, instead of stories. False where not all could be written. */
bool explain_out_table(enum explain_form form);

/* Writes what has been told so far: before something is said elsewhere. */
void explain_out_flush(struct explain_out *o);

/* Writes what is left, and frees. False where not all could be written: it has been said why, but for a reader who has
 * gone, who knows. */
bool explain_out_end(struct explain_out **o);

#endif
