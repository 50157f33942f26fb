/* Fetches of a group that has no members yet, since nobody has told so far who they are: they wait for the first
 * answer, as long as a connection may take. A group with a fallback that is up is not waited for. Where the configuration
 * is read anew meanwhile, the group of the same name and kind gets the answer, and lends its members.
 *
 * thread: local.
 */
#ifndef CAIRN_PROXY_AWAIT_H
#define CAIRN_PROXY_AWAIT_H

#include <stdbool.h>

#include "net/timer.h"

struct fetch;
struct worker;

/* Nobody could be picked: is it worth waiting? Then fetch_run is called when there is news, or the time is over. */
bool await_members(struct fetch *f);

/* They have come since somebody was to be picked: then it may be tried again, among them. */
bool await_came(struct fetch *f);

/* Membership has changed, or the configuration. */
void await_look(struct worker *w);

/* Of worker.await. */
void await_over(struct timer *t);

#endif
