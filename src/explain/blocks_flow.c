/* What comes after what: heads, bodies, and what is between them. */
#include "explain/blocks_impl.h"

#define HOLD_MOST (256 * 1024) /* of a body, whose length is tried */

/* ---- the body ---- */

/* What the head says of the body's length, where that can be true of the text, and is short enough to be held until it
 * is clear. 0: no. */
static size_t
told_length(const struct blocks *b)
{
	const struct exchange *x = &b->draft.x;
	uint64_t n;

	if (b->side != 0 || head_has(&x->response, HDR_TRANSFER_ENCODING) ||
	    !head_has_one(&x->response, HDR_CONTENT_LENGTH) ||
	    !str_u64(head_get(&x->response, HDR_CONTENT_LENGTH), &n) || n > HOLD_MOST)
		return 0;
	return (size_t)n;
}

/* Is this what stands behind a body: the next head, or nothing? */
static bool
bears_out(struct str s)
{
	while (s.n > 0 && (s.p[0] == '\r' || s.p[0] == '\n'))
		s = str_skip(s, 1);
	return s.n == 0 || str_starts(s, STR("HTTP/"));
}

/* False: more is needed to tell. */
bool
blocks_try_hold(struct blocks *b, size_t *at, bool final)
{
	static const size_t look = 16; /* bytes behind the body, and no more: in pieces they are all that is known */
	struct str rest = str_of(b->run + *at, b->n - *at);

	if (rest.n < b->hold + look && !final)
		return false;
	b->state = BLOCKS_BODY;
	if (rest.n < b->hold || !bears_out(str_head(str_skip(rest, b->hold), look)))
		return true;
	for (size_t i = 0; i < b->hold; i++)
		b->line += rest.p[i] == '\n';
	*at += b->hold;
	return true;
}

/* ---- heads ---- */

static void
begin_head(struct blocks *b, const struct line *l)
{
	if (l->kind == LINE_REQUEST || !b->asked)
		draft_reset(&b->draft);
	if (l->kind == LINE_REQUEST)
		draft_request(&b->draft, l->name, l->value);
	else
		draft_response(&b->draft, l->status, l->value);
	b->draft.head->minor = l->minor;
	b->draft.newer |= l->newer;
	b->doubtful = b->state == BLOCKS_BODY && b->body_begun;
	b->state = BLOCKS_HEAD;
	b->begun = b->line;
	b->indent = l->indent;
	b->side = l->side;
	b->crlf = l->crlf;
	b->told = b->odd = false;
}

static void
end_response(struct blocks *b)
{
	if (!draft_is_passing(&b->draft)) {
		b->hold = told_length(b);
		blocks_tell(b);
	} else if (b->draft.x.request.method == METHOD_CONNECT) {
		b->asked = false;
	} else {
		draft_drop_response(&b->draft);
	}
}

void
blocks_end_head(struct blocks *b)
{
	b->hold = 0;
	b->body_begun = b->gap = false;
	if (b->draft.head == &b->draft.x.response)
		end_response(b);
	else
		b->asked = true;
	b->state = b->hold > 0 ? BLOCKS_HELD : BLOCKS_BODY;
}

/* Lines of a head stand where its start line does, or where its first field does. */
static bool
is_folded(struct blocks *b, const struct line *l)
{
	if (b->draft.head->count > 0)
		return l->indent > b->indent;
	b->indent = l->indent;
	return false;
}

/* False: the head ended before the line. */
static bool
field_line(struct blocks *b, const struct line *l)
{
	bool ended = l->indent < b->indent || (l->kind != LINE_FIELD && (b->doubtful || b->odd));

	if (ended)
		return false;
	b->doubtful = false;
	if (is_folded(b, l)) {
		draft_fold(&b->draft, l->text);
	} else if (l->kind == LINE_FIELD) {
		blocks_field(b, l->name, l->value);
		b->odd = false;
	} else {
		blocks_trouble(b, "neither a field nor the end of the head");
		b->odd = true;
	}
	return true;
}

/* Beside curl's "<" lines stand its notes, its progress meter, and what else the terminal had. */
static bool
head_line(struct blocks *b, const struct line *l)
{
	if (l->kind == LINE_NOTE) {
		clues_take(&b->clues, l);
		return true;
	}
	if (l->side != b->side && l->kind == LINE_EMPTY)
		return true;
	if (l->side != b->side || l->kind == LINE_STATUS || l->kind == LINE_REQUEST)
		return false;
	if (l->kind == LINE_EMPTY) {
		blocks_end_head(b);
		return true;
	}
	return field_line(b, l);
}

/* ---- between heads ---- */

/* In the middle of a body, what ends its lines otherwise than the head did is part of it. */
static bool
may_begin(const struct blocks *b, const struct line *l)
{
	if (l->kind != LINE_STATUS && l->kind != LINE_REQUEST)
		return false;
	return b->state != BLOCKS_BODY || !b->body_begun || b->gap || l->side != 0 || l->crlf == b->crlf;
}

static void
between(struct blocks *b, struct line *l)
{
	if (may_begin(b, l)) {
		begin_head(b, l);
		return;
	}
	if (b->state == BLOCKS_BODY && l->crlf && b->crlf && l->kind != LINE_EMPTY && line_find_status(l)) {
		b->body_begun = true;
		begin_head(b, l);
		return;
	}
	b->gap = l->kind == LINE_EMPTY;
	if (l->kind == LINE_EMPTY || (b->state == BLOCKS_OUTSIDE && blocks_bare_begin(b, l)))
		return;
	b->body_begun |= l->kind != LINE_NOTE;
	clues_take(&b->clues, l);
}

void
blocks_line(struct blocks *b, char *p, size_t n)
{
	struct line l;

	b->line++;
	line_read(&l, p, n);
	if (b->state == BLOCKS_HEAD) {
		if (head_line(b, &l))
			return;
		if (b->doubtful) {
			b->asked = false;
			b->state = BLOCKS_BODY;
		} else {
			blocks_end_head(b);
			b->state = BLOCKS_BODY;
		}
	} else if (b->state == BLOCKS_BARE && blocks_bare_line(b, &l)) {
		return;
	}
	between(b, &l);
}
