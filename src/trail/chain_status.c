/* Cache-Status (RFC 9211), member by member: by the book where one is valid, leniently where it is not. There are nodes
 * that write names beginning with a digit, forget quotes, or put a comma last; by the book one of these would hide the
 * members of all. Whatever is kept is kept as valid text. */
#include "http/fields.h"
#include "http/sf.h"
#include "trail/chain_impl.h"

/* One member on its way into the chain. */
struct reading {
	struct arena *a;
	unsigned *dropped;
	struct strbuf open, extras, history;
	struct chain_member *m;
	bool hit;
};

/* ---- parameters ---- */

/* By who may see it. */
static struct strbuf *
place_of(struct reading *r, struct str key)
{
	if (str_eq(key, STR("key")) || str_eq(key, STR("cairn-record")))
		return &r->extras;
	if (str_eq(key, STR("detail")) || str_eq(key, STR("cairn-age")))
		return &r->history;
	return &r->open;
}

/* What the walk of X-Cache-Miss-From asks a member. */
static void
note(struct reading *r, struct str key, const struct sf_item *value)
{
	if (str_eq(key, STR("hit")))
		r->hit = value->type == SF_BOOLEAN && value->number == 1;
	else if (str_eq(key, STR("fwd")))
		r->m->forward = value->type == SF_TOKEN;
	else if (str_eq(key, STR("cairn-age")))
		r->m->replayed = true;
}

/* `value`'s raw text is valid, or it is true. */
static void
add_param(struct reading *r, struct str key, const struct sf_item *value)
{
	struct strbuf *out = place_of(r, key);

	note(r, key, value);
	strbuf_lit(out, "; ");
	strbuf_add(out, key);
	if (value->raw.n == 0)
		return; /* it stands alone */
	strbuf_char(out, '=');
	strbuf_add(out, value->raw);
}

/* Could it be meant as plain text: not empty, printable, and no piece of something nested or quoted? */
static bool
is_salvageable(struct str s)
{
	static const char structure[] = "\"\\()";

	for (size_t i = 0; i < s.n; i++)
		if (memchr(structure, s.p[i], sizeof structure - 1) != NULL)
			return false;
	return s.n > 0 && sf_is_string(s);
}

/* Text that is no value of a structured field, made into a string. False where it cannot be. */
static bool
make_string(struct reading *r, struct str text, struct sf_item *out)
{
	struct strbuf quoted = strbuf_in(r->a, text.n + 2);

	text = unquote(text, r->a);
	chain_write_string(&quoted, text);
	*out = (struct sf_item){ .type = SF_STRING, .text = text, .raw = strbuf_str(&quoted) };
	return is_salvageable(text) && !quoted.over;
}

static bool
make_value(struct reading *r, struct str text, struct sf_item *out)
{
	if (text.p == NULL) {
		*out = (struct sf_item){ .type = SF_BOOLEAN, .number = 1 };
		return true;
	}
	return sf_parse_item(text, r->a, out) || make_string(r, text, out);
}

/* A parameter's name in small letters (RFC 8941 3.1.2). STR_NONE: it cannot be one. */
static struct str
make_key(struct reading *r, struct str name)
{
	char *p = arena_alloc(r->a, name.n);

	if (p == NULL || name.n == 0)
		return STR_NONE;
	for (size_t i = 0; i < name.n; i++) {
		char c = ascii_lower(name.p[i]);
		bool letter = (c >= 'a' && c <= 'z') || c == '*';

		if (!letter && (i == 0 || (!ascii_digit(c) && c != '_' && c != '-' && c != '.')))
			return STR_NONE;
		p[i] = c;
	}
	return str_of(p, name.n);
}

static void
read_params_leniently(struct reading *r, struct str params)
{
	struct str name, text;

	while (param_next(&params, &name, &text)) {
		struct str key = make_key(r, name);
		struct sf_item value;

		if (key.p != NULL && make_value(r, text, &value))
			add_param(r, key, &value);
		else
			++*r->dropped;
	}
}

/* ---- members ---- */

/* The text that a member goes by: a token or a string (RFC 9211 2), and a number too, since there are nodes that are
 * called so. Empty: it has none. */
static struct str
name_of(const struct sf_item *item)
{
	switch (item->type) {
	case SF_STRING:
	case SF_TOKEN:
		return item->text;
	case SF_INTEGER:
	case SF_DECIMAL:
		return item->raw;
	default:
		return STR_NONE;
	}
}

static bool
fits(struct str s)
{
	return s.n <= UINT16_MAX;
}

static struct reading
begin(struct arena *a, struct chain_member *m, struct str name, unsigned *dropped)
{
	*m = (struct chain_member){ .name = name };
	return (struct reading){
		.a = a,
		.dropped = dropped,
		.m = m,
		.open = strbuf_in(a, 64),
		.extras = strbuf_in(a, 0),
		.history = strbuf_in(a, 32),
	};
}

/* False: it cannot be kept. */
static bool
finish(struct reading *r)
{
	struct chain_member *m = r->m;

	m->open = strbuf_str(&r->open);
	m->extras = strbuf_str(&r->extras);
	m->history = strbuf_str(&r->history);
	m->forward = m->forward && !r->hit;
	return m->name.n > 0 && fits(m->name) && fits(m->open) && fits(m->extras) && fits(m->history);
}

static bool
read_item(const struct sf_item *item, struct arena *a, struct chain_member *m, unsigned *dropped)
{
	struct reading r = begin(a, m, name_of(item), dropped);

	for (const struct sf_param *p = item->params; p != NULL; p = p->next)
		add_param(&r, p->key, &p->value);
	return finish(&r);
}

/* An unquoted name that begins with a digit, or has spaces in it, becomes a string. */
static bool
read_leniently(struct str element, struct arena *a, struct chain_member *m, unsigned *dropped)
{
	struct str params, name = unquote(element_value(element, &params), a);
	struct reading r;

	if (!is_salvageable(name))
		return false;
	r = begin(a, m, name, dropped);
	read_params_leniently(&r, params);
	return finish(&r);
}

static bool
read_member(struct str element, struct arena *a, struct chain_member *m, unsigned *dropped)
{
	struct sf_item item;

	if (sf_parse_item(element, a, &item))
		return read_item(&item, a, m, dropped);
	return read_leniently(element, a, m, dropped);
}

void
chain_status_read(struct chain *c, const struct head *response, struct arena *a, unsigned *dropped)
{
	struct chain_member near[CHAIN_MAX];
	struct list_walk w = { 0 };
	struct str element;
	unsigned n = 0;

	while (list_walk(response, HDR_CACHE_STATUS, &w, &element)) {
		struct chain_member m;

		if (!read_member(element, a, &m, dropped)) {
			++*dropped;
			continue;
		}
		if (n == CHAIN_MAX) { /* the one nearest the origin goes */
			memmove(near, near + 1, --n * sizeof *near);
			++*dropped;
		}
		near[n++] = m;
	}
	c->members = n == 0 ? NULL : arena_alloc(a, n * sizeof *near);
	if (c->members == NULL)
		return;
	memcpy(c->members, near, n * sizeof *near);
	c->member_count = n;
}
