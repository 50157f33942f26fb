/* What every view says of a tier, in words. Pure. */
#ifndef CAIRN_EXPLAIN_SAID_H
#define CAIRN_EXPLAIN_SAID_H

#include "base/strbuf.h"
#include "explain/story.h"

/* What the lookup found, where neither the word for what was served nor the reason says it already; empty otherwise. */
struct str said_found(const struct tier *t);

/* Of the origin: ", asked", ", not asked", or what is known where a stale copy was used, or one that may have been confirmed. */
struct str said_origin(const struct story *s);

/* Of a tier that is frozen: since when its words stand there. */
struct str said_when(const struct story *s);

/* "used 3 times, 5 minutes old, fresh for another 2 hours, took 0.4 ms, record 17", as far as it is known; behind
 * a "then" where it is history. */
void said_numbers(const struct tier *t, struct strbuf *out);

#endif
