#include "explain/blocks.h"

#include <stdlib.h>

#include "base/strbuf.h"
#include "base/utf8.h"
#include "explain/blocks_impl.h"

#define TAIL 256 /* of a line of a body that is longer, what is looked at for a status line */

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
	if (d->x.response.count == 0)
		trouble_at(b, b->begun, "a response without a single field");
	take_clues(&d->x, d, &b->clues);
	strbuf_lit(&from, "line ");
	strbuf_u64(&from, b->begun);
	d->x.from = strbuf_str(&from);
	b->asked = false;
	b->sink.exchange(b->sink.arg, &d->x);
}

/* ---- bytes ---- */

/* A line whose beginning is too far away: in a head it is left out, in a body its end may be the next one's. */
static void
take_torn(struct blocks *b, char *p, size_t n)
{
	size_t tail = n < TAIL ? n : TAIL;

	if (b->state != BLOCKS_HEAD && b->state != BLOCKS_BARE) {
		blocks_line(b, p + n - tail, tail);
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
		blocks_line(b, p, n);
	b->torn = false;
	return true;
}

static void
consume(struct blocks *b, bool final)
{
	size_t at = 0;

	while (at < b->n && (b->state == BLOCKS_HELD ? blocks_try_hold(b, &at, final) : next_line(b, &at, final)))
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
		blocks_end_head(b);
	else if (b->state == BLOCKS_BARE)
		blocks_bare_end(b);
}
