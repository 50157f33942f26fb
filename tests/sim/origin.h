/* The origin: accepts what the node opens, reads requests, and answers at once, later, badly or not at all. */
#ifndef CAIRN_TESTS_SIM_ORIGIN_H
#define CAIRN_TESTS_SIM_ORIGIN_H

#include "answer.h"

#define ORIGIN_CONNS 64
#define ORIGIN_IN    4096

struct world;

enum origin_phase {
	ORIGIN_FREE,    /* no connection */
	ORIGIN_READING, /* waits for a request */
	ORIGIN_HOLDING, /* has one, and will answer when told to */
	ORIGIN_WRITING, /* what the socket does not take yet */
	ORIGIN_HALFWAY, /* has sent a part of the body, and will go on when told to */
};

struct origin_conn {
	enum origin_phase phase;
	int fd;
	size_t in_n;
	char in[ORIGIN_IN + 1];
	struct ask *ask; /* whose request it is */
	unsigned sent_at;
	int64_t sent_ms;
	struct answer *answer;
	char *out;                        /* malloc'd */
	size_t out_n, out_done, out_stop; /* stop: where it pauses, or cuts */
	size_t body_n;
	bool cuts, closes;
};

struct origin {
	struct origin_conn conns[ORIGIN_CONNS];
	unsigned exchanges;
};

void origin_close(struct origin *o);

/* Reads and writes what can be; true where something moved. */
bool origin_pump(struct world *w);

/* The nth of those that are held goes on. False where none is held. */
bool origin_release(struct world *w, unsigned nth);

#endif
