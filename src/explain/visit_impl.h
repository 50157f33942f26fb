/* What the files of visit share. */
#ifndef CAIRN_EXPLAIN_VISIT_IMPL_H
#define CAIRN_EXPLAIN_VISIT_IMPL_H

#include "base/strbuf.h"
#include "explain/curl_impl.h"
#include "explain/visit.h"

/* ---- what is sent ---- */

/* The request's fields, as curl takes them: ours, then the plan's. `crossed`: a redirect has left the origin that the
 * plan names, so what is meant for that one alone stays behind. NULL where there is no memory. */
struct curl_slist *visit_fields(const struct visit_plan *plan, bool crossed);

/* "host:port:" at the start of "host:port:address,address"; a host in brackets may have colons of its own. STR_NONE: it
 * has none. */
struct str visit_host_port(const char *entry);

/* The addresses of the URL's host, as curl takes them, and those that the plan gives: of each the one to be tried first
 * is the next with every `turn`. False where there is no memory. */
bool visit_addresses(const struct visit_plan *plan, CURLU *url, unsigned turn, struct curl_slist **out);

/* ---- what comes ---- */

struct hearing {
	struct arena *arena;
	struct head *head;  /* the response's: the last one, after any interim ones */
	struct strbuf sent; /* the request's head, as it went out */
	int64_t came_ms;    /* when its first line came; EXCHANGE_UNKNOWN: none did */
	bool whole;         /* the empty line behind the head has come; what follows are trailers */
};

/* A line of a head, with its end or without. */
void visit_hear_line(struct hearing *h, struct str line);

/* Makes a handle tell `h`, which is to have its arena and head. */
void visit_hear(CURL *handle, struct hearing *h);

/* The request's head out of h->sent. False where the arena is full. */
bool visit_sent(const struct hearing *h, struct head *out);

/* ---- what goes wrong ---- */

/* A sentence on a transfer that ended with `code`; `details` is curl's own text on it, or empty. `url` is named where it is
 * not empty: the first one of an asking is known to whoever asked. */
struct str visit_sentence(struct arena *a, CURL *handle, CURLcode code, struct str url, struct str details);

#endif
