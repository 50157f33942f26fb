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
 * has none of them (or the arena is full). Cache-Status that is not a valid structured field is read leniently; what
 * cannot be saved is dropped and counted in *dropped; at most 16 members, the nearest kept. */
const struct chain *chain_read(const struct head *response, struct arena *a, unsigned *dropped);

/* The packed form: bytes without pointers, to be stored with an entry. Empty for NULL. In `a`. */
struct str chain_pack(const struct chain *c, struct arena *a);

/* Back from the packed form, which is borrowed. NULL for an empty one. */
const struct chain *chain_unpack(struct str packed, struct arena *a);

/* X-Cache-Miss-From for an exchange that asked upstream: the name that reached back furthest by trail.md section 2,
 * `self` where no tier says that it went forward. `c` may be NULL. Plain name, before any reader's policy. */
struct str chain_miss_from(const struct chain *c, struct str self, struct arena *a);

#endif
