/* What all dialects use: walking the fields, and writing down what they tell. */
#include <stdarg.h>
#include <stdio.h>

#include "base/strbuf.h"
#include "trail/dialect_impl.h"

/* ---- fields ---- */

bool
told_line(const struct reading *r, enum told t, struct told_lines *w, struct str *value)
{
	const uint8_t *kind;

	if (!told(r, t) || w->at >= r->response->count)
		return false;
	kind = memchr(r->kinds + w->at, t, r->response->count - w->at);
	if (kind == NULL)
		return false;
	*value = field_value(&r->response->fields[kind - r->kinds]);
	w->at = (uint32_t)(kind - r->kinds) + 1;
	return true;
}

struct str
told_value(const struct reading *r, enum told t)
{
	struct told_lines w = { 0 };
	struct str value;

	return told_line(r, t, &w, &value) ? value : STR_NONE;
}

struct str
told_name(const struct reading *r, enum told t)
{
	const uint8_t *kind = memchr(r->kinds, t, r->response->count);

	return kind == NULL ? STR_NONE : field_name(&r->response->fields[kind - r->kinds]);
}

void
told_is_unknown(struct reading *r, enum told t, struct str words)
{
	reading_note(r, "%.*s has words that are not understood: \"%.*s\".", STR_FMT(told_name(r, t)),
		     STR_FMT(str_head(words, 80)));
}

/* Where what begins at s.p[at] ends, if it is something in brackets or quotes that does end; `at` itself where not. */
static size_t
closing(struct str s, size_t at)
{
	static const char open[] = "([\"", close[] = ")]\"";
	const char *kind = memchr(open, s.p[at], sizeof open - 1);
	const char *end = kind == NULL ? NULL : memchr(s.p + at + 1, close[kind - open], s.n - at - 1);

	return end == NULL ? at : (size_t)(end - s.p);
}

/* What is not closed anywhere is taken for itself, and looked for once: text of brackets alone must not take long. */
static size_t
find_comma(struct str s)
{
	bool closes = true;

	for (size_t i = 0; i < s.n; i++) {
		size_t end;

		if (s.p[i] == ',')
			return i;
		if (!closes || (s.p[i] != '(' && s.p[i] != '[' && s.p[i] != '"'))
			continue;
		end = closing(s, i);
		closes = end > i;
		i = end;
	}
	return s.n;
}

bool
part_next(struct str *rest, struct str *part)
{
	while (rest->n > 0) {
		size_t n = find_comma(*rest);

		*part = str_trim(str_head(*rest, n));
		*rest = str_skip(*rest, n < rest->n ? n + 1 : n);
		if (part->n > 0)
			return true;
	}
	return false;
}

bool
told_part(const struct reading *r, enum told t, struct told_parts *w, struct str *part)
{
	do {
		if (part_next(&w->rest, part))
			return true;
	} while (told_line(r, t, &w->lines, &w->rest));
	return false;
}

/* Of a list that is too long what stands nearest the client is kept: what is read of it is compared with other lists,
 * and must not take long. */
struct part *
part_shortened(struct part *first)
{
	struct part *last = first;

	for (unsigned n = 1; n < TIERS_MAX && last != NULL; n++)
		last = last->next;
	if (last != NULL)
		last->next = NULL;
	return first;
}

void
part_before(struct part **first, struct str text, struct arena *a)
{
	struct part *p = arena_alloc(a, sizeof *p);

	if (p == NULL)
		return;
	*p = (struct part){ text, *first };
	*first = p;
}

struct part *
told_backwards(const struct reading *r, enum told t)
{
	struct part *first = NULL;
	struct told_parts w = { 0 };
	struct str text;

	while (told_part(r, t, &w, &text))
		part_before(&first, text, r->a);
	return part_shortened(first);
}

struct str
first_word(struct str s, struct str *rest)
{
	size_t n = 0;

	s = str_trim(s);
	while (n < s.n && s.p[n] != ' ' && s.p[n] != '\t')
		n++;
	*rest = str_trim(str_skip(s, n));
	return str_head(s, n);
}

struct str
before_char(struct str s, char c)
{
	ptrdiff_t at = str_chr(s, c);

	return at < 0 ? s : str_head(s, (size_t)at);
}

struct str
without_port(struct str host)
{
	ptrdiff_t colon = str_rchr(host, ':');
	uint64_t port;

	return colon > 0 && str_u64(str_skip(host, (size_t)colon + 1), &port) ? str_head(host, (size_t)colon) : host;
}

bool
is_name(struct str s)
{
	bool named = false;

	for (size_t i = 0; i < s.n; i++) {
		char c = ascii_lower(s.p[i]);

		if (c == '"')
			return false;
		named |= ascii_digit(c) || (c >= 'a' && c <= 'z');
	}
	return named;
}

int64_t
number_of(struct str s)
{
	uint64_t v;

	return s.n <= 18 && str_u64(s, &v) ? (int64_t)v : TIER_NUMBER_NONE;
}

/* ---- tiers ---- */

static void
clear(struct found *f, enum vendor v)
{
	memset(f, 0, sizeof *f);
	f->tier.vendor = v;
	f->tier.hits = f->tier.ttl = f->tier.age = f->tier.took_us = TIER_NUMBER_NONE;
	f->shown = &f->tier.evidence;
}

struct found *
found_add(struct reading *r, enum vendor v)
{
	struct found *f = r->count < TIERS_MAX ? arena_alloc(r->a, sizeof *f) : NULL;

	if (f == NULL) {
		if (r->count == TIERS_MAX)
			reading_note(r, "More than %u tiers are told of; the others were left out.", TIERS_MAX);
		r->count += r->count == TIERS_MAX;
		f = &r->nowhere;
		clear(f, v);
		f->placed = true;
		return f;
	}
	clear(f, v);
	*r->next = f;
	r->next = &f->next;
	r->count++;
	return f;
}

void
found_follow(struct run *run, struct found *f)
{
	struct found *near = run->origin_first ? f : run->last, *far = run->origin_first ? run->last : f;

	if (near != NULL && far != NULL && near != far)
		far->before[run->order] = near;
	f->listed[run->order] = true;
	run->last = f;
}

struct found *
found_first(const struct reading *r, enum vendor v)
{
	struct found *f = r->first;

	while (f != NULL && f->tier.vendor != v)
		f = f->next;
	return f;
}

struct found *
found_free(const struct reading *r, enum vendor v, enum order order)
{
	struct found *f = r->first;

	while (f != NULL && (f->tier.vendor != v || f->listed[order]))
		f = f->next;
	return f;
}

struct found *
found_named(const struct reading *r, struct str node, enum order order)
{
	struct found *f = r->first;

	while (f != NULL && (f->listed[order] || !str_ieq(f->tier.node, node)))
		f = f->next;
	return f;
}

void
found_shows_field(struct reading *r, struct found *f, const struct field *field, struct str value)
{
	struct evidence *e = f == &r->nowhere ? NULL : arena_alloc(r->a, sizeof *e);

	if (e == NULL)
		return;
	*e = (struct evidence){ field_name(field), value, NULL };
	*f->shown = e;
	f->shown = &e->next;
}

void
found_shows(struct reading *r, struct found *f, enum told t, struct str value)
{
	const uint8_t *kind = memchr(r->kinds, t, r->response->count);

	if (kind != NULL)
		found_shows_field(r, f, &r->response->fields[kind - r->kinds], value);
}

void
found_says(struct found *f, const struct word *w)
{
	if (w == NULL)
		return;
	if (f->tier.lookup == TIER_LOOKUP_UNKNOWN && f->tier.served == TIER_SERVED_UNKNOWN) {
		f->tier.lookup = w->lookup;
		f->tier.served = w->served;
	}
	if (f->tier.reason.n == 0)
		f->tier.reason = w->reason;
}

void
reading_note(struct reading *r, const char *fmt, ...)
{
	struct tiers_note *n = arena_zalloc(r->a, sizeof *n);
	struct strbuf text = strbuf_in(r->a, 128);
	char line[512];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(line, sizeof line, fmt, args);
	va_end(args);
	if (n == NULL || len < 0)
		return;
	strbuf_add(&text, str_of(line, (size_t)len < sizeof line ? (size_t)len : sizeof line - 1));
	n->text = strbuf_str(&text);
	*r->next_note = n;
	r->next_note = &n->next;
}
