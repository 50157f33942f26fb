/* CARP as Squid has it, bit for bit: a Cairn child and a Squid child of the same parents choose the same one.
 *
 * Each member's score is a hash of the URL and of its name, times a multiplier that makes weights come out. Squid feeds
 * the URL's hash on from one member to the next instead of beginning anew, so the place of a member among all, in the
 * order of their weights, counts too: a quirk that is part of the choice. So all members are scored, those that are
 * down as well.
 *
 * Pure.
 */
#ifndef CAIRN_PEER_CARP_H
#define CAIRN_PEER_CARP_H

#include "base/str.h"

struct carp_member {
	struct str name;
	unsigned weight;
	double score; /* the result: the highest that is up is asked */
};

/* `url` as a proxy is asked for it: scheme and host in lower case, no default port. At most 256 members. */
void carp_score(struct carp_member *m, unsigned count, struct str url);

#endif
