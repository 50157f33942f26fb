#include "with_arena.h"

#include "base/strbuf.h"
#include "http/fields.h"

WITH_ARENA(arena, 1 << 20);

/* "name: value" pairs up to a NULL. */
static struct head
head_with(const char *const *pairs)
{
	struct head h;

	head_init(&h, arena);
	for (; *pairs != NULL; pairs += 2)
		assert_true(head_add(&h, str_c(pairs[0]), str_c(pairs[1])));
	return h;
}

static void
tokens(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		char text[2] = { 'a', (char)c };
		bool want = c > 0x20 && c < 0x7f && strchr("\"(),/:;<=>?@[\\]{}", c) == NULL;

		assert_int_equal(token_valid(str_of(text, 2)), want);
	}
	assert_false(token_valid(STR("")));
}

/* The elements, each in brackets. */
static struct str
walked(struct str rest)
{
	struct strbuf b = strbuf_in(arena, 64);
	struct str element;

	while (list_next(&rest, &element)) {
		strbuf_char(&b, '[');
		strbuf_add(&b, element);
		strbuf_char(&b, ']');
	}
	return strbuf_str(&b);
}

static void
lists(void **state)
{
	static const struct {
		const char *value, *elements;
	} rows[] = {
		{ "", "" },
		{ "a", "[a]" },
		{ "a,b", "[a][b]" },
		{ " a ,\tb c\t", "[a][b c]" },
		{ ",, a,,b ,", "[a][b]" },
		{ "\"a,b\",c", "[\"a,b\"][c]" },
		{ "a=\"\\\",\",b", "[a=\"\\\",\"][b]" },
		{ "\"a\\\\\",b", "[\"a\\\\\"][b]" },
		{ "a,\"b,c", "[a][\"b,c]" },
		{ "\"a\\", "[\"a\\]" },
		{ "a \"b\" , \"\"", "[a \"b\"][\"\"]" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_true(str_eq(walked(str_c(rows[i].value)), str_c(rows[i].elements)));
}

static void
lists_over_lines(void **state)
{
	static const char *const pairs[] = { "Via", "a, b", "Age", "1", "via", "", "VIA", ",c", NULL };
	struct head h = head_with(pairs);
	struct list_walk w = { 0 };
	struct strbuf b = strbuf_in(arena, 64);
	struct str element;

	(void)state;
	while (list_walk(&h, HDR_VIA, &w, &element)) {
		strbuf_add(&b, element);
		strbuf_char(&b, '.');
	}
	assert_str(strbuf_str(&b), "a.b.c.");
	assert_false(list_walk(&h, HDR_VIA, &w, &element));
	w = (struct list_walk){ 0 };
	assert_false(list_walk(&h, HDR_VARY, &w, &element));

	assert_true(head_has_token(&h, HDR_VIA, STR("B")));
	assert_true(head_has_token(&h, HDR_VIA, STR("c")));
	assert_false(head_has_token(&h, HDR_VIA, STR("d")));
	assert_false(head_has_token(&h, HDR_VARY, STR("a")));
}

static void
parameters(void **state)
{
	static const struct {
		const char *element, *value, *params; /* each "<name=value>", or "<name>" */
	} rows[] = {
		{ "a", "a", "" },
		{ "a;b=c", "a", "<b=c>" },
		{ "a ; b = c ;; d ; e=", "a", "<b=c><d><e=>" },
		{ "a;b=\";c\";d", "a", "<b=\";c\"><d>" },
		{ "\"a;b\";c", "\"a;b\"", "<c>" },
		{ ";b", "", "<b>" },
		{ "a;=c", "a", "<=c>" },
		{ "a;b=c=d", "a", "<b=c=d>" },
		{ "a; ;", "a", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct strbuf b = strbuf_in(arena, 64);
		struct str params, name, value;

		assert_true(str_eq(element_value(str_c(rows[i].element), &params), str_c(rows[i].value)));
		while (param_next(&params, &name, &value)) {
			strbuf_printf(&b, "<%.*s", STR_FMT(name));
			if (value.p != NULL)
				strbuf_printf(&b, "=%.*s", STR_FMT(value));
			strbuf_char(&b, '>');
		}
		assert_true(str_eq(strbuf_str(&b), str_c(rows[i].params)));
	}
}

static void
quotes(void **state)
{
	static const struct {
		const char *text, *plain;
	} rows[] = {
		{ "a", "a" },
		{ "", "" },
		{ "\"\"", "" },
		{ "\"a b\"", "a b" },
		{ "\"a\\\"b\\\\\"", "a\"b\\" },
		{ "\"a\\\"", "a\\" },
		{ "\"", "\"" },
		{ "\"a", "\"a" },
		{ "a\"b\"", "a\"b\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_true(str_eq(unquote(str_c(rows[i].text), arena), str_c(rows[i].plain)));
}

static void
weights(void **state)
{
	static const struct {
		const char *params;
		unsigned q;
	} rows[] = {
		{ "", 1000 },
		{ "a=b", 1000 },
		{ "q=1", 1000 },
		{ "q=1.", 1000 },
		{ "q=1.000", 1000 },
		{ "Q=0.7", 700 },
		{ "a=b;q=0.25; q=1", 250 },
		{ " q = 0.001 ", 1 },
		{ "q=0", 0 },
		{ "q=0.", 0 },
		{ "q=0.000", 0 },
		{ "q=1.001", 0 },
		{ "q=1.5", 0 },
		{ "q=2", 0 },
		{ "q=0.1234", 0 },
		{ "q=0,5", 0 },
		{ "q=.5", 0 },
		{ "q=00.5", 0 },
		{ "q=-0.5", 0 },
		{ "q=0.5x", 0 },
		{ "q=", 0 },
		{ "q", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(param_qvalue(str_c(rows[i].params)), rows[i].q);
}

static void
hop_by_hop(void **state)
{
	static const char *const pairs[] = {
		"Connection",
		"close, X-Mine, te",
		"connection",
		"Cache-Control, host, Content-Length, Authorization, X-Forwarded-Proto, x-forwarded-by",
		"Keep-Alive",
		"timeout=5",
		"Proxy-Connection",
		"keep-alive",
		"TE",
		"trailers",
		"Transfer-Encoding",
		"chunked",
		"Upgrade",
		"websocket",
		"Proxy-Authorization",
		"x",
		"x-mine",
		"1",
		"X-Yours",
		"1",
		"Close",
		"1",
		"Cache-Control",
		"no-store",
		"Host",
		"h",
		"Content-Length",
		"0",
		"Authorization",
		"x",
		"Trailer",
		"x",
		"X-Forwarded-Proto",
		"https",
		"X-Forwarded-By",
		"x",
		NULL,
	};
	static const char want[] = "11111111"
				   "1"
				   "0"
				   "1"
				   "0000000";
	struct head h = head_with(pairs);

	(void)state;
	assert_int_equal(h.count, sizeof want - 1);
	for (uint32_t i = 0; i < h.count; i++)
		if (field_is_hop(&h, &h.fields[i]) != (want[i] == '1'))
			fail_msg("%.*s", STR_FMT(field_name(&h.fields[i])));
}

static void
what_connection_names_is_dropped(void **state)
{
	static const char *const pairs[] = { "X-Mine", "1", "Connection", "x-MINE, Cookie", "Cookie", "a=b", "X-Other", "2",
					     "x-mine", "3", "Connection", "close, X-Last", "X-Last", "4", NULL };
	static const char *const plain[] = { "Connection", "keep-alive", "Keep-Alive", "1", "Close", "2", NULL };
	struct head h = head_with(pairs), same = head_with(plain);

	(void)state;
	head_drop_named(&h);
	assert_int_equal(h.count, 4);
	assert_true(str_eq(field_name(&h.fields[0]), STR("Connection")));
	assert_true(str_eq(field_name(&h.fields[1]), STR("Cookie")));
	assert_true(str_eq(field_name(&h.fields[2]), STR("X-Other")));
	assert_true(str_eq(field_name(&h.fields[3]), STR("Connection")));
	head_drop_named(&same);
	assert_int_equal(same.count, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens),     cmocka_unit_test(lists),  cmocka_unit_test(lists_over_lines),
		cmocka_unit_test(parameters), cmocka_unit_test(quotes), cmocka_unit_test(weights),
		cmocka_unit_test(hop_by_hop),
		cmocka_unit_test(what_connection_names_is_dropped),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
