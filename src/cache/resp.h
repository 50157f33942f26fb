/* A response on its way: head, body, and what followers need to know.
 *
 * The leader of a flight fills it in and gives it to flight_head; from then on it is frozen, but for `stored`, which the
 * leader may take back, and `trailers`. It owns all that it points to: its head and texts lie in `room`.
 * thread: shared, counted; its room the leader's.
 */
#ifndef CAIRN_CACHE_RESP_H
#define CAIRN_CACHE_RESP_H

#include <stdatomic.h>

#include "base/mem.h"
#include "cache/segs.h"
#include "cache/stored.h"

struct resp {
	atomic_uint refs;
	struct stored *head;
	struct meta meta;        /* the head's, unpacked */
	struct segs *body;       /* NULL: no body */
	uint64_t first;          /* position of the body's first byte: not 0 for a 206 */
	uint64_t length;         /* of this body, where told; RANGE_UNKNOWN */
	uint64_t complete;       /* of the whole representation; RANGE_UNKNOWN */
	atomic_bool stored;      /* is being stored, as far as is known */
	bool shareable;          /* followers may have it */
	bool no_body;            /* answers HEAD, or a status without content */
	uint8_t unstorable;      /* enum unstorable: why it is not being stored */
	struct str miss_from;    /* belongs to the fetch; STR_NONE: this node's own name */
	struct str server_timing; /* of a kept upstream, for those whom this exchange answers */
	struct str announced;    /* what trailers are to be expected */
	struct str trailers;     /* field lines; set before segs_end, read after the body's end */
	struct mem_room room;
};

/* Empty, of unknown length; one reference, the caller's. NULL where memory is short. */
struct resp *resp_new(void);

struct resp *resp_ref(struct resp *r);
void resp_unref(struct resp **r);

/* A thread that held responses ends: what it keeps of their memory goes. */
void resp_thread_end(void);

#endif
