/* What a found entry is to a request, for decide.h's struct held: whether it has the bytes that the answer needs, and what is
 * missing where it has not. And the fetch in progress that a request would share for that.
 *
 * Pure; the entry has to be held by the caller (bracket or pin). Order of use: wish_range; held_weigh; after decide,
 * held_flight_id and held_sharing.
 */
#ifndef CAIRN_PROXY_HELD_H
#define CAIRN_PROXY_HELD_H

#include "cache/flight.h"
#include "http/cond.h"
#include "proxy/decide.h"

/* The part of a body that a request wants. */
struct wish {
	const struct head *request;
	bool has_range;
	struct range_spec range;
};

/* The one range that a GET asks for. False: none, or one that is ignored (RFC 9110 14.2), as several are. */
bool wish_range(const struct head *request, struct range_spec *out);

/* What conditions look at in a stored response; a part stands for its whole. */
void held_cond_entry(const struct stored *s, const struct meta *m, struct cond_entry *out);

/* Fills in all but `fresh`. */
void held_weigh(const struct wish *w, const struct entry *e, const struct meta *m, struct held *out);

/* The fetch that a decision calls for. `vary_names`: the rule known for the key; STR_NONE: none. Scratch memory in `a`. */
struct flight_id held_flight_id(const struct wish *w, const struct key *key, struct str vary_names,
				const struct decision *d, struct arena *a);

/* With whom may that fetch be shared? `uncacheable`: the URL is remembered as such. `must_validate`: of the entry found. */
enum flight_join held_sharing(const struct asked *a, const struct decision *d, bool uncacheable, bool must_validate);

#endif
