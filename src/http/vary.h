/* What splits a resource into variants, and which of them answers a request (RFC 9111 4.1, RFC 9110 12.5). Pure. */
#ifndef CAIRN_HTTP_VARY_H
#define CAIRN_HTTP_VARY_H

#include "base/hash.h"
#include "base/strbuf.h"
#include "http/head.h"

/* Of all Vary lines: "*" among the members? Then nothing matches it. */
bool vary_is_any(const struct head *response);

/* The field names of a response's Vary, lower case, sorted, without doubles, joined by ",". STR_NONE: no Vary. In `a`. */
struct str vary_names(const struct head *response, struct arena *a);

/* Writes the normalised values that `request` has for the names in `names` (as vary_names gave them): for each name its
 * value without white space that does not matter, lists of the Accept family and their weights in one order and spelling,
 * absent told apart from empty. Two requests that write the same bytes select the same variant. */
void vary_values(const struct head *request, struct str names, struct strbuf *out);

/* How well a stored response with this Content-Language / Content-Encoding suits the request's Accept-Language /
 * Accept-Encoding, in thousandths; 0: not acceptable. A field that the response lacks is unproblematic: 1000. */
unsigned vary_language_quality(const struct head *request, struct str content_language);
unsigned vary_encoding_quality(const struct head *request, struct str content_encoding);

#endif
