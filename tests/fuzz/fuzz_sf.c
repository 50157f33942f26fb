/* Structured fields: what is read, written in the canonical form of RFC 8941 4.1, reads and writes the same. */
#include "base/strbuf.h"
#include "fuzz.h"
#include "http/sf.h"

static void
write_decimal(struct strbuf *b, int64_t thousandths)
{
	uint64_t v = (uint64_t)(thousandths < 0 ? -thousandths : thousandths);

	strbuf_printf(b, "%s%llu.%03u", thousandths < 0 ? "-" : "", (unsigned long long)(v / 1000),
		      (unsigned)(v % 1000));
	while (b->n > 2 && b->p[b->n - 1] == '0' && b->p[b->n - 2] != '.')
		b->n--;
}

static void
write_string(struct strbuf *b, struct str s)
{
	MUST(sf_is_string(s));
	strbuf_char(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			strbuf_char(b, '\\');
		strbuf_char(b, s.p[i]);
	}
	strbuf_char(b, '"');
}

static void
write_bare(struct strbuf *b, const struct sf_item *m)
{
	switch (m->type) {
	case SF_DATE:
		strbuf_char(b, '@');
		/* fall through */
	case SF_INTEGER:
		MUST(m->number >= -999999999999999 && m->number <= 999999999999999);
		strbuf_i64(b, m->number);
		break;
	case SF_DECIMAL:
		write_decimal(b, m->number);
		break;
	case SF_STRING:
		write_string(b, m->text);
		break;
	case SF_TOKEN:
		MUST(sf_is_token(m->text));
		strbuf_add(b, m->text);
		break;
	case SF_BYTES:
		strbuf_printf(b, ":%.*s:", STR_FMT(m->text));
		break;
	case SF_BOOLEAN:
		strbuf_add(b, m->number ? STR("?1") : STR("?0"));
		break;
	case SF_INNER_LIST:
		MUST_NOT_REACH();
	}
}

/* Behind a key: nothing for true. */
static void
write_value(struct strbuf *b, const struct sf_item *m)
{
	if (m->type == SF_BOOLEAN && m->number == 1)
		return;
	strbuf_char(b, '=');
	write_bare(b, m);
}

static void
write_params(struct strbuf *b, const struct sf_item *m)
{
	for (const struct sf_param *p = m->params; p != NULL; p = p->next) {
		MUST(sf_param(m, p->key) == &p->value);
		strbuf_char(b, ';');
		strbuf_add(b, p->key);
		write_value(b, &p->value);
	}
}

static void
write_inner(struct strbuf *b, const struct sf_item *m)
{
	strbuf_char(b, '(');
	for (const struct sf_item *i = m->inner; i != NULL; i = i->next) {
		if (i != m->inner)
			strbuf_char(b, ' ');
		write_bare(b, i);
		write_params(b, i);
	}
	strbuf_char(b, ')');
}

static void
write_member(struct strbuf *b, const struct sf_item *m)
{
	if (m->type == SF_INNER_LIST)
		write_inner(b, m);
	else
		write_bare(b, m);
	write_params(b, m);
}

static struct str
write_list(const struct sf_item *m, struct arena *a)
{
	struct strbuf b = strbuf_in(a, 256);

	for (; m != NULL; m = m->next) {
		write_member(&b, m);
		if (m->next != NULL)
			strbuf_lit(&b, ", ");
	}
	MUST(!b.over);
	return strbuf_str(&b);
}

static struct str
write_dict(const struct sf_item *m, struct arena *a)
{
	struct strbuf b = strbuf_in(a, 256);

	for (; m != NULL; m = m->next) {
		strbuf_add(&b, m->key);
		if (m->type == SF_BOOLEAN && m->number == 1) {
			write_params(&b, m);
		} else {
			strbuf_char(&b, '=');
			write_member(&b, m);
		}
		if (m->next != NULL)
			strbuf_lit(&b, ", ");
	}
	MUST(!b.over);
	return strbuf_str(&b);
}

typedef bool parse_fn(struct str s, struct arena *a, struct sf_item **out);
typedef struct str write_fn(const struct sf_item *m, struct arena *a);

static void
check(struct str s, struct arena *a, parse_fn *parse, write_fn *write)
{
	struct sf_item *m, *again;
	struct str text;

	if (!parse(s, a, &m)) {
		MUST(m == NULL && !arena_failed(a));
		return;
	}
	for (const struct sf_item *i = m; i != NULL; i = i->next)
		MUST(fuzz_within(i->raw, s) && fuzz_within(i->key, s));
	text = write(m, a);
	MUST(parse(text, a, &again));
	MUST(str_eq(write(again, a), text));
}

static void
check_item(struct str s, struct arena *a)
{
	struct sf_item item, raw;

	if (!sf_parse_item(s, a, &item))
		return;
	MUST(sf_parse_item(item.raw, a, &raw) && raw.params == NULL);
	MUST(raw.type == item.type && raw.number == item.number && str_eq(raw.text, item.text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(1 << 26);
	struct str s = fuzz_str(data, size);

	MUST(a != NULL);
	check(s, a, sf_parse_list, write_list);
	check(s, a, sf_parse_dict, write_dict);
	check_item(s, a);
	arena_free(&a);
	return 0;
}
