/* Writes a node's trail: the fields of trail.md section 2 for one response and one reader.
 *
 * Pure. thread: any; struct trail_node and struct audience are frozen.
 */
#ifndef CAIRN_TRAIL_WRITE_H
#define CAIRN_TRAIL_WRITE_H

#include "base/hash.h"
#include "base/strbuf.h"
#include "trail/chain.h"
#include "trail/verdict.h"

/* How names appear to a reader. */
enum names {
	NAMES_PLAIN,
	NAMES_OPAQUE,
	NAMES_OFF,
};

/* Which fields a node writes; the settings trail.fields.*. */
struct trail_fields {
	bool x_cache, x_cache_lookup, x_cache_hits, x_cache_miss_from, cache_status, x_cache_status, server_timing,
	    proxy_status;
};

/* Who this node is: frozen, made from the configuration by trail_node_init. */
struct trail_node {
	struct str name;
	char opaque[10];   /* n-xxxxxxxx */
	uint64_t instance; /* random, this process's */
	struct hash_secret secret;
	struct trail_fields fields;
	bool revalidated_is_hit;
};

/* For whom a response is rendered. */
struct audience {
	enum names names;
	bool history; /* may see detail, cairn-age, hits */
	bool extras;  /* holds the token: key, per-tier times, the record's id */
};

/* What else the fields tell, where there is something to tell. */
struct trail_extra {
	uint16_t port;          /* of X-Cache-Lookup */
	struct str miss_from;   /* plain name; STR_NONE: write none */
	struct str key;         /* written where the audience has extras */
	int64_t duration_us;    /* of Server-Timing */
	struct str record_id;   /* STR_NONE: none */
	struct str proxy_status_details; /* free text of Proxy-Status; STR_NONE: none */
};

/* `name` is copied into `a`. `secret` keys the opaque names. False where the name is not a valid one: see
 * trail_name_valid. */
bool trail_node_init(struct trail_node *n, struct arena *a, struct str name, struct str secret, uint64_t instance);

/* [A-Za-z0-9][A-Za-z0-9._-]{0,252}, and not of the opaque form n-xxxxxxxx. */
bool trail_name_valid(struct str name);

/* The opaque form of any tier's name; one already opaque passes unchanged. */
void trail_opaque(const struct trail_node *n, struct str name, char out[10]);

/* A name as this audience sees it; `buf` holds an opaque one. For Via and refusal texts too. "cairn" for NAMES_OFF. */
struct str trail_shown(const struct trail_node *n, const struct audience *who, struct str name, char buf[10]);

/* Writes the field lines, each with its CRLF. `upstream` may be NULL. Fast where it is: a hit of a single node. */
void trail_write(struct strbuf *out, const struct trail_node *n, const struct audience *who, const struct verdict *v,
                 const struct chain *upstream, const struct trail_extra *x);

/* Appends this node to Via: "1.1 edge-1 (cairn)", received version first. `received` is the joined incoming value. On
 * requests the comment carries the instance, "(cairn <16 hex>)", by which a loop is found. Names of Cairn tiers in
 * `received` are shown as the audience's policy says. */
void trail_via_response(struct strbuf *out, const struct trail_node *n, const struct audience *who, int minor,
                        struct str received);
void trail_via_request(struct strbuf *out, const struct trail_node *n, int minor, struct str received);

/* Has the request passed through this very process: its instance in a Via comment or in CDN-Loop? */
bool trail_is_loop(const struct trail_node *n, const struct head *request);

/* The member of CDN-Loop that this node adds: "cairn-<16 hex>". */
#define TRAIL_CDN_LOOP_SIZE 22
void trail_cdn_loop(const struct trail_node *n, char out[TRAIL_CDN_LOOP_SIZE]);

#endif
