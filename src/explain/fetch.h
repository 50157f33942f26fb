/* A URL, asked for as a client without a cache of its own asks, and what came: one exchange for each response. Redirects
 * are gone after here, not by libcurl, since each is a response that caches may hold: every hop is an exchange of its own.
 *
 * thread: local; it waits for the network. The plan's texts must outlive the fetch.
 * Order of use: fetch_new, fetch_next until it is not FETCH_RESPONSE, fetch_free.
 */
#ifndef CAIRN_EXPLAIN_FETCH_H
#define CAIRN_EXPLAIN_FETCH_H

#include "explain/exchange.h"

#define FETCH_REPEAT_MAX 1000 /* times, for one command */
#define FETCH_HOPS_MAX   10   /* redirects gone after, for one asking */

struct fetch_plan {
	const char *url;            /* http or https; one without a scheme is https */
	const char *const *fields;  /* "Name: value", put in place of a field of that name; "Name:" leaves it out */
	const char *const *resolve; /* "host:port:address[,address]", as curl takes it */
	unsigned field_count, resolve_count;
	const char *proxy; /* NULL: what http_proxy and its like in the environment say */
	const char *token; /* with `ask`: of Cairn's nodes, for Cairn-Trace; NULL: none */
	unsigned repeat;   /* how often; 0 is 1. Each time on a new connection, at the host's next address */
	bool ask;          /* add the request fields of tbl/asks.def, which make caches tell more */
};

/* What is wrong with a field, an address or a URL, in a sentence; STR_NONE: nothing. Before anything is sent: a command
 * that is refused here was asked wrongly. */
struct str fetch_check(const struct fetch_plan *plan, struct arena *a);

struct fetch;

/* NULL where there is no memory. The plan is one that fetch_check has nothing to say about. */
struct fetch *fetch_new(const struct fetch_plan *plan);
void fetch_free(struct fetch **f);

enum fetch_result {
	FETCH_RESPONSE, /* *out is one, in the order in which they came */
	FETCH_END,      /* all that was planned is done */
	FETCH_FAILED,   /* no response: fetch_why says why, and nothing more will come */
};

/* The next response, everything in `a`: `from` says of which asking it is, and of which hop, where there is more than
 * one. Its body has been read to the end and dropped. */
enum fetch_result fetch_next(struct fetch *f, struct arena *a, struct exchange *out);

/* Behind FETCH_FAILED, what failed (the name, connecting, TLS, time, what came was not HTTP). Behind FETCH_RESPONSE, what
 * is wrong with a response that can be explained all the same: its body was cut, it redirects to where we do not go. One
 * sentence, of printable ASCII; empty: nothing. Until the next call. */
struct str fetch_why(const struct fetch *f);

#endif
