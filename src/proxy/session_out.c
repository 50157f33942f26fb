/* A session's writing side: HTTP/1 responses. What the socket does not take of heads and framing is copied aside; of a
 * body's bytes only a count is returned, and the request offers them again. */
#include <errno.h>

#include "base/must.h"
#include "base/strbuf.h"
#include "http/body.h"
#include "http/status.h"
#include "http/writer.h"
#include "proxy/req.h"
#include "proxy/session_impl.h"

#define IOV_MAX_BODY 60

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

/* Copies what is left of the framing before or behind the body, behind what waits already; false where memory is short. */
static bool
set_aside(struct session *s, const struct iovec *iov, int count, size_t skip)
{
	size_t n = s->out.n;
	char *p;

	for (int i = 0; i < count; i++)
		n += iov[i].iov_len;
	MUST(skip <= n - s->out.n);
	p = arena_alloc(s->arena, n - skip);
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

/* Writes `front` framing pieces, the body, and one piece behind it. Returns how many of the body's bytes were taken. What
 * waits to be written, as an early hint that the socket took in part, goes first. */
static ssize_t
write_all(struct session *s, struct iovec *iov, int front, int body, int back)
{
	size_t before = 0, middle = 0;
	ssize_t n = flush(s);

	if (n == -EAGAIN)
		return set_aside(s, iov, front, 0) ? 0 : -ENOMEM;
	if (n < 0)
		return n;
	for (int i = 0; i < front; i++)
		before += iov[i].iov_len;
	for (int i = front; i < front + body; i++)
		middle += iov[i].iov_len;
	n = conn_writev(s->conn, iov, front + body + back);
	if (n == -EAGAIN)
		n = 0;
	if (n < 0)
		return n;
	s->bytes_out += (uint64_t)n;
	if ((size_t)n < before) {
		wait_for_room(s, n > 0);
		return set_aside(s, iov, front, (size_t)n) ? 0 : -ENOMEM;
	}
	if ((size_t)n < before + middle) {
		wait_for_room(s, n > 0);
		return n - (ssize_t)before;
	}
	if (back > 0 && (size_t)n < before + middle + iov[front + body].iov_len) {
		wait_for_room(s, n > 0);
		if (!set_aside(s, iov + front + body, 1, (size_t)n - before - middle))
			return -ENOMEM;
	} else {
		all_taken(s);
	}
	return (ssize_t)middle;
}

/* Body bytes with the chunk framing they need, behind `front` pieces that are already in iov. */
static ssize_t
write_body(struct session *s, struct iovec *iov, int front, const struct iovec *body, int count)
{
	char line[CHUNK_LINE_MAX];
	uint64_t n = 0, offered;
	int back = 0;
	ssize_t taken;

	if (count > IOV_MAX_BODY)
		count = IOV_MAX_BODY;
	for (int i = 0; i < count; i++)
		n += body[i].iov_len;
	offered = n;
	if (s->chunked && n > 0 && s->chunk_left == 0) {
		iov[front++] = (struct iovec){ line, chunk_line(line, n) };
		s->chunk_left = n;
	}
	for (int i = 0; i < count; i++)
		iov[front + i] = body[i];
	if (s->chunked && n > 0) {
		/* A chunk announced earlier may end before what is offered now: give no more than it holds. */
		for (int i = count - 1; n > s->chunk_left; i--) {
			uint64_t cut =
			    n - s->chunk_left < iov[front + i].iov_len ? n - s->chunk_left : iov[front + i].iov_len;

			iov[front + i].iov_len -= cut;
			n -= cut;
		}
		if (n == s->chunk_left) {
			iov[front + count] = (struct iovec){ (void *)"\r\n", 2 };
			back = 1;
		}
	}
	taken = write_all(s, iov, front, count, back);
	if (taken > 0 && s->chunked)
		s->chunk_left -= (uint64_t)taken;
	if (taken >= 0 && n < offered && !s->blocked)
		wait_for_room(s, true); /* there is: the rest is the next chunk's */
	return taken;
}

static void
write_framing(struct session *s, struct strbuf *b, const struct reply *r)
{
	bool old = req_minor(s->req) == 0;

	s->chunked = s->until_close = false;
	if (r->length != REPLY_UNKNOWN) {
		if (!r->no_length) {
			strbuf_lit(b, "Content-Length: ");
			strbuf_u64(b, r->length);
			strbuf_lit(b, "\r\n");
		}
	} else if (!r->bodiless && !old) {
		s->chunked = true;
		strbuf_lit(b, "Transfer-Encoding: chunked\r\n");
	} else if (!r->bodiless) {
		s->until_close = true;
	}
	if (r->upgrade)
		return;
	if (r->close || s->until_close)
		strbuf_lit(b, "Connection: close\r\n");
	else if (old)
		strbuf_lit(b, "Connection: keep-alive\r\n");
}

static ssize_t
h1_head(void *sink, const struct reply *r, const struct iovec *body, int count)
{
	struct session *s = sink;
	struct iovec iov[IOV_MAX_BODY + 8];
	char line[128], tail[256];
	struct strbuf start = strbuf_fixed(line, sizeof line);
	struct strbuf end = strbuf_fixed(tail, sizeof tail);
	struct str reason = r->reason.p != NULL && r->reason.n <= 64 ? r->reason : status_reason(r->status);

	write_status_line(&start, 1, r->status, reason);
	write_framing(s, &end, r);
	strbuf_lit(&end, "\r\n");
	MUST(!start.over && !end.over);
	iov[0] = (struct iovec){ (void *)s->out.p, s->out.n }; /* of an interim response, that has not left yet */
	iov[1] = (struct iovec){ start.p, start.n };
	iov[2] = (struct iovec){ (void *)r->lines.p, r->lines.n };
	iov[3] = (struct iovec){ (void *)r->extra.p, r->extra.n };
	iov[4] = (struct iovec){ end.p, end.n };
	s->out = STR_NONE;
	s->head_sent = true;
	return write_body(s, iov, 5, body, r->bodiless ? 0 : count);
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
	char line[128];
	struct strbuf start = strbuf_fixed(line, sizeof line);
	struct iovec iov[3];

	if (s->conn == NULL || req_minor(s->req) == 0 || flush(s) != 0)
		return; /* RFC 9110 15.2: never to a 1.0 client; a client that does not read can do without */
	write_status_line(&start, 1, status, status_reason(status));
	iov[0] = (struct iovec){ start.p, start.n };
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
