/* UTF-8, where bytes came from a network: what is a character and what is not (RFC 3629 4). Pure. */
#ifndef CAIRN_BASE_UTF8_H
#define CAIRN_BASE_UTF8_H

#include "base/str.h"

/* Bytes of the character beyond ASCII that `s`, which is not empty, starts with; 0: it is none. Overlong forms,
 * surrogates, and what lies beyond U+10FFFF are none. */
size_t utf8_length(struct str s);

/* How many bytes at the start of `s` are UTF-8, ASCII among it: s.n where all are. */
size_t utf8_span(struct str s);

#endif
