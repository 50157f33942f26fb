/* A client's request: what it means, and one way to write it. */
#ifndef CAIRN_TESTS_SIM_ASK_H
#define CAIRN_TESTS_SIM_ASK_H

#include "dice.h"
#include "text.h"

#define ASK_NONE    INT64_C(-1)
#define ASK_FOREVER INT64_C(-2) /* max-stale without a number */

enum ask_method {
	ASK_GET,
	ASK_HEAD,
	ASK_POST,
	ASK_PUT,
	ASK_STRANGE, /* one that nobody knows */
};

/* Fields that a response may name in Vary. Two requests have the same wish where their fields mean the same. */
enum ask_field {
	ASK_LANGUAGE,
	ASK_CODING,
	ASK_COLOUR,
	ASK_FIELDS,
};

struct ask {
	unsigned id;
	unsigned url;
	enum ask_method method;
	unsigned user; /* 0: sends no Authorization */
	unsigned wish[ASK_FIELDS];
	unsigned spelling;
	bool no_cache, pragma, no_store, only_if_cached;
	int64_t max_age, min_fresh, max_stale; /* seconds */
	bool ranged;
	int64_t first, last; /* ASK_NONE in the first: a suffix of `last` bytes; in the last: to the end */
	uint64_t if_range;   /* a representation; 0: none */
	uint64_t etag;       /* of If-None-Match; 0: none */
	bool any_etag;
	int64_t since;  /* seconds, of If-Modified-Since */
	unsigned tries; /* how often the origin was asked for it */
};

/* What makes it up besides: the URLs there are, and a representation and a time that the client may know of. */
struct ask_world {
	unsigned urls;
	uint64_t known_rep;
	int64_t known_modified;
};

void ask_random(struct ask *a, struct dice *d, const struct ask_world *w);
void ask_write(const struct ask *a, struct text *t);

const char *ask_method_name(enum ask_method m);
bool ask_is_safe(const struct ask *a);

/* Is `value`, by its number, what the request likes best? */
bool ask_likes_best(const struct ask *a, enum ask_field field, unsigned value);

#endif
