/* Connections that were going elsewhere (listeners of mode intercept): where they were going, and whether the host that a
 * request names is there.
 *
 * A client may name any host in a request to any address. What it gets from there must not become what others get under
 * that name: so the host's addresses are looked up, and the destination must be one of them. The memory of that is the
 * resolver's, for as long as the answer is valid. A request that does not pass goes to its destination all the same, past
 * the cache, or is refused (listeners.unverified).
 *
 * thread: local.
 */
#ifndef CAIRN_PROXY_INTERCEPT_H
#define CAIRN_PROXY_INTERCEPT_H

#include "proxy/req_impl.h"
#include "proxy/session_impl.h"

/* For a connection just accepted on `l`: what the session tells of its destination. */
void intercept_accepted(struct session *s, int fd);

/* Is it known already that this host, port 0 where none was written, is where the session was going? Without waiting. */
bool intercept_knows(const struct session *s, struct str host, uint16_t port);

/* Where the request was sent, "address:port". */
struct str intercept_destination(const struct req *r);

/* The step that looks up the host, waits for its addresses, and turns the request where it does not pass. */
enum step intercept_verify(struct req *r);

#endif
