/* The digests of others: fetched from members of the groups that want them, and kept up to date.
 *
 * A Cairn node is asked for its own form (digest_cairn.h) when it says so; where there is none, or of any other cache,
 * Squid's digest is fetched when the last one expires. What fails is tried again later and later, and the digest that
 * there is kept meanwhile; after some failures in a row it is believed no more.
 *
 * thread: local; one worker's. What it brings is for all (digest_peer.h).
 * Order of use: digests_new; then about once a second digests_want for each member, and digests_go.
 */
#ifndef CAIRN_PEER_DIGESTS_H
#define CAIRN_PEER_DIGESTS_H

#include "peer/digest_peer.h"
#include "peer/upconn.h"

struct digests;

enum digest_wish {
	DIGEST_WANT_SQUID = 1,
	DIGEST_WANT_CAIRN = 2,
	DIGEST_WANT_EITHER = DIGEST_WANT_SQUID | DIGEST_WANT_CAIRN, /* Cairn's before Squid's */
};

/* A line for the operator: whose digest cannot be had, and why; or can be had again. Not at the first failure, which a
 * node that starts gives to whoever asks at once. */
typedef void digests_say_fn(void *ctx, struct str line);

struct digests *digests_new(struct loop *l, struct upconn_pool *p, digests_say_fn *say, void *ctx);

/* This member's digest is wanted, until a digests_go before which it was not. */
void digests_want(struct digests *d, struct member *m, enum digest_wish wish);

/* Fetches what is due; forgets what is wanted no more. */
void digests_go(struct digests *d);

/* Ends what is on its way. Nulls; NULL is fine. */
void digests_free(struct digests **d);

#endif
