/* How much is asked of a member at a time, and how often a member, and its group, is asked once more: so that what is sick
 * is not beaten to death, and what is well does not follow it.
 *
 * thread: any; relaxed atomics of the member and of the group.
 */
#ifndef CAIRN_PEER_LIMIT_H
#define CAIRN_PEER_LIMIT_H

#include "peer/roster.h"

/* A request for the member: false, and counted, where it has as many outstanding as the group allows. Else limit_leave
 * ends it. */
bool limit_enter(const struct group *g, struct member *m);
void limit_leave(struct member *m);

/* May one more connection be opened to it? No is counted. */
bool limit_may_open(const struct group *g, struct member *m);

/* A request asks the group for the first time, and this member: it pays its share into their budgets for asking again. */
void limit_pay(struct group *g, struct member *m);

/* Once more: false, and counted, where the group's budget has nothing left. */
bool limit_spend(struct group *g);

/* The same for what can be done without: while half of what is free is left. */
bool limit_spend_spare(struct group *g);

/* Nobody was asked after all. */
void limit_unspend(struct group *g);

/* And of this member: false, and counted with it, where its own has nothing left, whatever the others have. What went wrong
 * elsewhere is not all to fall on the one that is well. Into its budget go the requests that it is asked in the first place, and
 * an even part of the whole group's: there may be none else where others come first, by priority or by weight. */
bool limit_spend_on(const struct group *g, struct member *m);
bool limit_spend_spare_on(const struct group *g, struct member *m);

#endif
