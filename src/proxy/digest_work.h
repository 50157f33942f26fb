/* What worker 0 does for digests: makes this node's, and fetches those of the neighbours that the configuration names.
 *
 * thread: local. Order of use: digest_work_new, digest_work_tick some ten times a second, digest_work_free.
 */
#ifndef CAIRN_PROXY_DIGEST_WORK_H
#define CAIRN_PROXY_DIGEST_WORK_H

struct digest_work;
struct worker;

/* NULL where memory is short. */
struct digest_work *digest_work_new(struct worker *w);

void digest_work_tick(struct digest_work *d);

/* Before the worker's connections and its loop go. Nulls; NULL is fine. */
void digest_work_free(struct digest_work **d);

#endif
