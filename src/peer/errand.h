/* A small GET of the node's own: a digest, a probe. It opens or reuses a connection to a member, asks, and hands over
 * the whole answer at once, or says what went wrong.
 *
 * thread: local. Nothing blocks. Order of use: errand_start, then `fn` exactly once, from the loop and never from
 * inside errand_start; or errand_cancel before that.
 */
#ifndef CAIRN_PEER_ERRAND_H
#define CAIRN_PEER_ERRAND_H

#include "http/head.h"
#include "peer/upconn.h"

struct errand;

/* The member must stay until fn is called or the errand cancelled; all else is copied. */
struct errand_ask {
	struct member *member;
	struct str target;  /* in the form in which it is sent */
	struct str host;    /* STR_NONE: the member's own */
	struct str lines;   /* further field lines, each with its CRLF */
	size_t body_max;    /* bytes; a longer body is ERRAND_TOO_LARGE */
	int64_t limit_ms;   /* for all of it */
	struct str preface; /* sent before anything else; over a new connection, which is not kept, unless empty */
	bool fresh;         /* over a new connection, which is not kept: as a probe wants it */
	bool bodiless;      /* the head is the answer, whatever would follow; with `fresh` */
};

enum errand_end {
	ERRAND_ANSWERED,
	ERRAND_UNREACHED, /* no connection: `fault` says why */
	ERRAND_LATE,      /* the time was over */
	ERRAND_BROKEN,    /* the connection ended, or what came is no answer */
	ERRAND_TOO_LARGE,
	ERRAND_NO_MEMORY,
};

/* All but `end` and `why` is for ERRAND_ANSWERED alone, and borrowed: until fn returns. */
struct errand_answer {
	enum errand_end end;
	enum upconn_fault fault; /* of ERRAND_UNREACHED */
	const char *why;         /* half a sentence; NULL where it was answered */
	const struct head *head;
	struct str body; /* unframed */
};

/* The handle is no more. */
typedef void errand_fn(void *arg, const struct errand_answer *a);

/* NULL where memory is short; fn is not called then. */
struct errand *errand_start(struct loop *l, struct upconn_pool *p, const struct errand_ask *ask, errand_fn *fn,
			    void *arg);

/* fn will not be called. Nulls; NULL is fine. */
void errand_cancel(struct errand **e);

#endif
