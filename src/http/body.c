#include "http/body.h"

#include "http/fields.h"

#include "base/must.h"
#include "http/chars_impl.h"
#include "http/status.h"

/* No offset into a body may overflow a signed number, whatever is added to it. */
#define LENGTH_MAX ((uint64_t)INT64_MAX)

/* ---- framing (RFC 9112 6.3) ---- */

/* One line that says "chunked" and nothing else: other codings are none of ours to undo, and a second line or a list is
 * how two readers are made to disagree. */
static enum fault
read_coding(const struct head *h, struct body_frame *out)
{
	const struct field *f = head_first(h, HDR_TRANSFER_ENCODING);

	if (h->minor == 0)
		return FAULT_CODING_IN_1_0;
	if (head_has(h, HDR_CONTENT_LENGTH))
		return FAULT_LENGTH_AND_CODING;
	if (head_next(h, f) != NULL || !str_ieq(field_value(f), STR("chunked")))
		return FAULT_CODING;
	out->framing = FRAMING_CHUNKED;
	return FAULT_NONE;
}

/* RFC 9112 6.3 would let "5, 5" pass as 5. It is refused: nobody who means well sends it. */
static enum fault
read_length(const struct head *h, struct body_frame *out)
{
	const struct field *f = head_first(h, HDR_CONTENT_LENGTH);
	uint64_t length;

	if (head_next(h, f) != NULL)
		return FAULT_LENGTHS_DIFFER;
	if (!str_u64(field_value(f), &length) || length > LENGTH_MAX)
		return FAULT_LENGTH_BAD;
	*out = (struct body_frame){ FRAMING_LENGTH, length };
	return FAULT_NONE;
}

/* `otherwise`: the framing of a message that says nothing about it. */
static enum fault
read_framing(const struct head *h, enum framing otherwise, struct body_frame *out)
{
	*out = (struct body_frame){ otherwise, 0 };
	if (head_has(h, HDR_TRANSFER_ENCODING))
		return read_coding(h, out);
	return head_has(h, HDR_CONTENT_LENGTH) ? read_length(h, out) : FAULT_NONE;
}

enum fault
body_of_request(const struct head *h, struct body_frame *out)
{
	return read_framing(h, FRAMING_NONE, out);
}

/* A coding of a response that is none of the registered ones: nobody can undo it, and the body is what comes until the end
 * (RFC 9112 6.3). A registered one other than chunked would have to be undone before the field goes, and is refused. */
static bool
is_unknown_coding(const struct head *h)
{
	static const struct str registered[] = { STR_INIT("chunked"), STR_INIT("gzip"), STR_INIT("x-gzip"),
		                                 STR_INIT("deflate"), STR_INIT("compress"), STR_INIT("x-compress") };
	struct str coding;

	if (!head_has_one(h, HDR_TRANSFER_ENCODING) || h->minor == 0 || head_has(h, HDR_CONTENT_LENGTH))
		return false;
	coding = head_get(h, HDR_TRANSFER_ENCODING);
	for (size_t i = 0; i < sizeof registered / sizeof registered[0]; i++)
		if (str_ieq(coding, registered[i]))
			return false;
	return token_valid(coding);
}

/* The answers to HEAD, and 304, say how long a body that is not there would be. What they say is passed on, and compared
 * with what is stored: it has to be as sound as in front of one. */
enum fault
body_of_response(const struct head *h, enum method method, struct body_frame *out)
{
	bool tunnel = method == METHOD_CONNECT && h->status >= 200 && h->status < 300;
	bool told_only = method == METHOD_HEAD || h->status == 304;
	enum fault fault = FAULT_NONE;

	*out = (struct body_frame){ FRAMING_NONE, 0 };
	if (tunnel || (status_bodiless(h->status) && !told_only))
		return FAULT_NONE;
	if (is_unknown_coding(h))
		out->framing = FRAMING_CLOSE;
	else
		fault = read_framing(h, FRAMING_CLOSE, out);
	if (told_only)
		*out = (struct body_frame){ FRAMING_NONE, 0 };
	return fault;
}

/* ---- the chunked coding (RFC 9112 7.1) ---- */

enum state {
	SIZE,       /* in the digits */
	SIZE_BLANK, /* in white space behind them: only an extension may follow */
	EXTENSION,  /* behind the ";": read over */
	SIZE_LF,    /* the size line's LF is due */
	DATA,       /* c->left bytes of it */
	DATA_CR,
	DATA_LF,
	FIELD, /* at the start of a trailer line, or of the empty line that ends it all */
	FIELD_NAME,
	FIELD_VALUE,
	FIELD_LF,
	LAST_LF,
};

static int
hex_digit(char c)
{
	if (!char_is(c, CHAR_HEX))
		return -1;
	return ascii_digit(c) ? c - '0' : ascii_lower(c) - 'a' + 10;
}

static enum fault
size_digit(struct chunked *c, char b)
{
	int digit = hex_digit(b);

	if (digit >= 0) {
		c->left = c->left << 4 | (unsigned)digit;
		return ++c->digits <= 16 && c->left <= LENGTH_MAX ? FAULT_NONE : FAULT_CHUNK_SIZE;
	}
	if (c->digits == 0)
		return FAULT_CHUNK_SIZE;
	switch (b) {
	case '\r':
		c->state = SIZE_LF;
		return FAULT_NONE;
	case ';':
		c->state = EXTENSION;
		return FAULT_NONE;
	case ' ':
	case '\t':
		c->state = SIZE_BLANK;
		return FAULT_NONE;
	default:
		return FAULT_CHUNK_SIZE;
	}
}

/* One byte of a size line. */
static enum fault
size_byte(struct chunked *c, char b, uint32_t limit)
{
	if (++c->line > limit)
		return c->state == SIZE ? FAULT_CHUNK_SIZE : FAULT_CHUNK_EXT;
	switch (c->state) {
	case SIZE:
		return size_digit(c, b);
	case SIZE_BLANK:
		if (b == ';')
			c->state = EXTENSION;
		return b == ';' || b == ' ' || b == '\t' ? FAULT_NONE : FAULT_CHUNK_SIZE;
	case EXTENSION:
		if (b == '\r')
			c->state = SIZE_LF;
		return b == '\r' || char_is(b, CHAR_VALUE) ? FAULT_NONE : FAULT_CHUNK_EXT;
	default:
		MUST(c->state == SIZE_LF);
		c->state = c->left > 0 ? DATA : FIELD;
		c->line = 0;
		c->digits = 0;
		return b == '\n' ? FAULT_NONE : FAULT_CHUNK_SIZE;
	}
}

/* One byte behind a chunk's data. */
static enum fault
end_byte(struct chunked *c, char b)
{
	if (b != (c->state == DATA_CR ? '\r' : '\n'))
		return FAULT_CHUNK_END;
	c->state = c->state == DATA_CR ? DATA_LF : SIZE;
	return FAULT_NONE;
}

/* The state behind one byte of the trailers; -1 where it may not stand there. */
static int
trailer_state(enum state state, char b)
{
	switch (state) {
	case FIELD:
		if (b == '\r')
			return LAST_LF;
		return char_is(b, CHAR_TOKEN) ? FIELD_NAME : -1;
	case FIELD_NAME:
		if (b == ':')
			return FIELD_VALUE;
		return char_is(b, CHAR_TOKEN) ? FIELD_NAME : -1;
	case FIELD_VALUE:
		if (b == '\r')
			return FIELD_LF;
		return char_is(b, CHAR_VALUE) ? FIELD_VALUE : -1;
	default:
		return b == '\n' ? FIELD : -1;
	}
}

/* One byte of the trailers. The empty line at their end is neither kept nor counted. */
static enum fault
trailer_byte(struct chunked *c, char b, uint32_t limit, struct strbuf *trailers)
{
	int next = trailer_state(c->state, b);
	bool kept = c->state != LAST_LF && next != LAST_LF;

	if (next < 0 || (kept && ++c->line > limit))
		return FAULT_TRAILERS;
	if (kept && trailers != NULL)
		strbuf_char(trailers, b);
	c->done = c->state == LAST_LF;
	c->state = (uint8_t)next;
	return FAULT_NONE;
}

static enum fault
take_byte(struct chunked *c, char b, const struct chunked_limits *limits, struct strbuf *trailers)
{
	if (c->state <= SIZE_LF)
		return size_byte(c, b, limits->extension);
	if (c->state <= DATA_LF)
		return end_byte(c, b);
	return trailer_byte(c, b, limits->trailers, trailers);
}

static size_t
take_data(struct chunked *c, struct str in, struct str *data)
{
	*data = str_head(in, c->left < in.n ? (size_t)c->left : in.n);
	c->left -= data->n;
	if (c->left == 0)
		c->state = DATA_CR;
	return data->n;
}

enum fault
chunked_take(struct chunked *c, struct str in, const struct chunked_limits *limits, size_t *used, struct str *data,
	     struct strbuf *trailers)
{
	*used = 0;
	*data = STR_NONE;
	while (*used < in.n && !c->done) {
		enum fault f;

		if (c->state == DATA) {
			*used += take_data(c, str_skip(in, *used), data);
			return FAULT_NONE;
		}
		f = take_byte(c, in.p[*used], limits, trailers);
		if (f != FAULT_NONE)
			return f;
		++*used;
	}
	return FAULT_NONE;
}

size_t
chunk_line(char out[CHUNK_LINE_MAX], uint64_t n)
{
	size_t digits = 1, i;

	while (digits < 16 && n >> digits * 4 != 0)
		digits++;
	for (i = digits; i > 0; i--, n >>= 4)
		out[i - 1] = "0123456789abcdef"[n & 15];
	memcpy(out + digits, "\r\n", 2);
	return digits + 2;
}
