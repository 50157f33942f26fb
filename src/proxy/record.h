/* One finished exchange, as plain data: what log, metrics and recorder are made from. Made by account.c, handed up
 * through the node's hooks; the strings are borrowed for the length of the call.
 */
#ifndef CAIRN_PROXY_RECORD_H
#define CAIRN_PROXY_RECORD_H

#include "cache/storable.h"
#include "net/conn.h"
#include "proxy/steps.h"
#include "peer/neighbour.h"
#include "trail/verdict.h"

/* Who asked, beside the client's address: few exchanges have any of it. */
struct record_asker {
	const union addr *peer; /* a proxy that told of the client; NULL: the connection was its own */
	struct str rule;        /* that let it in, or did not */
	struct str user;        /* whose password was right */
};

enum hierarchy {
#define HIERARCHY(id, when) id,
#include "tbl/hierarchies.def"
#undef HIERARCHY
};

struct record {
	uint64_t id;
	int64_t wall_ms;             /* when the request had arrived */
	int64_t duration_ns;         /* until the last byte was handed to the kernel */
	int64_t first_byte_ns;       /* until the head was; 0: none was */
	int64_t upstream_ns;         /* until upstream's head came; 0: not asked */
	int64_t woken_ns;            /* of a follower that waited for the head: from then until it was woken; 0: none */
	int64_t step_ns[STEP_COUNT]; /* when each step was last entered, since the start; 0: never */
	const union addr *client;
	const struct record_asker *asker; /* NULL: there is nothing more to say of it */
	const union addr *upstream; /* asked last; NULL: nobody was, for this exchange */
	struct str method, scheme, host, target;
	int minor;
	int status;         /* 0: none was sent */
	uint64_t bytes_in;  /* of the request, head and body */
	uint64_t bytes_out; /* handed to the kernel, head included */
	uint64_t body_out;
	struct verdict verdict;
	enum unstorable unstorable;
	enum fault fault;      /* of a malformed request */
	uint64_t order;        /* of the purge behind reason purged, or of this PURGE; 0: none */
	int64_t absent_ago_ms; /* how long ago what the reason names happened; -1: not known */
	struct str upstream_group, upstream_member;
	unsigned tries; /* requests sent upstream; of a follower, for the flight that it shared */
	bool hedged;    /* the one that was answered was sent as the second, beside a slower one */
	struct str details; /* of the verdict's error, in words; most have none */
	struct str referer, user_agent, content_type;
	bool direct;        /* an origin found in the request: a forward proxy */
	enum hierarchy hierarchy; /* how it came that upstream was asked */
	enum told told;           /* who said that it has it */
	bool ask_timed_out;       /* not all neighbours had answered when that was decided */
	bool if_none_match; /* the request had one */
	bool went_on;       /* the rest of a body came by a fetch of its own */
	bool cut;           /* the response ended before its end */
	bool aborted;       /* the client went away */
	bool background;    /* a refresh that answered nobody */
	bool tunnel;
};

#endif
