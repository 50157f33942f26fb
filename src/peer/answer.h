/* The answer to a GET, put together from the bytes of a connection: its head, and its body without framing, all of it
 * in memory. Interim responses are passed over (RFC 9110 15.2).
 *
 * thread: local. Does no I/O; the head's fields go to an arena of the caller's, which must outlive it, the bytes to
 * memory of its own.
 * Order of use: answer_begin, answer_take as long as it wants more, answer_free; once it is whole head and body may be
 * looked at until then.
 */
#ifndef CAIRN_PEER_ANSWER_H
#define CAIRN_PEER_ANSWER_H

#include "http/body.h"
#include "http/head.h"

enum answer_is {
	ANSWER_MORE, /* is wanted */
	ANSWER_WHOLE,
	ANSWER_TOO_LARGE,
	ANSWER_BROKEN, /* it is malformed, or changes to another protocol, for which nobody asked */
	ANSWER_NO_MEMORY,
};

/* Bytes that are gathered. */
struct answer_heap {
	char *p;
	size_t n, cap;
};

struct answer {
	struct head head;
	size_t left;     /* bytes that came behind it, of no use */
	bool head_alone; /* set behind answer_begin: it is whole with its head, and the body is no matter */
	/* private: */
	struct arena *arena;
	struct arena_mark mark;
	size_t body_max;
	struct answer_heap in; /* the head */
	struct head_scan scan;
	bool in_body;
	struct body_frame frame;
	struct chunked chunks;
	struct answer_heap body;
};

void answer_begin(struct answer *a, struct arena *arena, size_t body_max);

/* The next bytes. Once it said anything but ANSWER_MORE it is not called again. */
enum answer_is answer_take(struct answer *a, struct str in);

static inline struct str
answer_body(const struct answer *a)
{
	return str_of(a->body.p, a->body.n);
}

/* Has anything come of it? Interim responses that are over do not count. */
bool answer_has_begun(const struct answer *a);

/* Does the end of the connection make it whole? */
bool answer_ends_with_connection(const struct answer *a);

/* Of one that is whole: may its connection carry another? */
bool answer_leaves_connection(const struct answer *a);

void answer_free(struct answer *a);

#endif
