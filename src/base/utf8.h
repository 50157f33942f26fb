/* UTF-8, where bytes came from a network: what is a character and what is not (RFC 3629 4), and what of it a terminal or a
 * reader must not be given as it is. Pure. */
#ifndef CAIRN_BASE_UTF8_H
#define CAIRN_BASE_UTF8_H

#include "base/str.h"

/* Bytes of the character beyond ASCII that `s`, which is not empty, starts with; 0: it is none. Overlong forms,
 * surrogates, and what lies beyond U+10FFFF are none. */
size_t utf8_length(struct str s);

/* How many bytes at the start of `s` are UTF-8, ASCII among it: s.n where all are. */
size_t utf8_span(struct str s);

/* Bytes of the character, ASCII or not, that `s` starts with, and its number in *code; 0: there is none. */
size_t utf8_next(struct str s, uint32_t *code);

/* Does it act on a terminal or on the text around it instead of being seen: a control character, C1's among them, a
 * change of the direction of writing, a separator of lines, a character without width? */
bool utf8_acts(uint32_t code);

/* Columns that a terminal gives to a character which does not act: 0 for a mark that stands over the one before it, 2 for
 * those of East Asian width. */
unsigned utf8_columns(uint32_t code);

#define UTF8_MOST 4

/* Writes a character, and returns how many bytes that took. What is none (a surrogate, beyond U+10FFFF) is written as
 * U+FFFD, which stands for what could not be read. */
size_t utf8_put(char out[UTF8_MOST], uint32_t c);

#endif
