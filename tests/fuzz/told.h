/* What a reader of input tells, as one text, for fuzzers: whatever the pieces are that the input comes in, it is the
 * same, and all of it can be read. */
#ifndef CAIRN_TESTS_FUZZ_TOLD_H
#define CAIRN_TESTS_FUZZ_TOLD_H

#include "base/strbuf.h"
#include "explain/browser.h"
#include "explain/input.h"
#include "fuzz.h"

struct fuzz_told {
	struct arena *a;
	struct strbuf text;
	unsigned troubles;
};

static inline void
fuzz_add(struct strbuf *out, struct str s)
{
	strbuf_add(out, s);
	strbuf_char(out, '\n');
}

static inline void
fuzz_add_head(struct strbuf *out, const struct head *h)
{
	for (uint32_t i = 0; i < h->count; i++) {
		MUST(h->fields[i].name_n > 0);
		MUST(head_named(h, field_name(&h->fields[i])) != NULL);
		fuzz_add(out, field_name(&h->fields[i]));
		fuzz_add(out, field_value(&h->fields[i]));
	}
	fuzz_add(out, h->reason);
	fuzz_add(out, h->method_text);
	fuzz_add(out, h->target);
	strbuf_i64(out, h->status);
	strbuf_i64(out, h->minor);
}

static inline void
fuzz_on_exchange(void *arg, const struct exchange *x)
{
	const int64_t numbers[] = { x->browser_hits, x->came_ms,    x->started_ms, x->wait_us,
				    x->all_us,       x->wire_bytes, x->body_bytes };
	struct fuzz_told *t = arg;
	struct tiers tiers = { 0 };

	MUST(x->from.n > 0 && x->response.status <= 999);
	fuzz_add(&t->text, x->from);
	fuzz_add(&t->text, x->url);
	fuzz_add(&t->text, x->method);
	fuzz_add(&t->text, x->server_ip);
	fuzz_add_head(&t->text, &x->request);
	fuzz_add_head(&t->text, &x->response);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		MUST(numbers[i] == EXCHANGE_UNKNOWN || i == 1 || i == 2 || numbers[i] >= 0);
		strbuf_i64(&t->text, numbers[i]);
	}
	MUST(browser_tiers(x, t->a, &tiers) && tiers.count <= 3);
	MUST((tiers.count == 0) == (x->browser == BROWSER_NOT_TOLD && x->worker == WORKER_NONE));
}

/* Where and what are the program's own words. */
static inline void
fuzz_on_trouble(void *arg, struct str where, struct str what)
{
	struct fuzz_told *t = arg;

	MUST(where.n > 0 && what.n > 0);
	for (size_t i = 0; i < what.n; i++)
		MUST(what.p[i] >= ' ' && what.p[i] <= '~');
	fuzz_add(&t->text, where);
	fuzz_add(&t->text, what);
	t->troubles++;
}

/* In pieces of a size that is drawn for each; `draws` 0: in one. */
static inline struct str
fuzz_told(struct str in, uint64_t draws, struct arena *a)
{
	struct fuzz_told t = { .a = a, .text = strbuf_in(a, in.n + 256) };
	struct input *input = input_new(&(struct input_sink){ &t, fuzz_on_exchange, fuzz_on_trouble });

	MUST(input != NULL);
	while (in.n > 0) {
		size_t n = draws == 0 ? in.n : 1 + fuzz_next(&draws) % (draws & 1 ? 8 : 512);
		struct str piece = str_head(in, n);
		char *copy = malloc(piece.n);

		MUST(copy != NULL);
		memcpy(copy, piece.p, piece.n);
		input_feed(input, str_of(copy, piece.n));
		free(copy);
		in = str_skip(in, piece.n);
	}
	input_end(input);
	input_free(&input);
	MUST(t.text.n > 0 && !t.text.over && t.troubles <= INPUT_TROUBLES + 1);
	return strbuf_str(&t.text);
}

/* Whole and in pieces it tells the same. */
static inline void
fuzz_told_twice(struct str in)
{
	struct arena *a = arena_new((size_t)256 << 20);

	MUST(a != NULL);
	if (in.n <= 1 << 18)
		MUST(str_eq(fuzz_told(in, 0, a), fuzz_told(in, fuzz_seed(in), a)));
	arena_free(&a);
}

#endif
