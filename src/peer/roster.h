/* Upstream groups and their members: whom this node can ask.
 *
 * A group is frozen once published (it belongs to a configuration). A member is counted: the next configuration that
 * names it takes it over, so that what is known of it outlives a reload; its health is shared by all workers and written
 * with relaxed atomics. Order of use: group_new, group_add..., group_inherit, then group_pick and what became of it.
 *
 * Health is passive: `max_fails` failures in a row take a member out for `down_ms`, and each failure after that for twice
 * as long, up to 16 times. When the time is over one request tries it; the others pass it by until that one has reported,
 * or another `down_ms` has gone by.
 */
#ifndef CAIRN_PEER_ROSTER_H
#define CAIRN_PEER_ROSTER_H

#include <stdatomic.h>

#include "base/arena.h"
#include "base/str.h"

enum group_kind {
	GROUP_ORIGIN, /* the site itself: its trail is dropped */
	GROUP_PARENT, /* the next tier of caches: may itself miss */
};

struct member {
	struct str scheme;    /* "http" */
	struct str host;      /* a name or an address, IPv6 without brackets */
	uint16_t port;
	struct str authority; /* as a Host field says it */
	struct str label;     /* host:port, for logs and metrics */
	unsigned weight;      /* its share, against the others' */
	/* Health, shared. */
	atomic_uint fails;           /* in a row */
	_Atomic int64_t down_until;  /* mono_ns; 0: up */
	_Atomic int64_t trial_until; /* mono_ns; somebody tries a member that was down; 0: nobody */
	atomic_uint active;          /* requests on their way */
	/* Counters, shared, relaxed. */
	atomic_ullong requests, failures, connects, reused;
	atomic_ullong status[6];     /* by hundreds; [0]: none came */
	/* private: */
	atomic_uint refs; /* groups that it is in */
	char text[];
};

struct group {
	struct str name;
	enum group_kind kind;
	unsigned count;
	struct member **members;
	atomic_uint turn; /* round robin */
	unsigned max_fails;      /* this many failures in a row take a member out */
	int64_t down_ms;         /* for this long, doubling to 16 times */
};

#define GROUP_MEMBERS_MAX 64

/* In `a`, which must outlive it and lets go of the members: both are the configuration's. `max_fails` and `down_ms` begin with what the settings
 * default to. NULL where memory is short. */
struct group *group_new(struct arena *a, struct str name, enum group_kind kind);

/* A member from its URL, "http://host[:port]" with nothing behind; its weight is 1 until the caller sets it, before `g`
 * is published. NULL with *why half a sentence that says what is wrong with it. */
struct member *group_add(struct group *g, struct arena *a, struct str url, const char **why);

/* Members that `before` has, too, with the same weight, are taken over from it. Not once `g` is published. */
void group_inherit(struct group *g, const struct group *before);

/* The next member in turn, by weight, whose bit is not in `tried`: one that is up, or where the whole group is down any. NULL where
 * none is left. Sets the bit. */
struct member *group_pick(struct group *g, uint64_t *tried, int64_t mono_ns);

/* Is every member down? Then a stale copy is served without asking. */
bool group_is_down(const struct group *g, int64_t mono_ns);

/* What became of a request: passive health. A 5xx is no failure of the member, nor is a body that ends early; a head that
 * cannot be understood is one. News of a failure that comes while the member is out already does not keep it out longer. */
void member_succeeded(struct member *m);
void member_failed(const struct group *g, struct member *m, int64_t mono_ns);

/* Up, or out for long enough that a request may try it. */
bool member_is_up(const struct member *m, int64_t mono_ns);

#endif
