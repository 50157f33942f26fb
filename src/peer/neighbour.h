/* What is known of a member as a cache that can be asked what it holds: how fast it answers, whether it does at all, and
 * whether what it promises comes true.
 *
 * It has a standing, from 1000 down: a promise that is not kept takes a quarter of what is left, one that is kept gives an
 * eighth of what is missing back. Below NEIGHBOUR_TRUSTED it is not asked for a while, nor is its digest believed; after
 * that it has to earn its trust back.
 * One that leaves many questions unanswered is dead: it is only knocked at now and then, without waiting for the answer, and
 * any answer revives it. So is, less often, one that denies them all.
 *
 * thread: shared by all workers, relaxed atomics; what two of them write at once may lose one of the two. Zeroed it is that
 * of a member nothing is known of. Pure: time is an argument, mono_ns.
 */
#ifndef CAIRN_PEER_NEIGHBOUR_H
#define CAIRN_PEER_NEIGHBOUR_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum told {
	TOLD_BY_NOBODY,
#define TOLD(id, word, what) TOLD_BY_##id,
#include "tbl/asking.def"
	TOLD_COUNT
};

enum neighbour_reply {
#define REPLY(id, word, what) REPLY_##id,
#include "tbl/asking.def"
	REPLY_COUNT
};

struct str told_word(enum told t); /* empty for TOLD_BY_NOBODY */
struct str reply_word(enum neighbour_reply r);

struct neighbour {
	atomic_ullong queries;
	atomic_ullong replies[REPLY_COUNT];
	atomic_ullong kept[TOLD_COUNT], broken[TOLD_COUNT]; /* promises */
	/* private: */
	_Atomic int64_t rtt_ns;   /* mean; 0: not known */
	_Atomic int64_t knock_ns; /* not before */
	_Atomic int64_t rests_ns; /* until then; 0: it does not */
	atomic_uint silent;       /* questions in a row that were not answered in time */
	atomic_uint denied;       /* answers in a row that denied one */
	atomic_uint blame;        /* 1000 less its standing */
};

#define NEIGHBOUR_TRUSTED 300

enum neighbour_may {
	NEIGHBOUR_ASK,
	NEIGHBOUR_KNOCK, /* ask, but do not wait for it */
	NEIGHBOUR_SHUN,
};

/* May it be asked? Of those who ask about one that is dead, one at a time may knock. */
enum neighbour_may neighbour_may(struct neighbour *n, int64_t mono_ns);

/* Is what it says, or its digest, to be believed now? */
bool neighbour_is_trusted(struct neighbour *n, int64_t mono_ns);

/* What became of a question: it was answered, after so long; or not, while somebody waited. `late`: nobody did any more.
 * True where it has just denied so many that it is asked no more. */
bool neighbour_answered(struct neighbour *n, enum neighbour_reply r, bool late, int64_t rtt_ns);
void neighbour_silent(struct neighbour *n);

/* What became of its promise. */
void neighbour_kept(struct neighbour *n, enum told by);
void neighbour_broke(struct neighbour *n, enum told by, int64_t mono_ns);

/* The mean time of its answers; 0: not known. */
int64_t neighbour_rtt(const struct neighbour *n);

unsigned neighbour_standing(const struct neighbour *n); /* 0 to 1000 */

/* Was it ever asked, or believed? */
bool neighbour_is_one(const struct neighbour *n);

#endif
