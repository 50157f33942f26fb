#include "explain/har_json.h"

#include <stdlib.h>
#include <yajl/yajl_parse.h>

#include "base/strbuf.h"

#define ESCAPED    6    /* bytes of "\u0000", the most that one byte of text takes */
#define TOKEN_MOST 1000 /* bytes of a number */

struct place {
	uint64_t byte, line;
};

struct har_json {
	const struct har_json_ops *ops;
	void *arg;
	yajl_handle parser;
	unsigned depth;
	struct place done; /* what is read, but for `piece` */
	struct place good; /* where the latest thing ended that was understood */
	struct str piece;  /* what the parser is at */
	size_t mark;       /* in it, where the latest thing ended */
	bool marked;       /* one did */
	bool wrong;
	char why[160];
	size_t why_n;

	/* Of the text, ahead of the parser. */
	bool in_string, escaped, dropping;
	unsigned hex; /* digits of "\u" that are to come */
	size_t run;   /* bytes of the string or number so far */
};

/* ---- what yajl calls ---- */

/* Something ends here. Where the parser itself stops at an error depends on the pieces that the text comes in; this does
 * not. */
static struct har_json *
at(void *arg)
{
	struct har_json *j = arg;

	j->mark = yajl_get_bytes_consumed(j->parser);
	j->marked = true;
	return j;
}

static int
on_value(void *arg, const unsigned char *p, size_t n)
{
	struct har_json *j = at(arg);

	j->ops->value(j->arg, str_of((const char *)p, n));
	return 1;
}

static int
on_number(void *arg, const char *p, size_t n)
{
	return on_value(arg, (const unsigned char *)p, n);
}

static int
on_null(void *arg)
{
	return on_value(arg, NULL, 0);
}

static int
on_boolean(void *arg, int is_true)
{
	return is_true ? on_number(arg, "true", 4) : on_number(arg, "false", 5);
}

static int
on_key(void *arg, const unsigned char *p, size_t n)
{
	struct har_json *j = at(arg);

	j->ops->key(j->arg, str_of((const char *)p, n));
	return 1;
}

static int
on_open(void *arg)
{
	struct har_json *j = at(arg);

	if (j->depth == HAR_JSON_DEEP)
		return 0;
	j->depth++;
	j->ops->open(j->arg);
	return 1;
}

static int
on_close(void *arg)
{
	struct har_json *j = at(arg);

	j->depth--;
	j->ops->close(j->arg);
	return 1;
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number,
	.yajl_string = on_value,
	.yajl_start_map = on_open,
	.yajl_map_key = on_key,
	.yajl_end_map = on_close,
	.yajl_start_array = on_open,
	.yajl_end_array = on_close,
};

struct har_json *
har_json_new(const struct har_json_ops *ops, void *arg)
{
	struct har_json *j = calloc(1, sizeof *j);

	if (j == NULL)
		return NULL;
	j->ops = ops;
	j->arg = arg;
	j->done.line = j->good.line = 1;
	j->parser = yajl_alloc(&callbacks, NULL, j);
	if (j->parser == NULL) {
		free(j);
		return NULL;
	}
	/* Whether text is UTF-8 is for those to look at who want it; one file may be several. */
	yajl_config(j->parser, yajl_dont_validate_strings, 1);
	yajl_config(j->parser, yajl_allow_multiple_values, 1);
	return j;
}

void
har_json_free(struct har_json **jp)
{
	struct har_json *j = *jp;

	if (j == NULL)
		return;
	*jp = NULL;
	yajl_free(j->parser);
	free(j);
}

/* ---- what is wrong ---- */

static uint64_t
lines_in(struct str s)
{
	uint64_t n = 0;
	ptrdiff_t at;

	while ((at = str_chr(s, '\n')) >= 0) {
		s = str_skip(s, (size_t)at + 1);
		n++;
	}
	return n;
}

static void
say(struct har_json *j, struct str what)
{
	struct strbuf out = strbuf_fixed(j->why, sizeof j->why);

	strbuf_add(&out, str_head(what, sizeof j->why));
	j->why_n = out.n;
	j->wrong = true;
}

/* With yajl's own words, such as "parse error: unallowed token at this point in JSON text", which quote nothing. */
static void
say_error(struct har_json *j)
{
	unsigned char *text = yajl_get_error(j->parser, 0, NULL, 0);
	struct str s = str_c((const char *)text);
	char whole[128];
	struct strbuf out = strbuf_fixed(whole, sizeof whole);

	while (s.n > 0 && (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '.'))
		s.n--;
	strbuf_lit(&out, "not JSON: ");
	strbuf_add(&out, s);
	say(j, strbuf_str(&out));
	yajl_free_error(j->parser, text);
}

static struct place
behind(struct place at, struct str s)
{
	return (struct place){ at.byte + s.n, at.line + lines_in(s) };
}

/* The parser takes a piece of the text. */
static void
parse(struct har_json *j, struct str s)
{
	yajl_status status;

	j->piece = s;
	j->mark = 0;
	j->marked = false;
	status = yajl_parse(j->parser, (const unsigned char *)s.p, s.n);
	if (j->marked)
		j->good = behind(j->done, str_head(s, j->mark));
	j->done = status == yajl_status_ok ? behind(j->done, s) : j->good;
	j->piece = STR_NONE;
	if (status == yajl_status_client_canceled)
		say(j, STR("nested too deep"));
	else if (status == yajl_status_error)
		say_error(j);
}

/* ---- what it is spared ---- */

static bool
is_token(char c)
{
	return ascii_digit(c) || c == '.' || c == '-' || c == '+' || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');
}

static bool
in_escape(const struct har_json *j)
{
	return j->escaped || j->hex > 0;
}

/* One more byte of a string, but its last quote. */
static void
step_string(struct har_json *j, char c)
{
	if (j->escaped) {
		j->escaped = false;
		j->hex = c == 'u' ? 4 : 0;
	} else if (j->hex > 0) {
		j->hex--;
	} else {
		j->escaped = c == '\\';
	}
	j->run++;
}

/* One more byte; false where it is the first that is left out: so late in a string, or in a number, that nobody reads
 * on, and neither within an escape nor within a character. */
static bool
step(struct har_json *j, char c)
{
	if (j->in_string && c == '"' && !j->escaped) {
		j->in_string = false;
		j->run = 0;
	} else if (j->in_string) {
		if (j->run >= HAR_JSON_TEXT * ESCAPED && !in_escape(j) && ((unsigned char)c & 0xc0) != 0x80)
			return false;
		step_string(j, c);
	} else if (c == '"') {
		j->in_string = true;
		j->run = 0;
		j->hex = 0;
	} else if (!is_token(c)) {
		j->run = 0;
	} else if (++j->run > TOKEN_MOST) {
		return false;
	}
	return true;
}

/* How much of it the parser is to have. */
static size_t
kept(struct har_json *j, struct str s)
{
	size_t n = 0;

	while (n < s.n && step(j, s.p[n]))
		n++;
	j->dropping = n < s.n;
	return n;
}

/* How much of it is left out: up to the quote, or to what is no number's. */
static size_t
dropped(struct har_json *j, struct str s)
{
	size_t n = 0;

	for (; n < s.n; n++) {
		if (j->in_string ? s.p[n] == '"' && !j->escaped : !is_token(s.p[n]))
			break;
		j->escaped = !j->escaped && s.p[n] == '\\';
	}
	j->dropping = n == s.n;
	return n;
}

bool
har_json_feed(struct har_json *j, struct str bytes)
{
	size_t n;

	for (; bytes.n > 0 && !j->wrong; bytes = str_skip(bytes, n)) {
		if (j->dropping) {
			n = dropped(j, bytes);
			j->done.byte += n;
		} else {
			n = kept(j, bytes);
			parse(j, str_head(bytes, n));
		}
	}
	return !j->wrong;
}

bool
har_json_end(struct har_json *j)
{
	if (j->wrong)
		return false;
	if (yajl_complete_parse(j->parser) != yajl_status_ok)
		say(j, STR("it ends in the middle"));
	return !j->wrong;
}

struct str
har_json_why(const struct har_json *j)
{
	return str_of(j->why, j->why_n);
}

uint64_t
har_json_byte(const struct har_json *j)
{
	return j->done.byte + (j->piece.n > 0 ? j->mark : 0);
}

uint64_t
har_json_line(const struct har_json *j)
{
	return j->done.line + (j->piece.n > 0 ? lines_in(str_head(j->piece, j->mark)) : 0);
}
