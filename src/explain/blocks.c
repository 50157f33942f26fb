#include "explain/blocks.h"

#include <stdlib.h>

#include "base/strbuf.h"
#include "base/utf8.h"
#include "explain/blocks_impl.h"

#define TAIL      256          /* of a line of a body that is longer, what is looked at for a status line */
#define HOLD_MOST (256 * 1024) /* of a body, whose length is tried */

struct blocks *
blocks_new(const struct input_sink *sink)
{
	struct blocks *b = calloc(1, sizeof *b);

	if (b == NULL)
		return NULL;
	b->sink = *sink;
	if (draft_init(&b->draft))
		return b;
	free(b);
	return NULL;
}

void
blocks_free(struct blocks **bp)
{
	struct blocks *b = *bp;

	if (b == NULL)
		return;
	*bp = NULL;
	draft_fini(&b->draft);
	free(b->run);
	free(b);
}

/* ---- what is told ---- */

static void
trouble_at(struct blocks *b, uint64_t line, const char *what)
{
	char text[32];
	struct strbuf where = strbuf_fixed(text, sizeof text);

	strbuf_lit(&where, "line ");
	strbuf_u64(&where, line);
	b->sink.trouble(b->sink.arg, strbuf_str(&where), str_c(what));
}

void
blocks_trouble(struct blocks *b, const char *what)
{
	trouble_at(b, b->line, what);
}

void
blocks_field(struct blocks *b, struct str name, struct str value)
{
	if (!b->told && utf8_span(value) < value.n) {
		blocks_trouble(b, "not UTF-8; read as it stands");
		b->told = true;
	}
	draft_field(&b->draft, name, value);
}

/* What the clues know; those about the URL are used up. */
static void
take_clues(struct exchange *x, struct draft *d, struct clues *c)
{
	if (x->url.n == 0)
		x->url = c->url_n > 0 ? draft_keep(d, str_of(c->url, c->url_n)) : draft_url(d, c->tls);
	if (x->server_ip.n == 0 && c->ip_n > 0)
		x->server_ip = draft_keep(d, str_of(c->ip, c->ip_n));
	c->url_n = 0;
	c->loose = false;
}

void
blocks_tell(struct blocks *b)
{
	struct draft *d = &b->draft;
	struct strbuf from = strbuf_in(d->a, 32);

	if (d->full)
		trouble_at(b, b->begun, "a head of more than 8 MiB; what is beyond is left out");
	take_clues(&d->x, d, &b->clues);
	strbuf_lit(&from, "line ");
	strbuf_u64(&from, b->begun);
	d->x.from = strbuf_str(&from);
	b->asked = false;
	b->sink.exchange(b->sink.arg, &d->x);
}

/* ---- the body ---- */

/* What the head says of the body's length, where that can be true of the text, and is short enough to be held until it is
 * clear. 0: no. */
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
static bool
try_hold(struct blocks *b, size_t *at, bool final)
{
	static const size_t look = 16; /* bytes behind the body */
	struct str rest = str_of(b->run + *at, b->n - *at);

	if (rest.n < b->hold + look && !final)
		return false;
	b->state = BLOCKS_BODY;
	if (rest.n < b->hold || !bears_out(str_skip(rest, b->hold)))
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

static void
end_head(struct blocks *b)
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
		end_head(b);
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

static void
take_line(struct blocks *b, char *p, size_t n)
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
			end_head(b);
			b->state = BLOCKS_BODY;
		}
	} else if (b->state == BLOCKS_BARE && blocks_bare_line(b, &l)) {
		return;
	}
	between(b, &l);
}

/* ---- bytes ---- */

/* A line whose beginning is too far away: in a head it is left out, in a body its end may be the next one's. */
static void
take_torn(struct blocks *b, char *p, size_t n)
{
	size_t tail = n < TAIL ? n : TAIL;

	if (b->state != BLOCKS_HEAD && b->state != BLOCKS_BARE) {
		take_line(b, p + n - tail, tail);
		return;
	}
	b->line++;
	blocks_trouble(b, "a line of 64 KiB or more, which is left out");
}

/* Lets go of all but the end of a line that has become too long. */
static void
tear(struct blocks *b, size_t *at)
{
	*at = b->n - TAIL;
	b->torn = true;
}

/* False: there is no whole line. */
static bool
next_line(struct blocks *b, size_t *at, bool final)
{
	char *p = b->run + *at, *lf = memchr(p, '\n', b->n - *at);
	size_t n = lf == NULL ? b->n - *at : (size_t)(lf - p);

	if (lf == NULL && !final) {
		if (n > DRAFT_FIELD)
			tear(b, at);
		return false;
	}
	*at += n + (lf != NULL);
	if (b->torn || n > DRAFT_FIELD)
		take_torn(b, p, n);
	else
		take_line(b, p, n);
	b->torn = false;
	return true;
}

static void
consume(struct blocks *b, bool final)
{
	size_t at = 0;

	while (at < b->n && (b->state == BLOCKS_HELD ? try_hold(b, &at, final) : next_line(b, &at, final)))
		;
	memmove(b->run, b->run + at, b->n - at);
	b->n -= at;
}

static bool
make_room(struct blocks *b, size_t n)
{
	size_t cap = b->cap == 0 ? 128 * 1024 : b->cap;
	char *run;

	while (cap - b->n < n)
		cap *= 2;
	if (cap == b->cap)
		return true;
	run = realloc(b->run, cap);
	if (run == NULL)
		return false;
	b->run = run;
	b->cap = cap;
	return true;
}

/* In pieces of a bounded size, whatever the caller's is. */
void
blocks_feed(struct blocks *b, struct str bytes)
{
	struct str piece;

	while (bytes.n > 0) {
		piece = str_head(bytes, 64 * 1024);
		bytes = str_skip(bytes, piece.n);
		if (!make_room(b, piece.n)) {
			blocks_trouble(b, "memory is short; what follows is left out");
			return;
		}
		memcpy(b->run + b->n, piece.p, piece.n);
		b->n += piece.n;
		consume(b, false);
	}
}

void
blocks_end(struct blocks *b)
{
	if (b->n > 0)
		consume(b, true);
	if (b->state == BLOCKS_HEAD)
		end_head(b);
	else if (b->state == BLOCKS_BARE)
		blocks_bare_end(b);
}
