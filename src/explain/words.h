/* Numbers as people say them, and texts of others made harmless. Pure. */
#ifndef CAIRN_EXPLAIN_WORDS_H
#define CAIRN_EXPLAIN_WORDS_H

#include "base/strbuf.h"

/* A time, in the two largest units that say something: "2 days 3 hours", "5 minutes", "42 seconds". Never negative. */
void words_time(struct strbuf *out, int64_t seconds);

/* "1 copy", "3 copies": `one` and `many` are the words. */
void words_count(struct strbuf *out, uint64_t n, struct str one, struct str many);

/* "640 B", "1.2 kB", "34 MB". */
void words_bytes(struct strbuf *out, uint64_t n);

/* "0.4 ms", "12 ms", "1.3 s". */
void words_us(struct strbuf *out, int64_t us);

/* Text that came from outside: what acts on a terminal (utf8_acts) becomes \u202e, a byte that is no UTF-8 \x9b, and
 * behind `most` bytes the rest becomes a count of what is left out. */
void words_harmless(struct strbuf *out, struct str s, size_t most);

/* The town that an airport's code stands for, "FRA" or "FRA53-C1"; empty where it is not known. */
struct str words_town(struct str place);

#endif
