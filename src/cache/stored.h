/* A response head as it is kept: one run of bytes without pointers, so that it can lie in the store's memory, move, and
 * survive a hand-over. It holds the meta, the field lines as HTTP/1 sends them, a table of field ids and lengths for those
 * who must walk them, the packed upstream trail, the key's text, and what it varies by.
 *
 * Frozen once packed. Pure.
 */
#ifndef CAIRN_CACHE_STORED_H
#define CAIRN_CACHE_STORED_H

#include "cache/meta.h"
#include "http/range.h"

struct stored; /* never allocated by the compiler: as many bytes as stored_pack says, aligned to 8 */

/* The most that the meta can take packed, what is written behind it included, and all numbers with it. */
#define STORED_META_MAX    (sizeof(uint32_t) + sizeof(struct meta) + 3)
#define STORED_NUMBERS_MAX (5 * 10 + STORED_META_MAX)

struct draft {
	const struct meta *meta;
	const struct head *head; /* the upstream's response; which fields are kept is decided by stored_keeps */
	struct str key;          /* text */
	struct str chain;        /* packed */
	struct str vary_names;   /* STR_NONE: none */
	struct str vary_values;  /* as vary_values() wrote them for the request */
	int64_t trail_ms;        /* wall clock of the exchange that wrote the upstream part: cairn-age counts from it */
	bool strip_cookies;
	bool relay;              /* for the client that asked, not for the store: what is left out for others' sake is kept */
	bool passing;            /* it will not be stored: packed in less time, and larger */
};

/* Is this field kept? Not hop-by-hop ones, the trail's, those computed for each response, or a Date that is none: then the
 * time of receipt is written in its place. But to relay, neither those that private="..." or no-cache="..." names,
 * Set-Cookie where it is stripped, and the Content-Range of a 206: so who sends a 206 writes one where the head has none. */
bool stored_keeps(const struct draft *d, const struct field *f);

/* Has the head a field that is for nobody but the client that asked? `d` is the draft for the store. */
bool stored_is_personal(const struct draft *d);

/* Would one to relay keep more? `d` is the draft for the store; where it holds nothing back, one head serves both. */
bool stored_holds_back(const struct draft *d);

/* Packing takes no more bytes than that, and a part of them for a while only. */
size_t stored_most(const struct draft *d);

/* Packs into `mem` of as many bytes; returns how many are taken. */
size_t stored_pack(const struct draft *d, void *mem, size_t most);

size_t stored_bytes(const struct stored *s); /* its size */
void stored_meta(const struct stored *s, struct meta *out); /* kept packed, only what is there: ask once a step */
struct str stored_lines(const struct stored *s); /* "Name: value\r\n"... without start line and last empty line */
struct str stored_chain(const struct stored *s);
struct str stored_key(const struct stored *s);
struct str stored_vary_names(const struct stored *s);
struct str stored_vary_values(const struct stored *s);
int64_t stored_trail_ms(const struct stored *s);

/* A field's first value; STR_NONE. A walk over the table, not over the text. */
struct str stored_field(const struct stored *s, enum hdr id);

/* Have tiers upstream left something in it: a trail, Via, Proxy-Status? */
bool stored_tells_of_tiers(const struct stored *s);

/* Its fields again as a head, borrowed from `s`; the table in `a`. */
bool stored_head(const struct stored *s, struct head *out, struct arena *a);

/* Is it what a 304 speaks of? Where not, the 304 may not update it, nor say that it is still good (RFC 9111 4.3.4). */
bool stored_is_meant(const struct stored *s, const struct head *update);

/* The head that results from a 304 or a HEAD's 200 (RFC 9111 3.2): stored fields, those of `update` in their place, but for
 * those marked KEEP or not kept at all; the status is the stored one's. It has the update's Age, if any, and its Date or
 * none, for the new meta is read from it. In `a`, borrowed from `s` and `update`. False where the arena is full. */
bool stored_updated(const struct stored *s, const struct head *update, struct head *out, struct arena *a);

/* Does a HEAD's response contradict the stored one of this complete length (RANGE_UNKNOWN: not known): another length, ETag
 * or Last-Modified? Then the stored one is invalid (RFC 9111 4.3.5). */
bool stored_contradicts(const struct stored *s, uint64_t length, const struct head *update);

#endif
