/* Those who wait for one flight on one worker, and the wake-up that they share. Private to cache/.
 *
 * Made by the first waiter of a worker, freed with the flight, in which the leader's worker's lies. The lists are touched
 * on that worker alone; others see the count, and post the call.
 */
#ifndef CAIRN_CACHE_STATION_IMPL_H
#define CAIRN_CACHE_STATION_IMPL_H

#include "cache/flight_impl.h"

/* The first one, before others see the flight. */
void station_init(struct station *st, struct flight *f, unsigned worker);

/* The flight's station at this worker. NULL: none is there. */
struct station *station_at(struct flight *f, unsigned worker);

/* Under the stripe's lock: the same, made where there is none. NULL where memory is short. */
struct station *station_make(struct flight *f, unsigned worker);

void station_free_all(struct flight *f);

/* On the station's worker. */
void station_add(struct station *st, struct waiter *w);
void station_remove(struct station *st, struct waiter *w);

/* Any thread: has all its waiters look again, where there are any. */
void station_wake(struct station *st);

#endif
