/* Text on a terminal: lines that are filled, words that are coloured. */
#ifndef CAIRN_CLI_TEXT_H
#define CAIRN_CLI_TEXT_H

#include <stdio.h>

#include "explain/sheet.h"

#define TEXT_WIDTH 79

/* Writes one word, perhaps in colours; what a terminal shows of it are the word's own characters. */
typedef void text_word_fn(FILE *out, struct str word);

/* Fills lines up to TEXT_WIDTH, and ends the last one; the first begins at column `at`, where the caller stands
 * already, those after it at `indent`. `put` NULL writes words as they are. */
void text_wrap(FILE *out, size_t at, size_t indent, struct str text, text_word_fn *put);

/* Is it a terminal, whose user has not said NO_COLOR? */
bool text_has_colours(FILE *out);

/* How it looks: a terminal's own width up to TEXT_WIDEST, colours, and lines where it shows UTF-8. Anything else is
 * plain and TEXT_WIDTH wide. */
#define TEXT_WIDEST 110
struct show_look text_look(FILE *out);

#endif
