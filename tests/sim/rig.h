/* A node as the program runs it, but on one thread, turn by turn, with a clock that stands still, and with sockets that
 * hand over at once what is sent (those of the loopback do so mostly, and on a busy machine later).
 *
 * For that clock_now, connect and getpeername are replaced at link time (--wrap).
 */
#ifndef CAIRN_TESTS_SIM_RIG_H
#define CAIRN_TESTS_SIM_RIG_H

#include <stdbool.h>
#include <stdint.h>

#include "proxy/node.h"

#define RIG_WORKERS 2

struct rig;

struct rig *rig_new(uint64_t memory);
void rig_free(struct rig **r);

struct node *rig_node(struct rig *r);

/* A new client connection to one of its workers; the caller's. */
int rig_connect(struct rig *r, unsigned worker);

/* A connection that the node has opened to its origin; non-blocking, the caller's. -1: no more. */
int rig_accept(struct rig *r);

/* From now on they are refused, or not. */
void rig_refuse(struct rig *r, bool refuse);

/* One round of each worker; true where one has more to do at once. */
bool rig_turn(struct rig *r);

/* The wall clock may go back; the other one goes on by as much as it went forward. */
int64_t rig_now_ms(void);
int64_t rig_mono_ns(void);
void rig_set_clock(int64_t wall_ms);
void rig_advance(int64_t wall_ms);

/* Orders that come by the admin port. */
void rig_purge_all(struct rig *r, bool soft);
unsigned rig_purge(struct rig *r, const char *url, bool soft);
void rig_tidy(struct rig *r);

/* Everything gone and nothing left behind? NULL, or what is not. */
const char *rig_empty(struct rig *r);

/* Has anything left for room so far? */
bool rig_has_evicted(struct rig *r);

/* Waits for memory that was given up: deferred calls run on a thread of their own. */
void rig_reclaim(void);

#endif
