/* Active probes: each member of a group that is probed is asked again and again whether it is well, by one thread for
 * the whole process. What comes of it joins what requests tell (peer/member.h): a member that is found sick is out
 * until it is found well again, whatever requests say meanwhile; one that requests took out comes back as ever.
 *
 * A probe opens a connection of its own, and does not wait for the one before it: there is none. The members of a group
 * are probed one after the other, spread over the interval.
 *
 * thread: local. Order of use: probe_new; probe_groups for each configuration, before it is in force; probe_look each
 * time that membership has changed; probe_free.
 */
#ifndef CAIRN_PEER_PROBE_H
#define CAIRN_PEER_PROBE_H

#include "net/loop.h"
#include "peer/roster.h"

enum probe_kind {
	PROBE_OFF,
	PROBE_TCP,  /* a connection can be opened */
	PROBE_HTTP, /* GET has an answer of a status that is expected */
};

struct probe_statuses {
	unsigned from, to; /* both are fine */
};

/* How a group is probed. Frozen; of its configuration. */
struct probe {
	enum probe_kind kind;
	struct str path;
	struct str host; /* the Host field; STR_NONE: the member's own */
	const struct probe_statuses *statuses;
	unsigned status_count;
	int64_t interval_ms;
	int64_t timeout_ms;
	unsigned up_after, down_after; /* so many in a row */
};

struct prober;

struct probe_hooks {
	void (*say)(void *ctx, struct str line); /* for the operator */
	void *ctx;
};

/* NULL where memory is short. */
struct prober *probe_new(struct loop *l, const struct probe_hooks *hooks);

/* As resolver_servers, before anything is probed. */
bool probe_servers(struct prober *p, const char *list);

/* From now on these are probed as their configuration says, and none else; they stay until the next call, or
 * probe_free. False where memory is short: some are not. */
bool probe_groups(struct prober *p, struct group *const *groups, unsigned count);

/* Probes who has come, and leaves who has left. */
void probe_look(struct prober *p);

/* The loop runs another round. */
void probe_free(struct prober **p);

#endif
