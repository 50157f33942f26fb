/* A session's reading side: the body of the request in progress. */

#include "base/must.h"
#include "http/fields.h"
#include "proxy/req.h"
#include "proxy/session_impl.h"

void
session_body_begin(struct session *s, const struct body_frame *frame)
{
	s->frame = *frame;
	s->body_left = frame->length;
	s->chunks = (struct chunked){ 0 };
	s->trailers = (struct strbuf){ .arena = s->arena };
	s->body_done = frame->framing == FRAMING_NONE || (frame->framing == FRAMING_LENGTH && frame->length == 0);
	s->bides = !s->body_done && s->raw.pos == s->raw.n && req_minor(s->req) == 1 &&
		   head_has_token(req_head(s->req), HDR_EXPECT, STR("100-continue"));
}

void
session_clock(struct session *s)
{
	const struct conf_timeouts *t = &worker_conf(s->worker)->timeouts;

	conn_timer(s->conn, s->blocked ? t->write : s->awaited ? t->body : 0);
}

static void
await(struct session *s)
{
	conn_want(s->conn, true, s->blocked);
	if (s->awaited || s->bides)
		return;
	s->awaited = true;
	session_clock(s);
}

static enum body_in
peek_chunked(struct session *s, struct str *data)
{
	const struct conf_limits *lim = &worker_conf(s->worker)->limits;
	struct chunked_limits limits = { (uint32_t)lim->chunk_extension, (uint32_t)lim->trailers };

	while (s->body_left == 0) { /* body_left: data of a run found and not yet taken */
		struct str rest = str_of(s->raw.p + s->raw.pos, s->raw.n - s->raw.pos);
		size_t used = 0;

		s->fault = chunked_take(&s->chunks, rest, &limits, &used, data, &s->trailers);
		if (s->fault != FAULT_NONE)
			return BODY_IN_BAD;
		s->bytes_in += used;
		s->raw.pos += used;
		if (data->n > 0) {
			s->body_left = data->n;
			s->raw.pos -= used - (size_t)(data->p - rest.p); /* back to where the run begins */
			s->chunk_tail = used - (size_t)(data->p - rest.p) - data->n;
			return BODY_IN_DATA;
		}
		if (s->chunks.done) {
			s->body_done = true;
			return BODY_IN_END;
		}
		if (used == 0)
			return BODY_IN_WAIT;
	}
	*data = str_of(s->raw.p + s->raw.pos, (size_t)s->body_left);
	return BODY_IN_DATA;
}

enum body_in
session_body(struct session *s, struct str *data)
{
	size_t have = s->raw.n - s->raw.pos;
	enum body_in in;

	*data = STR_NONE;
	if (s->body_done)
		return BODY_IN_END;
	if (s->conn == NULL) /* hung up in this turn of the loop; the request will hear of it before the next */
		return BODY_IN_GONE;
	if (s->frame.framing == FRAMING_CHUNKED) {
		in = peek_chunked(s, data);
	} else if (have > 0) {
		*data = str_of(s->raw.p + s->raw.pos, have < s->body_left ? have : (size_t)s->body_left);
		in = BODY_IN_DATA;
	} else {
		in = BODY_IN_WAIT;
	}
	if (in != BODY_IN_WAIT)
		return in;
	if (s->gone || s->eof)
		return BODY_IN_GONE;
	await(s);
	return BODY_IN_WAIT;
}

void
session_body_took(struct session *s, size_t n)
{
	MUST(n <= s->body_left);
	s->raw.pos += n;
	s->body_left -= n;
	if (s->frame.framing == FRAMING_CHUNKED) {
		if (s->body_left == 0)
			s->raw.pos += s->chunk_tail;
		return;
	}
	s->bytes_in += n;
	s->body_done = s->body_left == 0;
}

struct strbuf *
session_trailers(struct session *s)
{
	return &s->trailers;
}

enum fault
session_fault(const struct session *s)
{
	return s->fault;
}

bool
session_body_whole(const struct session *s)
{
	return s->body_done;
}
