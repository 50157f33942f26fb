/* The chunked coding, and the framing fields. An input that begins with `+` is field lines, from which the framing of a
 * request and of a response is read; any other is a chunked body. */
#include "fuzz.h"
#include "http/body.h"

static const struct chunked_limits limits = { .extension = 64, .trailers = 128 };

struct decoded {
	enum fault fault;
	bool done;
	size_t used;
	struct strbuf data;
	struct strbuf trailers;
};

/* Gives pieces of at most 1 + (a number & mask) bytes. */
static struct decoded
decode(struct str in, uint64_t mask, struct arena *a)
{
	struct decoded d = { .data = strbuf_in(a, 64), .trailers = strbuf_in(a, 64) };
	struct chunked c = { 0 };
	uint64_t random = fuzz_seed(in);

	while (d.fault == FAULT_NONE && !c.done && d.used < in.n) {
		struct str piece = str_head(str_skip(in, d.used), 1 + (fuzz_next(&random) & mask)), data;
		size_t used;

		d.fault = chunked_take(&c, piece, &limits, &used, &data, &d.trailers);
		MUST(used <= piece.n && fuzz_within(data, piece) && data.n <= used);
		MUST(used > 0 || d.fault != FAULT_NONE);
		strbuf_add(&d.data, data);
		d.used += used;
	}
	d.done = c.done;
	MUST(!d.data.over && !d.trailers.over && d.trailers.n <= limits.trailers);
	return d;
}

/* In how many pieces it comes changes nothing. */
static void
check_same(const struct decoded *a, const struct decoded *b)
{
	MUST(a->fault == b->fault && a->done == b->done);
	MUST(str_eq(strbuf_str(&a->data), strbuf_str(&b->data)));
	if (a->fault == FAULT_NONE)
		MUST(a->used == b->used && str_eq(strbuf_str(&a->trailers), strbuf_str(&b->trailers)));
}

/* Trailers that the decoder took are what the parser of heads takes. */
static void
check_trailers(struct strbuf *trailers, struct arena *a)
{
	static const struct head_limits wide = { 4096, 0, 1000 };
	struct head_scan scan = { 0 };
	struct head h;
	enum fault fault;
	size_t used;

	head_init(&h, a);
	strbuf_lit(trailers, "\r\n");
	MUST(head_parse_trailers(&h, strbuf_str(trailers), &wide, &scan, &used, &fault) == HEAD_OK);
	MUST(used == trailers->n);
}

/* Coded again, as one chunk, it decodes to the same. */
static void
check_again(struct str data, struct arena *a)
{
	struct strbuf b = strbuf_in(a, 64);
	struct decoded again;
	char line[CHUNK_LINE_MAX];

	if (data.n > 0) {
		strbuf_add(&b, str_of(line, chunk_line(line, data.n)));
		strbuf_add(&b, data);
		strbuf_lit(&b, "\r\n");
	}
	strbuf_add(&b, str_of(line, chunk_line(line, 0)));
	strbuf_lit(&b, "\r\n");
	again = decode(strbuf_str(&b), 1023, a);
	MUST(again.fault == FAULT_NONE && again.done && again.used == b.n);
	MUST(str_eq(strbuf_str(&again.data), data));
}

static void
check_chunked(struct str in, struct arena *a)
{
	struct decoded whole = decode(in, 0, a), pieces = decode(in, 31, a);

	check_same(&whole, &pieces);
	if (!whole.done)
		return;
	check_trailers(&whole.trailers, a);
	check_again(strbuf_str(&whole.data), a);
}

static void
check_framing(struct str lines, struct arena *a)
{
	static const struct head_limits wide = { 1 << 16, 0, 1000 };
	struct head_scan scan = { 0 };
	struct body_frame frame;
	struct head h;
	enum fault fault;
	size_t used;

	head_init(&h, a);
	if (head_parse_trailers(&h, lines, &wide, &scan, &used, &fault) != HEAD_OK)
		return;
	h.status = 200;
	for (h.minor = 0; h.minor < 2; h.minor++) {
		if (body_of_request(&h, &frame) == FAULT_NONE) {
			MUST(frame.framing != FRAMING_CLOSE);
			MUST(frame.framing != FRAMING_CHUNKED || (h.minor == 1 && !head_has(&h, HDR_CONTENT_LENGTH)));
			MUST(frame.framing == FRAMING_LENGTH ? frame.length <= INT64_MAX : frame.length == 0);
		}
		if (body_of_response(&h, METHOD_GET, &frame) == FAULT_NONE)
			MUST(frame.framing != FRAMING_NONE);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(1 << 24);
	struct str in = fuzz_str(data, size);

	MUST(a != NULL);
	if (size > 0 && in.p[0] == '+')
		check_framing(str_skip(in, 1), a);
	else
		check_chunked(in, a);
	arena_free(&a);
	return 0;
}
