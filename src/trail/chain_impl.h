/* What a chain is made of: private to trail/.
 *
 * Text that upstream wrote is cleaned when it is read, so that writing is copying: no control characters, no quote that
 * is not closed. What a reader's policy may change or leave out is known by its place.
 */
#ifndef CAIRN_TRAIL_CHAIN_IMPL_H
#define CAIRN_TRAIL_CHAIN_IMPL_H

#include "base/strbuf.h"
#include "trail/chain.h"
#include "trail/node.h"

/* Of each list the items nearest this node are kept. */
#define CHAIN_MAX 16

/* An item of X-Cache, X-Cache-Lookup or X-Cache-Hits:
 *
 *     HIT from proxy.local:3128 (note)
 *              ^name_at         ^shown
 *
 * name_n == 0: no name known in it. Who may not see names is shown what stands before `shown`, the name made opaque;
 * where `shown` is 0 nothing can be told about the text, and it is made opaque as a whole. */
struct chain_item {
	struct str text;
	uint16_t name_at;
	uint16_t name_n;
	uint16_t shown;
	bool forward; /* it says MISS */
};

/* A member of Cache-Status. Its parameters are kept as valid text, "; ttl=300; stored", by who may see them. */
struct chain_member {
	struct str name;
	struct str open;    /* everybody */
	struct str extras;  /* holders of the token: key, cairn-record. Never packed */
	struct str history; /* cairn-age, detail */
	bool forward;       /* it says that it went forward */
	bool replayed;      /* it has cairn-age: what stands before it is history */
};

enum chain_list {
	CHAIN_X_CACHE,
	CHAIN_LOOKUP,
	CHAIN_HITS,
	CHAIN_LISTS,
};

struct chain_items {
	struct chain_item *at;
	unsigned n;
};

struct chain {
	struct chain_items list[CHAIN_LISTS];
	struct chain_member *members;
	unsigned member_count;
	struct str miss_from; /* STR_NONE: none. Never packed */
};

static inline struct str
chain_item_name(const struct chain_item *it)
{
	return str_of(it->text.p + it->name_at, it->name_n);
}

/* chain_read.c: may the text stand in a list as it is: no control characters, and all quotes closed? */
bool chain_is_clean(struct str s);

/* chain_status.c: fills in the members, for chain_read(). */
void chain_status_read(struct chain *c, const struct head *response, struct arena *a, unsigned *dropped);

/* chain_write.c: the upstream's part of one line, each item with the ", " that separates it from the next. */
void chain_write_items(struct strbuf *out, const struct chain *c, enum chain_list list, const struct trail_node *n,
		       const struct audience *who);
void chain_write_members(struct strbuf *out, const struct chain *c, const struct trail_node *n,
			 const struct audience *who);

/* A name, or a value, as a structured field has it (RFC 9211 2): a token where it fits, else a string, in which what is
 * not printable ASCII is percent-encoded. */
void chain_write_word(struct strbuf *out, struct str word);
void chain_write_string(struct strbuf *out, struct str text);

#endif
