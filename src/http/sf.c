#include "http/sf.h"

#include "http/chars_impl.h"

/* What is left to read. Each reader below takes what it knows off the front, and returns false where the front is not
 * that, or the arena is full; the whole field is invalid then, so nobody looks at what was taken. */
struct in {
	struct str s;
	struct arena *a;
};

static char
front(const struct in *in)
{
	return in->s.n > 0 ? in->s.p[0] : '\0'; /* no reader takes a NUL */
}

static bool
eat(struct in *in, char c)
{
	if (in->s.n == 0 || in->s.p[0] != c)
		return false;
	in->s = str_skip(in->s, 1);
	return true;
}

static void
skip_spaces(struct in *in)
{
	while (eat(in, ' '))
		;
}

static void
skip_ows(struct in *in)
{
	while (eat(in, ' ') || eat(in, '\t'))
		;
}

static bool
lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool
is_key(char c)
{
	return lower(c) || ascii_digit(c) || c == '_' || c == '-' || c == '.' || c == '*';
}

/* tchar, ":" and "/" (RFC 8941 3.3.4). */
static bool
is_token(char c)
{
	return char_is(c, CHAR_TOKEN) || c == ':' || c == '/';
}

static bool
is_base64(char c)
{
	return char_is(c, CHAR_ALPHA) || ascii_digit(c) || c == '+' || c == '/';
}

static struct str
run(struct in *in, bool (*of)(char))
{
	size_t n = 0;
	struct str taken;

	while (n < in->s.n && of(in->s.p[n]))
		n++;
	taken = str_head(in->s, n);
	in->s = str_skip(in->s, n);
	return taken;
}

static bool
key(struct in *in, struct str *out)
{
	if (!lower(front(in)) && front(in) != '*')
		return false;
	*out = run(in, is_key);
	return true;
}

/* Fifteen digits, or twelve before a point and three behind it (RFC 8941 4.2.4). A decimal is kept in thousandths. */
static bool
number(struct in *in, struct sf_item *out)
{
	int64_t sign = eat(in, '-') ? -1 : 1;
	struct str whole = run(in, ascii_digit), part = STR_NONE;
	uint64_t v = 0, fraction = 0;

	out->type = SF_INTEGER;
	if (eat(in, '.')) {
		out->type = SF_DECIMAL;
		part = run(in, ascii_digit);
		if (whole.n > 12 || part.n > 3 || !str_u64(part, &fraction))
			return false;
	}
	if (whole.n > 15 || !str_u64(whole, &v))
		return false;
	if (out->type == SF_DECIMAL) {
		for (size_t i = part.n; i < 3; i++)
			fraction *= 10;
		v = v * 1000 + fraction;
	}
	out->number = sign * (int64_t)v;
	return true;
}

/* How long the string's text is with its backslashes, up to the closing quote; -1 for what may not be in one. */
static ptrdiff_t
string_length(struct str s, size_t *escapes)
{
	*escapes = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			return (ptrdiff_t)i;
		if (s.p[i] < 0x20 || s.p[i] > 0x7e)
			return -1;
		if (s.p[i] != '\\')
			continue;
		if (++i == s.n || (s.p[i] != '"' && s.p[i] != '\\'))
			return -1;
		++*escapes;
	}
	return -1;
}

static bool
string(struct in *in, struct sf_item *out)
{
	size_t escapes;
	ptrdiff_t n;
	struct str text;
	char *p;

	eat(in, '"');
	n = string_length(in->s, &escapes);
	if (n < 0)
		return false;
	text = str_head(in->s, (size_t)n);
	in->s = str_skip(in->s, (size_t)n + 1);
	out->type = SF_STRING;
	out->text = text;
	if (escapes == 0)
		return true;
	p = arena_alloc(in->a, text.n - escapes);
	if (p == NULL)
		return false;
	out->text = str_of(p, text.n - escapes);
	for (size_t i = 0; i < text.n; i++)
		*p++ = text.p[i] == '\\' ? text.p[++i] : text.p[i];
	return true;
}

static bool
token(struct in *in, struct sf_item *out)
{
	out->type = SF_TOKEN;
	out->text = run(in, is_token);
	return true;
}

static bool
bytes(struct in *in, struct sf_item *out)
{
	eat(in, ':');
	out->type = SF_BYTES;
	out->text = run(in, is_base64);
	for (int pad = 0; pad < 2 && eat(in, '='); pad++)
		out->text.n++;
	return eat(in, ':');
}

static bool
boolean(struct in *in, struct sf_item *out)
{
	eat(in, '?');
	out->type = SF_BOOLEAN;
	out->number = front(in) == '1';
	return eat(in, '0') || eat(in, '1');
}

static bool
date(struct in *in, struct sf_item *out)
{
	eat(in, '@');
	if (!number(in, out) || out->type != SF_INTEGER)
		return false;
	out->type = SF_DATE;
	return true;
}

static bool
bare(struct in *in, struct sf_item *out)
{
	char c = front(in);

	if (ascii_digit(c) || c == '-')
		return number(in, out);
	if (char_is(c, CHAR_ALPHA) || c == '*')
		return token(in, out);
	switch (c) {
	case '"':
		return string(in, out);
	case ':':
		return bytes(in, out);
	case '?':
		return boolean(in, out);
	case '@':
		return date(in, out);
	default:
		return false;
	}
}

/* What a key means that stands alone (RFC 8941 3.1.2, 3.2). */
static void
set_true(struct sf_item *out)
{
	out->type = SF_BOOLEAN;
	out->number = 1;
}

/* With its `raw`: what lies between here and where the reader stops. */
static bool
bare_raw(struct in *in, struct sf_item *out)
{
	const char *start = in->s.p;

	if (!bare(in, out))
		return false;
	out->raw = str_of(start, (size_t)(in->s.p - start));
	return true;
}

/* The parameter of that key, a new one at the end of the list where there is none. */
static struct sf_param *
param_slot(struct in *in, struct sf_item *item, struct str k)
{
	struct sf_param **at = &item->params;
	unsigned count = 0;

	for (; *at != NULL; at = &(*at)->next, count++)
		if (str_eq((*at)->key, k))
			return *at;
	if (count == SF_PARAMS_MAX)
		return NULL;
	*at = arena_zalloc(in->a, sizeof **at);
	return *at;
}

static bool
params(struct in *in, struct sf_item *item)
{
	while (eat(in, ';')) {
		struct sf_param *p;
		struct str k;

		skip_spaces(in);
		if (!key(in, &k))
			return false;
		p = param_slot(in, item, k);
		if (p == NULL)
			return false;
		p->key = k;
		p->value = (struct sf_item){ 0 };
		set_true(&p->value);
		if (eat(in, '=') && !bare_raw(in, &p->value))
			return false;
	}
	return true;
}

static bool
item(struct in *in, struct sf_item *out)
{
	return bare_raw(in, out) && params(in, out);
}

static bool
inner_list(struct in *in, struct sf_item *out)
{
	const char *start = in->s.p;
	struct sf_item **at = &out->inner;

	eat(in, '(');
	out->type = SF_INNER_LIST;
	skip_spaces(in);
	for (unsigned count = 0; !eat(in, ')'); count++) {
		if (count == SF_PARAMS_MAX)
			return false;
		*at = arena_zalloc(in->a, sizeof **at);
		if (*at == NULL || !item(in, *at))
			return false;
		if (front(in) != ' ' && front(in) != ')')
			return false;
		skip_spaces(in);
		at = &(*at)->next;
	}
	out->raw = str_of(start, (size_t)(in->s.p - start));
	return params(in, out);
}

static bool
member(struct in *in, struct sf_item *out)
{
	return front(in) == '(' ? inner_list(in, out) : item(in, out);
}

static bool
dict_member(struct in *in, struct sf_item *out)
{
	if (eat(in, '='))
		return member(in, out);
	set_true(out);
	return params(in, out);
}

/* Behind a member: the end, or a comma and one more (no comma may be the last). */
static bool
separator(struct in *in, bool *end)
{
	skip_ows(in);
	*end = in->s.n == 0;
	if (*end)
		return true;
	if (!eat(in, ','))
		return false;
	skip_ows(in);
	return in->s.n > 0;
}

static bool
list(struct in *in, struct sf_item **at)
{
	bool end = in->s.n == 0;

	for (unsigned count = 0; !end; count++) {
		if (count == SF_MEMBERS_MAX)
			return false;
		*at = arena_zalloc(in->a, sizeof **at);
		if (*at == NULL || !member(in, *at) || !separator(in, &end))
			return false;
		at = &(*at)->next;
	}
	return true;
}

/* The member of that key, a new one at the end where there is none. Of two that are equal the last value counts, at the
 * first one's place (RFC 8941 4.2.2). */
static struct sf_item *
dict_slot(struct in *in, struct sf_item **at, struct str k)
{
	unsigned count = 0;

	for (; *at != NULL; at = &(*at)->next, count++)
		if (str_eq((*at)->key, k))
			return *at;
	if (count == SF_MEMBERS_MAX)
		return NULL;
	*at = arena_zalloc(in->a, sizeof **at);
	return *at;
}

static bool
dict(struct in *in, struct sf_item **first)
{
	bool end = in->s.n == 0;

	while (!end) {
		struct sf_item *slot;
		struct str k;

		if (!key(in, &k))
			return false;
		slot = dict_slot(in, first, k);
		if (slot == NULL)
			return false;
		*slot = (struct sf_item){ .key = k, .next = slot->next };
		if (!dict_member(in, slot) || !separator(in, &end))
			return false;
	}
	return true;
}

/* Spaces, not tabs, may surround a field's value (RFC 8941 4.2). */
static struct in
begin(struct str s, struct arena *a)
{
	struct in in = { s, a };

	skip_spaces(&in);
	while (in.s.n > 0 && in.s.p[in.s.n - 1] == ' ')
		in.s.n--;
	return in;
}

bool
sf_parse_list(struct str s, struct arena *a, struct sf_item **out)
{
	struct in in = begin(s, a);
	struct sf_item *first = NULL;
	bool valid = list(&in, &first);

	*out = valid ? first : NULL;
	return valid;
}

bool
sf_parse_dict(struct str s, struct arena *a, struct sf_item **out)
{
	struct in in = begin(s, a);
	struct sf_item *first = NULL;
	bool valid = dict(&in, &first);

	*out = valid ? first : NULL;
	return valid;
}

bool
sf_parse_item(struct str s, struct arena *a, struct sf_item *out)
{
	struct in in = begin(s, a);

	*out = (struct sf_item){ 0 };
	return item(&in, out) && in.s.n == 0;
}

const struct sf_item *
sf_param(const struct sf_item *item, struct str key)
{
	for (const struct sf_param *p = item->params; p != NULL; p = p->next)
		if (str_eq(p->key, key))
			return &p->value;
	return NULL;
}

bool
sf_is_token(struct str s)
{
	if (s.n == 0 || (!char_is(s.p[0], CHAR_ALPHA) && s.p[0] != '*'))
		return false;
	for (size_t i = 1; i < s.n; i++)
		if (!is_token(s.p[i]))
			return false;
	return true;
}

bool
sf_is_string(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] > 0x7e)
			return false;
	return true;
}
