/* Names to addresses, through c-ares: asynchronous, in the loop, hosts file included; answers are kept for their TTL.
 *
 * thread: local, one resolver a loop.
 */
#ifndef CAIRN_NET_RESOLVE_H
#define CAIRN_NET_RESOLVE_H

#include "base/str.h"
#include "net/dns_records.h"

struct resolver;
struct resolve;

#define RESOLVE_MAX 16

enum resolve_end {
	RESOLVE_OK,
	RESOLVE_FAILED,  /* an answer came, or could not come */
	RESOLVE_TIMEOUT, /* none came in time */
};

/* `count` addresses with the port asked for; or none, and a sentence that says why. */
typedef void resolve_fn(void *arg, const union addr *addrs, unsigned count, enum resolve_end end, const char *why);

struct resolver *resolver_new(struct loop *l);

/* Who still waits is not called any more; the handles are gone. Not from inside a resolve_fn. */
void resolver_free(struct resolver **r);

/* Asks these name servers instead of the system's: "127.0.0.1:53,[::1]:53". False where that is malformed. */
bool resolver_servers(struct resolver *r, const char *list);

/* An address literal, an answer still valid, or what fails at once calls fn before returning, and returns NULL. Otherwise
 * a handle that is valid until fn is called, from the loop. `timeout_ms` bounds the whole. */
struct resolve *resolve_start(struct resolver *r, struct str host, uint16_t port, int64_t timeout_ms, resolve_fn *fn,
                              void *arg);

/* Is it known that the host has this address, from an answer that is still valid? An address literal is its own. */
bool resolver_knows(struct resolver *r, struct str host, const union addr *a);

/* fn will not be called. Nulls; NULL is fine. */
void resolve_cancel(struct resolve **h);

/* ---- for who follows a name: nothing is kept, and all that an answer says is told ---- */

enum question_end {
	QUESTION_ANSWERED,
	QUESTION_NO_DATA, /* the name has no records of that type */
	QUESTION_NO_NAME, /* it does not exist */
	QUESTION_FAILED,  /* nobody said */
};

/* The memory is the caller's, until it has been answered or the resolver is freed, whose end nobody is told. */
struct question {
	/* The records, which are the receiver's to free; or NULL, and half a sentence that says why. Not the place to ask
	 * the next one. */
	void (*answered)(struct question *q, struct dns_records *r, enum question_end end, const char *why);
	enum dns_type type; /* private */
};

/* Asks the name servers, by the system's list of domains to search. The answer may come before this returns. */
void resolver_ask(struct resolver *r, const char *name, enum dns_type type, struct question *q);

/* What the hosts file says of a name, read now: how many addresses, of any family, at most `max`; port 0. */
unsigned resolver_hosts(struct resolver *r, const char *name, union addr *out, unsigned max);

#endif
