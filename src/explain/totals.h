/* What the entries of a page come to: a row for each, sums by who answered, by host and by why it was no hit, what
 * caches spared and what the misses cost, and the worst of them.
 *
 * thread: local. Takes memory of its own: some 100 bytes an entry and its URL, which is cut at TOTALS_URL_MOST.
 * Order of use: totals_new, totals_add for each story, totals_end, then read; totals_free.
 */
#ifndef CAIRN_EXPLAIN_TOTALS_H
#define CAIRN_EXPLAIN_TOTALS_H

#include "explain/story.h"

#define TOTALS_URL_MOST ((size_t)300)
#define TOTALS_WORST    10
#define TOTALS_SUMS     100 /* names told apart by one kind of sum; what comes beyond is "others" */

/* Who answered, as a page's reader sees it. */
enum totals_kind {
	TOTALS_BROWSER,   /* the browser's own caches, its service worker: the network was not asked */
	TOTALS_CACHE,     /* a cache on the way, the origin was not asked */
	TOTALS_CONFIRMED, /* a copy, the browser's or a cache's, which somebody further back confirmed */
	TOTALS_ORIGIN,
	TOTALS_UNTOLD, /* nobody says */
	TOTALS_KINDS,
};

struct totals_entry {
	struct str url;
	struct str who; /* "Fastly", "the browser's memory", "the origin" */
	struct str edge; /* the node nearest to the client, but for the browser; empty: none names itself */
	enum totals_kind kind;
	size_t number;           /* from 1, in the order in which they came */
	int status;              /* 0: not known */
	int64_t wait_us, all_us; /* EXCHANGE_UNKNOWN where nobody told, as below */
	int64_t wire_bytes, body_bytes;
};

struct totals_sum {
	struct str name;
	enum totals_kind kind; /* of who answered; nothing in the other sums */
	uint64_t count, bytes; /* bytes: moved by the network, as far as it is known */
	int64_t us;            /* until the last byte */
};

struct totals_sums {
	struct totals_sum row[TOTALS_SUMS + 1];
	unsigned count;
};

/* One of the worst misses, which take longest. */
struct totals_miss {
	struct totals_entry entry;
	struct str verdict, why, advice; /* advice: the first, with its paragraph; empty: there is none */
};

struct totals {
	struct totals_entry *entry;
	size_t count;
	size_t by_kind[TOTALS_KINDS];
	struct totals_sums tiers, hosts, reasons; /* the most frequent first, once totals_end has been called */
	uint64_t moved;                           /* bytes that the network moved */
	uint64_t spared;                          /* bytes of bodies that browser caches made it unnecessary to move */
	uint64_t lost;                            /* bytes that were moved for misses */
	int64_t waited_us;                        /* for misses, until the first byte */
	int64_t saved_us; /* by hits, measured by what misses of the same host waited on the average, or else of all */
	struct totals_miss worst[TOTALS_WORST]; /* the slowest first */
	unsigned worst_count;
};

/* NULL where memory is short. */
struct totals *totals_new(void);

/* The story is not needed afterwards. False where memory is short: the entry is not counted. */
bool totals_add(struct totals *t, const struct story *s);

/* Puts the sums in order and reckons what hits saved. */
void totals_end(struct totals *t);

void totals_free(struct totals **t);

#endif
