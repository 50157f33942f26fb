/* Walking field values: list elements, parameters, quoted strings; and the fields a proxy must not pass on. Pure. */
#ifndef CAIRN_HTTP_FIELDS_H
#define CAIRN_HTTP_FIELDS_H

#include "http/head.h"

/* Is it a token (RFC 9110 5.6.2), with at least one byte? */
bool token_valid(struct str s);

/* Walks the elements of a comma-separated value (RFC 9110 5.6.1): commas inside quoted strings do not separate, empty
 * elements are skipped. Start with *rest = the value; false at the end. */
bool list_next(struct str *rest, struct str *element);

/* Walks the elements of all lines of a field. Start zeroed. */
struct list_walk {
	const struct field *line;
	struct str rest;
	bool begun;
};
bool list_walk_on(const struct head *h, enum hdr id, struct list_walk *w, struct str *element);

static inline bool
list_walk(const struct head *h, enum hdr id, struct list_walk *w, struct str *element)
{
	return head_has(h, id) && list_walk_on(h, id, w, element);
}

/* Drops the fields that Connection names and the table does not know: they are not for the next hop (RFC 9110 7.6.1),
 * and what it does not see must not choose its answer. */
void head_drop_named(struct head *h);

/* Is `token` an element of the field, ASCII case ignored? */
bool head_finds_token(const struct head *h, enum hdr id, struct str token);

static inline bool
head_has_token(const struct head *h, enum hdr id, struct str token)
{
	return head_has(h, id) && head_finds_token(h, id, token);
}

/* Splits `element` at its first `;` outside quotes: what precedes it, trimmed, and the parameters behind. */
struct str element_value(struct str element, struct str *params);

/* Walks `;name=value` parameters; value STR_NONE where there is no `=`; quotes are left on. */
bool param_next(struct str *params, struct str *name, struct str *value);

/* The text of a quoted string without quotes and backslashes, in the arena; any other text as it is. */
struct str unquote(struct str s, struct arena *a);

/* A weight "q=0.7" in thousandths, from an element's parameters; 1000 where there is none; 0 for a malformed one
 * (RFC 9110 12.4.2). */
unsigned param_qvalue(struct str params);

/* Does a request's head say nothing to a cache, but where Vary or a rule names one of its fields? */
bool head_is_quiet(const struct head *h);

/* Does this field stop at the connection it came on: one of the hop-by-hop fields, or named by Connection?
 * (RFC 9110 7.6.1) Connection is believed about names that are not in the table, X-Forwarded-* excepted: what is in it
 * and not marked HOP is meant for all recipients, which a sender must not name there. Who does wants a Cache-Control,
 * an Authorization or a Host taken out of the message on its way. */
bool field_is_hop(const struct head *h, const struct field *f);

#endif
