/* The second machine: asks upstream and feeds a flight. Read fetch.c.
 *
 * thread: local. A fetch leads one flight; it may outlive the request that began it, to finish what will be stored.
 */
#ifndef CAIRN_PROXY_FETCH_H
#define CAIRN_PROXY_FETCH_H

#include <stdbool.h>

#include "peer/upconn.h"
#include "trail/verdict.h"

struct req;
struct fetch;
struct worker;

/* For the flight that `r` leads. *out is the request's handle, for its body and its end, which must be told by fetch_leave:
 * until then it borrows what is asked. It is nulled through req_fetch_ended. False where memory is short: the flight has no
 * leader then. */
bool fetch_begin(struct req *r, struct fetch **out);

/* A refresh behind an answer already given: a flight without followers. Joins one that runs already. */
void fetch_refresh(struct req *r);

/* More of the request's body is there. */
void fetch_body_came(struct fetch *f);

/* The request is over: the fetch goes on without it, or ends. Nulls. */
void fetch_leave(struct fetch **f);

/* What it is called where an upstream could not be reached. */
enum proxy_error fetch_error_of(enum upconn_fault fault);

/* Ends a fetch at once: the worker stops. */
void fetch_kill_all(struct worker *w);

#endif
