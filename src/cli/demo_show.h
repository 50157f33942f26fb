/* How the demo looks: two columns, a name and what belongs to it, no wider than TEXT_WIDTH; in colours on a terminal.
 * thread: the main one. Order of use: demo_show_begin, then the others. */
#ifndef CAIRN_CLI_DEMO_SHOW_H
#define CAIRN_CLI_DEMO_SHOW_H

#include "base/str.h"

void demo_show_begin(void);

/* A line across, for a part of the demo. */
void demo_show_part(const char *title);

/* A line that begins a scene, or a group of scenes. */
void demo_show_title(const char *title);

/* A paragraph across both columns. */
void demo_show_text(struct str text);

/* An empty line. */
void demo_show_space(void);

/* A name that stands out, and a sentence; what follows belongs to it, and is indented. */
void demo_show_named(struct str name, struct str sentence);

/* A name and plain words. */
void demo_show_words(struct str name, struct str words);

/* A name and a value, in which the words of the trail are coloured. One that is too long for a line begins another
 * behind each comma. */
void demo_show_value(struct str name, struct str value);

/* What the value above says. */
void demo_show_note(const char *text);

/* Something to type, and what it does. */
void demo_show_command(struct str command, const char *does);

/* Something that did not come out. */
void demo_show_wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
