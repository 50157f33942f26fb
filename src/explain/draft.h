/* An exchange that is being put together, from whatever input: its heads field by field, in an arena of its own, which
 * is emptied for the next one. Lenient: any name and value is taken.
 *
 * thread: local. Order of use: draft_init, draft_reset for each exchange, the rest, draft_fini.
 */
#ifndef CAIRN_EXPLAIN_DRAFT_H
#define CAIRN_EXPLAIN_DRAFT_H

#include "explain/input.h"

#define DRAFT_FIELD 65535             /* bytes of a field's line that are taken */
#define DRAFT_MOST  (8 * 1024 * 1024) /* memory of one exchange */

struct draft {
	struct arena *a;
	struct exchange x;
	struct head *head;        /* which of the two is being read */
	struct arena_mark before; /* the response */
	bool newer;               /* HTTP/2 or HTTP/3, which browsers speak over TLS alone */
	bool full;                /* the arena is: something is missing */
};

/* False where memory is short. */
bool draft_init(struct draft *d);
void draft_fini(struct draft *d);

/* Empty again; nothing is known. Fields are the response's. */
void draft_reset(struct draft *d);

/* What a start line says; the fields that follow belong to it. */
void draft_request(struct draft *d, struct str method, struct str target);
void draft_response(struct draft *d, int status, struct str reason);

/* Adds to the head that is being read. HTTP/2's pseudo-fields say what a start line says. */
void draft_field(struct draft *d, struct str name, struct str value);

/* More of the last field's value (obs-fold, RFC 9112 5.2); there is one. */
void draft_fold(struct draft *d, struct str text);

/* A copy that lives as long as the exchange. */
struct str draft_keep(struct draft *d, struct str s);

/* Is the response one that says nothing of caches: interim, or a tunnel's beginning? */
bool draft_is_passing(const struct draft *d);

/* Forgets the response; the request may be waiting for another one. */
void draft_drop_response(struct draft *d);

/* What target and Host make. STR_NONE where they do not tell. */
struct str draft_url(struct draft *d, bool tls);

#endif
