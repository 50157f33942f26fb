/* Delivery: the head (reply.c), then the body at the client's pace, from a whole entry, one still arriving, or both. */
#include <errno.h>

#include "base/must.h"
#include "proxy/fetch.h"
#include "proxy/pause.h"
#include "proxy/req_impl.h"

#define RUNS 32 /* pieces of memory handed to the socket at once */

static void
open_piece(struct req *r)
{
	const struct piece *p = &r->pieces[r->piece];

	if (p->from == PIECE_ENTRY)
		entry_reader_init(&r->entry_reader, r->entry, p->first, p->last);
	else if (p->from == PIECE_RESP && segs_reader_init(&r->segs_reader, r->resp->body, p->first))
		flight_readers_went_on(r->waiter.flight);
	r->piece_done = 0;
	r->piece_open = true;
}

void
req_close_piece(struct req *r)
{
	const struct piece *p = &r->pieces[r->piece];

	if (!r->piece_open)
		return;
	r->piece_open = false;
	if (p->from == PIECE_ENTRY)
		entry_reader_fini(&r->entry_reader);
	else if (p->from == PIECE_RESP && segs_reader_fini(&r->segs_reader) && r->in_flight)
		flight_readers_went_on(r->waiter.flight);
}

static enum segs_read
peek_piece(struct req *r, struct iovec *iov, int *count)
{
	const struct piece *p = &r->pieces[r->piece];
	uint64_t most = p->last == RANGE_UNKNOWN ? UINT64_MAX : p->last - p->first + 1 - r->piece_done;

	switch (p->from) {
	case PIECE_ENTRY:
		return entry_reader_peek(&r->entry_reader, iov, count);
	case PIECE_RESP:
		return most == 0 ? SEGS_READ_END : segs_reader_peek(&r->segs_reader, most, iov, count);
	case PIECE_TEXT:
		if (r->piece_done == p->text.n)
			return SEGS_READ_END;
		iov[0] = (struct iovec){ (void *)(p->text.p + r->piece_done), p->text.n - r->piece_done };
		*count = 1;
		return SEGS_READ_DATA;
	}
	MUST_NOT_REACH();
}

static void
took(struct req *r, size_t n)
{
	const struct piece *p = &r->pieces[r->piece];

	r->piece_done += n;
	r->body_out += n;
	if (p->from == PIECE_ENTRY)
		entry_reader_took(&r->entry_reader, n);
	else if (p->from == PIECE_RESP && segs_reader_took(&r->segs_reader, n))
		flight_readers_went_on(r->waiter.flight);
}

/* Is the present piece to wait for its time? */
static bool
is_paced(struct req *r)
{
	int64_t ms = r->pieces[r->piece].pace_ms;

	if (ms == 0 || r->piece_open)
		return false;
	if (r->pause == NULL)
		r->pause = pause_begin(r->worker->loop, r, ms);
	if (r->pause != NULL && !pause_is_over(r->pause))
		return true;
	pause_end(&r->pause);
	return false;
}

/* The next bytes of the body: data, wait, the end of all pieces, or lost. */
static enum segs_read
next_bytes(struct req *r, struct iovec *iov, int *count)
{
	while (r->piece < r->piece_count) {
		enum segs_read read;

		if (is_paced(r))
			return SEGS_READ_WAIT;
		if (!r->piece_open)
			open_piece(r);
		*count = RUNS;
		read = peek_piece(r, iov, count);
		if (read != SEGS_READ_END)
			return read;
		req_close_piece(r);
		r->piece++;
	}
	*count = 0;
	return SEGS_READ_END;
}

enum step
req_cut(struct req *r)
{
	r->cut = true;
	r->sink->end(r->session, false, STR_NONE);
	return STEP_ACCOUNT;
}

/* Others read faster than this client, and the window moved on without it; else upstream broke off. */
static enum step
lost(struct req *r)
{
	if (r->pieces[r->piece].from != PIECE_RESP || !segs_reader_fell_out(&r->segs_reader) || !req_may_go_on(r))
		return req_cut(r);
	req_close_piece(r);
	return req_go_on(r);
}

static enum step
gone(struct req *r)
{
	r->client_gone = true;
	r->cut = true;
	return STEP_ACCOUNT;
}

/* They stand behind chunks, which were read to their end by then: before that the fetch may be writing them. */
static struct str
trailers(const struct req *r)
{
	return r->body_due == 0 && r->resp != NULL && r->piece_count > 0 ? r->resp->trailers : STR_NONE;
}

/* Less than was promised, whoever is to blame, is not an end: the next response would be taken for the rest. */
static enum step
finish(struct req *r)
{
	int err;

	if (r->body_out < r->body_due)
		return req_cut(r);
	err = r->sink->end(r->session, true, trailers(r));
	if (err == -EAGAIN)
		return STEP_WAIT;
	return err < 0 ? gone(r) : STEP_ACCOUNT;
}

/* Are the bytes out that were promised? Where any were, nothing comes behind them: trailers stand behind chunks. */
static bool
is_all_out(const struct req *r)
{
	return r->body_out == r->body_due && r->body_due > 0;
}

enum step
req_deliver(struct req *r)
{
	struct iovec iov[RUNS];
	struct reply reply;
	char room[REPLY_EXTRA];

	if (!r->replied)
		req_prepare_reply(r, &reply, room);
	for (;;) {
		int count = 0;
		enum segs_read read = next_bytes(r, iov, &count);
		size_t offered = read == SEGS_READ_DATA ? iov_bytes(iov, count) : 0;
		ssize_t n = 0;

		if (!r->replied) {
			r->replied = true;
			r->first_byte_ns = r->now.mono_ns - r->begun_ns;
			n = r->sink->head(r->session, &reply, iov, offered > 0 ? count : 0);
		} else if (offered > 0) {
			n = r->sink->body(r->session, iov, count);
		}
		if (n < 0)
			return gone(r);
		if (n > 0)
			took(r, (size_t)n);
		if (read == SEGS_READ_LOST)
			return lost(r);
		if (read == SEGS_READ_END || is_all_out(r))
			return finish(r);
		if (read == SEGS_READ_WAIT || (size_t)n < offered)
			return STEP_WAIT;
	}
}
