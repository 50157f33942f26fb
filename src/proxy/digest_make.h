/* Makes the digests of what this node holds: walks the store a little at a time, and puts what it found on the node's
 * shelf (digest_shelf.h).
 *
 * Nothing is noted when a response is stored, used or evicted: a digest is what one walk has met. Squid's form is made
 * every digest.rebuild. Cairn's is made every digest.refresh, while anybody asks for it: two walks in a row give the
 * changes, what has left among them.
 *
 * thread: local, worker 0's; while the configuration does not have digests served, nothing is made.
 * Order of use: digest_maker_new, digest_maker_tick some ten times a second, digest_maker_free.
 */
#ifndef CAIRN_PROXY_DIGEST_MAKE_H
#define CAIRN_PROXY_DIGEST_MAKE_H

#include "proxy/worker.h"

struct digest_maker;

/* NULL where memory is short. */
struct digest_maker *digest_maker_new(struct worker *w);

void digest_maker_tick(struct digest_maker *m);

/* Nulls; NULL is fine. The loop goes on until its handle is closed. */
void digest_maker_free(struct digest_maker **m);

/* Is it in a digest of this node? A response that any GET of the key may be answered with, for `fresh_for_ms` from now
 * on; no error, no part. */
bool digest_lists(const struct conf *c, const struct cache_policy *direct, const struct entry *e, int64_t now_ms,
		  int64_t fresh_for_ms);

#endif
