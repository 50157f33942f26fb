/* Lines of a head that are complete, but not as they should be: which rule they break, or how they can be taken after
 * all. Off the short path; nothing here has to be fast, but all of it is linear.
 */
#include "http/chars_impl.h"
#include "http/fields.h"
#include "http/head_impl.h"
#include "http/scan_impl.h"

static bool
blank(char c)
{
	return c == ' ' || c == '\t';
}

static enum fault
byte_fault(struct str line)
{
	if (str_chr(line, '\0') >= 0)
		return FAULT_NUL;
	if (line.n == 0 || line.p[line.n - 1] != '\r')
		return FAULT_BARE_LF;
	return str_chr(line, '\r') == (ptrdiff_t)line.n - 1 ? FAULT_NONE : FAULT_BARE_CR;
}

bool
head_begins_nothing(struct str line)
{
	return line.n > 0 && line.p[0] != '\r' && line.p[0] != '\n' && !char_is(line.p[0], CHAR_TOKEN);
}

static enum fault
request_line_fault(const struct head_pass *x, struct str line)
{
	struct str rest = line, method, target;
	bool has_target = str_cut(&rest, ' ', &method);
	bool has_version = str_cut(&rest, ' ', &target);
	enum fault f = byte_fault(line);
	int minor;

	if (head_begins_nothing(line))
		return FAULT_METHOD;
	if (has_target && target.n > x->limits->target)
		return FAULT_TARGET_TOO_LONG;
	if (f != FAULT_NONE)
		return f;
	if (!has_target || !token_valid(method))
		return has_target ? FAULT_METHOD : FAULT_REQUEST_LINE;
	if (!has_version || target.n == 0)
		return FAULT_REQUEST_LINE;
	if (scan_visible(target.p, target.p + target.n) != target.p + target.n)
		return FAULT_TARGET;
	return rest.n == HEAD_VERSION_N + 1 ? head_version(rest.p, &minor, FAULT_REQUEST_LINE) : FAULT_REQUEST_LINE;
}

static enum fault
status_line_fault(struct str line)
{
	enum fault f = byte_fault(line);
	int minor;

	if (f == FAULT_NONE && line.n >= HEAD_VERSION_N)
		f = head_version(line.p, &minor, FAULT_STATUS_LINE);
	return f == FAULT_NONE ? FAULT_STATUS_LINE : f;
}

enum fault
head_odd_start(const struct head_pass *x, struct str line)
{
	return x->kind == HEAD_REQUEST ? request_line_fault(x, line) : status_line_fault(line);
}

/* From an upstream: the line goes on with the value of the field before it, whose bytes now reach to the end of this
 * line; what lies between is taken out once the head is complete (unfold). */
static enum fault
odd_fold(struct head_pass *x, struct str line)
{
	struct field *f = &x->h->fields[x->h->count - 1];

	if (chars_span(line, CHAR_VALUE) != line.n)
		return FAULT_CONTROL;
	f->value_n = (uint32_t)(line.p + line.n - f->value);
	x->scan->folded = true;
	return FAULT_NONE;
}

static bool
name_valid(struct str name)
{
	return token_valid(name) && head_name_fits(name.n);
}

/* White space before the colon: taken from an upstream, without that space. */
static enum fault
odd_name(struct head_pass *x, struct str name, struct str value)
{
	struct str bare = name;

	while (bare.n > 0 && blank(bare.p[bare.n - 1]))
		bare.n--;
	if (bare.n == name.n || !name_valid(bare))
		return FAULT_FIELD_NAME;
	if (x->kind != HEAD_RESPONSE)
		return FAULT_SPACE_COLON;
	if (chars_span(value, CHAR_VALUE) != value.n)
		return FAULT_CONTROL;
	head_push(x->h, hdr_id(bare), bare, str_trim(value));
	return FAULT_NONE;
}

enum fault
head_odd_field(struct head_pass *x, struct str line)
{
	enum fault f = byte_fault(line);
	struct str name;

	if (f != FAULT_NONE)
		return f;
	line.n--;
	if (blank(line.p[0])) {
		if (x->h->count == 0)
			return FAULT_LEADING_SPACE;
		return x->kind == HEAD_RESPONSE ? odd_fold(x, line) : FAULT_OBS_FOLD;
	}
	if (x->h->count >= x->limits->fields)
		return FAULT_TOO_MANY_FIELDS;
	if (!str_cut(&line, ':', &name))
		return FAULT_NO_COLON;
	return name_valid(name) ? FAULT_CONTROL : odd_name(x, name, line);
}

/* RFC 9112 5.2: each obs-fold becomes one space. */
static bool
unfold(struct field *f, struct arena *a)
{
	struct str rest = field_value(f), piece;
	char *text = arena_alloc(a, rest.n), *to = text;

	if (text == NULL)
		return false;
	while (rest.n > 0) {
		if (str_cut(&rest, '\n', &piece))
			piece.n--;
		piece = str_trim(piece);
		if (piece.n == 0)
			continue;
		if (to > text)
			*to++ = ' ';
		memcpy(to, piece.p, piece.n);
		to += piece.n;
	}
	f->value = text;
	f->value_n = (uint32_t)(to - text);
	return true;
}

bool
head_unfold(struct head *h)
{
	for (uint32_t i = 0; i < h->count; i++) {
		struct field *f = &h->fields[i];

		if (str_chr(field_value(f), '\n') >= 0 && !unfold(f, h->arena))
			return false;
	}
	return true;
}
