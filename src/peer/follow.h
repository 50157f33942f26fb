/* Members followed by DNS: names of the configuration that stand for as many members as they have addresses, or as
 * their SRV records say (RFC 2782). One for the process, in the loop of one thread, which also reads configurations.
 *
 * A name is asked for again when the TTL of its answer is over, at least a second after the last time and at most as
 * long as the configuration says. What comes of it is published as a new roster of each group that follows the name
 * (peer/roster.h); members that stay are the same structs, with all that is known of them. An answer that fails or is
 * empty changes nothing, whatever the reason: a mishap of the name servers is not to take a tier away, and members that
 * are truly gone are found out by their health. Decidedly nobody is what an SRV record with the target "." says.
 *
 * A name outlives the configurations that follow it: the next one begins with what is known.
 *
 * thread: local. Order of use: follow_new, follow_groups for each configuration, before it is in force; follow_free.
 */
#ifndef CAIRN_PEER_FOLLOW_H
#define CAIRN_PEER_FOLLOW_H

#include "net/loop.h"
#include "net/resolve.h"
#include "peer/roster.h"

struct follow;

struct follow_hooks {
	void (*changed)(void *ctx);              /* some group's roster, or whether it is awaited */
	void (*say)(void *ctx, struct str line); /* for the operator */
	void *ctx;
};

/* NULL where memory is short. */
struct follow *follow_new(struct loop *l, const struct follow_hooks *hooks);

/* As resolver_servers, before anything is followed. */
bool follow_servers(struct follow *f, const char *list);

/* From now on these are followed, and the ones before are not; they stay until the next call, or follow_free. Those
 * that follow nothing may be among them. They get what is known before this returns. Answers count for `max_ms` at
 * most. False where memory is short: some are not followed. */
bool follow_groups(struct follow *f, struct group *const *groups, unsigned count, int64_t max_ms);

/* What it followed stays in the rosters. The loop runs another round. */
void follow_free(struct follow **f);

/* What is known of a name that a group follows, for the operator. */
struct follow_state {
	bool answered;      /* once at least */
	unsigned failures;  /* in a row, up to now */
	const char *why;    /* of the last one */
	int64_t left_ms;    /* until it is asked for again */
	int64_t changed_ms; /* wall clock; 0: never */
};

/* False where nobody follows it yet. */
bool follow_state(const struct following *s, int64_t mono_ns, struct follow_state *out);

#endif
