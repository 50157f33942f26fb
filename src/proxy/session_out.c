/* A session's writing side: HTTP/1 responses. What the socket does not take of heads and framing is copied aside; of a
 * body's bytes only a count is returned, and the request offers them again. */
#include <errno.h>

#include "base/dec.h"
#include "base/must.h"
#include "http/body.h"
#include "http/status.h"
#include "proxy/session_impl.h"

#define IOV_MAX_BODY 60
#define SHORT_MAX    4096

/* `moved`: it has just taken something. Else the clock that runs already goes on. */
static void
wait_for_room(struct session *s, bool moved)
{
	bool waits = s->blocked;

	s->blocked = true;
	conn_want(s->conn, !s->eof, true);
	if (moved || !waits)
		session_clock(s);
}

/* It has taken all that there is for now, perhaps before its socket was heard to have room. */
static void
all_taken(struct session *s)
{
	if (!s->blocked)
		return;
	s->blocked = false;
	conn_want(s->conn, !s->eof, false);
	session_clock(s);
}

/* Copies what is left of the framing before or behind the body, behind what waits already; false where memory is short.
 */
static bool
set_aside(struct session *s, const struct iovec *iov, int count, size_t skip)
{
	size_t n = s->out.n + iov_bytes(iov, count);
	char *p;

	MUST(skip <= n - s->out.n);
	if (s->arena == NULL)
		s->arena = worker_arena(s->worker);
	p = s->arena == NULL ? NULL : arena_alloc(s->arena, n - skip);
	if (p == NULL)
		return false;
	str_put(p, s->out);
	p += s->out.n;
	s->out = str_of(p - s->out.n, n - skip);
	for (int i = 0; i < count; i++) {
		size_t cut = skip < iov[i].iov_len ? skip : iov[i].iov_len;

		if (cut < iov[i].iov_len) /* an empty piece may have no address */
			memcpy(p, (char *)iov[i].iov_base + cut, iov[i].iov_len - cut);
		p += iov[i].iov_len - cut;
		skip -= cut;
	}
	return true;
}

/* Writes what was set aside. 0: all gone; -EAGAIN: not yet; another: the client is. */
static int
flush(struct session *s)
{
	bool moved = false;

	while (s->out.n > 0) {
		struct iovec iov = { (void *)s->out.p, s->out.n };
		ssize_t n = conn_writev(s->conn, &iov, 1);

		if (n == -EAGAIN)
			wait_for_room(s, moved);
		if (n < 0)
			return (int)n;
		moved = true;
		s->bytes_out += (uint64_t)n;
		s->out = str_skip(s->out, (size_t)n);
	}
	return 0;
}

struct pieces {
	struct iovec *iov;
	int front, body, back; /* how many of each */
};

/* The socket took `n` bytes, and that is not all: what is framing is set aside. Returns how many of the body's bytes
 * were taken. */
static ssize_t
took_some(struct session *s, const struct pieces *p, size_t n)
{
	struct iovec *iov = p->iov;
	int front = p->front, body = p->body;
	size_t before = iov_bytes(iov, front), middle = iov_bytes(iov + front, body);

	wait_for_room(s, n > 0);
	if (n < before)
		return set_aside(s, iov, front, n) ? 0 : -ENOMEM;
	if (n < before + middle)
		return (ssize_t)(n - before);
	return set_aside(s, iov + front + body, p->back, n - before - middle) ? (ssize_t)middle : -ENOMEM;
}

/* What came of sending the pieces, of `all` bytes: how many of the body's were taken. */
static ssize_t
sent(struct session *s, const struct pieces *p, size_t all, ssize_t n)
{
	if (n == -EAGAIN)
		n = 0;
	if (n < 0)
		return n;
	s->bytes_out += (uint64_t)n;
	if (UNLIKELY((size_t)n < all))
		return took_some(s, p, (size_t)n);
	all_taken(s);
	return (ssize_t)iov_bytes(p->iov + p->front, p->body);
}

/* Writes `front` framing pieces, the body, and `back` pieces behind it, none or one. Returns how many of the body's
 * bytes were taken. What waits to be written, as an early hint that the socket took in part, goes first. */
static ssize_t
write_all(struct session *s, struct iovec *iov, int front, int body, int back)
{
	int count = front + body + back, err = flush(s);

	if (err == -EAGAIN)
		return set_aside(s, iov, front, 0) ? 0 : -ENOMEM;
	if (err < 0)
		return err;
	return sent(s, &(struct pieces){ iov, front, body, back }, iov_bytes(iov, count), conn_writev(s->conn, iov, count));
}

/* Body bytes as a chunk, behind `front` pieces that are already in iov. One that was announced earlier may end before
 * what is offered now: no more is given than it holds. */
static ssize_t
write_chunk(struct session *s, struct iovec *iov, int front, const struct iovec *body, int count)
{
	char line[CHUNK_LINE_MAX];
	uint64_t offered = iov_bytes(body, count), n = offered;
	int back = 0;
	ssize_t taken;

	if (n > 0 && s->chunk_left == 0) {
		iov[front++] = (struct iovec){ line, chunk_line(line, n) };
		s->chunk_left = n;
	}
	memcpy(iov + front, body, (size_t)count * sizeof *body);
	for (int i = front + count - 1; n > s->chunk_left; i--) {
		uint64_t cut = n - s->chunk_left < iov[i].iov_len ? n - s->chunk_left : iov[i].iov_len;

		iov[i].iov_len -= cut;
		n -= cut;
	}
	if (n > 0 && n == s->chunk_left) {
		iov[front + count] = (struct iovec){ (void *)"\r\n", 2 };
		back = 1;
	}
	taken = write_all(s, iov, front, count, back);
	if (taken > 0)
		s->chunk_left -= (uint64_t)taken;
	if (taken >= 0 && n < offered && !s->blocked)
		wait_for_room(s, true); /* there is: the rest is the next chunk's */
	return taken;
}

/* Body bytes behind `front` pieces that are already in iov. */
static ssize_t
write_body(struct session *s, struct iovec *iov, int front, const struct iovec *body, int count)
{
	if (count > IOV_MAX_BODY)
		count = IOV_MAX_BODY;
	if (s->chunked)
		return write_chunk(s, iov, front, body, count);
	for (int i = 0; i < count; i++)
		iov[front + i] = body[i];
	return write_all(s, iov, front, count, 0);
}

#define FRAMING_MAX 128 /* a Content-Length or Transfer-Encoding, a Connection, and the empty line */

#define put_lit(p, lit) str_put((p), STR(lit))

/* How the client is to know where the body ends. */
static char *
put_length(struct session *s, char *p, const struct reply *r)
{
	s->chunked = s->until_close = false;
	if (r->length != REPLY_UNKNOWN) {
		if (r->no_length)
			return p;
		p = dec_put(put_lit(p, "Content-Length: "), r->length);
		return put_lit(p, "\r\n");
	}
	s->chunked = !r->bodiless && s->minor == 1;
	s->until_close = !r->bodiless && !s->chunked;
	return s->chunked ? put_lit(p, "Transfer-Encoding: chunked\r\n") : p;
}

/* The end of the head. */
static char *
put_framing(struct session *s, char *p, const struct reply *r)
{
	p = put_length(s, p, r);
	if (!r->upgrade && (r->close || s->until_close))
		p = put_lit(p, "Connection: close\r\n");
	else if (!r->upgrade && s->minor == 0)
		p = put_lit(p, "Connection: keep-alive\r\n");
	return put_lit(p, "\r\n");
}

/* May all of it leave in one piece? To copy that together takes less time than the kernel does over a list of pieces. */
static bool
is_short(const struct session *s, const struct reply *r, struct str line, size_t body)
{
	return s->out.n == 0 && r->length != REPLY_UNKNOWN &&
	       line.n + r->lines.n + r->extra.n + FRAMING_MAX + body <= SHORT_MAX;
}

static ssize_t
send_short(struct session *s, const struct reply *r, struct str line, struct str body)
{
	char all[SHORT_MAX], *p = str_put(str_put(str_put(all, line), r->lines), r->extra);
	char *behind = put_framing(s, p, r), *end = str_put(behind, body);
	struct iovec iov[2] = { { all, (size_t)(end - all) } };
	ssize_t n = conn_writev(s->conn, iov, 1);

	if (LIKELY(n == end - all && !s->blocked)) {
		s->bytes_out += (uint64_t)n;
		return (ssize_t)body.n;
	}
	iov[0].iov_len = (size_t)(behind - all);
	iov[1] = (struct iovec){ behind, body.n };
	return sent(s, &(struct pieces){ iov, 1, 1, 0 }, (size_t)(end - all), n);
}

static ssize_t
send_long(struct session *s, const struct reply *r, struct str line, const struct iovec *body, int count)
{
	struct iovec iov[IOV_MAX_BODY + 8];
	char framing[FRAMING_MAX], *end = put_framing(s, framing, r);

	iov[0] = (struct iovec){ (void *)s->out.p, s->out.n }; /* of an interim response, that has not left yet */
	iov[1] = (struct iovec){ (void *)line.p, line.n };
	iov[2] = (struct iovec){ (void *)r->lines.p, r->lines.n };
	iov[3] = (struct iovec){ (void *)r->extra.p, r->extra.n };
	iov[4] = (struct iovec){ framing, (size_t)(end - framing) };
	s->out = STR_NONE;
	return write_body(s, iov, 5, body, count);
}

static ssize_t
h1_head(void *sink, const struct reply *r, const struct iovec *body, int count)
{
	struct session *s = sink;
	char odd[STATUS_LINE_ODD];
	struct str line = status_line(r->status, odd), only = STR_NONE;

	if (r->bodiless)
		count = 0;
	if (count > 0)
		only = str_of(body->iov_base, body->iov_len);
	s->head_sent = true;
	if (count <= 1 && is_short(s, r, line, only.n))
		return send_short(s, r, line, only);
	return send_long(s, r, line, body, count);
}

static ssize_t
h1_body(void *sink, const struct iovec *body, int count)
{
	struct session *s = sink;
	struct iovec iov[IOV_MAX_BODY + 8];
	int err = flush(s);

	if (err != 0)
		return err == -EAGAIN ? 0 : err;
	return write_body(s, iov, 0, body, count);
}

static int
h1_end(void *sink, bool whole, struct str trailers)
{
	struct session *s = sink;
	struct iovec iov[3] = {
		{ (void *)"0\r\n", 3 },
		{ (void *)trailers.p, trailers.n },
		{ (void *)"\r\n", 2 },
	};
	int err;

	if (s->conn == NULL)
		return 0;
	if (!whole) {
		s->aborted = true;
		return 0;
	}
	err = flush(s);
	if (err != 0)
		return err;
	if (!s->chunked) {
		all_taken(s);
		return 0;
	}
	s->chunked = false; /* said once, even where the socket takes it in parts */
	if (write_all(s, iov, 3, 0, 0) < 0)
		return -ECONNRESET;
	return s->out.n > 0 ? -EAGAIN : 0;
}

static void
h1_interim(void *sink, int status, struct str lines)
{
	struct session *s = sink;
	char odd[STATUS_LINE_ODD];
	struct str line = status_line(status, odd);
	struct iovec iov[3];

	if (s->conn == NULL || s->minor == 0 || flush(s) != 0)
		return; /* RFC 9110 15.2: never to a 1.0 client; a client that does not read can do without */
	iov[0] = (struct iovec){ (void *)line.p, line.n };
	iov[1] = (struct iovec){ (void *)lines.p, lines.n };
	iov[2] = (struct iovec){ (void *)"\r\n", 2 };
	(void)write_all(s, iov, 3, 0, 0);
	if (status == 100 && s->bides) {
		s->bides = false;
		s->awaited = true;
		session_clock(s);
	}
}

const struct sink_ops session_sink = { h1_interim, h1_head, h1_body, h1_end };
