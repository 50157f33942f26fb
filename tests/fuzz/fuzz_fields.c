/* Lists, elements and parameters of one field value. */
#include "base/strbuf.h"
#include "fuzz.h"
#include "http/fields.h"

/* Walking the parameters takes at most all there is, and ends. */
static void
check_params(struct str params, struct str outer, struct arena *a)
{
	struct str name, value, plain;

	MUST(fuzz_within(params, outer));
	MUST(param_qvalue(params) <= 1000);
	while (param_next(&params, &name, &value)) {
		MUST(fuzz_within(name, outer) && fuzz_within(value, outer));
		plain = unquote(value, a);
		MUST(plain.n <= value.n);
	}
	MUST(params.n == 0);
}

/* Does each quoted string in it end? Only then can another element be put behind it. */
static bool
quotes_end(struct str s)
{
	bool open = false;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			open = !open;
		else if (s.p[i] == '\\' && open)
			i++;
	}
	return !open;
}

/* The elements, joined again, are the same elements. */
static void
check_joined(struct str s, struct arena *a)
{
	struct strbuf b = strbuf_in(a, s.n + 1);
	struct str rest = s, joined, left, right;

	while (list_next(&rest, &left)) {
		strbuf_add(&b, left);
		strbuf_lit(&b, ", ");
	}
	joined = strbuf_str(&b);
	rest = s;
	while (list_next(&rest, &left))
		MUST(list_next(&joined, &right) && (str_eq(left, right) || !quotes_end(left)));
	MUST(!list_next(&joined, &right));
}

static void
check_list(struct str s, struct arena *a)
{
	struct str rest = s, element, params, value;

	while (list_next(&rest, &element)) {
		MUST(element.n > 0 && fuzz_within(element, s) && str_eq(element, str_trim(element)));
		value = element_value(element, &params);
		MUST(fuzz_within(value, element));
		check_params(params, element, a);
	}
	MUST(rest.n == 0);
}

/* Walked as the first of two lines, it has the same elements, and the second line's behind them. A value in a head has no
 * white space at its ends. */
static void
check_tokens(struct str s, struct arena *a)
{
	struct str element, walked, value = str_trim(s), rest = value;
	struct list_walk w = { 0 };
	struct head h;

	head_init(&h, a);
	MUST(head_add(&h, STR("Connection"), value) && head_add(&h, STR("Connection"), STR("x-last")));
	while (list_next(&rest, &element)) {
		MUST(list_walk(&h, HDR_CONNECTION, &w, &walked) && str_eq(walked, element));
		MUST(head_has_token(&h, HDR_CONNECTION, element));
	}
	MUST(list_walk(&h, HDR_CONNECTION, &w, &walked) && str_eq(walked, STR("x-last")));
	MUST(!list_walk(&h, HDR_CONNECTION, &w, &walked));
	MUST(head_has_token(&h, HDR_CONNECTION, STR("X-Last")));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(1 << 24);
	struct str s = fuzz_str(data, size);

	MUST(a != NULL);
	check_list(s, a);
	check_joined(s, a);
	check_tokens(s, a);
	arena_free(&a);
	return 0;
}
