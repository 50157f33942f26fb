#include "http/cc.h"

#include "base/must.h"
#include "http/fields.h"
#include "http/scan_impl.h"
#include "http/sf.h"

/* What stands behind a directive's `=`. */
enum kind {
	FLAG,     /* nothing; whatever does is not looked at */
	NAMES,    /* nothing, or field names, which set the bit beside the row's own */
	LIFETIME, /* seconds, 0 where they are no number */
	SECONDS,  /* seconds; without a number it is not there */
	PATIENCE, /* seconds, or nothing for any number of them */
};

struct directive {
	struct str name;
	enum kind kind;
	uint32_t bit;
	size_t seconds; /* where in struct cc they go */
};

#define AT(member) offsetof(struct cc, member)

/* The commonest first. */
static const struct directive directives[] = {
	{ STR_INIT("max-age"), LIFETIME, CC_MAX_AGE, AT(max_age) },
	{ STR_INIT("no-cache"), NAMES, CC_NO_CACHE, 0 },
	{ STR_INIT("public"), FLAG, CC_PUBLIC, 0 },
	{ STR_INIT("private"), NAMES, CC_PRIVATE, 0 },
	{ STR_INIT("no-store"), FLAG, CC_NO_STORE, 0 },
	{ STR_INIT("must-revalidate"), FLAG, CC_MUST_REVALIDATE, 0 },
	{ STR_INIT("s-maxage"), LIFETIME, CC_S_MAXAGE, AT(s_maxage) },
	{ STR_INIT("immutable"), FLAG, CC_IMMUTABLE, 0 },
	{ STR_INIT("stale-while-revalidate"), SECONDS, CC_SWR, AT(swr) },
	{ STR_INIT("stale-if-error"), SECONDS, CC_SIE, AT(sie) },
	{ STR_INIT("no-transform"), FLAG, CC_NO_TRANSFORM, 0 },
	{ STR_INIT("proxy-revalidate"), FLAG, CC_PROXY_REVALIDATE, 0 },
	{ STR_INIT("must-understand"), FLAG, CC_MUST_UNDERSTAND, 0 },
	{ STR_INIT("only-if-cached"), FLAG, CC_ONLY_IF_CACHED, 0 },
	{ STR_INIT("max-stale"), PATIENCE, CC_MAX_STALE, AT(max_stale) },
	{ STR_INIT("min-fresh"), SECONDS, CC_MIN_FRESH, AT(min_fresh) },
};

_Static_assert(CC_NO_CACHE_FIELDS == CC_NO_CACHE << 1 && CC_PRIVATE_FIELDS == CC_PRIVATE << 1,
	       "the bit beside a NAMES row's own");
_Static_assert(CC_MAX_STALE_ANY == CC_MAX_STALE << 1, "the bit beside a PATIENCE row's own");

/* Names are compared without case in Cache-Control (RFC 9111 5.2), and arrive in lower case from a dictionary. Of those
 * that are as long, the letter in the middle tells most apart. */
static const struct directive *
find(struct str name)
{
	for (size_t i = 0; i < sizeof directives / sizeof directives[0]; i++)
		if (directives[i].name.n == name.n && directives[i].name.p[name.n / 2] == (name.p[name.n / 2] | 0x20) &&
		    str_ieq(directives[i].name, name))
			return &directives[i];
	return NULL;
}

/* Takes the quotes off "60" and "a, b". A backslash is in neither a number nor a name, so none is undone. */
static struct str
unquoted(struct str s)
{
	if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
		return str_of(s.p + 1, s.n - 2);
	return s;
}

/* Digits alone. What overflows 64 bits overflows 31 as well. */
static bool
seconds(struct str s, uint32_t *out)
{
	uint64_t v = CC_FOREVER;

	if (!str_u64(s, &v)) {
		for (size_t i = 0; i < s.n; i++)
			if (!ascii_digit(s.p[i]))
				return false;
		if (s.n == 0)
			return false;
	}
	*out = v < CC_FOREVER ? (uint32_t)v : CC_FOREVER;
	return true;
}

/* One or more field names and nothing else. */
static bool
are_names(struct str value)
{
	struct str rest = unquoted(value), name;
	bool any = false;

	while (list_next(&rest, &name)) {
		if (!token_valid(name))
			return false;
		any = true;
	}
	return any;
}

/* The first number of a directive wins. */
static void
set_seconds(struct cc *cc, const struct directive *d, uint32_t v)
{
	uint32_t *to = (uint32_t *)((char *)cc + d->seconds);

	if (!(cc->bits & d->bit))
		*to = v;
	cc->bits |= d->bit;
}

static void
set_malformed(struct cc *cc, const struct directive *d)
{
	if (d->kind != LIFETIME)
		return;
	cc->bits &= ~d->bit;
	set_seconds(cc, d, 0);
}

/* A number is tighter than any, so it takes its place in either order. */
static void
set_patience(struct cc *cc, const struct directive *d, struct str value)
{
	uint32_t v = CC_FOREVER, any = d->bit << 1;

	if (value.p == NULL) {
		if (!(cc->bits & d->bit))
			cc->bits |= any;
		set_seconds(cc, d, v);
	} else if (seconds(unquoted(value), &v)) {
		if (cc->bits & any)
			cc->bits &= ~(any | d->bit);
		set_seconds(cc, d, v);
	}
}

static void
set(struct cc *cc, const struct directive *d, struct str value)
{
	uint32_t v;

	switch (d->kind) {
	case FLAG:
		cc->bits |= d->bit;
		break;
	case NAMES:
		cc->bits |= value.p != NULL && are_names(value) ? d->bit << 1 : d->bit;
		break;
	case LIFETIME:
	case SECONDS:
		if (seconds(unquoted(value), &v))
			set_seconds(cc, d, v);
		else
			set_malformed(cc, d);
		break;
	case PATIENCE:
		set_patience(cc, d, value);
		break;
	}
}

/* Splits name[=value]; *value is STR_NONE without a `=`. White space beside the `=` is no part of the syntax: before it
 * the value is spoilt, so that no number comes of it, and behind it the value is left to fail by itself. */
static const struct directive *
split(struct str element, struct str *value)
{
	size_t n = scan_either(element, '=', '=');
	struct str trimmed = str_trim(str_head(element, n));

	*value = n == element.n ? STR_NONE : trimmed.n == n ? str_skip(element, n + 1) : STR("");
	return find(trimmed);
}

/* Not inlined: what is remembered needs few registers. */
__attribute__((noinline)) static struct cc
read_lines(const struct head *h)
{
	struct str element, value;
	struct cc cc = { 0 };

	for (const struct field *f = head_first(h, HDR_CACHE_CONTROL); f != NULL; f = head_next(h, f))
		for (struct str rest = field_value(f); list_next(&rest, &element);) {
			const struct directive *d = split(element, &value);

			if (d != NULL)
				set(&cc, d, value);
		}
	return cc;
}

/* ---- what a thread remembers: most answers of a site say one of a few things ---- */

#define MEMOS     8
#define MEMO_MOST 64 /* bytes; what is longer is read each time */

struct memo {
	struct cc cc;
	size_t n;
	char text[MEMO_MOST];
};

static _Thread_local struct memo memos[MEMOS];

/* By the byte in the middle, which tells "no-cache" from "no-store", and the last, as of numbers. */
static inline struct memo *
memo_of(struct str s)
{
	return &memos[((unsigned char)s.p[s.n / 2] + (unsigned char)s.p[s.n - 1] + s.n) % MEMOS];
}

struct cc
cc_read(const struct head *h)
{
	const struct field *f = head_first(h, HDR_CACHE_CONTROL);
	struct str text = field_value(f);
	struct memo *m;

	if (text.n == 0 || text.n > MEMO_MOST || head_next(h, f) != NULL)
		return read_lines(h);
	m = memo_of(text);
	if (UNLIKELY(!str_eq(str_of(m->text, m->n), text))) {
		m->cc = read_lines(h);
		m->n = text.n;
		memcpy(m->text, text.p, text.n);
	}
	return m->cc;
}

/* A number as struct cc has it. Types are not converted (RFC 9213 2.1). */
static bool
targeted_seconds(const struct sf_item *m, uint32_t *out)
{
	if (m->type != SF_INTEGER || m->number < 0)
		return false;
	*out = m->number < CC_FOREVER ? (uint32_t)m->number : CC_FOREVER;
	return true;
}

static void
set_targeted(struct cc *cc, const struct directive *d, const struct sf_item *m)
{
	uint32_t v;

	if (m->type == SF_BOOLEAN && m->number == 0)
		return;
	if (d->kind == FLAG || d->kind == NAMES)
		cc->bits |= d->bit;
	else if (targeted_seconds(m, &v))
		set_seconds(cc, d, v);
	else
		set_malformed(cc, d);
}

bool
cc_parse_targeted(const struct head *h, struct arena *a, struct cc *out)
{
	struct sf_item *m;

	*out = (struct cc){ 0 };
	if (!head_has(h, HDR_CDN_CACHE_CONTROL) || !sf_parse_dict(head_joined(h, HDR_CDN_CACHE_CONTROL, a), a, &m))
		return false;
	if (m == NULL)
		return false;
	for (; m != NULL; m = m->next) {
		const struct directive *d = find(m->key);

		if (d != NULL)
			set_targeted(out, d, m);
	}
	return true;
}

bool
cc_names_field(const struct head *h, enum cc_bit which, struct str name)
{
	struct list_walk w = { 0 };
	struct str element, value, named;

	while (list_walk(h, HDR_CACHE_CONTROL, &w, &element)) {
		const struct directive *d = split(element, &value);

		if (d == NULL || d->kind != NAMES || d->bit << 1 != (uint32_t)which || !are_names(value))
			continue;
		for (struct str rest = unquoted(value); list_next(&rest, &named);)
			if (str_ieq(named, name))
				return true;
	}
	return false;
}
