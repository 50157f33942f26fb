/* The table of flights: chains by key, under striped locks. Private to cache/.
 *
 * A flight is listed from its beginning until it ends or is doomed. Finding one and beginning one happen under one hold
 * of the stripe's lock, so there is one leader.
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

/* Under the lock: begun, in progress. */
void flights_add(struct flights *fs, struct flight *f);

/* Ended; takes the lock itself. */
void flights_remove(struct flights *fs, struct flight *f);

#endif
