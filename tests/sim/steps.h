/* A run: a world, and what happens to it step by step. */
#ifndef CAIRN_TESTS_SIM_STEPS_H
#define CAIRN_TESTS_SIM_STEPS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* True where nothing was wrong. `skip`: steps left out; NULL: none. `trace`: where to tell what happens; NULL: nowhere.
 */
bool steps_run(uint64_t seed, unsigned steps, const bool *skip, FILE *trace, char *wrong, size_t size);

/* Of all runs so far. */
struct steps_totals {
	uint64_t replies, hits, fetches;
};
void steps_totals(struct steps_totals *out);

#endif
