/* What the dialects read from and write to: private to trail/.
 *
 * tiers.c walks a response's fields once, notes of each which of ours it is, and calls the dialects whose fields it
 * met. A dialect adds tiers, or adds to those that it finds there, and says in which order its list has them. In the
 * end tiers_order.c makes one line of all of them.
 *
 * Nothing here fails: where the arena is full, or there are too many tiers, what is written goes nowhere.
 */
#ifndef CAIRN_TRAIL_DIALECT_IMPL_H
#define CAIRN_TRAIL_DIALECT_IMPL_H

#include "trail/tiers.h"

/* Our fields. Rows in tbl/tier_fields.def. */
enum told {
	TOLD_NOTHING, /* a field that is none of ours */
#define KNOWN(id, dialect)       TOLD_##id,
#define TELLS(id, name, dialect) TOLD_##id,
#include "tbl/tier_fields.def"
#undef KNOWN
#undef TELLS
	TOLD_COUNT
};
#define TOLD_WORDS (TOLD_COUNT / 64 + 1)

/* Rows in tbl/dialects.def. */
enum dialect {
	DIALECT_nobody,
#define DIALECT(name) DIALECT_##name,
#include "tbl/dialects.def"
#undef DIALECT
	DIALECTS
};
_Static_assert(DIALECTS <= 64, "a set of dialects is a word of 64 bits");

/* ---- words ---- */

/* One word of a vocabulary, and what it means. */
struct word {
	struct str word;
	enum tier_lookup lookup;
	enum tier_served served;
	struct str reason; /* empty: the word says all */
};

/* Reasons that several makers have words for. */
#define WHY_VALIDATED  "Its copy was no longer fresh; upstream was asked, and said that it still holds."
#define WHY_FAILED     "Its copy was no longer fresh; upstream was asked and failed, so it was served all the same."
#define WHY_REPLACED   "Its copy was no longer fresh, and upstream sent a new response."
#define WHY_STALE      "Its copy was no longer fresh and was served all the same."
#define WHY_OWN        "It made the response up itself."
#define WHY_REDIRECT   "It answered with a redirection of its own."
#define WHY_KEPT_ERROR "It had stored an error and served it again."

/* A vocabulary. Case is ignored. */
struct words {
	const struct word *rows;
	size_t n;
};
#define WORDS(rows)                                   \
	{                                             \
		(rows), sizeof(rows) / sizeof *(rows) \
	}

/* A row of a vocabulary: LOOKUP and SERVED are the ends of the names of the constants. */
#define WORD(text, lookup, served, reason)                                                   \
	{                                                                                    \
		STR_INIT(text), TIER_LOOKUP_##lookup, TIER_SERVED_##served, STR_INIT(reason) \
	}

extern const struct words words_common; /* HIT, MISS, and what nginx and Varnish have made usual beside these */
extern const struct words words_tcp;    /* TCP_HIT: the result codes of Squid's log, which CDNs have made theirs */

/* NULL: it is none of them. */
const struct word *words_find(const struct words *v, struct str text);

/* ---- what is read ---- */

enum order {
	ORDER_X_CACHE,
	ORDER_LOOKUP,
	ORDER_VIA,
	ORDER_STATUS, /* Cache-Status */
	ORDER_OWN,    /* of a maker's own fields */
	ORDERS,
};

struct found {
	struct tier tier;
	struct found *next;            /* in the order in which they were found */
	struct found *before[ORDERS];  /* who stands next to it on the client's side, by each list */
	bool listed[ORDERS];           /* it is in that list */
	const struct evidence **shown; /* where the next evidence goes */
	bool replays;                  /* it says itself that what stands behind it is history */
	bool placed;
};

/* A list being read. `last` is the tier that its previous item spoke of. */
struct run {
	enum order order;
	bool origin_first;
	struct found *last;
};

/* One intermediary of Via: "1.1 host:port (comment)", or what CDNs have made of that. */
struct hop {
	struct str text;    /* all of it */
	struct str name;    /* without a port */
	struct str comment; /* within (), or within [] behind the name */
	bool codes;         /* the comment is one in [] */
	enum vendor vendor; /* UNKNOWN: nobody who caches, as far as is known */
	struct found *tier; /* NULL: nobody has taken it yet */
	struct hop *behind; /* on the origin's side, by the field */
};

/* One part of X-Cache: "HIT from host (more)", or whatever makers have put there. */
struct item {
	struct str text;
	struct str word; /* the first one */
	struct str rest; /* what follows it */
	struct str host; /* behind "from" */
	struct str more; /* behind the host */
	bool from;
	enum vendor vendor;
	struct found *tier;
	struct item *behind; /* on the origin's side */
};

struct reading {
	const struct head *response, *request;
	struct arena *a;
	uint8_t *kinds;              /* of each field: enum told */
	uint64_t seen[TOLD_WORDS];   /* those of ours that are there */
	unsigned machines;           /* of Fastly's that X-Served-By names */
	uint64_t wanted;             /* the dialects that are still to be called, a bit each */
	struct hop *hops;            /* of Via, the client's side first; NULL: none */
	struct item *items;          /* of X-Cache, the client's side first; NULL: none */
	enum vendor server;          /* who makes himself known in Server; UNKNOWN: nobody */
	struct str server_node;      /* the node that Server names, "nyd/D13E" */
	struct found *first, **next; /* all tiers, in the order in which they were found */
	unsigned count;
	const struct tiers_note *notes, **next_note;
	struct found nowhere; /* what is written here is lost */
};

static inline bool
told(const struct reading *r, enum told t)
{
	return r->seen[t / 64] >> (t % 64) & 1;
}

/* It will be called, unless its turn has passed. */
static inline void
reading_wants(struct reading *r, enum dialect d)
{
	r->wanted |= (uint64_t)1 << d;
}

/* tier_fields.c: which of ours it is. */
enum told told_of(const struct field *f);

/* The first line's value; empty where there is none. */
struct str told_value(const struct reading *r, enum told t);

/* Its name, as the response has it. */
struct str told_name(const struct reading *r, enum told t);

/* "X-Cache has words that are not understood": a note, with the words. */
void told_is_unknown(struct reading *r, enum told t, struct str words);

/* Walks the values of all lines. Start zeroed. */
struct told_lines {
	uint32_t at;
};
bool told_line(const struct reading *r, enum told t, struct told_lines *w, struct str *value);

/* Walks the parts of all lines, which commas outside of (), [] and "" separate. Start zeroed. */
struct told_parts {
	struct told_lines lines;
	struct str rest;
};
bool told_part(const struct reading *r, enum told t, struct told_parts *w, struct str *part);

/* The same for one value: *rest is what is left of it. */
bool part_next(struct str *rest, struct str *part);

/* The last TIERS_MAX parts of all lines, the last one first: in a list that each tier appends to, the client's side
 * first. */
struct part {
	struct str text;
	struct part *next;
};
struct part *told_backwards(const struct reading *r, enum told t);

/* Does Proxy-Status tell of an error of that node's? */
bool proxy_status_names(const struct reading *r, struct str node);

/* What it is made of: one more part, which is the first then; and the first TIERS_MAX alone. */
void part_before(struct part **first, struct str text, struct arena *a);
struct part *part_shortened(struct part *first);

/* What precedes the first space or tab, and what follows it, trimmed. */
struct str first_word(struct str s, struct str *rest);

/* What precedes the first `c`; all of it where there is none. */
struct str before_char(struct str s, char c);

/* Without ":3128" at its end. */
struct str without_port(struct str host);

/* Could somebody be called so: a letter or a digit in it, and no quote? */
bool is_name(struct str s);

/* A number with nothing else around it, of 18 digits at most; TIER_NUMBER_NONE for anything else. */
int64_t number_of(struct str s);

/* ---- tiers ---- */

struct found *found_add(struct reading *r, enum vendor v);

/* It is the next one in this list. */
void found_follow(struct run *run, struct found *f);

/* The one of this make that was found first; NULL: none. */
struct found *found_first(const struct reading *r, enum vendor v);

/* The one of that name, whoever made it, that was found first and that `order` does not know yet; NULL: none. All lists
 * are read from the client's side on, so that of several that have one name the nearest go together. */
struct found *found_named(const struct reading *r, struct str node, enum order order);

/* The one of this make that was found first and that `order` does not know yet; NULL: none. */
struct found *found_free(const struct reading *r, enum vendor v, enum order order);

/* The field that it was read from; `value`: the line, or the part of it that is about this tier. */
void found_shows(struct reading *r, struct found *f, enum told t, struct str value);
void found_shows_field(struct reading *r, struct found *f, const struct field *field, struct str value);

/* Takes what the word means, as far as nothing is known of it yet. NULL: it means nothing to us. */
void found_says(struct found *f, const struct word *w);

/* A sentence, printf. */
void reading_note(struct reading *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* tiers_order.c: all tiers as one line, the client's side first. Decides which of their words are of the past. */
void reading_order(struct reading *r, struct tiers *out);

/* ---- what dialects know of each other ---- */

/* dialects/via.c: the nearest hop of that make, of that name unless it is empty, that nobody has taken; NULL: none. */
struct hop *hop_free(const struct reading *r, enum vendor v, struct str name);
unsigned hop_count(const struct reading *r, enum vendor v); /* taken or not */

static inline bool
hop_any(const struct reading *r, enum vendor v)
{
	return r->hops != NULL && hop_count(r, v) > 0;
}

/* dialects/x_cache.c: "HIT from host", as X-Cache, X-Cache-Lookup, X-Cache-Status and X-Cache-Remote have it. */
struct item item_of(struct str text);
bool item_says_miss(const struct item *it);

/* dialects/x_cache_owner.c: who wrote a HIT or MISS that says nothing else; `nearer`: how many such stand nearer to the
 * client. */
enum vendor owner_of_plain(const struct reading *r, unsigned nearer);

/* And the node that stands beside it; empty: none is named. */
struct str owner_node(const struct reading *r, enum vendor v);

/* dialects/x_cache_status.c: one part of such a field, and X-Cache-Status, or another field that says the same under
 * another name. */
struct found *read_status_part(struct reading *r, struct str text);
void read_status_field(struct reading *r, enum told t);

/* dialects/x_cache_forms.c: who wrote an item, by its form. False: its form is nobody's. */
bool form_of(const struct reading *r, const struct item *it, enum vendor *v);

/* dialects/edgecast.c: what an item says. */
void edgecast_says(struct found *f, const struct item *it);

/* dialects/apache.c: the line of X-Cache-Detail about this host; empty: none. */
struct str apache_detail(const struct reading *r, struct str host);

/* dialects/x_cache_words.c: what a maker means by a word. NULL: nothing. */
const struct word *word_of(enum vendor v, struct str word);

/* dialects/cloudflare.c */
extern const struct words words_cloudflare;

/* dialects/squid.c: a member of Squid's Cache-Status; and why, once all is known. */
void squid_says(struct reading *r, struct found *f, const struct word *w, struct str detail);
void squid_explain(struct reading *r, struct found *f);

#define DIALECT(name) void read_##name(struct reading *r);
#include "tbl/dialects.def"
#undef DIALECT

#endif
