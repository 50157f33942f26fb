/* What one node found, did and why, for one exchange. Formed once, kept in the record, rendered into fields.
 *
 * Invariants, checked by verdict_check before a response leaves:
 * 1. hit implies lookup == LOOKUP_HIT.
 * 2. hit and fwd != FWD_NONE exclude each other; exactly one of hit, fwd, made_up holds.
 * 3. hits > 0 exactly where hit.
 */
#ifndef CAIRN_TRAIL_VERDICT_H
#define CAIRN_TRAIL_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "trail/reason.h"

enum lookup {
	LOOKUP_NONE, /* none was made */
	LOOKUP_MISS,
	LOOKUP_HIT,
};

/* RFC 9211 2.2. */
enum fwd {
	FWD_NONE, /* it did not go forward */
	FWD_BYPASS,
	FWD_METHOD,
	FWD_URI_MISS,
	FWD_VARY_MISS,
	FWD_MISS,
	FWD_STALE,
	FWD_REQUEST,
	FWD_PARTIAL,
};

enum collapsed {
	COLLAPSED_NO,
	COLLAPSED_YES,   /* served by another request's fetch */
	COLLAPSED_TRIED, /* meant to be, and had to go itself */
};

struct verdict {
	enum lookup lookup;
	enum fwd fwd;
	enum reason reason;
	enum collapsed collapsed;
	enum proxy_error error; /* Proxy-Status, on what the node made up and where a stale copy stood in for silence */
	uint8_t alert; /* of PROXY_ERROR_TLS_ALERT_RECEIVED */
	bool hit;      /* served from the store without going forward */
	bool made_up;  /* the node's own response, not from a stored one */
	bool asked;    /* something upstream was asked */
	bool stored;   /* the answer is being stored */
	bool has_ttl;  /* write ttl */
	bool replayed; /* the upstream part of the trail comes from the store: write cairn-age */
	int fwd_status;    /* 0: no next hop answered */
	uint32_t hits;
	int64_t ttl;       /* seconds, perhaps negative */
	int64_t cairn_age; /* seconds since the exchange that wrote the upstream part */
};

/* The invariants above, by MUST. */
void verdict_check(const struct verdict *v);

struct str fwd_token(enum fwd f);
struct str lookup_word(enum lookup l); /* HIT, MISS, NONE */

/* Where a detail goes with several fwd values, the one that trail.md's table computes for an absent key:
 * `other_variants`: something is stored for the URL. */
enum fwd fwd_for_absent(bool other_variants);

#endif
