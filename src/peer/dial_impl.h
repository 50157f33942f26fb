/* One attempt to reach a member: its name, then its addresses in turn, each with its TLS handshake where the member is of
 * https, all within one limit of time.
 *
 * thread: local. Order of use: dial_new, dial_to, then `fn` once, from the loop and never from inside dial_to;
 * dial_free at any time.
 */
#ifndef CAIRN_PEER_DIAL_IMPL_H
#define CAIRN_PEER_DIAL_IMPL_H

#include "peer/upconn.h"

struct dial;

/* `c` is the receiver's, who takes it over with conn_own, or NULL where there is a fault. `why` stays for the length
 * of the call, even where the dial does not. */
typedef void dial_fn(void *arg, struct conn *c, enum upconn_fault fault, const char *why);

/* May it lead there? */
typedef bool dial_may_fn(void *arg, const union addr *to);

/* NULL where memory is short. */
struct dial *dial_new(struct loop *l, dial_fn *fn, void *arg);

/* To no address of which `may` does not say yes. Before dial_to. */
void dial_only(struct dial *d, dial_may_fn *may);

/* Before dial_to: whose connection it will be. */
void dial_for(struct dial *d, const struct upconn_client *c);

/* `m` stays until `fn` is called or the dial freed. */
void dial_to(struct dial *d, struct resolver *r, const struct member *m, int64_t limit_ms);

/* The address tried last; NULL: none was. */
const union addr *dial_peer(const struct dial *d);

/* Of a fault UPCONN_ALERT. */
uint8_t dial_alert(const struct dial *d);

/* fn is not called any more; what is not connected yet is closed. Nulls; NULL is fine. */
void dial_free(struct dial **d);

#endif
