/* A member of an upstream group: a server that this node can ask, and what is known of it.
 *
 * What it is (scheme, host, port, and the texts made of them) is frozen. It is counted: rosters hold it, and whoever
 * took it from one and goes on with it, such as a connection. So what is known of it outlives a change of membership
 * and a reload of the configuration: the next roster that has it takes the same struct.
 *
 * Health and counters are shared by all workers, and written with relaxed atomics. Health is passive: a group's
 * `max_fails` failures in a row take a member out for `down_ms`, and each failure after that for twice as long, up to
 * 16 times. When the time is over one request tries it; the others pass it by until that one has reported, or another
 * `down_ms` has gone by. One that has come back is given its share little by little, within the group's `slow_start_ms`.
 */
#ifndef CAIRN_PEER_MEMBER_H
#define CAIRN_PEER_MEMBER_H

#include <stdatomic.h>

#include "base/str.h"
#include "net/conn.h"
#include "peer/neighbour.h"

struct digest_held;
struct group;
struct member_addrs;
struct tls_context;

struct member {
	struct str scheme; /* "http", "https" */
	struct tls_context *tls; /* held; NULL: it is spoken to in the clear */
	struct str host;         /* a name or an address, IPv6 without brackets */
	uint16_t port;
	struct str server;    /* whom its certificate has to be for: the host, or the name that it was followed by */
	struct str authority; /* as a Host field says it */
	struct str label;     /* host:port, for logs and metrics */
	uint64_t id;          /* choice_hash of that */
	/* Health, shared. */
	atomic_uint fails;           /* in a row */
	atomic_uint lost;            /* in a row; see member_lost */
	_Atomic int64_t down_until;  /* mono_ns; 0: up */
	_Atomic int64_t trial_until; /* mono_ns; somebody tries a member that was down; 0: nobody */
	_Atomic int64_t tried_at;    /* mono_ns of the latest trial */
	_Atomic int64_t up_since;    /* mono_ns; 0: it has not been down */
	atomic_bool sick;            /* found so by probes, and out until they find it well */
	atomic_uint active;          /* requests on their way */
	atomic_int spent;            /* of its budget for being asked again: peer/limit.h */
	atomic_uint shared;          /* so many of its group's requests have been counted in that */
	atomic_uint connecting;      /* connections being opened */
	/* Counters, shared, relaxed. */
	atomic_ullong requests, failures, connects, reused, ejections, refused;
	atomic_ullong status[6]; /* by hundreds; [0]: none came */
	_Atomic(struct digest_held *) digest; /* peer/digest_peer.h; NULL: there is none */
	atomic_bool left;                        /* its group has it no more */
	struct neighbour neighbour;              /* what is known of it as one to ask */
	/* private: */
	_Atomic(struct member_addrs *) addrs; /* NULL: the host is to be looked up */
	atomic_uint refs;
	char text[];
};

/* From its URL, "http://host[:port]" or https with nothing behind; held once. `tls`: for https; NULL: that is not taken.
 * NULL with *why half a sentence that says what is wrong with it. */
struct member *member_new(struct str url, struct tls_context *tls, const char **why);

/* The same place, reached in the same way: what is known of one holds for the other. */
bool member_same(const struct member *a, const struct member *b);

/* The same as `m`, at an address: known by that, called and believed as `m` is. Or under another name and port, as by an SRV record.
 * Held once; NULL where memory is short. */
struct member *member_at(const struct member *m, const union addr *at);
struct member *member_named(const struct member *m, struct str host, uint16_t port);

#define MEMBER_ADDRS_MAX 16

/* Where it is, as far as somebody follows that; the port is its own. Written by one thread. */
void member_place(struct member *m, const union addr *addrs, unsigned count);

/* Where it is, or none where its host is to be looked up: how many, at most MEMBER_ADDRS_MAX. */
unsigned member_places(const struct member *m, union addr *out);

/* It belongs to its group no more: what is connected to it is not kept when it comes back. */
void member_leave(struct member *m);
bool member_has_left(const struct member *m);

struct member *member_hold(struct member *m);

/* Nulls; NULL is fine. */
void member_let_go(struct member **m);

/* What became of a request: passive health, by the group's limits. A 5xx is no failure of the member, nor is a body
 * that ends early; a head that cannot be understood is one. News of a failure that comes while the member is out
 * already does not keep it out longer. */
void member_succeeded(struct member *m);
void member_failed(const struct group *g, struct member *m, int64_t mono_ns);

/* What probes found (peer/probe.h): out at once; and back at once, whatever requests found before, with its share growing
 * again. False where that is no news. */
bool member_found_sick(struct member *m);
bool member_found_well(struct member *m, int64_t mono_ns);

/* Nobody probes it any more. */
void member_forget_probes(struct member *m);

/* Another member was asked as well, and was quicker. Several times in a row is a failure, and so is once on trial: what it
 * let wait was taken from it, so nothing else would tell that it is stuck; but in a busy hour all are slow. */
void member_lost(const struct group *g, struct member *m, int64_t mono_ns);

/* Up, or out for long enough that a request may try it. */
bool member_is_up(const struct member *m, int64_t mono_ns);

/* How much of its share it may have: 1, or less where it came back a moment ago. Above 0. */
double member_warmth(const struct group *g, const struct member *m, int64_t mono_ns);

/* Before one that is up is asked: false where it was down and another request was quicker to try it. */
bool member_claim(const struct group *g, struct member *m, int64_t mono_ns);

/* Who claimed it at that time did not ask it after all: another one may. Nothing where that was no trial. */
void member_unclaim(const struct group *g, struct member *m, int64_t mono_ns);

#endif
