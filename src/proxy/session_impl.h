/* The inside of a session, shared by session.c (its life), session_head.c (requests' heads), session_in.c (their
 * bodies), session_out.c (responses) and plain.c (hits that need no request). */
#ifndef CAIRN_PROXY_SESSION_IMPL_H
#define CAIRN_PROXY_SESSION_IMPL_H

#include "proxy/session.h"
#include "trail/node.h"

#define SESSION_MAGIC 0x73657373u

/* Bytes read and not yet understood: [pos, n) of p. */
struct raw {
	char *p;
	size_t pos, n, cap;
};

struct session {
	unsigned magic;
	struct worker *worker;
	const struct worker_listener *listener;
	struct conn *conn; /* NULL: hung up */
	union addr peer;   /* outlives the connection: the record names it */
	union addr dest;   /* where it was going, if it was diverted; where the client was, if somebody passes it on. Else AF_UNSPEC */
	struct list node;
	struct task next; /* the next request of a pipeline */

	struct arena *arena; /* the request's; NULL while idle */
	char *in;            /* where a head is read to */
	size_t in_n, in_cap;
	struct head_scan scan;
	struct req *fresh; /* a request whose head is not whole yet */
	struct req *req;   /* the one in progress */

	struct raw raw; /* what came behind the head */
	struct body_frame frame;
	struct chunked chunks;
	struct strbuf trailers; /* of the request, as they came */
	uint64_t body_left; /* bytes to come; of a chunked body, of the run found and not yet taken */
	size_t chunk_tail;  /* what the decoder took behind that run */
	enum fault fault;

	struct str out;      /* taken from the request, not yet by the socket */
	uint64_t chunk_left; /* data of the chunk that was announced */
	uint64_t bytes_in, bytes_out;

	int minor;           /* of the request in progress, or answered last */

	struct audience audience;  /* see session_audience */
	unsigned audience_number;  /* worker.conf_number + 1 when it was found; 0: never */
	const struct plate *plate; /* of plain hits; the worker's */
	unsigned plate_number;     /* worker.conf_number + 1 when it was found; 0: never */

	bool head_timer;
	bool body_done; /* no request body, or all of it read */
	bool awaited;   /* it is the client's turn to send more of the body */
	bool bides;     /* the client waits for a 100 before it sends any of it */
	bool eof;       /* the client's stream ended */
	bool gone;
	bool blocked; /* waiting for the socket to take more */
	bool aborted; /* the response is cut: the end must not look clean */
	bool head_sent;
	bool chunked;
	bool until_close; /* the body ends with the connection */
	bool diverted;    /* on an intercept listener */
	bool astray;      /* to ourselves, or nobody knows where */
	bool last;        /* the client has said that it sends nothing behind this request */
};

#define SESSION_IN_FIRST ((size_t)4096)  /* room for a head, at first */
#define SESSION_IN_BODY  ((size_t)16384) /* room for a body's bytes, and for later requests */

/* ---- session.c ---- */

enum goodbye { CLOSE_PLAIN, CLOSE_LINGER, CLOSE_ABORT };

/* The connection goes; a request in progress is told first, and ends the session itself. The session may be gone
 * afterwards. */
void session_hang_up(struct session *s, enum goodbye how);

/* From here on heads are read. There may be bytes of one: the session may be gone afterwards. */
void session_listen(struct session *s);

/* ---- session_proxied.c ---- */

/* First a header of the PROXY protocol is read, in time. */
void session_await_header(struct session *s);

/* ---- session_in.c ---- */

/* The clock runs while it is the client's turn, to take what waits for it or to send what is waited for, and not while
 * upstream is slow. */
void session_clock(struct session *s);

/* ---- session_head.c: after each of these the session may be gone ---- */

void session_read_head(struct session *s);

/* The head that has begun to come is not whole in time: 408. */
void session_head_too_slow(struct session *s);

/* The next request of a pipeline, from session.next. */
void session_parse_waiting(struct task *t);

/* Without memory for a request there is none to build an answer in: a short one is sent, and the connection closed. */
void session_refuse_without_memory(struct session *s);

/* Another request than the one before; its head had `used` bytes. */
void session_begin(struct session *s, size_t used);

/* Where a plain hit has been answered in part: a request for its head, which is the session's from here on. What the
 * session has sent stays sent. NULL where memory is short. */
struct req *session_resume(struct session *s, struct str in);

/* Makes room for `want` more bytes of a head; false where memory is short. The session stays. */
bool session_make_room(struct session *s, size_t want);

#endif
