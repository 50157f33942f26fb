/* A connection from the node to an origin. origin.c moves bytes, origin_answer.c says which. */
#ifndef CAIRN_TESTS_SOAK_ORIGIN_IMPL_H
#define CAIRN_TESTS_SOAK_ORIGIN_IMPL_H

#include "base/arena.h"
#include "http/body.h"
#include "reactor.h"
#include "site.h"

#define PEER_IN  24576
#define PEER_OUT 65536

enum peer_state {
	PEER_ASKED,   /* waits for a request, or is within its head */
	PEER_UPLOAD,  /* within its body */
	PEER_ANSWERS, /* nothing is read */
	PEER_SILENT,  /* says nothing any more: waits for the node to leave */
};

struct peer {
	struct watch watch;
	struct peer *next, *prev;
	struct arena *arena;
	enum peer_state state;
	size_t in_n;
	char in[PEER_IN];

	/* the request */
	struct rep rep, upload;
	struct body_frame frame;
	struct chunked chunks;
	uint64_t upload_at;

	/* The answer: `out`, then the bytes of `rep` from `at` to `end`. */
	size_t out_n, out_done;
	char out[PEER_OUT];
	uint64_t at, end;
	bool chunked, closes, error;
	bool ended;       /* the last chunk is in `out`, or was */
	unsigned drip;    /* so many more times only a few bytes are sent */
	uint64_t cut_at;  /* stops here and hangs up; UINT64_MAX: does not */
	uint64_t mute_at; /* falls silent here */
	uint64_t rest_at; /* rests here for a while */
};

/* Takes what is in `in`, as far as it goes. */
void origin_take(struct peer *p);

/* Sends what there is, and goes on with the next request. */
void origin_go_on(struct peer *p);

void origin_rest(struct peer *p, unsigned ms);
void origin_drop(struct peer *p, bool reset);

__attribute__((format(printf, 2, 3))) void origin_say(struct peer *p, const char *format, ...);

#endif
