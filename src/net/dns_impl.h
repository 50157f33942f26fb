/* c-ares in the loop: its sockets behind uv_poll, its clock behind a timer. net/resolve.c keeps the answers.
 *
 * thread: local. A query's memory is the caller's, until it has been answered or dns_free was called.
 */
#ifndef CAIRN_NET_DNS_IMPL_H
#define CAIRN_NET_DNS_IMPL_H

#include "net/resolve.h"

#define DNS_NAME_MAX 253

struct dns;

struct dns_answer {
	union addr addrs[RESOLVE_MAX]; /* port 0 */
	unsigned count;
	enum resolve_end end; /* RESOLVE_OK where there are any */
	const char *why;      /* where there are none */
	int64_t ttl_ms;  /* the shortest of all records; 0 where they are not to be kept */
};

struct dns_query {
	void (*answered)(struct dns_query *q, const struct dns_answer *answer);
};

/* NULL where memory is short. */
struct dns *dns_new(struct loop *l);

/* No query is answered any more. */
void dns_free(struct dns **d);

bool dns_servers(struct dns *d, const char *list);

/* The answer may come before this returns: from the hosts file, or where nothing could be sent. */
void dns_ask(struct dns *d, const char *name, struct dns_query *q);

/* As resolver_ask and resolver_hosts. */
void dns_search(struct dns *d, const char *name, enum dns_type type, struct question *q);
unsigned dns_hosts(struct dns *d, const char *name, union addr *out, unsigned max);

#endif
