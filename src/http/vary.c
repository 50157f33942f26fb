#include "http/vary.h"

#include "http/fields.h"
#include "http/vary_impl.h"

static int
icmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;

	for (size_t i = 0; i < n; i++) {
		int d = (unsigned char)ascii_lower(a.p[i]) - (unsigned char)ascii_lower(b.p[i]);

		if (d != 0)
			return d;
	}
	return (a.n > b.n) - (a.n < b.n);
}

static void
add_lower(struct strbuf *out, struct str s)
{
	char *p = strbuf_room(out, s.n);

	if (p == NULL)
		return;
	for (size_t i = 0; i < s.n; i++)
		p[i] = ascii_lower(s.p[i]);
	out->n += s.n;
}

/* Is it a field to which nodes add on the way who asks? The request that came does not have what the answer was
 * selected by, and none that comes later has. */
static bool
tells_who_asks(struct str name)
{
	uint16_t id = (uint16_t)hdr_id(name);

	return id == HDR_X_FORWARDED_FOR || id == HDR_FORWARDED;
}

bool
vary_is_any(const struct head *response)
{
	struct list_walk w = { 0 };
	struct str name;
	unsigned count = 0;

	while (list_walk(response, HDR_VARY, &w, &name))
		if (str_eq(name, STR("*")) || tells_who_asks(name) || ++count > VARY_NAMES_MAX)
			return true;
	return false;
}

/* Puts a name in its place, unless it is there. */
static unsigned
insert_name(struct str names[VARY_NAMES_MAX], unsigned count, struct str name)
{
	unsigned at = count;

	while (at > 0 && icmp(names[at - 1], name) > 0)
		at--;
	if (at > 0 && icmp(names[at - 1], name) == 0)
		return count;
	memmove(names + at + 1, names + at, (count - at) * sizeof *names);
	names[at] = name;
	return count + 1;
}

struct str
vary_names(const struct head *response, struct arena *a)
{
	struct list_walk w = { 0 };
	struct str names[VARY_NAMES_MAX], name;
	struct strbuf out;
	unsigned count = 0;

	while (count < VARY_NAMES_MAX && list_walk(response, HDR_VARY, &w, &name))
		if (token_valid(name))
			count = insert_name(names, count, name);
	if (count == 0)
		return STR_NONE;
	out = strbuf_in(a, 64);
	for (unsigned i = 0; i < count; i++) {
		if (i > 0)
			strbuf_char(&out, ',');
		add_lower(&out, names[i]);
	}
	return out.over ? STR_NONE : strbuf_str(&out);
}

static const struct field *
first_line(const struct head *h, enum hdr id, struct str name)
{
	return id == HDR_OTHER ? head_named(h, name) : head_first(h, id);
}

static const struct field *
next_line(const struct head *h, const struct field *f)
{
	if (f->id != HDR_OTHER)
		return head_next(h, f);
	for (const struct field *g = f + 1; g < h->fields + h->count; g++)
		if (g->id == HDR_OTHER && str_ieq(field_name(f), field_name(g)))
			return g;
	return NULL;
}

/* Where the first comma outside quotes stands, or the end. */
static size_t
to_comma(struct str s)
{
	bool quoted = false;

	for (size_t i = 0; i < s.n; i++) {
		if (quoted && s.p[i] == '\\')
			i++;
		else if (s.p[i] == '"')
			quoted = !quoted;
		else if (s.p[i] == ',' && !quoted)
			return i;
	}
	return s.n;
}

/* A line without the white space around its commas. */
static void
add_squeezed(struct strbuf *out, struct str s)
{
	for (;;) {
		size_t n = to_comma(s);

		strbuf_add(out, str_trim(str_head(s, n)));
		if (n == s.n)
			return;
		strbuf_char(out, ',');
		s = str_skip(s, n + 1);
	}
}

/* All lines as one list (RFC 9110 5.3). A field that nobody knows is taken for one: its several lines can be nothing
 * else, and what white space at a comma would change in a field that is no list is not known to be anything. */
static void
add_list(struct strbuf *out, const struct head *h, const struct field *f)
{
	for (; f != NULL; f = next_line(h, f)) {
		add_squeezed(out, field_value(f));
		if (next_line(h, f) != NULL)
			strbuf_char(out, ',');
	}
}

/* All lines of a field that holds one value, as they came. No value has a CR in it, so several are not one with a
 * comma. */
static void
add_exact(struct strbuf *out, const struct head *h, const struct field *f)
{
	for (; f != NULL; f = next_line(h, f)) {
		strbuf_add(out, field_value(f));
		if (next_line(h, f) != NULL)
			strbuf_char(out, '\r');
	}
}

/* The next parameter that is no weight. */
static bool
next_param(struct str *params, struct str *name, struct str *value)
{
	while (param_next(params, name, value))
		if (!str_ieq(*name, STR("q")))
			return true;
	return false;
}

static int
params_cmp(struct str a, struct str b)
{
	for (;;) {
		struct str name_a, value_a, name_b, value_b;
		bool more_a = next_param(&a, &name_a, &value_a), more_b = next_param(&b, &name_b, &value_b);
		int d;

		if (!more_a || !more_b)
			return more_a - more_b;
		d = icmp(name_a, name_b);
		if (d == 0)
			d = str_cmp(value_a, value_b);
		if (d != 0)
			return d;
	}
}

static int
choice_cmp(const struct vary_choice *a, const struct vary_choice *b)
{
	int d = icmp(a->value, b->value);

	if (d == 0)
		d = params_cmp(a->params, b->params);
	return d == 0 ? (int)a->q - (int)b->q : d;
}

static void
insert_choice(struct vary_choice *all, unsigned count, struct vary_choice c)
{
	unsigned at = count;

	while (at > 0 && choice_cmp(&all[at - 1], &c) > 0)
		at--;
	memmove(all + at + 1, all + at, (count - at) * sizeof *all);
	all[at] = c;
}

/* A weight of 1 is not written. */
static void
add_weight(struct strbuf *out, unsigned q)
{
	const char digits[] = { '0', '.', (char)('0' + q / 100), (char)('0' + q / 10 % 10), (char)('0' + q % 10) };

	if (q == 1000)
		return;
	strbuf_lit(out, ";q=");
	strbuf_add(out, str_of(digits, sizeof digits));
}

static void
add_choice(struct strbuf *out, const struct vary_choice *c)
{
	struct str params = c->params, name, value;

	add_lower(out, c->value);
	while (next_param(&params, &name, &value)) {
		strbuf_char(out, ';');
		add_lower(out, name);
		strbuf_char(out, '=');
		strbuf_add(out, value);
	}
	add_weight(out, c->q);
}

/* False, and nothing written, where there are too many: they are compared as they were written then. */
static bool
add_sorted(struct strbuf *out, const struct head *h, enum hdr id)
{
	struct vary_choice all[VARY_CHOICES_MAX];
	struct list_walk w = { 0 };
	struct str element;
	unsigned count = 0;

	while (list_walk(h, id, &w, &element)) {
		struct vary_choice c = vary_choice(id, element);

		if (c.value.n == 0)
			continue; /* parameters of nothing */
		if (count == VARY_CHOICES_MAX)
			return false;
		insert_choice(all, count++, c);
	}
	for (unsigned i = 0; i < count; i++) {
		if (i > 0 && choice_cmp(&all[i - 1], &all[i]) == 0)
			continue;
		if (i > 0)
			strbuf_char(out, ',');
		add_choice(out, &all[i]);
	}
	return true;
}

/* In these the order says nothing, the weight all (RFC 9110 12.4.2, 12.5). */
static bool
is_accept(enum hdr id)
{
	return id == HDR_ACCEPT || id == HDR_ACCEPT_CHARSET || id == HDR_ACCEPT_ENCODING || id == HDR_ACCEPT_LANGUAGE;
}

/* A line for each name: "=value", or nothing where the field is absent. */
static void
add_value(struct strbuf *out, const struct head *h, struct str name)
{
	enum hdr id = hdr_id(name);
	const struct field *f = first_line(h, id, name);

	if (f != NULL) {
		strbuf_char(out, '=');
		if (id != HDR_OTHER && !(hdr_flags(id) & HDR_LIST))
			add_exact(out, h, f);
		else if (!is_accept(id) || !add_sorted(out, h, id))
			add_list(out, h, f);
	}
	strbuf_char(out, '\n');
}

void
vary_values(const struct head *request, struct str names, struct strbuf *out)
{
	struct str name;
	bool more = names.n > 0;

	while (more) {
		more = str_cut(&names, ',', &name);
		add_value(out, request, name);
	}
}
