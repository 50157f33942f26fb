/* A request's body on its way upstream, at the pace of the slower side, through one buffer; framed anew. */
#include <errno.h>

#include "proxy/fetch_impl.h"
#include "proxy/trailers.h"

#define UPLOAD_DATA  ((size_t)16384)
#define UPLOAD_FRAME ((size_t)CHUNK_LINE_MAX + 2)

/* Writes what is in the buffer. 0: all gone; -EAGAIN: not yet; another: upstream is. */
static int
drain(struct fetch *f)
{
	struct conn *c = upconn_conn(f->up);

	while (f->upload_done < f->upload_n) {
		struct iovec iov = { f->upload + f->upload_done, f->upload_n - f->upload_done };
		ssize_t n = conn_writev(c, &iov, 1);

		if (n == -EAGAIN)
			conn_want(c, true, true);
		if (n < 0)
			return (int)n;
		f->upload_done += (size_t)n;
		conn_timer(c, f->conf->timeouts.first_byte);
	}
	f->upload_done = f->upload_n = 0;
	return 0;
}

static void
put(struct fetch *f, const char *p, size_t n)
{
	if (n > 0)
		memcpy(f->upload + f->upload_n, p, n);
	f->upload_n += n;
}

static void
fill(struct fetch *f, struct str data)
{
	bool chunked = f->request_frame.framing == FRAMING_CHUNKED;
	char line[CHUNK_LINE_MAX];

	data = str_head(data, UPLOAD_DATA);
	if (chunked)
		put(f, line, chunk_line(line, data.n));
	put(f, data.p, data.n);
	if (chunked)
		put(f, "\r\n", 2);
	session_body_took(f->req->session, data.n);
}

/* The buffer is empty: its bytes need not be kept. */
static bool
make_room(struct fetch *f, size_t data)
{
	char *p = arena_alloc(f->arena, data + UPLOAD_FRAME);

	if (p != NULL)
		f->upload = p;
	return p != NULL;
}

static void
finish(struct fetch *f)
{
	struct str trailers;

	f->upload_ended = true;
	if (f->request_frame.framing != FRAMING_CHUNKED)
		return;
	trailers = trailers_kept(session_trailers(f->req->session), &f->conf->limits, f->arena);
	if (trailers.n > UPLOAD_DATA && !make_room(f, trailers.n))
		trailers = STR_NONE;
	put(f, "0\r\n", 3);
	put(f, trailers.p, trailers.n);
	put(f, "\r\n", 2);
}

bool
upload_is_awaited(const struct fetch *f)
{
	bool bidden = f->upload_began || !head_has(&f->head, HDR_EXPECT); /* else upstream is to say 100 first */

	return f->request_frame.framing != FRAMING_NONE && !f->upload_ended && f->upload_n == 0 && bidden;
}

int
upload_pump(struct fetch *f)
{
	if (f->request_frame.framing == FRAMING_NONE)
		return 0;
	if (f->upload == NULL && !make_room(f, UPLOAD_DATA))
		return -ENOMEM;
	for (;;) {
		struct str data;
		int err = f->up == NULL ? -EPIPE : drain(f);

		if (err != 0)
			return err;
		if (f->upload_ended)
			return 0;
		if (f->req == NULL)
			return -ECANCELED;
		switch (session_body(f->req->session, &data)) {
		case BODY_IN_DATA:
			f->upload_began = true;
			fill(f, data);
			break;
		case BODY_IN_END:
			finish(f);
			break;
		case BODY_IN_WAIT:
			return -EAGAIN;
		case BODY_IN_BAD:
		case BODY_IN_GONE:
			return -ECANCELED;
		}
	}
}

enum proxy_error
upload_failure(int err)
{
	if (err == -ECANCELED)
		return PROXY_ERROR_HTTP_REQUEST_ERROR;
	return err == -ENOMEM ? PROXY_ERROR_PROXY_INTERNAL_ERROR : PROXY_ERROR_NONE;
}
