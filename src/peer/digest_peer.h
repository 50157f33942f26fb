/* What a neighbour's digest says: does it hold this? One digest a member, in Squid's form or in Cairn's.
 *
 * thread: shared. digest_peer_says and digest_peer_state take no lock and may be called from any thread that reads
 * (base/rcu.h), while the member is held. The rest belongs to the one thread that fetches digests.
 * Order of use: digest_question for a request, then digest_peer_says for each member. What became of a promise is told
 * to peer/neighbour.h.
 */
#ifndef CAIRN_PEER_DIGEST_PEER_H
#define CAIRN_PEER_DIGEST_PEER_H

#include "peer/digest_cairn.h"
#include "peer/digest_squid.h"
#include "peer/roster.h"

/* What is asked of all members alike; the sums are made when first needed. Local. */
struct digest_question {
	struct str url; /* as a client would ask for it, "http://host[:port]/path?query": what Squid's digests hold */
	struct str key; /* the key's text, under the rules of the request's route: what Cairn's digests hold */
	struct hash128 hash;
	struct digest_squid_key squid;
	bool hashed;
	enum { DIGEST_SUM_UNKNOWN, DIGEST_SUM_MADE, DIGEST_SUM_NONE } summed;
};

/* Both are borrowed as long as the question is put. */
static inline struct digest_question
digest_question(struct str url, struct str key)
{
	return (struct digest_question){ .url = url, .key = key };
}

enum digest_says {
	DIGEST_SILENT, /* there is no digest of this member */
	DIGEST_LACKS,  /* it did not hold it when the digest was made */
	DIGEST_HOLDS,  /* most likely it did */
};

enum digest_says digest_peer_says(const struct member *m, struct digest_question *q);

/* What is known of a member's digest, for the metrics; false where there is none. */
struct digest_peer_state {
	bool cairn;
	int64_t made_ms; /* wall clock: what it says was true then */
	uint64_t entries;
	uint64_t bytes;
};
bool digest_peer_state(const struct member *m, struct digest_peer_state *out);

/* ---- for who fetches them ---- */

/* A digest in the place of the one before. False where memory is short: that one is kept. */
bool digest_peer_take_squid(struct member *m, const struct digest_squid *d, struct str mask, int64_t made_ms);
bool digest_peer_take_cairn(struct member *m, const struct digest_cairn *d, struct str filter, int64_t made_ms);

/* Changes to the one that there is. False, and it is of no more use, where they are malformed or not of that size. */
bool digest_peer_change(struct member *m, const struct digest_cairn *d, struct str changes, int64_t made_ms);

/* It is believed no more. */
void digest_peer_forget(struct member *m);

/* For who frees the member: nobody reads it any more. */
void digest_peer_free(struct member *m);

#endif
