/* The rules of a route by which a request bypasses the cache. Pure. */
#ifndef CAIRN_PROXY_BYPASS_H
#define CAIRN_PROXY_BYPASS_H

#include "proxy/conf.h"

/* Does a rule "cookie:NAME", "field:NAME" or "query:NAME" match? `target` in origin form; a NULL route has no rules. */
bool bypass_asked(const struct conf_route *route, const struct head *request, struct str target);

#endif
