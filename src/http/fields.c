#include "http/fields.h"

#include "http/chars_impl.h"
#include "http/hdr_impl.h"
#include "http/scan_impl.h"

bool
token_valid(struct str s)
{
	return s.n > 0 && chars_span(s, CHAR_TOKEN) == s.n;
}

/* ---- lists ---- */

/* The length of the quoted string at the start of `s`, quotes included. One that does not end takes all there is. */
static size_t
quoted_length(struct str s)
{
	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] == '"')
			return i + 1;
		if (s.p[i] == '\\')
			i++;
	}
	return s.n;
}

/* Where the first `sep` outside quoted strings stands; s.n: nowhere. */
static size_t
find_outside_quotes(struct str s, char sep)
{
	size_t i = scan_either(s, sep, '"');

	while (i < s.n && s.p[i] != sep) {
		i += quoted_length(str_skip(s, i));
		i += scan_either(str_skip(s, i), sep, '"');
	}
	return i;
}

/* Takes what precedes the next `sep`, trimmed, off the start of *s, and the `sep` too. */
static struct str
take_until(struct str *s, char sep)
{
	size_t n = find_outside_quotes(*s, sep);
	struct str taken = str_trim(str_head(*s, n));

	*s = str_skip(*s, n < s->n ? n + 1 : n);
	return taken;
}

bool
list_next(struct str *rest, struct str *element)
{
	while (rest->n > 0) {
		*element = take_until(rest, ',');
		if (element->n > 0)
			return true;
	}
	return false;
}

static void
walk_line(struct list_walk *w, const struct field *line)
{
	w->line = line;
	w->rest = line == NULL ? STR_NONE : field_value(line);
}

bool
list_walk_on(const struct head *h, enum hdr id, struct list_walk *w, struct str *element)
{
	if (!w->begun)
		walk_line(w, head_first(h, id));
	w->begun = true;
	while (w->line != NULL) {
		if (list_next(&w->rest, element))
			return true;
		walk_line(w, head_next(h, w->line));
	}
	return false;
}

bool
head_finds_token(const struct head *h, enum hdr id, struct str token)
{
	for (const struct field *f = head_first(h, id); f != NULL; f = head_next(h, f)) {
		struct str rest = field_value(f), element;

		if (str_ieq(rest, token))
			return true;
		if (str_chr(rest, ',') < 0)
			continue; /* one element, and another: as `keep-alive` where `close` is looked for */
		while (list_next(&rest, &element))
			if (str_ieq(element, token))
				return true;
	}
	return false;
}

/* ---- parameters ---- */

struct str
element_value(struct str element, struct str *params)
{
	struct str value = take_until(&element, ';');

	*params = element;
	return value;
}

bool
param_next(struct str *params, struct str *name, struct str *value)
{
	while (params->n > 0) {
		struct str param = take_until(params, ';');

		if (param.n == 0)
			continue;
		*value = STR_NONE;
		if (str_cut(&param, '=', name))
			*value = str_trim(param);
		*name = str_trim(*name);
		return true;
	}
	return false;
}

struct str
unquote(struct str s, struct arena *a)
{
	char *text;
	size_t n = 0;

	if (s.n < 2 || s.p[0] != '"' || s.p[s.n - 1] != '"')
		return s;
	s = str_of(s.p + 1, s.n - 2);
	if (str_chr(s, '\\') < 0)
		return s;
	text = arena_alloc(a, s.n);
	if (text == NULL)
		return STR_NONE;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n)
			i++;
		text[n++] = s.p[i];
	}
	return str_of(text, n);
}

/* weight = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] ) */
static unsigned
parse_qvalue(struct str s)
{
	unsigned q = 0, unit = 1000;

	if (s.n == 0 || s.n > 5 || (s.p[0] != '0' && s.p[0] != '1') || (s.n > 1 && s.p[1] != '.'))
		return 0;
	for (size_t i = 0; i < s.n; i++) {
		if (i == 1)
			continue;
		if (!ascii_digit(s.p[i]))
			return 0;
		q += (unsigned)(s.p[i] - '0') * unit;
		unit /= 10;
	}
	return q <= 1000 ? q : 0;
}

unsigned
param_qvalue(struct str params)
{
	struct str name, value;

	while (param_next(&params, &name, &value))
		if (str_ieq(name, STR("q")))
			return parse_qvalue(value);
	return 1000;
}

/* ---- hop by hop ---- */

bool
field_is_hop(const struct head *h, const struct field *f)
{
	if (f->id != HDR_OTHER)
		return hdr_flags((enum hdr)f->id) & HDR_HOP;
	return !str_istarts(field_name(f), STR("X-Forwarded-")) && head_has_token(h, HDR_CONNECTION, field_name(f));
}

/* Or does it say, as it does nearly always, what becomes of the connection, and nothing else? */
static bool
names_fields(const struct head *h)
{
	for (const struct field *f = head_first(h, HDR_CONNECTION); f != NULL; f = head_next(h, f))
		if (!str_ieq(field_value(f), STR("keep-alive")) && !str_ieq(field_value(f), STR("close")))
			return true;
	return false;
}

void
head_drop_named(struct head *h)
{
	uint32_t kept = 0;

	if (!names_fields(h))
		return;
	for (uint32_t i = 0; i < h->count; i++)
		if (h->fields[i].id != HDR_OTHER || !field_is_hop(h, &h->fields[i]))
			h->fields[kept++] = h->fields[i];
	h->count = kept;
}

/* What clients say that speak of the connection at all; it is kept in any case. */
static bool
keeps_alive(const struct head *h)
{
	struct str value = head_get(h, HDR_CONNECTION);

	return head_has_one(h, HDR_CONNECTION) &&
	       (str_is(value, "keep-alive") || str_ieq(value, STR("keep-alive")));
}

bool
head_is_quiet(const struct head *h)
{
	const unsigned word = HDR_CONNECTION / 64;
	uint64_t loud = h->present[word] & ~hdr_quiet[word];
	uint64_t rest = h->present[1 - word] & ~hdr_quiet[1 - word];

	if (LIKELY((loud | rest) == 0))
		return true;
	return rest == 0 && loud == UINT64_C(1) << HDR_CONNECTION % 64 && keeps_alive(h);
}
