/* What is remembered of passwords that were checked: by a keyed hash of all that counts, so that neither a password nor
 * a collision can be had from it. Bounded: what is new takes the place of what is older.
 *
 * thread: local.
 */
#ifndef CAIRN_PROXY_OUTCOMES_H
#define CAIRN_PROXY_OUTCOMES_H

#include "base/hash.h"

#define OUTCOMES_SETS 256
#define OUTCOMES_WAYS 4

struct outcomes {
	struct outcome {
		struct hash128 key;
		int64_t until_ns; /* 0: nothing is remembered here */
	} sets[OUTCOMES_SETS][OUTCOMES_WAYS];
};

bool outcomes_has(const struct outcomes *o, struct hash128 key, int64_t now_ns);

/* Takes the place of what would be forgotten first. */
void outcomes_add(struct outcomes *o, struct hash128 key, int64_t until_ns);

#endif
