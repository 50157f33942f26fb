/* A pause in the delivery of a response's body: the next bytes leave only so long after the ones before.
 *
 * thread: local. One at a time for a request.
 */
#ifndef CAIRN_PROXY_PAUSE_H
#define CAIRN_PROXY_PAUSE_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct pause;
struct req;

/* Runs the request again in `ms`. NULL where memory is short: then there is no pause. */
struct pause *pause_begin(struct loop *l, struct req *r, int64_t ms);

/* Is it over? */
bool pause_is_over(const struct pause *p);

/* The request is not run by it any more. Nulls; NULL is fine. */
void pause_end(struct pause **p);

#endif
