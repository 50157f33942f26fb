/* What the caches between a client and the origin say of one response, whoever made them: the tiers, the client's side
 * first. Each dialect (dialects/) knows one maker's fields; tiers.c puts together what speaks of one node, and decides
 * what of it is about this request and what about the time when the copy was made.
 *
 * Pure: no clock, no I/O. thread: local. Fuzzed by tests/fuzz/fuzz_tiers.c.
 */
#ifndef CAIRN_TRAIL_TIERS_H
#define CAIRN_TRAIL_TIERS_H

#include "base/arena.h"
#include "http/head.h"

/* Rows in tbl/vendors.def. */
enum vendor {
#define VENDOR(id, name, place, title) VENDOR_##id,
#include "tbl/vendors.def"
#undef VENDOR
	VENDOR_COUNT
};

struct str vendor_name(enum vendor v);  /* as it is printed in JSON */
struct str vendor_title(enum vendor v); /* as it is printed for people */

enum tier_lookup {
	TIER_LOOKUP_UNKNOWN, /* none was made, or nothing is said of it */
	TIER_LOOKUP_HIT,
	TIER_LOOKUP_MISS,
	TIER_LOOKUP_STALE,
};

enum tier_served {
	TIER_SERVED_UNKNOWN,
	TIER_SERVED_HIT,
	TIER_SERVED_MISS,
	TIER_SERVED_REVALIDATED,
	TIER_SERVED_STALE,
	TIER_SERVED_BYPASS,
	TIER_SERVED_ERROR,
};

struct str tier_lookup_word(enum tier_lookup l); /* empty where unknown */
struct str tier_served_word(enum tier_served s);

#define TIER_NUMBER_NONE INT64_MIN /* hits, ttl, age, took_us: not said */

/* A field's line as it came, or the part of its value that speaks of one tier. */
struct evidence {
	struct str name, value;
	const struct evidence *next;
};

struct tier {
	struct str node;  /* empty: none is named */
	struct str place; /* an airport or a town that is told beside the node's name; empty: none */
	enum vendor vendor;
	enum tier_lookup lookup;
	enum tier_served served;
	int64_t hits;
	int64_t ttl, age;     /* seconds */
	int64_t took_us;      /* what the tier itself took, with all behind it; as it says of this exchange */
	struct str miss_from; /* what stands behind "from" in a miss, or in X-Cache-Miss-From; empty: nothing */
	struct str record; /* the number under which a Cairn node keeps this exchange, for holders of its token; empty:
			      not told */
	struct str reason; /* a sentence; empty: nothing is known of why */
	bool made_up;      /* it answered by itself, with neither a copy nor what somebody behind it sent */
	bool frozen;       /* these words are of the time when the copy was made (a tier nearer to the client had it) */
	bool may_have_asked; /* to it, what upstream confirmed first is a hit as well, and which it was this time is not told */
	bool says_nothing; /* a proxy that says nothing about caching: shown to people, not counted as a tier */
	const struct evidence *evidence;
};

/* What the whole leaves open: two readings, two fields that cannot both be right, a field that is not valid. */
struct tiers_note {
	struct str text; /* a sentence */
	const struct tiers_note *next;
};

struct tiers {
	struct tier *tier; /* the client's side first */
	unsigned count;
	const struct tiers_note *notes;
};

/* Reads all that a response's fields say. `request` gives more to go by (Host, a reload), and may be NULL. Everything
 * is in `a` or borrowed from the heads. Returns false where the arena is full: then *out has what was read up to there.
 * Texts of fields are given as they came: whoever shows them has to make them harmless. At most TIERS_MAX are read. */
#define TIERS_MAX 1024
bool tiers_read(const struct head *response, const struct head *request, struct arena *a, struct tiers *out);

#endif
