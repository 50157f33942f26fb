/* The parser of heads. It goes line by line, each line tried on a short path first (take_...) that knows only what is
 * right. What the short path does not take is a line that has not all come yet, one that an upstream may send and a
 * client may not, or one that breaks a rule; the long path (head_odd.c) finds out which.
 *
 * Invariants:
 *  1. A line is judged only once its LF is there (but for a target that is too long already, and for what begins no
 *     request, as TLS does), and the first faulty line ends the parse: so what is found does not depend on the pieces
 *     that the bytes come in.
 *  2. Each byte is looked at a bounded number of times, however small the pieces: a line that is not complete is not
 *     tried again before its LF has come.
 */
#include "base/must.h"
#include "http/hdr_impl.h"
#include "http/head_impl.h"
#include "http/scan_impl.h"

/* ---- the start line ---- */

/* Returns the space behind the method, or NULL. */
static inline const char *
take_method(struct head_pass *x, const char *p)
{
	size_t n = 3;

	x->h->method = METHOD_GET;
	if (UNLIKELY(x->end - p < 4 || memcmp(p, "GET ", 4) != 0)) {
		n = chars_span(str_of(p, (size_t)(x->end - p)), CHAR_TOKEN);
		if (n == 0 || p + n == x->end || p[n] != ' ')
			return NULL;
		x->h->method = method_id(str_of(p, n));
	}
	x->h->method_text = str_of(p, n);
	return p + n;
}

static const char *
take_request_line(struct head_pass *x, const char *p)
{
	struct head *h = x->h;
	const char *space = take_method(x, p), *target, *stop;

	if (space == NULL)
		return NULL;
	target = space + 1;
	stop = scan_visible(target, x->end);
	h->target = str_of(target, (size_t)(stop - target));
	if (x->end - stop < 1 + HEAD_VERSION_N + 2 || *stop != ' ' || h->target.n == 0 ||
	    h->target.n > x->limits->target)
		return NULL;
	if (stop[1 + HEAD_VERSION_N] != '\r' || stop[2 + HEAD_VERSION_N] != '\n')
		return NULL;
	if (head_version(stop + 1, &h->minor, FAULT_REQUEST_LINE) != FAULT_NONE)
		return NULL;
	return stop + 1 + HEAD_VERSION_N + 2;
}

#define STATUS_END 12 /* where "HTTP/1.1 200" ends */

/* The three digits behind the version, or 0. A class that does not exist is relayed, a code under 100 is none. */
static int
read_status(const char *p)
{
	if (p[8] != ' ' || !ascii_digit(p[9]) || !ascii_digit(p[10]) || !ascii_digit(p[11]) || p[9] == '0')
		return 0;
	return (p[9] - '0') * 100 + (p[10] - '0') * 10 + (p[11] - '0');
}

/* The space before a reason that is empty may be missing: too many send it so, and it can mean nothing else. */
static const char *
take_status_line(struct head_pass *x, const char *p)
{
	struct head *h = x->h;
	const char *reason = p + STATUS_END, *cr;
	struct scan s = scan_of(p, x->end);

	if (x->end - p < STATUS_END + 2 || head_version(p, &h->minor, FAULT_STATUS_LINE) != FAULT_NONE)
		return NULL;
	h->status = read_status(p);
	if (*reason == ' ')
		reason++;
	else if (*reason != '\r')
		return NULL;
	cr = scan_crlf(reason, &s);
	if (h->status == 0 || cr == NULL)
		return NULL;
	h->reason = str_of(reason, (size_t)(cr - reason));
	return cr + 2;
}

/* ---- fields ---- */

/* The name at `p`, and which it is. Returns where its value begins, or the white space before that; NULL where there is
 * no name, or no colon behind it. */
static inline const char *
take_name(const char *p, const struct scan *s, struct str *name, enum hdr *id)
{
	const char *colon;

#ifdef SCAN_WIDE
	if (LIKELY(p < s->wide)) {
		__m128i v = scan_load(p);

		colon = scan_first_not(p, scan_namely(v));
		*name = str_of(p, (size_t)(colon - p));
		if (LIKELY(memcmp(colon, ": ", 2) == 0 && colon > p)) {
			*id = hdr_find_plain(v, *name);
			return colon + 2;
		}
		if (*colon == '\r') /* nearly always the empty line's */
			return NULL;
	}
#endif
	colon = scan_colon(p, s);
	if (colon == NULL || !head_name_fits((size_t)(colon - p)))
		return NULL;
	*name = str_of(p, (size_t)(colon - p));
	*id = hdr_find(*name);
	return colon + 1;
}

/* Returns the next line, or NULL. */
static inline const char *
take_field(struct field *f, const char *p, const struct scan *s, enum hdr *id)
{
	const char *value, *cr;
	struct str name;

	value = take_name(p, s, &name, id);
	if (UNLIKELY(value == NULL))
		return NULL;
	cr = scan_crlf(value, s);
	if (UNLIKELY(cr == NULL))
		return NULL;
	/* Of what a value holds, and CR, white space alone is not over a space. */
	if (LIKELY((unsigned char)*value > ' ' && (unsigned char)cr[-1] > ' '))
		head_put(f, *id, name, str_of(value, (size_t)(cr - value)));
	else
		head_put(f, *id, name, str_trim(str_of(value, (size_t)(cr - value))));
	return cr + 2;
}

/* ---- the whole head ---- */

/* What follows the line where it could be taken after all; NULL where it is not complete, or x->fault says why not. */
__attribute__((cold, noinline)) static const char *
odd_line(struct head_pass *x, const char *p, bool start)
{
	const char *lf = memchr(p, '\n', (size_t)(x->end - p));
	struct str line = str_of(p, lf == NULL ? 0 : (size_t)(lf - p));

	if (lf == NULL || x->fault != FAULT_NONE)
		return NULL;
	x->fault = start ? head_odd_start(x, line) : head_odd_field(x, line);
	return x->fault == FAULT_NONE ? lf + 1 : NULL;
}

static bool
empty_line(const char *p, const char *end)
{
	return end - p >= 2 && memcmp(p, "\r\n", 2) == 0;
}

static uint32_t
room(const struct head_pass *x)
{
	return x->h->cap < x->limits->fields ? x->h->cap : x->limits->fields;
}

/* Makes room for one more field. False where that is one too many, or with x->fault where the arena is full. */
__attribute__((cold, noinline)) static bool
widen(struct head_pass *x)
{
	if (x->h->count >= x->limits->fields)
		return false;
	if (!head_grow(x->h))
		x->fault = FAULT_HEAD_TOO_LARGE;
	x->room = room(x);
	return x->fault == FAULT_NONE;
}

/* Remembers that the parse has to go on with the line at `p`. */
static const char *
stop_at(struct head_pass *x, const char *p)
{
	x->scan->line = (size_t)(p - x->scan->run);
	return NULL;
}

/* Takes the start line; returns the first field's line, or NULL. */
static const char *
take_start(struct head_pass *x, const char *p)
{
	const char *next;

	while (x->kind == HEAD_REQUEST && empty_line(p, x->end))
		p += 2;
	next = x->kind == HEAD_REQUEST ? take_request_line(x, p) : take_status_line(x, p);
	if (UNLIKELY(next == NULL))
		next = odd_line(x, p, true);
	x->scan->started = next != NULL;
	return next != NULL ? next : stop_at(x, p);
}

/* Takes lines from `p` on for as long as that is simple; there is room for one. Returns where the next one begins. Not inlined,
 * for what follows widen, as much of a large head does, would be a copy of its own, and made as one that is seldom run. */
__attribute__((noinline)) static const char *
take_run(struct head_pass *x, const char *p)
{
	struct head *h = x->h;
	const struct scan s = scan_of(p, x->end);
	struct field *f = h->fields + h->count, *last = h->fields + x->room;
	hdr_bits seen = { h->present[0], h->present[1] }, again = { 0 };

	for (const char *next; f < last; f++, p = next) {
		enum hdr id;

		next = take_field(f, p, &s, &id);
		if (UNLIKELY(next == NULL))
			break;
		again |= seen & hdr_rows[id].bit;
		seen |= hdr_rows[id].bit;
	}
	h->count = (uint32_t)(f - h->fields);
	memcpy(h->present, &seen, sizeof h->present);
	h->repeated |= again[0] | again[1];
	return p;
}

/* Takes the fields; returns what follows the head, or NULL. */
static const char *
take_fields(struct head_pass *x, const char *p)
{
	for (;;) {
		const char *next;

		if (x->h->count < x->room) /* there may be no table yet */
			p = take_run(x, p);
		if (LIKELY(empty_line(p, x->end)))
			break;
		if (x->h->count == x->room && widen(x))
			continue;
		next = odd_line(x, p, false);
		if (next == NULL)
			return stop_at(x, p);
		p = next;
	}
	if (UNLIKELY(x->scan->folded) && !head_unfold(x->h)) {
		x->fault = FAULT_HEAD_TOO_LARGE;
		return NULL;
	}
	return p + 2;
}

/* The request line has not ended: is its target too long already? Each byte is looked at once. */
static bool
target_overflows(struct head_scan *scan, struct str in, uint32_t limit)
{
	for (size_t at = scan->looked; at < in.n && scan->spaces < 2; at++) {
		if (in.p[at] != ' ') {
			if (scan->spaces == 1 && at - scan->target >= limit)
				return true;
		} else if (++scan->spaces == 1) {
			scan->target = at + 1;
		}
	}
	return false;
}

/* All bytes there are have been looked at, and the head did not end. `cut`: there are more, but they are too many. */
static enum head_result
unfinished(struct head_pass *x, struct str in, bool cut)
{
	struct head_scan *scan = x->scan;

	if (scan->looked < scan->line)
		scan->looked = scan->line;
	if (x->kind == HEAD_REQUEST && !scan->started && head_begins_nothing(str_skip(in, scan->line)))
		x->fault = FAULT_METHOD;
	else if (x->kind == HEAD_REQUEST && !scan->started && target_overflows(scan, in, x->limits->target))
		x->fault = FAULT_TARGET_TOO_LONG;
	else if (cut)
		x->fault = FAULT_HEAD_TOO_LARGE;
	scan->looked = in.n;
	return x->fault == FAULT_NONE ? HEAD_MORE : HEAD_BAD;
}

/* The caller's buffer may have moved as it grew. What was taken points into the old one: begin anew, which happens as
 * often as a buffer doubles. */
static void
restart(struct head *h, struct head_scan *scan, const char *run)
{
	*scan = (struct head_scan){ .run = run };
	h->count = 0;
	memset(h->present, 0, sizeof h->present);
	h->repeated = 0;
}

/* Takes what lines there are; returns what follows the head, or NULL. */
static const char *
lines(struct head_pass *x, struct str in)
{
	struct head_scan *scan = x->scan;
	const char *p = in.p + scan->line;

	if (scan->looked > scan->line && memchr(in.p + scan->looked, '\n', in.n - scan->looked) == NULL)
		return NULL;
	if (x->kind != HEAD_TRAILERS && !scan->started)
		p = take_start(x, p);
	return p == NULL ? NULL : take_fields(x, p);
}

static enum head_result
parse(struct head_pass *x, struct str in, size_t *used, enum fault *fault)
{
	struct str allowed = str_head(in, x->limits->head);
	enum head_result result = HEAD_OK;
	const char *next;

	if (in.n == 0)
		return HEAD_MORE;
	if (x->scan->run != in.p || x->scan->looked > allowed.n)
		restart(x->h, x->scan, in.p);
	x->end = in.p + allowed.n;
	x->room = room(x);
	next = lines(x, allowed);
	if (next != NULL)
		*used = (size_t)(next - in.p);
	else if (x->fault == FAULT_NONE)
		result = unfinished(x, allowed, in.n > allowed.n);
	else
		result = HEAD_BAD;
	if (result == HEAD_BAD)
		*fault = x->fault;
	return result;
}

enum head_result
head_parse_request(struct head *h, struct str in, const struct head_limits *limits, struct head_scan *scan,
		   size_t *used, enum fault *fault)
{
	struct head_pass x = { .h = h, .scan = scan, .limits = limits, .kind = HEAD_REQUEST };

	return parse(&x, in, used, fault);
}

enum head_result
head_parse_response(struct head *h, struct str in, const struct head_limits *limits, struct head_scan *scan,
		    size_t *used, enum fault *fault)
{
	struct head_pass x = { .h = h, .scan = scan, .limits = limits, .kind = HEAD_RESPONSE };

	return parse(&x, in, used, fault);
}

enum head_result
head_parse_trailers(struct head *h, struct str in, const struct head_limits *limits, struct head_scan *scan,
		    size_t *used, enum fault *fault)
{
	struct head_pass x = { .h = h, .scan = scan, .limits = limits, .kind = HEAD_TRAILERS };

	return parse(&x, in, used, fault);
}
