/* Connections to upstreams: opened, lent, kept while idle, and dropped when they go bad.
 *
 * thread: local; a pool is one worker's. A lent connection has one borrower, who is told of its events. Idle ones are
 * watched: an end or stray bytes on one closes it.
 * Order of use: upconn_pool_new; upconn_open, then `opened`, then reads and writes through upconn_conn, then upconn_keep or
 * upconn_drop.
 */
#ifndef CAIRN_PEER_UPCONN_H
#define CAIRN_PEER_UPCONN_H

#include "net/conn.h"
#include "net/resolve.h"
#include "peer/roster.h"

struct upconn_pool;
struct upconn;

struct upconn_limits {
	unsigned idle_per_member; /* kept at most */
	int64_t idle_ms;
	int64_t connect_ms;       /* name, connect and TLS handshake together */
};

enum upconn_fault {
	UPCONN_OK,
	UPCONN_DNS,         /* the name has no address */
	UPCONN_DNS_TIMEOUT, /* nobody said whether it has */
	UPCONN_REFUSED,
	UPCONN_TIMEOUT,
	UPCONN_UNREACHABLE,
	UPCONN_FORBIDDEN,   /* may_reach said no to its addresses */
	UPCONN_CERTIFICATE, /* the member's is not good */
	UPCONN_ALERT,       /* it sent a TLS alert: upconn_alert */
	UPCONN_TLS,         /* TLS failed in another way */
	UPCONN_SHORT,       /* we have no descriptor or no memory for it: this says nothing of the member */
	UPCONN_FAILED,      /* anything else */
};

/* Which connection will do. What is idle is watched, yet its end may have come since the loop last looked. */
enum upconn_wish {
	UPCONN_ANY,    /* an idle one unasked: whoever wants it can send once more */
	UPCONN_PROVED, /* an idle one, once the kernel has said that it is still silent */
	UPCONN_FRESH,  /* a new one */
};

#define UPCONN_PREFACE 128

/* For one client: such a connection is new, and is not kept. */
struct upconn_client {
	const union addr *from; /* it is made from that address; NULL: from one of ours */
	struct str preface;     /* what is sent before anything else, UPCONN_PREFACE at most */
};

struct upconn_events {
	/* The attempt has ended. Comes exactly once for each upconn_open that returned a handle not yet ready, never from
	 * inside it. After a fault only upconn_drop is left to be done. `why` stays for the length of the call, even
	 * where `u` does not. */
	void (*opened)(struct upconn *u, void *owner, enum upconn_fault fault, const char *why);
	struct conn_events io; /* owner is the same */
	bool (*may_reach)(void *owner, const union addr *to); /* of new connections and of idle ones; NULL: any address */
};

struct upconn_pool *upconn_pool_new(struct loop *l, struct resolver *r, const struct upconn_limits *limits);

/* Other limits, from a configuration read anew: for what is opened and kept from now on. */
void upconn_pool_limit(struct upconn_pool *p, const struct upconn_limits *limits);

/* Closes all that is idle; what is lent is dropped when it comes back. The loop and the resolver stay until then. */
void upconn_pool_free(struct upconn_pool **p);

/* A connection to `m`, which it holds until it is given back: an idle one as wished, ready (upconn_ready says true); else one
 * that is being opened. NULL where memory is short. */
struct upconn *upconn_open(struct upconn_pool *p, struct member *m, enum upconn_wish wish,
                           const struct upconn_events *ev, void *owner);

/* The same for a client; *c is copied. */
struct upconn *upconn_open_for(struct upconn_pool *p, struct member *m, const struct upconn_client *c,
                               const struct upconn_events *ev, void *owner);

bool upconn_ready(const struct upconn *u);

/* Has it carried a request before? Then its failure before the first byte may be just its age. */
bool upconn_reused(const struct upconn *u);

struct conn *upconn_conn(struct upconn *u);

/* The address that it leads to, or while it is being opened and after a fault the one tried last. NULL: none was. */
const union addr *upconn_peer(const struct upconn *u);

/* The number of the alert that UPCONN_ALERT tells of (RFC 8446 6). */
uint8_t upconn_alert(const struct upconn *u);

/* Another borrower for the events, such as a tunnel. */
void upconn_own(struct upconn *u, const struct upconn_events *ev, void *owner);

/* Gives it back for reuse: the exchange is complete, and nothing that was read is left. Nulls. */
void upconn_keep(struct upconn **u);

/* Closes it, opened or not; no event comes after. Nulls; NULL is fine. */
void upconn_drop(struct upconn **u);

/* A connection taken out of the pool for good: the caller owns the conn, and goes on getting its events. Nulls. */
struct conn *upconn_take(struct upconn **u);

/* Closes what is idle towards members that have left, or that are no longer at that address. */
void upconn_pool_tidy(struct upconn_pool *p);

/* Is one to `m` idle? */
bool upconn_has_idle(struct upconn_pool *p, const struct member *m);

unsigned upconn_idle(const struct upconn_pool *p);

#endif
