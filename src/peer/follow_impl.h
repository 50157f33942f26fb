/* The inside of following, shared by follow.c (groups and their rosters) and followed.c (one name, asked again and
 * again). */
#ifndef CAIRN_PEER_FOLLOW_IMPL_H
#define CAIRN_PEER_FOLLOW_IMPL_H

#include "net/timer.h"
#include "peer/follow.h"

struct follow {
	unsigned magic;
	struct loop *loop;
	struct resolver *resolver;
	struct follow_hooks hooks;
	int64_t max_ms;
	struct list names;   /* struct followed */
	struct list leaving; /* those that nobody uses, until what they asked is answered */
	struct task publish; /* what is known has changed */
	struct group **groups;
	unsigned count;
};

/* What was asked last, and what came of it. */
struct followed_part {
	struct question question;
	struct followed *of;
	struct dns_records *came; /* not looked at yet */
	enum question_end end;
	const char *why;
	struct dns_records *known; /* in order, none twice; NULL: nothing */
};

/* A name that is followed. Of FOLLOW_ADDRESSES it has two parts, A and AAAA; of FOLLOW_SRV the first alone. */
struct followed {
	struct list node;
	struct follow *follow;
	enum follow_kind kind;
	unsigned users; /* groups, and services whose target it is; 0: it is about to go */
	struct followed_part part[2];
	struct followed **hosts; /* of FOLLOW_SRV: the targets of part[0].known, each used; NULL for "." */
	unsigned asking;         /* parts that are not answered yet */
	struct task answered;
	struct timer timer;
	bool closed;           /* the timer is */
	bool told;             /* something came once, good or bad */
	unsigned failures;     /* in a row */
	const char *why;       /* of the last one */
	int64_t asks_again_ns; /* mono */
	int64_t changed_ms;    /* wall */
	char text[DNS_TARGET_MAX + 1];
};

/* followed.c: one more user of that name, which begins to be followed where it is not; NULL where memory is short. */
struct followed *followed_use(struct follow *f, enum follow_kind kind, struct str name);

/* Nulls; NULL is fine. */
void followed_leave(struct followed **n);

/* Is there an answer, good or bad, to all that it takes? */
bool followed_is_told(const struct followed *n);

/* The addresses of FOLLOW_ADDRESSES, port 0: how many, at most `max`. */
unsigned followed_addrs(const struct followed *n, union addr *out, unsigned max);

/* follow.c: what is known has changed; published from a task. */
void follow_changed(struct follow *f);
void follow_say(const struct follow *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* No answer will come any more: those that wait for one are freed with their timers. */
void followed_leave_all(struct follow *f);

#endif
