/* Cache-Status (RFC 9211), member by member: by the book where one is valid, leniently where it is not. There are nodes
 * that write names beginning with a digit, forget quotes, or put a comma last; by the book one of these would hide the
 * members of all. Whatever is kept is kept as valid text. */
#include "http/fields.h"
#include "http/sf.h"
#include "trail/chain_impl.h"

/* ---- a valid member ---- */

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

/* Who may see a parameter. */
enum seen_by {
	SEEN_BY_ALL,
	SEEN_BY_HOLDERS, /* of the token */
	SEEN_BY_TRUSTED, /* readers of history */
};

static enum seen_by
seen_by(struct str key)
{
	if (str_eq(key, STR("key")) || str_eq(key, STR("cairn-record")))
		return SEEN_BY_HOLDERS;
	if (str_eq(key, STR("detail")) || str_eq(key, STR("cairn-age")))
		return SEEN_BY_TRUSTED;
	return SEEN_BY_ALL;
}

/* Those of the member's parameters, as text. */
static struct str
params_for(const struct sf_item *item, enum seen_by who, struct arena *a)
{
	struct strbuf out = strbuf_in(a, 0);

	for (const struct sf_param *p = item->params; p != NULL; p = p->next) {
		if (seen_by(p->key) != who)
			continue;
		strbuf_lit(&out, "; ");
		strbuf_add(&out, p->key);
		if (p->value.raw.n == 0)
			continue; /* it stands alone */
		strbuf_char(&out, '=');
		strbuf_add(&out, p->value.raw);
	}
	return strbuf_str(&out);
}

/* "hit" and "fwd" exclude each other (RFC 9211 2.2); of one who writes both nothing can be concluded. */
static bool
says_forward(const struct sf_item *item)
{
	const struct sf_item *hit = sf_param(item, STR("hit")), *fwd = sf_param(item, STR("fwd"));

	if (hit != NULL && hit->type == SF_BOOLEAN && hit->number == 1)
		return false;
	return fwd != NULL && fwd->type == SF_TOKEN;
}

/* False: it cannot be kept. */
static bool
read_item(const struct sf_item *item, struct arena *a, struct chain_member *m)
{
	*m = (struct chain_member){
		.name = name_of(item),
		.open = params_for(item, SEEN_BY_ALL, a),
		.extras = params_for(item, SEEN_BY_HOLDERS, a),
		.history = params_for(item, SEEN_BY_TRUSTED, a),
		.forward = says_forward(item),
		.replayed = sf_param(item, STR("cairn-age")) != NULL,
	};
	return m->name.n > 0 && m->name.n <= UINT16_MAX && m->open.n <= UINT16_MAX && m->history.n <= UINT16_MAX;
}

/* ---- one that is not valid is written anew, as far as it can be understood ---- */

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

/* A parameter's name in small letters (RFC 8941 3.1.2). STR_NONE: it cannot be one. */
static struct str
repair_key(struct str name, struct arena *a)
{
	char *p = arena_alloc(a, name.n);

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

/* Text that is no value of a structured field becomes a string. False, and nothing written, where it cannot be. */
static bool
repair_param(struct strbuf *out, struct str name, struct str value, struct arena *a)
{
	struct str key = repair_key(name, a), text = unquote(value, a);
	struct sf_item item;
	bool valid = value.p == NULL || sf_parse_item(value, a, &item);

	if (key.p == NULL || (!valid && !is_salvageable(text)))
		return false;
	strbuf_lit(out, "; ");
	strbuf_add(out, key);
	if (value.p == NULL)
		return true;
	strbuf_char(out, '=');
	if (valid)
		strbuf_add(out, value);
	else
		chain_write_string(out, text);
	return true;
}

/* "3cfdbfa6f472;detail=mismatch" becomes "\"3cfdbfa6f472\"; detail=mismatch". STR_NONE: it has no name. */
static struct str
repair(struct str element, struct arena *a, unsigned *dropped)
{
	struct str params, name, value, id = unquote(element_value(element, &params), a);
	struct strbuf out = strbuf_in(a, element.n + 16);

	if (!is_salvageable(id))
		return STR_NONE;
	chain_write_string(&out, id);
	while (param_next(&params, &name, &value))
		if (!repair_param(&out, name, value, a))
			++*dropped;
	return strbuf_str(&out);
}

/* ---- the list ---- */

static bool
read_member(struct str element, struct arena *a, struct chain_member *m, unsigned *dropped)
{
	struct sf_item item;

	if (!sf_parse_item(element, a, &item)) {
		element = repair(element, a, dropped);
		if (!sf_parse_item(element, a, &item))
			return false;
	}
	return read_item(&item, a, m);
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
