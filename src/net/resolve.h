/* Names to addresses, through c-ares: asynchronous, in the loop, hosts file included; answers are kept for their TTL.
 *
 * thread: local, one resolver a loop.
 */
#ifndef CAIRN_NET_RESOLVE_H
#define CAIRN_NET_RESOLVE_H

#include "base/str.h"
#include "net/conn.h"

struct resolver;
struct resolve;

#define RESOLVE_MAX 16

/* `count` addresses with the port asked for, or 0 and a sentence that says why. */
typedef void resolve_fn(void *arg, const union addr *addrs, unsigned count, const char *why);

struct resolver *resolver_new(struct loop *l);
void resolver_free(struct resolver **r);

/* An address literal, or an answer still valid, calls fn before returning, and returns NULL. Otherwise a handle that is
 * valid until fn is called. `timeout_ms` bounds the whole. */
struct resolve *resolve_start(struct resolver *r, struct str host, uint16_t port, int64_t timeout_ms, resolve_fn *fn,
                              void *arg);

/* fn will not be called. */
void resolve_cancel(struct resolve **h);

#endif
