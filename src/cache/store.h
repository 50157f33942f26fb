/* The store: an index of resources, their variants, and the ghost of what left. All workers share one.
 *
 * A resource is a key and at most `variants` entries. Lookups take no lock: they run between rcu_read_begin and
 * rcu_read_end. Changes take the lock of the key's stripe. Purging everything, or a group, is one new generation, whatever
 * the number of entries: those born before it are gone, or stale, when they are met.
 * Memory: extents, index, ghost, what is retired and not yet freed, and what is pinned count against one limit.
 *
 * thread: shared. Order of use: store_new; store_find inside a reader; store_put and its kin from anywhere; store_free when
 * all threads are gone.
 */
#ifndef CAIRN_CACHE_STORE_H
#define CAIRN_CACHE_STORE_H

#include "base/rcu.h"
#include "cache/entry.h"
#include "cache/key.h"
#include "cache/policy.h"
#include "trail/reason.h"

struct store;

enum store_objective {
	STORE_OBJECTS, /* most hits */
	STORE_BYTES,   /* most bytes from the store */
};

struct store_conf {
	uint64_t memory;     /* bytes, everything counted */
	bool prefault;       /* takes it all at the start */
	uint64_t max_object; /* bytes of body; held at an eighth of the memory, half where the objective is bytes */
	unsigned variants;   /* of one resource, at most */
	enum store_objective objective;
	struct hash_secret secret; /* of the index */
};

/* NULL with *why a sentence. */
struct store *store_new(const struct store_conf *conf, const char **why);
void store_free(struct store **s);

const struct hash_secret *store_secret(const struct store *s);
struct slots *store_slots(struct store *s);
uint64_t store_max_object(const struct store *s); /* what holds now */

/* What changes with a reload; memory does not. */
void store_reconf(struct store *s, uint64_t max_object, unsigned variants, enum store_objective objective);

enum found_what {
	FOUND_NOTHING, /* nothing stored for the key */
	FOUND_OTHERS,  /* other variants only */
	FOUND_ENTRY,
	FOUND_TROUBLE, /* something is indexed and could not be read */
};

struct found {
	enum found_what what;
	struct entry *entry;    /* of FOUND_ENTRY: valid inside the reader's bracket */
	enum reason mark;       /* of FOUND_ENTRY: REASON_PURGED or REASON_INVALIDATED where it is marked stale, else NONE */
	enum reason absent;     /* of the others: the reason by the order of trail.md */
	int64_t absent_ago_ms;  /* how long ago the event behind `absent` was; -1: not known */
	uint64_t order;         /* the purge's id where the reason is REASON_PURGED */
	struct str vary_names;  /* the newest rule known for this key; STR_NONE: none. Valid inside the bracket */
	bool uncacheable;       /* remembered as such: do not make others wait for its answer */
	uint8_t uncacheable_why; /* enum unstorable */
	uint32_t uncacheable_s;  /* for so many seconds still */
};

/* Looks a key up for a request; selects the variant: stored normalised fields first, then Content-Language and
 * Content-Encoding by q-value (RFC 9111 4.1). Inside a reader's bracket. */
void store_find(struct store *s, const struct key *key, const struct head *request, int64_t now_ms, struct found *out);

/* A stored head lies in one slot, with what else its entry has: more bytes than these are not taken. */
#define STORE_HEAD_MAX ((size_t)24 * 1024)

/* Can it be stored at all, but for its body? */
bool store_takes_head(const struct stored *head);

enum store_put {
	STORE_PUT_OK,
	STORE_PUT_TOO_LARGE,
	STORE_PUT_FULL,
	STORE_PUT_GONE, /* what it updates has left: purged, invalidated, or replaced by something newer */
};

/* A new entry. `head` is copied; what `policy` says of it now decides for how long it is kept; each extent's reference is
 * taken over, whatever the result. It replaces the entry of the same variant. `hits`: what the counter starts at. *out,
 * where asked for, gets the entry pinned. */
struct new_entry {
	const struct key *key;
	const struct stored *head;
	const struct cache_policy *policy;
	struct extent extents[EXTENTS_MAX];
	unsigned count;       /* 0: no body at all */
	uint64_t length;      /* complete length; RANGE_UNKNOWN */
	uint32_t hits;
	const struct entry *replaces; /* an update of this one: its body may be shared; NULL: none */
	bool keep_body;       /* the body of `replaces` is kept, and `extents` are added to it */
	bool unmarks;         /* the key is not uncacheable any more */
	const struct meta *meta; /* the head's; NULL: it is unpacked for this */
};

enum store_put store_put(struct store *s, struct new_entry *n, int64_t now_ms, struct entry **out);

/* The same, but no lookup finds it: for those who are being answered, where it may not be kept. Pinned; it goes with the
 * last pin. NULL where there is no room. */
struct entry *store_set_aside(struct store *s, struct new_entry *n);

/* An order to forget a key: all its variants. Hard: removed; soft: marked stale. Returns how many variants there were. */
unsigned store_purge(struct store *s, const struct key *key, bool soft, uint64_t order, int64_t now_ms);

/* The same by an unsafe method or a HEAD that did not match (RFC 9111 4.4, 4.3.5): removed. */
unsigned store_invalidate(struct store *s, const struct key *key, int64_t now_ms);

/* Every entry with this member in its Cache-Groups, of the same origin (RFC 9875 3): marked stale. Returns how many there
 * were, or a few more where groups share a number. */
unsigned store_invalidate_group(struct store *s, struct str origin, struct str group, int64_t now_ms);

/* The same for all that is stored for the URL of a key that fields join, whatever their values. */
unsigned store_invalidate_url(struct store *s, const struct key *key, int64_t now_ms);

/* Everything: hard or soft. */
uint64_t store_purge_all(struct store *s, bool soft, uint64_t order, int64_t now_ms);

/* Remembers that this key gives responses that may not be stored, for `for_ms`, or until an entry unmarks it. */
void store_mark_uncacheable(struct store *s, const struct key *key, uint8_t why, int64_t now_ms, int64_t for_ms);

/* Makes room by evicting: called where segs_room found none. The memory is there when readers have left, some milliseconds
 * later. False where nothing may leave. */
bool store_make_room(struct store *s, size_t bytes, int64_t now_ms);

/* A little housekeeping, to be called some ten times a second by one worker: drops what is of no use any more, ages the
 * ghost. Each call looks at some hundred entries and goes on where the last one stopped. */
void store_tidy(struct store *s, int64_t now_ms);

struct store_totals {
	uint64_t limit, memory;  /* bytes: allowed, taken in all */
	uint64_t extents, index, ghost; /* bytes: the sum is `memory` */
	uint64_t retired, pinned; /* bytes, parts of `extents`: out of the index, and not yet free */
	uint64_t entries, resources, pinned_entries;
	uint64_t bodies;         /* bytes of bodies */
	uint64_t puts, evictions, drops, purges, replaced, full; /* counts since the start */
	uint64_t variants_dropped;
};
void store_totals(const struct store *s, struct store_totals *out);

/* Walks all entries, for the admin and tests; `fn` runs inside a reader's bracket. */
void store_each(struct store *s, void (*fn)(void *arg, struct entry *e), void *arg);

/* The same a little at a time, to go on with later: some `most` entries from *at on, which is 0 at first, but for those that
 * are marked stale. False once the end is reached; *at is 0 again then. What comes or leaves meanwhile may be met or not. */
bool store_walk(struct store *s, uint64_t *at, unsigned most, void (*fn)(void *arg, struct entry *e), void *arg);

/* Checks the whole structure, by MUST, while no other thread changes it: for tests (COSTLY). */
void store_check(struct store *s);

#endif
