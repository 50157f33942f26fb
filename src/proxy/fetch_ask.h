/* The step of a fetch before it is decided whom to ask: do neighbours hold it? Read fetch_ask.c.
 *
 * thread: local. Zeroed it is ready.
 */
#ifndef CAIRN_PROXY_FETCH_ASK_H
#define CAIRN_PROXY_FETCH_ASK_H

#include "peer/ask.h"
#include "proxy/conf.h"

/* Enough: each costs a round trip, where it is not kept. */
#define FETCH_PROMISES 4

struct fetch_promise {
	struct member *member; /* held */
	const struct conf_upstream *of;
	enum told by;
};

struct fetch_asking {
	bool began;
	bool timed_out; /* some had not answered when the time was over */
	struct inquiry *inquiry;
	const struct conf_upstream *home; /* the group that is asked where nobody has it */
	struct fetch_promise promises[FETCH_PROMISES];
	unsigned count, next;
	enum told by; /* on whose word the present member is asked; TOLD_BY_NOBODY: by the group's choice */
};

#endif
