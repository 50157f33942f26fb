/* One response, read as it comes and checked to the last byte. */
#ifndef CAIRN_TESTS_SOAK_REPLY_H
#define CAIRN_TESTS_SOAK_REPLY_H

#include "ask.h"
#include "base/arena.h"
#include "http/body.h"

enum reply_state {
	REPLY_HEAD,
	REPLY_BODY,
	REPLY_DONE,
};

struct reply {
	enum reply_state state;
	int status;
	bool interim;     /* a 1xx came */
	bool ours;        /* of the origin's, with a representation */
	bool error;       /* the origin's word that something is wrong */
	bool changed;     /* the origin's word that a change was made */
	bool close;       /* the connection ends behind it */
	uint32_t version; /* of that */
	struct rep rep;
	struct body_frame frame;
	struct chunked chunks;
	uint64_t at, end; /* bytes of the representation; end UINT64_MAX: nobody knows */
	uint64_t left;    /* of FRAMING_LENGTH */
	char said[700];   /* its head, for whoever has to find out */
};

void reply_begin(struct reply *r);

/* Takes bytes from `in`; returns how many. `a` is scratch. */
size_t reply_take(struct reply *r, const struct ask *q, struct str in, struct arena *a);

enum reply_end {
	REPLY_END_PLAIN,
	REPLY_END_RESET,
	REPLY_END_STALLED, /* the client had stopped reading, and the node need not wait for ever */
};

/* The connection ended: was that well? */
void reply_ends(struct reply *r, const struct ask *q, enum reply_end how);

/* Tells of something that may not be, and ends the process. */
__attribute__((format(printf, 1, 2), noreturn)) void reply_wrong(const char *format, ...);

#endif
