/* Picking members of a group, one after the other, for one request: the roster picked from, held, and who was tried.
 *
 * thread: local. Zeroed it is ready. Order of use: pick_next until somebody answers, or there is nobody left; pick_end.
 */
#ifndef CAIRN_PEER_PICK_H
#define CAIRN_PEER_PICK_H

#include "peer/roster.h"

struct pick {
	/* private: */
	struct roster *roster; /* NULL before the first */
	uint64_t tried[GROUP_MEMBERS_MAX / 64];
};

/* The next member in turn, by weight, that was not tried: one that is up, or where the whole group is down any. NULL
 * where none is left. Borrowed until pick_end. It is always the same group until then. */
struct member *pick_next(struct pick *p, struct group *g, int64_t mono_ns);

/* Forgets who was tried, and lets go of the roster. */
void pick_end(struct pick *p);

#endif
