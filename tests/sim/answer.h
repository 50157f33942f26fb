/* An origin's response: what it says, one way to write that, and what became of it. */
#ifndef CAIRN_TESTS_SIM_ANSWER_H
#define CAIRN_TESTS_SIM_ANSWER_H

#include "ask.h"

#define ANSWER_NONE INT64_C(-1)

enum directive {
	SAYS_NO_CACHE = 1,
	SAYS_NO_STORE = 2,
	SAYS_PRIVATE = 4,
	SAYS_PUBLIC = 8,
	SAYS_MUST_REVALIDATE = 16,
	SAYS_PROXY_REVALIDATE = 32,
	SAYS_MUST_UNDERSTAND = 64,
	SAYS_SECRET_PRIVATE = 128,  /* private="X-Secret" */
	SAYS_SECRET_NO_CACHE = 256, /* no-cache="X-Secret" */
};

struct directives {
	unsigned bits;
	int64_t max_age, s_maxage, swr, sie; /* seconds; ANSWER_NONE */
};

enum vary {
	VARY_ANY = 1 << ASK_FIELDS, /* the bits below it: by that field of a request */
};

enum expires {
	EXPIRES_NONE,
	EXPIRES_BAD,
	EXPIRES_AT,
};

enum etag {
	ETAG_NONE,
	ETAG_STRONG,
	ETAG_WEAK,
};

/* What a response says about its use. A 304 may say a part of it anew: `has` tells which. */
enum said_part {
	SAID_CC = 1,
	SAID_CDN = 2,
	SAID_VARY = 4,
	SAID_COOKIE = 8,
	SAID_GROUPS = 16,
	SAID_MODIFIED = 32,
	SAID_LANGUAGE = 64,
	SAID_EXPIRES = 128,
};

struct said {
	unsigned has;
	struct directives cc, cdn;
	unsigned vary;
	bool cookie;
	unsigned group; /* 0: none */
	int64_t modified;
	unsigned language, coding;
	enum expires expires;
	int64_t expires_at;
	/* Of this message alone. */
	int64_t date; /* ANSWER_NONE: none that is valid */
	int64_t age;  /* 0: none */
};

enum answer_kind {
	ANSWER_BASE,   /* has content, or would: names itself in X-Base */
	ANSWER_UPDATE, /* a 304, or the answer to a HEAD: names itself in X-Up-<id> */
};

struct answer {
	unsigned id;
	const struct ask *ask;
	enum answer_kind kind;
	int status;
	uint64_t rep; /* which representation: makes the bytes, the ETag and the length */
	enum etag etag;
	uint64_t length;      /* of the whole representation */
	uint64_t first, last; /* of a 206 */
	struct said said;
	bool no_store;                      /* the request for it, as the origin got it, says so */
	char given_etag[128];               /* its If-None-Match; "": none */
	int64_t given_since;                /* its If-Modified-Since; ANSWER_NONE */
	bool located;                       /* Content-Location: the URL itself */
	unsigned location;                  /* Location: 1 + another URL; 0: none */
	unsigned forgets;                   /* Cache-Group-Invalidation: a group; 0: none */
	int64_t sent_ms, came_ms;           /* wall clock at the node: the request went, the head came */
	unsigned sent_at, came_at, done_at; /* the same, and the body's end, as places in the run; 0: not yet */
	bool whole;                         /* all of it was sent */
};

/* Makes up what is said: a whole response, or (partly) what a 304 says anew. */
void answer_say(struct said *s, struct dice *d, int64_t now_s, int64_t modified, bool partly);

void answer_write(const struct answer *a, struct text *t);

/* Byte `at` of a representation, and its length. */
unsigned char answer_byte(uint64_t rep, uint64_t at);
uint64_t answer_length(uint64_t rep);

#endif
