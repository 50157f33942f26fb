/* A URL, asked for as a client without a cache of its own asks, and what came: one exchange for each response.
 * Redirects are gone after here, not by libcurl, since each is a response that caches may hold: every hop is an
 * exchange of its own.
 *
 * thread: local; it waits for the network. The plan's texts must outlive the visit.
 * Order of use: visit_new, visit_next until it is not VISIT_RESPONSE, visit_free.
 */
#ifndef CAIRN_EXPLAIN_VISIT_H
#define CAIRN_EXPLAIN_VISIT_H

#include "explain/exchange.h"

#define VISIT_REPEAT_MAX 1000 /* times, for one command */
#define VISIT_HOPS_MAX   10   /* redirects gone after, for one asking */

struct visit_plan {
	const char *url;            /* http or https */
	const char *const *fields;  /* "Name: value", put in place of a field of that name; "Name:" leaves it out */
	const char *const *resolve; /* "host:port:address[,address]", as curl takes it */
	unsigned field_count, resolve_count;
	const char *proxy; /* NULL: what http_proxy and its like in the environment say */
	const char *token; /* with `ask`: of Cairn's nodes, for Cairn-Trace; NULL: none */
	unsigned repeat;   /* how often; 0 is 1. Each time on a new connection, at the host's next address */
	bool ask;          /* add the request fields of tbl/asks.def, which make caches tell more */
	unsigned limit_ms; /* for one response with its body; 0: a minute */
};

/* What is wrong with a field, an address or a URL, in a sentence; STR_NONE: nothing. Before anything is sent: a command
 * that is refused here was asked wrongly. */
struct str visit_check(const struct visit_plan *plan, struct arena *a);

struct visit;

/* NULL where there is no memory. The plan is one that visit_check has nothing to say about. */
struct visit *visit_new(const struct visit_plan *plan);
void visit_free(struct visit **v);

enum visit_result {
	VISIT_RESPONSE, /* *out is one, in the order in which they came */
	VISIT_END,      /* all that was planned is done */
	VISIT_FAILED,   /* no response: visit_why says why, and nothing more will come */
};

/* The next response, everything in `a`: `from` says of which asking it is, and of which hop, where there is more than
 * one. Its body has been read to the end and dropped. */
enum visit_result visit_next(struct visit *v, struct arena *a, struct exchange *out);

/* Behind VISIT_FAILED, what failed (the name, connecting, TLS, time, what came was not HTTP). Behind VISIT_RESPONSE,
 * what is wrong with a response that can be explained all the same: its body was cut, it redirects to where we do not
 * go. One sentence, of printable ASCII; empty: nothing. Until the next call. */
struct str visit_why(const struct visit *v);

#endif
