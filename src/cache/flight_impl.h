/* The body of a flight, shared by flight.c (the flight), flights.c (the table) and station.c (who waits on one worker).
 * Private to cache/. */
#ifndef CAIRN_CACHE_FLIGHT_IMPL_H
#define CAIRN_CACHE_FLIGHT_IMPL_H

#include <stdatomic.h>

#include "cache/flight.h"

#define FLIGHT_MAGIC 0x666c6774u

/* A wake-up that holds a reference on its flight while it is under way. The mail is posted by whoever puts the flag up, so
 * there is one reference and one post however many call. */
struct call {
	struct mail mail;
	struct flight *flight;
	unsigned worker;
	atomic_bool under_way;
};

/* Those who wait for a flight on one worker, and the wake-up that they share: station.c. */
struct station {
	struct call call;
	struct station *older; /* frozen once the flight has the station */
	atomic_uint count;     /* of waiters */
	struct list waiters;
};

#define FLIGHT_ROOM 64 /* bytes of texts, mostly: a group and a member of it */

struct flight {
	/* Cleared at the start. */
	_Atomic(enum flight_phase) phase;
	atomic_bool doomed; /* of one that is listed */
	uint8_t alert;      /* the leader's, for the results; and these two */
	struct str details;
	int64_t answered_ns;
	atomic_uint waiters;
	struct mail *wake;                  /* the leader's; touched on its worker alone */
	_Atomic(struct station *) stations; /* the newest; one for each worker somebody has waited on */

	/* From here on what each says is written before it is read. */
	unsigned magic;
	atomic_uint refs;
	struct flights *table;
	struct flight_id id;
	enum flight_join how;
	atomic_uint dooms;     /* of FLIGHT_ALONE: what its chain had seen when it began */
	struct list node;      /* under its stripe's lock; linked to itself where it is on no list */
	struct call lead;      /* to the leader's worker */
	struct mem_room room;  /* what the results borrow; the leader's */
	struct station first;  /* the leader's worker's, and so the oldest */

	/* Frozen: `result` from HEAD or DONE on, but that its pointers are NULL before; `failed` from FAILED on. Two, so that a
	 * failure after the head changes nothing under those who look at the head. */
	struct flight_result result;
	struct flight_result failed;
	_Alignas(8) char texts[FLIGHT_ROOM];
};

#define FLIGHT_CLEARED offsetof(struct flight, magic)

/* The last reference frees it. */
void flight_ref(struct flight *f);
void flight_unref(struct flight **f);

/* Has the call's mail run `fn` on its worker, which takes the flag down with call_answer, and takes over the reference. */
void call_init(struct call *c, struct flight *f, unsigned worker, void (*fn)(struct mail *));
void call_post(struct call *c);
void call_answer(struct call *c);

#endif
