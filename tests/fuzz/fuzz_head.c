/* Heads. The first byte says which parser: `>` a request's, `<` a response's, `+` trailers; the rest is the input. */
#include "base/strbuf.h"
#include "fuzz.h"
#include "http/head.h"

typedef enum head_result parse_fn(struct head *, struct str, const struct head_limits *, struct head_scan *, size_t *,
				  enum fault *);

static const struct head_limits narrow = { .head = 2048, .target = 64, .fields = 40 };
static const struct head_limits wide = { .head = 1 << 20, .target = 1 << 20, .fields = 1000 };

struct outcome {
	struct head head;
	enum head_result result;
	size_t used;
	enum fault fault;
};

static struct outcome
parse_whole(parse_fn *parse, struct str in, const struct head_limits *limits, struct arena *a)
{
	struct outcome o = { .fault = FAULT_NONE };
	struct head_scan scan = { 0 };

	head_init(&o.head, a);
	o.result = parse(&o.head, in, limits, &scan, &o.used, &o.fault);
	return o;
}

/* In pieces whose sizes the input itself decides; sometimes the run moves. */
static struct outcome
parse_in_pieces(parse_fn *parse, struct str in, struct arena *a)
{
	struct outcome o = { .result = HEAD_MORE, .fault = FAULT_NONE };
	struct head_scan scan = { 0 };
	uint64_t random = fuzz_seed(in);
	struct str run = in;

	head_init(&o.head, a);
	for (size_t n = 0; o.result == HEAD_MORE && n < in.n;) {
		uint64_t r = fuzz_next(&random);

		n += 1 + (r & 1 ? 0 : r >> 8 & 63);
		if ((r >> 32 & 31) == 0)
			run = arena_str(a, in);
		o.result = parse(&o.head, str_head(run, n), &narrow, &scan, &o.used, &o.fault);
	}
	return o;
}

static void
check_fields(const struct head *a, const struct head *b)
{
	MUST(a->count == b->count && a->present[0] == b->present[0] && a->present[1] == b->present[1]);
	for (uint32_t i = 0; i < a->count; i++) {
		MUST(a->fields[i].id == b->fields[i].id);
		MUST(str_eq(field_name(&a->fields[i]), field_name(&b->fields[i])));
		MUST(str_eq(field_value(&a->fields[i]), field_value(&b->fields[i])));
	}
}

static void
check_same(const struct outcome *a, const struct outcome *b)
{
	MUST(a->result == b->result && a->fault == b->fault);
	if (a->result != HEAD_OK)
		return;
	MUST(a->used == b->used && a->head.minor == b->head.minor && a->head.status == b->head.status);
	MUST(a->head.method == b->head.method && str_eq(a->head.method_text, b->head.method_text));
	MUST(str_eq(a->head.target, b->head.target) && str_eq(a->head.reason, b->head.reason));
	check_fields(&a->head, &b->head);
}

/* No byte that is forbidden got through, and each field is found under its number. */
static void
check_bytes(const struct head *h)
{
	for (uint32_t i = 0; i < h->count; i++) {
		struct str name = field_name(&h->fields[i]), value = field_value(&h->fields[i]);

		MUST(name.n > 0 && hdr_id(name) == (enum hdr)h->fields[i].id && head_named(h, name) != NULL);
		for (size_t j = 0; j < name.n; j++)
			MUST(name.p[j] > 0x20 && name.p[j] < 0x7f && name.p[j] != ':');
		for (size_t j = 0; j < value.n; j++)
			MUST(value.p[j] == '\t' || ((unsigned char)value.p[j] >= 0x20 && value.p[j] != 0x7f));
		MUST(str_eq(value, str_trim(value)));
	}
}

/* The head as a strict sender writes it. */
static struct str
write_head(const struct head *h, char kind, struct arena *a)
{
	struct strbuf b = strbuf_in(a, 4096);

	if (kind == '>')
		strbuf_printf(&b, "%.*s %.*s HTTP/1.%d\r\n", STR_FMT(h->method_text), STR_FMT(h->target), h->minor);
	else if (kind == '<')
		strbuf_printf(&b, "HTTP/1.%d %d %.*s\r\n", h->minor, h->status, STR_FMT(h->reason));
	for (uint32_t i = 0; i < h->count; i++) {
		strbuf_add(&b, field_name(&h->fields[i]));
		strbuf_lit(&b, ":");
		strbuf_add(&b, field_value(&h->fields[i]));
		strbuf_lit(&b, "\r\n");
	}
	strbuf_lit(&b, "\r\n");
	MUST(!b.over);
	return strbuf_str(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(1 << 24);
	struct str in = fuzz_str(data, size);
	struct outcome whole, pieces, again;
	char kind = size == 0 ? '>' : in.p[0];
	parse_fn *parse = kind == '<' ? head_parse_response : kind == '+' ? head_parse_trailers : head_parse_request;

	MUST(a != NULL);
	if (kind != '<' && kind != '+')
		kind = '>';
	in = str_skip(in, size > 0);
	whole = parse_whole(parse, in, &narrow, a);
	pieces = parse_in_pieces(parse, in, a);
	check_same(&whole, &pieces);
	if (whole.result == HEAD_OK) {
		MUST(whole.used <= in.n && whole.used <= narrow.head);
		check_bytes(&whole.head);
		in = write_head(&whole.head, kind, a);
		again = parse_whole(parse, in, &wide, a);
		whole.used = in.n;
		check_same(&whole, &again);
	}
	arena_free(&a);
	return 0;
}
