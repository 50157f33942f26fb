/* All that a run consists of: a real node with a clock that stands still between steps, an origin and clients around
 * it, and what is known about every message. One thread drives everything.
 *
 * Between two steps nothing is on its way: world_settle returns when node, origin and clients have nothing left to do.
 */
#ifndef CAIRN_TESTS_SIM_WORLD_H
#define CAIRN_TESTS_SIM_WORLD_H

#include <stdio.h>

#include "client.h"
#include "origin.h"
#include "rig.h"

#define WORLD_URLS    6
#define WORLD_CLIENTS 6
#define WORLD_GROUPS  4

/* What is known about a URL. `_at`: a place in the run. */
struct place {
	unsigned version;
	int64_t modified;  /* seconds */
	unsigned gone_at;  /* all that was asked for before is gone: purged, or changed by an unsafe method */
	unsigned stale_at; /* all that was asked for before is marked stale */
	uint64_t known_rep;
	bool varies;             /* some response had a Vary: such a one goes before a newer one without */
	struct history expected; /* what the node said it stores, in whole; base NULL: nothing is known */
};

struct world {
	uint64_t seed;
	bool roomy; /* nothing need be evicted */
	struct rig *rig;
	struct origin origin;
	struct client clients[WORLD_CLIENTS];
	struct place places[WORLD_URLS];
	unsigned group_stale_at[WORLD_GROUPS];
	unsigned fault_at; /* the last time that an exchange with the origin failed */
	int64_t fault_ns;
	uint64_t hits;
	unsigned at;             /* the place in the run: rises with every event */
	struct answer **answers; /* by id - 1 */
	unsigned answer_count, answer_cap;
	struct ask **asks;
	unsigned ask_count, ask_cap;
	FILE *trace;     /* NULL: none is wanted */
	char wrong[512]; /* the first thing that was; "": nothing yet */
};

struct world *world_new(uint64_t seed, FILE *trace);
void world_free(struct world **w);

/* Until nothing moves. */
void world_settle(struct world *w);

struct ask *world_ask(struct world *w, unsigned id);
struct ask *world_ask_of(struct world *w, unsigned id); /* NULL */
struct answer *world_answer(struct world *w);
struct answer *world_answer_of(struct world *w, unsigned id); /* NULL */

/* Something that may not be. The first one counts. */
__attribute__((format(printf, 2, 3))) void world_wrong(struct world *w, const char *format, ...);

__attribute__((format(printf, 2, 3))) void world_tell(struct world *w, const char *format, ...);

#endif
