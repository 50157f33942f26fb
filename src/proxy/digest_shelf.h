/* The digests that this node has made, as neighbours fetch them.
 *
 * thread: shared; a lock of its own, held for a moment. Bodies are counted, and frozen once they are here.
 */
#ifndef CAIRN_PROXY_DIGEST_SHELF_H
#define CAIRN_PROXY_DIGEST_SHELF_H

#include <stdatomic.h>
#include <pthread.h>

#include "base/clock.h"
#include "base/list.h"
#include "peer/digest_cairn.h"

/* Bytes with what is said of them. */
struct digest_body {
	atomic_uint refs;
	struct now made;    /* when the walk began */
	int64_t expires_ms; /* wall clock */
	int64_t took_ns;    /* processor time of the walk */
	uint64_t entries;
	uint64_t set; /* bits */
	size_t n;
	unsigned char bytes[];
};

/* All clear, held once; NULL where memory is short. */
struct digest_body *digest_body_new(size_t n);

/* Nulls; NULL is fine. */
void digest_body_unref(struct digest_body **b);

struct digest_shelf {
	pthread_mutex_t lock;
	struct digest_body *squid; /* block and mask */
	struct digest_body *cairn; /* the filter */
	struct digest_cairn head;  /* of it: what is the same for all who ask; `to` is its generation */
	struct list changes;       /* from one generation to the next, the oldest first */
	size_t changes_n;          /* bytes */
	int64_t asked_ns;          /* for Cairn's form, at last; 0: never */
};

void digest_shelf_init(struct digest_shelf *s);
void digest_shelf_fini(struct digest_shelf *s);

/* The one in the place of the one before; takes over the reference, which may be to none. */
void digest_shelf_squid(struct digest_shelf *s, struct digest_body *b);

/* The next generation of Cairn's form, or the first of an epoch: `filter` may be of another size then. `head`: epoch,
 * hashes and again_ms count. Where it is NULL there is none any more. */
void digest_shelf_cairn(struct digest_shelf *s, struct digest_body *filter, const struct digest_cairn *head);

/* Held; NULL: there is none. */
struct digest_body *digest_shelf_hold_squid(struct digest_shelf *s);

/* For who has a generation of an epoch (0: none): what it needs, held, with the head that goes before it. */
struct digest_body *digest_shelf_hold_cairn(struct digest_shelf *s, uint64_t epoch, uint64_t since, struct now now,
					    struct digest_cairn *head);

/* What is here, for the metrics; all 0 where there is none. */
struct digest_shelf_state {
	uint64_t bytes, entries, set;
	int64_t made_ns, took_ns; /* `made_ns`: monotonic */
};
void digest_shelf_state(struct digest_shelf *s, struct digest_shelf_state *squid, struct digest_shelf_state *cairn);

/* Has anybody asked for Cairn's form since? */
bool digest_shelf_is_asked(struct digest_shelf *s, int64_t since_ns);

#endif
