/* One request, from its head to its record. Read req.c: it is the story of the program.
 *
 * thread: local; lives on its session's worker. A request never outlives its session's arena; a fetch that it leads may
 * outlive it.
 */
#ifndef CAIRN_PROXY_REQ_H
#define CAIRN_PROXY_REQ_H

#include "http/head.h"
#include "proxy/session.h"

#define REQ_FIELDS 32 /* the head's table, at first: what browsers send */

struct looked;
struct req;
struct upconn;

/* In `a`, with the configuration that the worker knows now. NULL where memory is short. */
struct req *req_new(struct session *s, struct worker *w, struct arena *a);

/* Gives up one whose head never became whole. Nulls. */
void req_drop(struct req **r);

struct head *req_head(struct req *r);
const struct head_limits *req_head_limits(const struct req *r);
int req_minor(const struct req *r);

/* Did the client say that the connection ends with this request? */
bool req_wants_close(const struct req *r);

/* What was looked up for its head already (plain.h). Borrowed, until the request first waits. */
void req_knows(struct req *r, const struct looked *looked);

/* Instead of a head: what was wrong with it, or that it did not come in time. Then req_start. */
void req_fault(struct req *r, enum fault fault);
void req_timed_out(struct req *r);

/* The head is whole. The request and its session may be gone when this returns. */
void req_start(struct req *r);

/* Something that the request waits for has happened. It may be gone afterwards. */
void req_run(struct req *r);

/* More of its body has come; its body is too slow; its client has gone. It may be gone afterwards. */
void req_input(struct req *r);
void req_too_slow(struct req *r);
void req_client_gone(struct req *r);

/* From the fetch that this request leads: an interim response (what it needs meanwhile comes from `a`); the answer of an
 * upstream whose trail is kept; a switch of protocols (the connection is the request's now); the fetch needs body bytes no
 * more, and no longer knows the request. */
void req_interim(struct req *r, const struct head *h, struct arena *a);
void req_told(struct req *r, const struct head *h);
void req_switched(struct req *r, struct upconn *u, const struct head *h, bool keeps_trail, struct str early);
void req_fetch_ended(struct req *r);

#endif
