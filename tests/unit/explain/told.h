/* What a reader of input tells, as text: a line for each exchange and each trouble, so that tests compare rows. */
#ifndef CAIRN_TESTS_TOLD_H
#define CAIRN_TESTS_TOLD_H

#include "with_arena.h"

#include "base/strbuf.h"
#include "explain/input.h"

WITH_ARENA(arena, 64 << 20);

struct row {
	const char *in, *want;
};

struct told {
	struct arena *a;
	struct strbuf text;
	unsigned exchanges, troubles;
};

static inline void
told_number(struct strbuf *out, const char *name, int64_t n)
{
	if (n != EXCHANGE_UNKNOWN)
		strbuf_printf(out, " %s=%lld", name, (long long)n);
}

static inline void
told_text(struct strbuf *out, const char *name, struct str s)
{
	if (s.n > 0)
		strbuf_printf(out, " %s=%.*s", name, STR_FMT(s));
}

static inline void
told_fields(struct strbuf *out, const struct head *h)
{
	for (uint32_t i = 0; i < h->count; i++) {
		struct field *f = &h->fields[i];

		strbuf_printf(out, " %.*s=", STR_FMT(field_name(f)));
		if (f->value_n > 100)
			strbuf_printf(out, "(%u bytes)", (unsigned)f->value_n);
		else
			strbuf_add(out, field_value(f));
	}
}

/* "line 1: GET http://a/ > Host=a < 200 OK Age=1 | ip=192.0.2.1" */
static inline void
told_exchange(void *arg, const struct exchange *x)
{
	static const char *const browsers[] = { "", " memory", " disk", " cache", " validated" };
	static const char *const workers[] = {
		"", " worker", " worker:storage", " worker:http", " worker:network", " worker:made-up"
	};
	struct told *t = arg;
	struct strbuf *out = &t->text;

	t->exchanges++;
	strbuf_printf(out, "%.*s:", STR_FMT(x->from));
	told_text(out, "method", x->method);
	told_text(out, "url", x->url);
	if (x->has_request)
		strbuf_lit(out, " >");
	told_fields(out, &x->request);
	strbuf_printf(out, " < %d", x->response.status);
	told_fields(out, &x->response);
	told_text(out, "ip", x->server_ip);
	strbuf_printf(out, "%s%s", browsers[x->browser], workers[x->worker]);
	told_number(out, "hits", x->browser_hits);
	told_number(out, "started", x->started_ms);
	told_number(out, "came", x->came_ms);
	told_number(out, "wait", x->wait_us);
	told_number(out, "all", x->all_us);
	told_number(out, "wire", x->wire_bytes);
	told_number(out, "body", x->body_bytes);
	strbuf_char(out, '\n');
}

static inline void
told_trouble(void *arg, struct str where, struct str what)
{
	struct told *t = arg;

	t->troubles++;
	strbuf_printf(&t->text, "! %.*s: %.*s\n", STR_FMT(where), STR_FMT(what));
}

/* What is told of `in`, fed `step` bytes at a time. */
static inline struct told
told_of(struct str in, size_t step, struct arena *a)
{
	struct told *t = arena_zalloc(a, sizeof *t);
	struct input *input = input_new(&(struct input_sink){ t, told_exchange, told_trouble });

	assert_non_null(input);
	t->text = strbuf_in(a, 4096);
	while (in.n > 0) {
		struct str piece = str_head(in, step);

		/* A block of its own size, so that a sanitizer sees the first byte read behind it. */
		char *copy = malloc(piece.n);

		assert_non_null(copy);
		memcpy(copy, piece.p, piece.n);
		input_feed(input, str_of(copy, piece.n));
		free(copy);
		in = str_skip(in, piece.n);
	}
	input_end(input);
	input_free(&input);
	return *t;
}

/* The same in pieces of any size. */
static inline void
told_is(struct str in, const char *want, struct arena *a)
{
	static const size_t steps[] = { SIZE_MAX, 1, 2, 3, 7, 64, 1000 };

	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		struct told t = told_of(in, steps[i], a);

		if (str_eq(strbuf_str(&t.text), str_c(want)))
			continue;
		print_error("in pieces of %zu, of\n%.*s\ngot\n%.*swant\n%s", steps[i], STR_FMT(in),
			    STR_FMT(strbuf_str(&t.text)), want);
		fail();
	}
}

#endif
