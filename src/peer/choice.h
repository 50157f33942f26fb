/* Who of a group is asked: the ways to choose, as pure functions over those who may be.
 *
 * hash    rendezvous: each key has an order of the members of its own, and the first that may be asked is. All nodes
 * that name the same members have the same order; when a member leaves, its keys alone move, and they spread over all
 *         the others. With bounded load: a member with more than its bound of the requests outstanding is passed over.
 * client  the same by the client's address, without a bound: a client stays with its member
 * turn    one after the other, by weight
 * least   the fewest requests outstanding for its weight
 * carp    as Squid does it (peer/carp.h)
 *
 * The hash is unkeyed: XXH3-128 of the key's text and of the member's label, the low half of each, put together and
 * mixed. As u, above 0 and below 1, it gives the score weight / -ln(u), the highest first: so shares are as the
 * weights, and a change of one weight moves no key between two other members.
 *
 * Nodes agree that have the same libm, and where they have not, they differ where two scores are the same to 15 places.
 */
#ifndef CAIRN_PEER_CHOICE_H
#define CAIRN_PEER_CHOICE_H

#include "base/str.h"

enum choice {
	CHOICE_TURN,
	CHOICE_HASH,
	CHOICE_LEAST,
	CHOICE_CLIENT,
	CHOICE_CARP,
};

/* One who may be asked. */
struct choice_of {
	unsigned seat;   /* the caller's */
	unsigned active; /* requests outstanding */
	double weight;   /* above 0 */
	uint64_t id;     /* choice_hash of the label, for choice_ranked */
	double score;    /* for choice_best */
};

/* Of a key, or of a label. */
uint64_t choice_hash(struct str s);

/* Makes the scores by rendezvous. */
void choice_rank(struct choice_of *c, unsigned count, uint64_t key);

/* The one of the highest score, the first of several; `count` above 0. */
unsigned choice_best(const struct choice_of *c, unsigned count);

/* Leaves out those who have more than `percent` of their fair share of all requests outstanding, the one at hand
 * included; few requests are nobody's burden. Keeps the order, and somebody. Returns how many are left. */
unsigned choice_bound(struct choice_of *c, unsigned count, unsigned percent);

/* Whose turn is it? Over as many turns as the sum of the weights each has as many as its weight. */
unsigned choice_in_turn(const struct choice_of *c, unsigned count, unsigned turn);

/* Of those that have the fewest, another one each turn. */
unsigned choice_least(const struct choice_of *c, unsigned count, unsigned turn);

#endif
