/* How a response reaches its client: a small struct of functions, so that a request never writes to a socket and does
 * not know whether its connection is shared. The HTTP/1 session is the one that implements it.
 *
 * thread: local. Calls in order: interim..., head, body..., end. Any of them may say that the client is gone (-errno);
 * then only `end` may follow.
 */
#ifndef CAIRN_PROXY_SINK_H
#define CAIRN_PROXY_SINK_H

#include <sys/types.h>
#include <sys/uio.h>

#include "base/str.h"

#define REPLY_UNKNOWN UINT64_MAX

struct reply {
	int status;
	struct str lines;  /* field lines, each with CRLF: the stored ones */
	struct str extra;  /* field lines of this response alone */
	uint64_t length;   /* of the body; REPLY_UNKNOWN: told by chunks, or by the connection's end */
	bool bodiless;     /* no body whatever the length says: HEAD, 204, 304 */
	bool no_length;    /* write no Content-Length: 1xx, 204, 304 without one, 2xx to CONNECT */
	bool close;        /* the connection ends after this response */
	bool upgrade;      /* 101: Connection and Upgrade are in `extra` */
};

/* Of all pieces together. */
static inline size_t
iov_bytes(const struct iovec *iov, int count)
{
	size_t n = 0;

	for (int i = 0; i < count; i++)
		n += iov[i].iov_len;
	return n;
}

struct sink_ops {
	/* A 1xx response. */
	void (*interim)(void *sink, int status, struct str lines);

	/* The head, and as many bytes of the body as the client takes: returns how many of those, perhaps 0. The
	 * strings need not outlive the call. */
	ssize_t (*head)(void *sink, const struct reply *r, const struct iovec *body, int count);

	/* More of the body: returns how many bytes were taken. Fewer than given: the request is run again when there is
	 * room. */
	ssize_t (*body)(void *sink, const struct iovec *body, int count);

	/* The end. `whole`: the body is complete; otherwise the client must be able to see that it is not. `trailers`:
	 * field lines, sent where the coding has room for them. Returns 0 where everything has left, -EAGAIN where the
	 * request must be run once more, and `end` be called again. */
	int (*end)(void *sink, bool whole, struct str trailers);
};

#endif
