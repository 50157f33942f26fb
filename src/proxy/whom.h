/* Whom a request asks, group after group: the route's, then its fallbacks in their order; and the host that the request
 * names where one of them says so and the listener goes there. A group without a fallback is the last.
 *
 * thread: local; the groups' health is shared.
 * Order of use, of a fetch: whom_begin; before each pick whom_is_better_off; after it whom_note; whom_next where nobody is
 * left.
 */
#ifndef CAIRN_PROXY_WHOM_H
#define CAIRN_PROXY_WHOM_H

#include "proxy/conf.h"

struct fetch;
struct req;

/* What stands in the group's place where the request names the host. No group may be called so. */
#define WHOM_DIRECT STR("direct")

/* Is everybody known to be down that may be asked, `to` and its fallbacks? */
bool whom_is_down(const struct conf_upstream *to, enum method method, bool may_go_direct, int64_t mono_ns);

/* Is the last to be asked the host that the request names, where the listener goes there? */
bool whom_ends_direct(const struct conf_upstream *to);

/* The first to be asked. */
void whom_begin(struct fetch *f, const struct req *r);

/* Is nobody of the present group up, and somebody behind it? */
bool whom_is_better_off(const struct fetch *f, int64_t mono_ns);

/* A member was picked: it is told from now on that it was asked. And where the fetch ends before one was: then of the group. */
void whom_note(struct fetch *f);

/* A request is about to be sent, once more or for the first time. */
void whom_try(struct fetch *f);

/* Turns to the fallback. False where there is none. */
bool whom_next(struct fetch *f);

#endif
