#include "explain/input.h"

#include <stdlib.h>

#include "base/strbuf.h"
#include "base/utf8.h"
#include "explain/blocks.h"
#include "explain/har.h"

#define FIRST_MOST 1024 /* bytes, most of them white space, by which it is clear what it is */

/* How bytes make characters. */
enum coding {
	CODING_BYTES,
	CODING_UTF16_LITTLE,
	CODING_UTF16_BIG,
};

struct input {
	struct input_sink sink;
	struct blocks *blocks; /* one of these, when it is clear which */
	struct har *har;
	uint64_t exchanges, troubles;

	char first[FIRST_MOST];
	size_t first_n;
	bool marked; /* the mark at the start, if there is one, is behind */
	enum coding coding;
	unsigned char half; /* of a unit of UTF-16, the byte that came */
	bool has_half;
	uint32_t high; /* a surrogate that waits for its second half; 0: none */
};

/* ---- what is handed on ---- */

static void
on_exchange(void *arg, const struct exchange *x)
{
	struct input *in = arg;

	in->exchanges++;
	in->sink.exchange(in->sink.arg, x);
}

static void
on_trouble(void *arg, struct str where, struct str what)
{
	struct input *in = arg;

	if (++in->troubles <= INPUT_TROUBLES)
		in->sink.trouble(in->sink.arg, where, what);
}

struct input *
input_new(const struct input_sink *sink)
{
	struct input *in = calloc(1, sizeof *in);

	if (in != NULL)
		in->sink = *sink;
	return in;
}

void
input_free(struct input **inp)
{
	struct input *in = *inp;

	if (in == NULL)
		return;
	*inp = NULL;
	blocks_free(&in->blocks);
	har_free(&in->har);
	free(in);
}

/* ---- which of the two it is ---- */

static struct str
without_space(struct str s)
{
	while (s.n > 0 && memchr(" \t\r\n", s.p[0], 4) != NULL)
		s = str_skip(s, 1);
	return s;
}

enum guess {
	GUESS_JSON,
	GUESS_TEXT,
	GUESS_MORE, /* too little is there to tell */
};

/* An object or an array, and what may be the first thing in it: curl has lines that begin with a brace as well. */
static enum guess
guess(struct str s)
{
	char bracket;

	s = without_space(s);
	if (s.n == 0)
		return GUESS_MORE;
	bracket = s.p[0];
	if (bracket != '{' && bracket != '[')
		return GUESS_TEXT;
	s = without_space(str_skip(s, 1));
	if (s.n == 0)
		return GUESS_MORE;
	return memchr(bracket == '{' ? "\"}" : "{[]", s.p[0], bracket == '{' ? 2 : 3) != NULL ? GUESS_JSON : GUESS_TEXT;
}

static void
begin(struct input *in, enum guess what)
{
	struct input_sink ours = { in, on_exchange, on_trouble };

	if (what == GUESS_JSON)
		in->har = har_new(&ours);
	else
		in->blocks = blocks_new(&ours);
	if (in->har == NULL && in->blocks == NULL)
		on_trouble(in, STR("line 1"), STR("memory is short"));
}

static void
hand_on(struct input *in, struct str s)
{
	if (in->har != NULL)
		har_feed(in->har, s);
	else if (in->blocks != NULL)
		blocks_feed(in->blocks, s);
}

/* UTF-8, or what is hoped to be. */
static void
take(struct input *in, struct str s)
{
	struct str some = str_head(s, FIRST_MOST - in->first_n);
	enum guess what;

	if (in->har == NULL && in->blocks == NULL) {
		if (some.n > 0)
			memcpy(in->first + in->first_n, some.p, some.n);
		in->first_n += some.n;
		what = guess(str_of(in->first, in->first_n));
		if (what == GUESS_MORE && in->first_n < FIRST_MOST)
			return;
		begin(in, what);
		hand_on(in, str_of(in->first, in->first_n));
		s = str_skip(s, some.n);
	}
	hand_on(in, s);
}

/* ---- UTF-16 ---- */

static void
put(struct strbuf *out, uint32_t c)
{
	char *p = strbuf_room(out, UTF8_MOST);

	if (p != NULL)
		out->n += utf8_put(p, c);
}

/* One unit; two surrogates in a row are one character. */
static void
take_unit(struct input *in, struct strbuf *out, uint32_t unit)
{
	uint32_t high = in->high;

	in->high = 0;
	if (high != 0 && unit >= 0xdc00 && unit <= 0xdfff) {
		put(out, 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00));
		return;
	}
	if (high != 0)
		put(out, high);
	if (unit >= 0xd800 && unit <= 0xdbff)
		in->high = unit;
	else
		put(out, unit);
}

static void
take_utf16(struct input *in, struct str s)
{
	char text[4096];
	struct strbuf out = strbuf_fixed(text, sizeof text);

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (in->has_half)
			take_unit(in, &out,
				  in->coding == CODING_UTF16_BIG ? (uint32_t)in->half << 8 | c
								 : (uint32_t)c << 8 | in->half);
		in->has_half = !in->has_half;
		in->half = c;
		if (out.n + 2 * UTF8_MOST > sizeof text) {
			take(in, strbuf_str(&out));
			out.n = 0;
		}
	}
	take(in, strbuf_str(&out));
}

/* ---- bytes ---- */

static const struct {
	struct str mark;
	enum coding coding;
} marks[] = {
	{ STR_INIT("\xef\xbb\xbf"), CODING_BYTES },
	{ STR_INIT("\xff\xfe"), CODING_UTF16_LITTLE },
	{ STR_INIT("\xfe\xff"), CODING_UTF16_BIG },
};

/* Takes the mark off what has come first. False: it may be one, and has not all come. */
static bool
take_mark(struct input *in, struct str *s, bool final)
{
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		if (str_starts(*s, marks[i].mark)) {
			in->coding = marks[i].coding;
			*s = str_skip(*s, marks[i].mark.n);
			return true;
		}
		if (!final && str_starts(marks[i].mark, *s))
			return false;
	}
	return true;
}

static void
decode(struct input *in, struct str s)
{
	if (in->coding == CODING_BYTES)
		take(in, s);
	else
		take_utf16(in, s);
}

/* The first bytes wait until it is clear whether they are a mark. */
static void
take_first(struct input *in, struct str *bytes, bool final)
{
	char all[8];
	struct str some = str_head(*bytes, sizeof all - in->first_n), s;

	if (some.n > 0)
		memcpy(in->first + in->first_n, some.p, some.n);
	s = str_of(in->first, in->first_n + some.n);
	*bytes = str_skip(*bytes, some.n);
	in->first_n = s.n;
	if (!take_mark(in, &s, final))
		return;
	in->marked = true;
	in->first_n = 0;
	memcpy(all, s.p, s.n);
	decode(in, str_of(all, s.n));
}

void
input_feed(struct input *in, struct str bytes)
{
	if (!in->marked && bytes.n > 0)
		take_first(in, &bytes, false);
	if (in->marked && bytes.n > 0)
		decode(in, bytes);
}

/* ---- the end ---- */

static void
tell_rest(struct input *in)
{
	char text[64];
	struct strbuf more = strbuf_fixed(text, sizeof text);

	if (in->troubles > INPUT_TROUBLES) {
		strbuf_u64(&more, in->troubles - INPUT_TROUBLES);
		strbuf_lit(&more, " more that could not be read");
		in->sink.trouble(in->sink.arg, STR("and"), strbuf_str(&more));
	} else if (in->exchanges == 0 && in->troubles == 0) {
		in->sink.trouble(in->sink.arg, STR("line 1"), STR("no response headers from here to the end"));
	}
}

void
input_end(struct input *in)
{
	struct str nothing = STR("");

	if (!in->marked)
		take_first(in, &nothing, true);
	if (in->blocks == NULL && in->har == NULL) {
		if (in->first_n == 0)
			on_trouble(in, STR("line 1"), STR("it is empty"));
		begin(in, GUESS_TEXT);
		hand_on(in, str_of(in->first, in->first_n));
	}
	if (in->har != NULL)
		har_end(in->har);
	else if (in->blocks != NULL)
		blocks_end(in->blocks);
	tell_rest(in);
}
