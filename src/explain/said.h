/* What every view says of a tier, in words. Pure. */
#ifndef CAIRN_EXPLAIN_SAID_H
#define CAIRN_EXPLAIN_SAID_H

#include "base/strbuf.h"
#include "trail/tiers.h"

/* What the lookup found, where the word for what was served does not say it already; empty otherwise. */
struct str said_found(const struct tier *t);

/* "used 3 times, 5 minutes old, fresh for another 2 hours, took 0.4 ms, record 17", as far as it is known; behind
 * a "then" where it is history. */
void said_numbers(const struct tier *t, struct strbuf *out);

#endif
