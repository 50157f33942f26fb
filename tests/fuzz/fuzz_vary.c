/* Vary. The input's lines are fields of a response and of the request that it answered, both. Names and values, once
 * normalised, stay as they are; the order of an Accept list does not matter; what was stored for a request selects it.
 */
#include "heads.h"
#include "http/vary.h"

static struct str
values(const struct head *request, struct str names, struct arena *a)
{
	struct strbuf b = strbuf_in(a, 256);

	vary_values(request, names, &b);
	MUST(!b.over);
	return strbuf_str(&b);
}

static void
check_names(struct str names, struct arena *a)
{
	struct head h;

	head_init(&h, a);
	MUST(head_add(&h, STR("Vary"), names));
	MUST(str_eq(vary_names(&h, a), names));
}

/* A request whose fields have the values that were written for another. */
static void
check_values(struct str text, struct str names, struct arena *a)
{
	struct str rest = text, left = names, name, value, line;
	struct head h;

	head_init(&h, a);
	for (bool more = names.n > 0; more;) {
		more = str_cut(&left, ',', &name);
		MUST(str_cut(&rest, '\n', &value));
		if (value.n == 0)
			continue;
		MUST(value.p[0] == '=');
		value = str_skip(value, 1);
		for (bool lines = true; lines;) {
			lines = str_cut(&value, '\r', &line);
			MUST(head_add(&h, name, line));
		}
	}
	MUST(rest.n == 0);
	MUST(str_eq(values(&h, names, a), text));
}

static void
check_order(const struct head *h, struct arena *a)
{
	static const struct str names = STR_INIT("accept,accept-charset,accept-encoding,accept-language");
	struct head turned;

	head_init(&turned, a);
	for (uint32_t i = h->count; i > 0; i--)
		MUST(head_add(&turned, field_name(&h->fields[i - 1]), field_value(&h->fields[i - 1])));
	MUST(str_eq(values(h, names, a), values(&turned, names, a)));
}

/* Has a line a quote that stays open? Joined to the next one it means something else. */
static bool
is_open(const struct head *h)
{
	for (uint32_t i = 0; i < h->count; i++) {
		struct str value = field_value(&h->fields[i]);
		unsigned quotes = 0;

		for (size_t j = 0; j < value.n; j++)
			quotes += value.p[j] == '"';
		if (quotes % 2 == 1 || str_chr(value, '\\') >= 0)
			return true;
	}
	return false;
}

/* Can no list be too long to be sorted? */
static bool
is_short(const struct head *h)
{
	size_t elements = h->count;

	for (uint32_t i = 0; i < h->count; i++)
		for (uint32_t j = 0; j < h->fields[i].value_n; j++)
			elements += h->fields[i].value[j] == ',';
	return elements <= 32;
}

static void
check_selection(const struct head *h, struct str names, struct arena *a)
{
	struct str mine = values(h, names, a);
	struct vary_stored stored = { names, mine, head_get(h, HDR_CONTENT_LANGUAGE),
				      head_get(h, HDR_CONTENT_ENCODING) };

	MUST(vary_selects(h, mine, &stored));
	MUST(vary_encoding_quality(h, stored.content_encoding) <= 1000);
	stored.values = head_get(h, HDR_CONTENT_LOCATION); /* anything at all */
	vary_selects(h, mine, &stored);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(1 << 26);
	struct head h;
	struct str names;

	MUST(a != NULL);
	head_init(&h, a);
	fuzz_add_fields(&h, fuzz_str(data, size));
	names = vary_names(&h, a);
	if (names.p != NULL)
		check_names(names, a);
	if (!is_open(&h))
		check_values(values(&h, names, a), names, a);
	check_selection(&h, names, a);
	if (is_short(&h))
		check_order(&h, a);
	arena_free(&a);
	return 0;
}
