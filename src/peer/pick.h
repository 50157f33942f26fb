/* Picking members of a group, one after the other, for one request: the roster picked from, held, and who was tried.
 *
 * thread: local. Zeroed it is ready; with `wish` set it picks by more than turns. Order of use: pick_next until
 * somebody answers, or there is nobody left; pick_end.
 */
#ifndef CAIRN_PEER_PICK_H
#define CAIRN_PEER_PICK_H

#include "net/addr.h"
#include "peer/roster.h"

/* What the group's choice goes by. */
struct pick_wish {
	struct str key; /* of what is asked for, the same on all nodes */
	struct str url; /* as peer/carp.h wants it */
	const union addr *client;
};

struct pick {
	const struct pick_wish *wish; /* NULL: members are taken in turn */
	/* private: */
	struct roster *roster; /* NULL before the first */
	uint64_t tried[GROUP_MEMBERS_MAX / 64];
};

/* The member that the group's choice puts first, of those of the lowest priority that were not tried: one that is up,
 * or any where fewer are up than the group's panic floor. NULL where none is left. Borrowed until pick_end. It is always
 * the same group until then. */
struct member *pick_next(struct pick *p, struct group *g, int64_t mono_ns);

/* From now on of the members that another group has: one that took the present one's place. Its configuration stays until
 * pick_end, as the names of seats are of it. */
void pick_among(struct pick *p, const struct group *g);

/* It found nobody to pick from, and the group has members by now? */
bool pick_was_too_soon(const struct pick *p, const struct group *g);

/* Picks this one, where it is still a member and was not tried. */
bool pick_this(struct pick *p, struct group *g, const struct member *m);

/* It was not asked after all: it may be picked again, and tried by another where it was down. `mono_ns`: when it was
 * picked. */
void pick_put_back(struct pick *p, const struct group *g, struct member *m, int64_t mono_ns);

/* Forgets who was tried, and lets go of the roster. The wish stays. */
void pick_end(struct pick *p);

#endif
