/* The file by which browsers configure themselves (proxy auto-config): JavaScript that says of each URL whether it is
 * asked for through this proxy. Served on forward listeners at /proxy.pac and /wpad.dat, to those who may use the
 * proxy.
 *
 * thread: the functions are pure but for pac_answer, which is the request's.
 */
#ifndef CAIRN_PROXY_PAC_H
#define CAIRN_PROXY_PAC_H

#include "base/strbuf.h"
#include "proxy/conf.h"

struct req;

/* What goes past the proxy, as the beginning of the function: made once for a configuration. `hosts` are patterns as
 * under access. */
void pac_write_rules(struct strbuf *out, const struct str_list *hosts, const struct net_list *nets);

/* The rest: a proxy, "host:port", and what if it does not answer. */
void pac_write_end(struct strbuf *out, struct str proxy, bool fallback);

/* Does the request ask for it, of this node itself? */
bool pac_is_asked(const struct req *r);

/* Fills r->refusal. */
void pac_answer(struct req *r);

#endif
