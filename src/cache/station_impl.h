/* Those who wait for one flight on one worker, and the wake-up that they share. Private to cache/.
 *
 * Made by the first waiter of a worker, freed with the flight. The lists are touched on that worker alone; others see
 * the count, and post the call.
 */
#ifndef CAIRN_CACHE_STATION_IMPL_H
#define CAIRN_CACHE_STATION_IMPL_H

#include "cache/flight_impl.h"

struct station;

/* The flight's station at this worker, made where there is none: on that worker, or before others see the flight. NULL
 * where memory is short. */
struct station *station_at(struct flight *f, unsigned worker);
void station_free(struct station *st);

/* On the station's worker. */
void station_add(struct station *st, struct waiter *w);
void station_remove(struct station *st, struct waiter *w);

/* Any thread: has all its waiters look again, where there are any. */
void station_wake(struct station *st);

#endif
