/* What a stored response is found by: scheme, host, and the target's bytes as they are forwarded, less the query
 * parameters that a rule ignores, plus the fields that a rule adds. Pure. */
#ifndef CAIRN_CACHE_KEY_H
#define CAIRN_CACHE_KEY_H

#include "base/dec.h"
#include "base/hash.h"
#include "base/strbuf.h"
#include "http/head.h"

struct key {
	struct hash128 hash;
	struct str text; /* "http://host[:port]/path?query", then " name=value" for each field that joined it; in a value, what
	                  * is not visible ASCII, and "%", as %XX, so that no value can look like another field */
};

/* A route's rules for the key; frozen. */
struct key_rules {
	const struct str *ignore; /* query parameters left out, globs; "*": the whole query */
	unsigned ignore_count;
	const struct str *fields; /* request fields that join, lower case */
	unsigned field_count;
	bool sort_query;
};

/* What is asked for, taken apart: scheme and host in any case, borrowed; the target in origin form. */
struct key_parts {
	struct str scheme;
	struct str host; /* without its port */
	uint16_t port;   /* 0: none is written. The scheme's default is left out of the key. */
	struct str target;
	struct str origin; /* what key_origin makes of the others; STR_NONE where that was not asked yet */
};

/* Writes scheme, host and port as they stand in keys; beside those two it wants so much room. */
#define KEY_ORIGIN_MORE (sizeof "://" + DEC_MAX)
void key_origin(struct strbuf *out, const struct key_parts *k);

/* The parts of what was asked of an authority, host[:port], that was found to be one before. */
struct key_parts key_parts_of(struct str scheme, struct str authority, struct str target);

/* Of the two, http and https, the one that this is not. */
struct str key_other_scheme(struct str scheme);

/* The text is in `a`; text.p is NULL where the arena is full. A field that the request lacks does not join. `rules` and
 * `request` may be NULL. */
struct key key_make(const struct hash_secret *secret, const struct key_parts *parts, const struct key_rules *rules,
                    const struct head *request, struct arena *a);

/* The same, with the text in `text`: a key without text where that is over. */
struct key key_write(const struct hash_secret *secret, const struct key_parts *parts, const struct key_rules *rules,
                     const struct head *request, struct strbuf *text);

/* The key of an absolute URL alone, as a purge or the admin names it; false where it is no http URL, or the arena is full. */
bool key_of_url(const struct hash_secret *secret, struct str url, const struct key_rules *rules, struct arena *a,
                struct key *out);

#endif
