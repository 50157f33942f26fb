/* Structured fields (RFC 8941/9651): lists and dictionaries, as far as caching needs them. Pure; fuzzed.
 *
 * All of RFC 8941, and the Date of RFC 9651; its Display String, which no field of a cache uses, is not taken. A field's
 * several lines are one value, joined by head_joined() beforehand.
 */
#ifndef CAIRN_HTTP_SF_H
#define CAIRN_HTTP_SF_H

#include "base/arena.h"
#include "base/str.h"

enum sf_type {
	SF_INTEGER,
	SF_DECIMAL, /* thousandths in `number` */
	SF_STRING,  /* unescaped in `text` */
	SF_TOKEN,
	SF_BYTES,   /* base64 text, still encoded */
	SF_BOOLEAN, /* 0 or 1 in `number` */
	SF_DATE,    /* RFC 9651 */
	SF_INNER_LIST,
};

/* How many members of a list or dictionary are taken, and how many parameters, or items of an inner list: the least that a
 * parser must take (RFC 8941 3.1, 3.1.1, 3.1.2, 3.2), so that looking for doubles stays cheap. More make the field invalid. */
#define SF_MEMBERS_MAX 1024
#define SF_PARAMS_MAX  256

struct sf_param;

struct sf_item {
	enum sf_type type;
	int64_t number;
	struct str text;
	struct str raw;            /* as it was written, parameters not included; empty for a key that stands alone */
	struct sf_param *params;   /* in order, the last of equal keys kept; NULL: none */
	struct sf_item *inner;     /* first item of an inner list */
	struct sf_item *next;      /* the next member or item */
	struct str key;            /* of a dictionary member */
};

struct sf_param {
	struct str key;
	struct sf_item value; /* its own params and next are unused */
	struct sf_param *next;
};

/* Parses the joined value of all lines. *out gets the first member, NULL for an empty field. False where any byte is not
 * valid: the whole field counts as not there then (RFC 8941 4.2). Everything is in the arena or borrowed from `s`. */
bool sf_parse_list(struct str s, struct arena *a, struct sf_item **out);
bool sf_parse_dict(struct str s, struct arena *a, struct sf_item **out);

/* One item alone. */
bool sf_parse_item(struct str s, struct arena *a, struct sf_item *out);

/* The value of a parameter, or NULL. */
const struct sf_item *sf_param(const struct sf_item *item, struct str key);

/* Could the text be written as a token; as a string (printable ASCII)? */
bool sf_is_token(struct str s);
bool sf_is_string(struct str s);

#endif
