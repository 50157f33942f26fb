/* The second member that a fetch asks where the first lets it wait (upstreams.NAME.hedge). Whoever answers first is
 * kept, and the other dropped. Only what may be asked twice is: GET and HEAD, without a body.
 *
 * thread: local. A fetch has one at most.
 * Order of use: hedge_begin with the first attempt; hedge_end once the first has begun to answer, or the fetch is over;
 * hedge_take where the first has failed.
 */
#ifndef CAIRN_PROXY_HEDGE_H
#define CAIRN_PROXY_HEDGE_H

#include <stdbool.h>

struct fetch;
struct hedge;

/* Waits for its time, where the group has one. */
void hedge_begin(struct fetch *f);

/* Nulls; NULL is fine. */
void hedge_end(struct hedge **h);

/* Is another one being asked already? Then it is the fetch's now, which has let go of its own. */
bool hedge_take(struct fetch *f);

#endif
