/* What a request would find here, without making it: what a neighbour is told that asks. No hit is counted. */
#ifndef CAIRN_PROXY_PROMISE_H
#define CAIRN_PROXY_PROMISE_H

#include "cache/stored.h"
#include "proxy/conf.h"

struct worker;

enum promise {
	PROMISE_HIT,  /* answered from the store, and so for neighbours.fresh_for */
	PROMISE_MISS,
	PROMISE_NONE, /* no URL that can be asked for */
};

/* What is asked about. The strings are borrowed from the question, or in its arena. */
struct promise_of {
	const struct conf *conf;
	const struct conf_route *route;
	struct key_parts parts;
	struct head request; /* GET or HEAD, with the fields that came with the question */
};

/* Reads an absolute URL as a request's target would be; q->request is the caller's. False where it is none. */
bool promise_read(struct promise_of *q, struct str url, struct arena *a);

/* What is known of a hit: Age in seconds, and Last-Modified's value in `a`. */
struct promise_found {
	uint32_t age_s;
	struct str last_modified;
};

enum promise promise_look(struct worker *w, const struct promise_of *q, struct arena *a, struct promise_found *out);

#endif
