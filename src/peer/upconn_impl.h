/* What upconn.c (opened, lent, given back) and upconn_idle.c (kept meanwhile) know of a pool. thread: local. */
#ifndef CAIRN_PEER_UPCONN_IMPL_H
#define CAIRN_PEER_UPCONN_IMPL_H

#include "peer/upconn.h"

#define POOL_MAGIC   0x75706f6fu
#define UPCONN_MAGIC 0x7570636eu
#define UPCONN_SHELVES 64

/* The idle connections to one host and port, the latest first. Known by its label and not by the member: a member goes
 * with its configuration, what is connected stays. What was secured is good only under the trust that it was opened in, and for
 * the name that its certificate was looked at for: one address may be several names'. What is lent keeps its place, so that
 * nothing has to be looked for when it comes back; a shelf goes with the last connection that belongs there. */
struct shelf {
	struct list node;
	struct list idle;
	unsigned count;  /* of these */
	unsigned places; /* connections that belong there, idle or not */
	struct tls_context *tls; /* held; NULL: in the clear */
	struct str label;
	struct str server; /* empty: in the clear */
	char text[];
};

struct upconn_pool {
	unsigned magic;
	bool closed; /* freed, but for what is lent */
	unsigned lent;
	unsigned idle;
	struct loop *loop;
	struct resolver *resolver;
	struct upconn_limits limits;
	struct list bucket[UPCONN_SHELVES];
};

/* Being opened (dial), lent (neither), or idle (shelf). */
struct upconn {
	unsigned magic;
	bool reused;
	bool dialling; /* counted as such with the member */
	bool for_one; /* a client's: not for another */
	struct upconn_pool *pool;
	struct member *member; /* held; while idle the one it was lent for last */
	struct conn *conn;
	const struct upconn_events *ev;
	void *owner;
	struct dial *dial; /* still there after it has failed */
	struct shelf *shelf; /* where it belongs; NULL where it is for one */
	struct list node; /* on the shelf */
};

/* A new one gets its place; false where memory is short. Harmless without one: it leaves it. */
bool upconn_take_place(struct upconn *u, const struct member *m);
void upconn_leave_place(struct upconn *u);

/* Keeps one that is whole and silent, the oldest of its like going where there are too many: it may be gone. */
void upconn_shelve(struct upconn *u);

/* The latest, of which as far as is wished is known that it is still good; or NULL: there is none, or it leads where this
 * borrower may not go, though another might. */
struct upconn *upconn_take_idle(struct upconn_pool *p, const struct member *m, enum upconn_wish wish,
				const struct upconn_events *ev, void *owner);

/* Closes all that is idle. */
void upconn_discard_idle(struct upconn_pool *p);

#endif
