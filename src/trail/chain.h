/* The upstream part of a trail: what the tiers behind this node said, parsed. It is kept with the entry in a packed form
 * without pointers, and rendered anew for each reader.
 *
 * Pure. thread: local while parsed; the packed form is frozen.
 */
#ifndef CAIRN_TRAIL_CHAIN_H
#define CAIRN_TRAIL_CHAIN_H

#include "base/arena.h"
#include "http/head.h"

struct chain;

/* Reads X-Cache, X-Cache-Lookup, X-Cache-Hits, X-Cache-Miss-From and Cache-Status of an upstream's response. NULL where it
 * has none of them, nothing of them can be kept, or the arena is full. Items of X-Cache whose form is unknown are kept as
 * text. Cache-Status that is not a valid structured field is read leniently. Of each list the 16 items nearest are kept.
 * *dropped is how many items, members and parameters could not be. Borrows from the response. */
const struct chain *chain_read(const struct head *response, struct arena *a, unsigned *dropped);

/* The packed form: bytes without pointers, to be stored with an entry. Empty for NULL. In `a`. What belongs to one exchange
 * is not in it: X-Cache-Miss-From, and what upstream told a holder of the token (key, cairn-record). */
struct str chain_pack(const struct chain *c, struct arena *a);

/* Back from the packed form, which is borrowed. NULL for an empty one, or one in which anything is odd: it may have lain on
 * a disk. */
const struct chain *chain_unpack(struct str packed, struct arena *a);

/* X-Cache-Miss-From for an exchange that asked upstream: the name that reached back furthest by trail.md section 2,
 * `self` where no tier says that it went forward. `c` is what this exchange brought, a discarded answer's too, never a
 * stored one; it may be NULL. As upstream wrote it, before any reader's policy. In `a`, or `self`. */
struct str chain_miss_from(const struct chain *c, struct str self, struct arena *a);

#endif
