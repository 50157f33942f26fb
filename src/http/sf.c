#include "http/sf_impl.h"

static void
skip_spaces(struct sf_in *in)
{
	while (sf_eat(in, ' '))
		;
}

static void
skip_ows(struct sf_in *in)
{
	while (sf_eat(in, ' ') || sf_eat(in, '\t'))
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

static bool
key(struct sf_in *in, struct str *out)
{
	if (!lower(sf_front(in)) && sf_front(in) != '*')
		return false;
	*out = sf_run(in, is_key);
	return true;
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
bare_raw(struct sf_in *in, struct sf_item *out)
{
	const char *start = in->s.p;

	if (!sf_bare(in, out))
		return false;
	out->raw = str_of(start, (size_t)(in->s.p - start));
	return true;
}

/* The parameter of that key, a new one at the end of the list where there is none. */
static struct sf_param *
param_slot(struct sf_in *in, struct sf_item *item, struct str k)
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
params(struct sf_in *in, struct sf_item *item)
{
	while (sf_eat(in, ';')) {
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
		if (sf_eat(in, '=') && !bare_raw(in, &p->value))
			return false;
	}
	return true;
}

static bool
item(struct sf_in *in, struct sf_item *out)
{
	return bare_raw(in, out) && params(in, out);
}

static bool
inner_list(struct sf_in *in, struct sf_item *out)
{
	const char *start = in->s.p;
	struct sf_item **at = &out->inner;

	sf_eat(in, '(');
	out->type = SF_INNER_LIST;
	skip_spaces(in);
	for (unsigned count = 0; !sf_eat(in, ')'); count++) {
		if (count == SF_PARAMS_MAX)
			return false;
		*at = arena_zalloc(in->a, sizeof **at);
		if (*at == NULL || !item(in, *at))
			return false;
		if (sf_front(in) != ' ' && sf_front(in) != ')')
			return false;
		skip_spaces(in);
		at = &(*at)->next;
	}
	out->raw = str_of(start, (size_t)(in->s.p - start));
	return params(in, out);
}

static bool
member(struct sf_in *in, struct sf_item *out)
{
	return sf_front(in) == '(' ? inner_list(in, out) : item(in, out);
}

static bool
dict_member(struct sf_in *in, struct sf_item *out)
{
	if (sf_eat(in, '='))
		return member(in, out);
	set_true(out);
	return params(in, out);
}

/* Behind a member: the end, or a comma and one more (no comma may be the last). */
static bool
separator(struct sf_in *in, bool *end)
{
	skip_ows(in);
	*end = in->s.n == 0;
	if (*end)
		return true;
	if (!sf_eat(in, ','))
		return false;
	skip_ows(in);
	return in->s.n > 0;
}

static bool
list(struct sf_in *in, struct sf_item **at)
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
dict_slot(struct sf_in *in, struct sf_item **at, struct str k)
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
dict(struct sf_in *in, struct sf_item **first)
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
static struct sf_in
begin(struct str s, struct arena *a)
{
	struct sf_in in = { s, a };

	skip_spaces(&in);
	while (in.s.n > 0 && in.s.p[in.s.n - 1] == ' ')
		in.s.n--;
	return in;
}

bool
sf_parse_list(struct str s, struct arena *a, struct sf_item **out)
{
	struct sf_in in = begin(s, a);
	struct sf_item *first = NULL;
	bool valid = list(&in, &first);

	*out = valid ? first : NULL;
	return valid;
}

bool
sf_parse_dict(struct str s, struct arena *a, struct sf_item **out)
{
	struct sf_in in = begin(s, a);
	struct sf_item *first = NULL;
	bool valid = dict(&in, &first);

	*out = valid ? first : NULL;
	return valid;
}

bool
sf_parse_item(struct str s, struct arena *a, struct sf_item *out)
{
	struct sf_in in = begin(s, a);

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
