/* One response, read as it comes and checked to the last byte. */
#ifndef CAIRN_TESTS_SOAK_REPLY_H
#define CAIRN_TESTS_SOAK_REPLY_H

#include "base/arena.h"
#include "http/body.h"
#include "site.h"

enum ask_kind {
	ASK_GET,
	ASK_HEAD,
	ASK_POST,
	ASK_PURGE,
};

struct ask {
	enum ask_kind kind;
	uint32_t url;
	uint32_t user;    /* 0: sends no Authorization */
	uint32_t version; /* what is older than this must not come */
	bool if_known;    /* has a condition */
};

enum reply_state {
	REPLY_HEAD,
	REPLY_BODY,
	REPLY_DONE,
};

struct reply {
	enum reply_state state;
	int status;
	bool ours;  /* of the origin's, with a representation */
	bool error; /* the origin's word that something is wrong */
	bool close; /* the connection ends behind it */
	struct rep rep;
	struct body_frame frame;
	struct chunked chunks;
	uint64_t at, end; /* bytes of the representation; end UINT64_MAX: nobody knows */
	uint64_t version; /* of X-Version */
	uint64_t left;    /* of FRAMING_LENGTH */
};

void reply_begin(struct reply *r);

/* Takes bytes from `in`; returns how many. `a` is scratch. */
size_t reply_take(struct reply *r, const struct ask *q, struct str in, struct arena *a);

/* The connection ended: was that well? */
void reply_ends(struct reply *r, const struct ask *q);

struct reply_counts {
	uint64_t replies, hits, made_up, errors, cuts, bytes, not_modified, parts;
};
extern struct reply_counts reply_counts;

/* Tells of something that may not be, and ends the process. */
__attribute__((format(printf, 1, 2), noreturn)) void reply_wrong(const char *format, ...);

#endif
