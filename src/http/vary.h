/* What splits a resource into variants, and which of them answers a request (RFC 9111 4.1, RFC 9110 12.5). Pure; fuzzed.
 *
 * Storing: vary_is_any, vary_names, then vary_values with the request that was answered; both texts are kept.
 * Looking up: vary_values with the names kept, and compare with the values kept; where they differ, vary_selects.
 */
#ifndef CAIRN_HTTP_VARY_H
#define CAIRN_HTTP_VARY_H

#include "base/strbuf.h"
#include "http/head.h"

/* A response that names more fields than this varies on anything: matching it would cost more than fetching. */
#define VARY_NAMES_MAX 32

/* Of all Vary lines: "*" among the members, X-Forwarded-For or Forwarded, or too many? Then nothing matches it. */
bool vary_is_any(const struct head *response);

/* The field names of a response's Vary, lower case, sorted, without doubles, joined by ",". STR_NONE: none. In `a`.
 * Members that cannot name a field are left out. To be asked where vary_is_any says no. */
struct str vary_names(const struct head *response, struct arena *a);

/* Writes the normalised values that `request` has for the names in `names` (as vary_names gave them): for each name its
 * value without white space that does not matter, lists of the Accept family and their weights in one order and spelling,
 * absent told apart from empty. Two requests that write the same bytes select the same variant. */
void vary_values(const struct head *request, struct str names, struct strbuf *out);

/* How well a stored response with this Content-Encoding suits the request's Accept-Encoding, in thousandths; 0: not
 * acceptable. No coding is identity, which is fine unless the request weighs it. Of several codings the worst counts. A
 * list too long to be meant names nothing. */
unsigned vary_encoding_quality(const struct head *request, struct str content_encoding);

/* What selection looks at in a stored response. */
struct vary_stored {
	struct str names;  /* as vary_names gave them */
	struct str values; /* as vary_values wrote them for the request that it answered */
	struct str content_language, content_encoding; /* STR_NONE: none */
};

/* May the stored response answer a request whose values are `values`, other than its own? Only where they differ in
 * Accept-Language or Accept-Encoding alone, the response says what language or coding it is in, and that is one the
 * request likes best: then the origin's choice could be no better. */
bool vary_selects(const struct head *request, struct str values, const struct vary_stored *stored);

#endif
