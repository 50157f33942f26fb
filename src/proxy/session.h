/* One HTTP/1 client connection: reads heads, runs one request at a time, writes its response, keeps the connection for
 * the next. Bytes of later requests (pipelining) wait their turn.
 *
 * thread: local. An idle session holds a connection and no buffer; the arena belongs to the request in progress.
 */
#ifndef CAIRN_PROXY_SESSION_H
#define CAIRN_PROXY_SESSION_H

#include "http/body.h"
#include "proxy/sink.h"
#include "proxy/worker.h"

struct session;
struct req;

extern const struct sink_ops session_sink;

/* An accepted descriptor. False, and it is still the caller's, where memory is short. */
bool session_accept(struct worker_listener *l, int fd);

/* Ends it wherever it is: a request in progress is told that its client is gone. */
void session_kill(struct session *s);

/* A worker that drains closes idle sessions and lets the others finish. */
void session_drain(struct session *s);

struct session *session_of_node(struct list *node);

/* What a request asks its session. */
struct conn *session_conn(struct session *s);
const union addr *session_peer(const struct session *s);

/* The peer as a reader, where nothing says that the request was relayed, and no token came: under the worker's configuration. */
const struct audience *session_audience(struct session *s);

/* Where it was going. NULL: here. */
const union addr *session_destination(const struct session *s);

/* The address that the client connected to: where it was going, as the one who passes it on tells it, or ours. AF_UNSPEC
 * where nobody knows any more. */
const union addr *session_reached(const struct session *s);

/* Was it diverted to us, though it was going here, or nobody knows where? Nobody can be asked for such a one. */
bool session_is_astray(const struct session *s);
const struct worker_listener *session_listener(const struct session *s);
uint64_t session_bytes_in(const struct session *s);

/* All that came of a head that was not understood, or not in time. */
struct str session_came(const struct session *s);

uint64_t session_bytes_out(const struct session *s);

/* The request in progress is over; `keep`: the connection may carry another. The arena is reset. */
void session_ended(struct session *s, bool keep);

/* The body of the request in progress. */
enum body_in {
	BODY_IN_DATA,
	BODY_IN_WAIT, /* the request is run again when there is more */
	BODY_IN_END,
	BODY_IN_BAD,  /* malformed: `session_fault` says how */
	BODY_IN_GONE, /* the client left, or was too slow */
};

/* `frame` as the head said. Called once, when the head has been accepted. */
void session_body_begin(struct session *s, const struct body_frame *frame);

/* The next decoded bytes; valid until session_body_took. */
enum body_in session_body(struct session *s, struct str *data);
void session_body_took(struct session *s, size_t n);
/* The lines behind a chunked body, once it has ended; empty for any other. */
struct strbuf *session_trailers(struct session *s);
enum fault session_fault(const struct session *s);

/* Has all of it been read? */
bool session_body_whole(const struct session *s);

/* The connection as a tunnel's end: unread bytes are given out first. The session's own reading stops; `ev` is told. */
struct str session_take_over(struct session *s, const struct conn_events *ev, void *owner);

/* So many bytes went through that tunnel, from the client and to it: they count as the session's. */
void session_passed(struct session *s, uint64_t in, uint64_t out);

#endif
