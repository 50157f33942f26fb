#include "peer/answer.h"

#include <stdlib.h>

#include "http/fields.h"

#define HEAD_BYTES 65536
#define ROOM_FIRST 16384

static const struct head_limits head_limits = { HEAD_BYTES, 0, 400 };
static const struct chunked_limits chunk_limits = { 4096, 16384 };

static void
expect_head(struct answer *a)
{
	arena_rollback(a->arena, a->mark);
	head_init(&a->head, a->arena);
	a->scan = (struct head_scan){ 0 };
}

void
answer_begin(struct answer *a, struct arena *arena, size_t body_max)
{
	*a = (struct answer){ .arena = arena, .mark = arena_mark(arena), .body_max = body_max };
	expect_head(a);
}

void
answer_free(struct answer *a)
{
	free(a->in.p);
	free(a->body.p);
	*a = (struct answer){ 0 };
}

bool
answer_has_begun(const struct answer *a)
{
	return a->in_body || a->in.n > 0;
}

bool
answer_ends_with_connection(const struct answer *a)
{
	return a->in_body && a->frame.framing == FRAMING_CLOSE;
}

bool
answer_leaves_connection(const struct answer *a)
{
	return !a->head_alone && a->left == 0 && a->frame.framing != FRAMING_CLOSE && a->head.minor == 1 &&
	       !head_has_token(&a->head, HDR_CONNECTION, STR("close"));
}

static bool
gather(struct answer_heap *h, struct str s)
{
	size_t cap = h->cap == 0 ? ROOM_FIRST : h->cap;
	char *p = h->p;

	while (cap < h->n + s.n)
		cap *= 2;
	if (cap > h->cap) {
		p = realloc(h->p, cap);
		if (p == NULL)
			return false;
		h->p = p;
		h->cap = cap;
	}
	str_put(h->p + h->n, s);
	h->n += s.n;
	return true;
}

/* ---- the body ---- */

static enum answer_is
whole(struct answer *a, size_t left)
{
	a->left = left;
	return ANSWER_WHOLE;
}

static enum answer_is
add_body(struct answer *a, struct str s)
{
	if (s.n > a->body_max - a->body.n)
		return ANSWER_TOO_LARGE;
	return s.n == 0 || gather(&a->body, s) ? ANSWER_MORE : ANSWER_NO_MEMORY;
}

static enum answer_is
take_chunks(struct answer *a, struct str in)
{
	while (in.n > 0) {
		enum answer_is is;
		struct str data;
		size_t used;

		if (chunked_take(&a->chunks, in, &chunk_limits, &used, &data, NULL) != FAULT_NONE)
			return ANSWER_BROKEN;
		is = add_body(a, data);
		if (is != ANSWER_MORE)
			return is;
		in = str_skip(in, used);
		if (a->chunks.done)
			return whole(a, in.n);
	}
	return ANSWER_MORE;
}

static enum answer_is
take_length(struct answer *a, struct str in)
{
	size_t wanted = (size_t)a->frame.length - a->body.n;
	enum answer_is is = add_body(a, str_head(in, wanted));

	return is != ANSWER_MORE || in.n < wanted ? is : whole(a, in.n - wanted);
}

static enum answer_is
take_body(struct answer *a, struct str in)
{
	switch (a->frame.framing) {
	case FRAMING_CHUNKED:
		return take_chunks(a, in);
	case FRAMING_CLOSE:
		return add_body(a, in);
	case FRAMING_LENGTH:
		return a->frame.length <= a->body_max ? take_length(a, in) : ANSWER_TOO_LARGE;
	case FRAMING_NONE:
		break;
	}
	return whole(a, in.n);
}

/* ---- the head ---- */

/* A final head is there; `rest` came behind it. */
static enum answer_is
begin_body(struct answer *a, struct str rest)
{
	if (body_of_response(&a->head, METHOD_GET, &a->frame) != FAULT_NONE)
		return ANSWER_BROKEN;
	a->in_body = true;
	return a->head_alone ? whole(a, rest.n) : take_body(a, rest);
}

static enum answer_is
take_head(struct answer *a)
{
	size_t at = 0, used = 0;
	enum fault fault;

	for (;;) {
		switch (head_parse_response(&a->head, str_of(a->in.p + at, a->in.n - at), &head_limits, &a->scan, &used,
					    &fault)) {
		case HEAD_MORE:
			a->in.n -= at;
			memmove(a->in.p, a->in.p + at, a->in.n);
			return ANSWER_MORE;
		case HEAD_BAD:
			return ANSWER_BROKEN;
		case HEAD_OK:
			break;
		}
		at += used;
		if (a->head.status == 101)
			return ANSWER_BROKEN;
		if (a->head.status >= 200)
			return begin_body(a, str_of(a->in.p + at, a->in.n - at));
		expect_head(a);
	}
}

enum answer_is
answer_take(struct answer *a, struct str in)
{
	if (a->in_body)
		return take_body(a, in);
	return gather(&a->in, in) ? take_head(a) : ANSWER_NO_MEMORY;
}
