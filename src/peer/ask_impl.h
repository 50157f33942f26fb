/* The inside of an asker, shared by ask.c (inquiries and their questions), ask_out.c (what is sent, and where to) and
 * ask_in.c (what comes back). */
#ifndef CAIRN_PEER_ASK_IMPL_H
#define CAIRN_PEER_ASK_IMPL_H

#include "base/list.h"
#include "net/timer.h"
#include "peer/ask.h"
#include "peer/htcp.h"

#define BUCKETS 1024
#define NUMBERS 64 /* taken from the kernel at once */

/* One datagram that was sent. */
struct query {
	struct list bucket;
	struct list age;       /* of all, the oldest first */
	struct member *member; /* held */
	union addr to;
	uint32_t number;
	enum told by;
	int64_t sent_ns;
	struct inquiry *inquiry; /* NULL: it is not waited for, or not any more */
};

struct inquiry {
	struct asker *asker;
	struct list node;
	ask_fn *fn;
	void *owner;
	struct timer timer;
	unsigned waits; /* answers to come */
	int64_t rtt_sum_ns;
	struct query *queries[ASK_MAX]; /* those waited for; NULL once answered */
	unsigned count;
};

/* A name that is looked up for the next time. */
struct lookup {
	struct asker *asker;
	struct list node;
	struct resolve *resolve; /* NULL: the answer was there */
	union addr address;
	bool found;
};

struct asker {
	struct loop *loop;
	struct resolver *resolver;
	struct udp *udp;
	ask_denied_fn *denied;
	void *ctx;
	struct list inquiries, lookups, ages;
	unsigned lookups_left, query_count;
	uint32_t numbers[NUMBERS];
	unsigned numbers_left;
	struct list buckets[BUCKETS];
};

/* ask.c: a question that is about to go out; NULL where there are too many, or memory is short. And its end, once nobody
 * waits for it. */
struct query *query_new(struct asker *a, struct member *m, const union addr *to, enum told by);
void query_forget(struct asker *a, struct query *q);

/* The one that is out with this number; NULL. */
struct query *query_find(struct asker *a, uint32_t number);

/* It was answered, and is gone. */
void query_answered(struct asker *a, struct query *q, enum neighbour_reply r);

/* ask_out.c: sends a question; NULL where none was sent. */
struct query *asker_send(struct asker *a, const struct ask_about *about, const struct ask_whom *whom);

/* Where a member is asked; false where its address is not known now. */
bool asker_address(struct asker *a, const struct member *m, uint16_t port, union addr *out);

/* A request of HTCP's, which wants no answer. */
struct htcp asker_htcp(const struct ask_about *about, enum htcp_opcode opcode, uint32_t number);

/* ask_in.c: a udp_fn of an asker. */
void asker_hear(void *asker, struct str datagram, const union addr *from, const union addr *to);

#endif
