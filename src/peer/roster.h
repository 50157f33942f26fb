/* Upstream groups and their rosters: whom this node can ask.
 *
 * A roster is who belongs to a group at a time: frozen once the group shows it, counted, and swapped as a whole when
 * membership changes. A request keeps to the one it began to pick from (peer/pick.h); what it was lent comes back as
 * ever. The group itself belongs to a configuration, and is frozen with it but for its roster and the turn.
 *
 * Order of use: group_new, group_add..., group_inherit; from then on the group may be shared between threads,
 * group_swap is one thread's, and readers take the roster by group_hold, or by group_roster inside a bracket of
 * base/rcu.h.
 */
#ifndef CAIRN_PEER_ROSTER_H
#define CAIRN_PEER_ROSTER_H

#include "base/arena.h"
#include "base/rcu.h"
#include "peer/choice.h"
#include "peer/member.h"

enum group_kind {
	GROUP_ORIGIN,  /* the site itself: its trail is dropped */
	GROUP_PARENT,  /* the next tier of caches: may itself miss */
	GROUP_SIBLING, /* the same tier: asked for what it holds, and for nothing else */
};

#define GROUP_MEMBERS_MAX 256

enum follow_kind {
	FOLLOW_NOT,
	FOLLOW_ADDRESSES, /* each A and AAAA record of the name */
	FOLLOW_SRV,
};

/* Where a member is asked what it holds. */
struct seat_asked {
	uint16_t icp, htcp; /* ports; 0: it is not */
	bool clear;         /* it is told what to forget, by HTCP */
};

/* A member, and what belongs to its place in this roster alone. */
struct seat {
	struct member *member;             /* held */
	unsigned weight;                   /* its share, against the others' */
	struct str name;                   /* for CARP; empty: the member's host */
	unsigned priority;                 /* asked only where nobody of a lower one is left (RFC 2782) */
	const struct following *following; /* that it is from; NULL: it was added by itself */
	struct seat_asked asked;
};

/* A name that stands for members: peer/follow.h has them in the roster. */
struct following {
	struct following *next;
	enum follow_kind follow;
	struct seat like; /* what their seats say; its member, held, is what they are made after: as the URL says */
	/* private to peer/follow.c: */
	struct followed *followed;
};

struct roster {
	/* private: */
	struct rcu_later later;
	atomic_uint refs;
	/* public: */
	unsigned count;
	struct seat seats[];
};

struct group {
	struct str name;
	enum group_kind kind;
	atomic_uint turn;   /* round robin */
	unsigned max_fails; /* this many failures in a row take a member out */
	int64_t down_ms;    /* for this long, doubling to 16 times */
	enum choice choice;
	unsigned bounded_load;        /* of CHOICE_HASH, in percent; 0: none */
	unsigned panic;               /* percent of the members: where fewer are up, all count as up */
	unsigned max_requests;        /* outstanding, of one member; 0: any number */
	unsigned max_connecting;      /* connections being opened to one member; 0: any number */
	unsigned retry_percent;       /* requests sent once more, of all; 0: any number */
	atomic_int spent;             /* of that budget: peer/limit.h */
	atomic_uint asked;            /* requests that paid into it */
	int64_t slow_start_ms;        /* for this long a member that has come back has less than its share */
	struct str preface;           /* connections that are nobody's begin with it: a PROXY header, or nothing */
	const struct probe *probe;    /* peer/probe.h; NULL: members are not probed */
	struct following *followings; /* the latest first */
	atomic_bool awaited;          /* one of them is not answered yet, well or not: members may come soon */
	_Atomic int64_t changed_ms;   /* wall clock; when the roster last changed; 0: it has not */
	struct tls_context *tls; /* for its members of https; held, see group_trust. NULL: it takes none */
	/* private: */
	_Atomic(struct roster *) roster;
};

/* In `a`, which must outlive it and lets go of the members: both are the configuration's. `max_fails` and `down_ms`
 * begin with what the settings default to, the rest with nothing: members are taken in turn. NULL where memory is
 * short. */
struct group *group_new(struct arena *a, struct str name, enum group_kind kind);

/* Members that are added from now on may be of https, under `tls`, which is held. */
void group_trust(struct group *g, struct tls_context *tls);

/* A member from its URL (member_new), the last in the roster; its weight is 1. The seat is there until the next call.
 * NULL with *why half a sentence that says what is wrong. Not once `g` is shared. */
struct seat *group_add(struct group *g, struct str url, const char **why);

/* A name to follow, from the URL that it is written in; in `a`, as g is. It has no members yet, and `like` a weight of
 * 1. As group_add else. */
struct following *group_follow(struct group *g, struct arena *a, enum follow_kind kind, struct str url,
			       const char **why);

/* Members that `before` has, too, are taken over from it. Not once `g` is shared; on the thread that swaps the rosters
 * of `before`. */
void group_inherit(struct group *g, const struct group *before);

/* The present roster, borrowed: inside a bracket, or while nobody swaps it. */
static inline const struct roster *
group_roster(const struct group *g)
{
	return atomic_load_explicit(&g->roster, memory_order_acquire);
}

/* The same, to keep until roster_let_go. */
struct roster *group_hold(const struct group *g);

/* Nulls; NULL is fine. */
void roster_let_go(struct roster **r);

/* An empty roster, held once; NULL where memory is short. */
struct roster *roster_new(void);

/* Adds a member, which the roster holds from here on; not once a group shows it. *r may move. NULL where it is full or
 * memory is short, and all is as it was. */
struct seat *roster_add(struct roster **r, struct member *m, unsigned weight);

/* The same for one that sits as `like` says, which may be a seat of another roster. */
struct seat *roster_add_like(struct roster **r, struct member *m, const struct seat *like);

/* Is its member asked what it holds, or has it been, or its digest believed? */
bool seat_is_neighbour(const struct seat *s);

bool roster_has(const struct roster *r, const struct member *m);

/* From now on `r` is the group's, which takes over the reference. Whoever holds the one before goes on with it. */
void group_swap(struct group *g, struct roster *r);

struct str group_kind_word(enum group_kind k);

/* Is every member down? Then a stale copy is served without asking. */
bool group_is_down(const struct group *g, int64_t mono_ns);

#endif
