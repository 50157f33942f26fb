/* Asks neighbours what they hold, several at once, by ICP or HTCP, and waits for none longer than is worth it.
 *
 * A reply counts if it has the number of a question, which nobody can guess, and comes from the address and port that was
 * asked. A question is remembered for some seconds after it was waited for: from a late reply it is learned that the
 * neighbour lives, and how fast it is.
 *
 * thread: local, one asker a worker; what is learned of neighbours is shared.
 * Order of use: asker_new; asker_ask, then `fn` once or inquiry_drop before it; asker_free.
 */
#ifndef CAIRN_PEER_ASK_H
#define CAIRN_PEER_ASK_H

#include "net/resolve.h"
#include "net/udp.h"
#include "peer/member.h"

struct asker;
struct inquiry;

/* What is asked about. Copied before asker_ask returns. */
struct ask_about {
	struct str url;    /* absolute */
	struct str method; /* the rest for HTCP alone */
	struct str fields; /* of the request, lines with their CRLF */
};

/* Whom, and where it listens. HTCP is preferred where it speaks both: it knows the fields. */
struct ask_whom {
	struct member *member;
	uint16_t icp, htcp; /* 0: it does not speak that */
};

#define ASK_MAX 64 /* neighbours asked at once, at most */

/* member NULL: nobody has it. */
struct ask_end {
	struct member *member; /* the first that said it has it; borrowed: hold it to keep it */
	enum told by;
	bool timed_out; /* somebody had not answered when the time was over */
};

/* The inquiry is gone. Never called from inside asker_ask. */
typedef void ask_fn(void *owner, const struct ask_end *end);

/* A neighbour has denied so many questions that it is not asked any more. */
typedef void ask_denied_fn(void *ctx, const struct member *m);

/* NULL where there is no socket or memory to be had. */
struct asker *asker_new(struct loop *l, struct resolver *r, ask_denied_fn *denied, void *ctx);

/* Inquiries that run are gone without a word. */
void asker_free(struct asker **a);

/* Asks them all at once. `wait_ms`: for how long; 0: twice the mean time of their answers, within bounds. NULL where nobody
 * was asked whose answer is worth waiting for, and fn is not called. A name whose address is not known yet is looked up for
 * the next time. */
struct inquiry *asker_ask(struct asker *a, const struct ask_about *about, const struct ask_whom *whom, unsigned count,
			  int64_t wait_ms, ask_fn *fn, void *owner);

/* fn is not called. Nulls; NULL is fine. */
void inquiry_drop(struct inquiry **q);

/* Tells a neighbour by HTCP that a URL is to be forgotten; no answer is wanted. */
void asker_clear(struct asker *a, const struct ask_about *about, const struct ask_whom *whom, bool by_order);

#endif
