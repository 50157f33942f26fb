/* Who this node is, and what other people see of its name and of other tiers' names.
 *
 * Pure. thread: any; struct trail_node and struct audience are frozen. The opaque form of other tiers' names is
 * remembered by each thread, since a cryptographic hash costs more than all the rest of a trail.
 *
 * Order of use: trail_node_init, then the fields and revalidated_is_hit as configured, then publish it.
 */
#ifndef CAIRN_TRAIL_NODE_H
#define CAIRN_TRAIL_NODE_H

#include "base/arena.h"
#include "base/str.h"

/* How names appear to a reader. */
enum names {
	NAMES_PLAIN,
	NAMES_OPAQUE,
	NAMES_OFF,
};

/* Which fields a node writes; the settings trail.*. */
struct trail_fields {
	bool x_cache, x_cache_lookup, x_cache_hits, x_cache_miss_from, cache_status, x_cache_status, server_timing,
	    proxy_status;
};

#define TRAIL_OPAQUE_SIZE 10 /* n-xxxxxxxx, not terminated */
#define TRAIL_KEY_SIZE    32
#define TRAIL_INSTANCE_SIZE 16 /* digits of an instance, not terminated */

/* Made from the configuration by trail_node_init. */
struct trail_node {
	struct str name;
	char opaque[TRAIL_OPAQUE_SIZE];
	uint64_t instance;                 /* random, this process's */
	char instance_hex[TRAIL_INSTANCE_SIZE];
	unsigned char key[TRAIL_KEY_SIZE]; /* of opaque names, derived from trail.secret */
	struct trail_fields fields;
	bool revalidated_is_hit;
};

/* For whom a response is rendered. */
struct audience {
	enum names names;
	bool history; /* may see detail, cairn-age, hits */
	bool extras;  /* holds the token: key, per-tier times, the record's id */
	bool tier;    /* one of our own nodes downstream, which renders anew */
};

/* `name` is copied into `a`. `secret` keys the opaque names. The fields are those written by default: all but
 * X-Cache-Status and Server-Timing. False where the name is not a valid one: see trail_name_valid; or the arena is
 * full. */
bool trail_node_init(struct trail_node *n, struct arena *a, struct str name, struct str secret, uint64_t instance);

/* [A-Za-z0-9][A-Za-z0-9._-]{0,252}, and not of the opaque form n-xxxxxxxx. */
bool trail_name_valid(struct str name);

/* The opaque form of any tier's name; one already opaque passes unchanged. */
void trail_opaque(const struct trail_node *n, struct str name, char out[TRAIL_OPAQUE_SIZE]);

/* A name as this audience sees it; `buf` holds an opaque one. For Via and refusal texts too. "cairn" for NAMES_OFF. */
struct str trail_shown(const struct trail_node *n, const struct audience *who, struct str name,
		       char buf[TRAIL_OPAQUE_SIZE]);

/* This node's own, without a hash. Borrowed from the node. */
struct str trail_shown_self(const struct trail_node *n, const struct audience *who);

#endif
