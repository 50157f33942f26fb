/* The table of flights: chains by key, under striped locks. Private to cache/.
 *
 * A flight that others may join is listed from its beginning until it ends or is doomed. Finding one and beginning one
 * happen under one hold of the stripe's lock, so there is one leader. One that nobody joins is on no list, and takes no
 * lock: it remembers how many dooms its chain had seen when it began.
 * thread: shared.
 */
#ifndef CAIRN_CACHE_FLIGHTS_IMPL_H
#define CAIRN_CACHE_FLIGHTS_IMPL_H

#include "cache/flight_impl.h"

unsigned flights_workers(const struct flights *fs);
void flights_post(const struct flights *fs, unsigned worker, struct mail *m);

void flights_lock(struct flights *fs, struct hash128 key);
void flights_unlock(struct flights *fs, struct hash128 key);

/* Under the lock: the youngest that fits; NULL. */
struct flight *flights_find(struct flights *fs, const struct flight_id *id);

/* Begun, in progress. Under the lock where others may join it. */
void flights_add(struct flights *fs, struct flight *f);

/* Ended; takes the lock itself. On the leader's worker, as flights_add. */
void flights_remove(struct flights *fs, struct flight *f);

#endif
