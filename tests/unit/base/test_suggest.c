#include "unit.h"

#include "base/suggest.h"

static void
nearest(void **state)
{
	static const struct {
		const char *word, *known[4], *best; /* best NULL: none is near */
	} rows[] = {
		{ "prot", { "address", "mode", "port" }, "port" },
		{ "adress", { "address", "mode" }, "address" },
		{ "addresss", { "address" }, "address" },
		{ "MODE", { "address", "mode" }, "mode" },
		{ "modes", { "mode", "modest" }, "mode" },
		{ "ttl", { "ttl" }, "ttl" },
		{ "tt", { "ttl" }, "ttl" },
		{ "t", { "ttl" }, NULL },
		{ "", { "a" }, "a" },
		{ "", { "ab" }, NULL },
		{ "listen", { "listeners", "limits" }, NULL },
		{ "listenrs", { "listeners", "limits" }, "listeners" },
		{ "upstraem", { "upstream" }, "upstream" },
		{ "abcdef", { "fedcba" }, NULL },
		{ "ab", { "ba" }, "ba" },
		{ "abc", { "cab" }, NULL }, /* a letter moved by two places is two mistakes */
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct suggest s = suggest_begin(str_c(rows[i].word));

		for (size_t k = 0; k < 4 && rows[i].known[k] != NULL; k++)
			suggest_offer(&s, str_c(rows[i].known[k]));
		if (!str_eq(s.best, str_c(rows[i].best)) || (s.best.p == NULL) != (rows[i].best == NULL))
			fail_msg("%s: got %.*s", rows[i].word, STR_FMT(s.best));
	}
}

static void
long_words_are_nobodys_slip(void **state)
{
	char word[100];
	struct suggest s;

	(void)state;
	memset(word, 'a', sizeof word);
	s = suggest_begin(str_of(word, 65));
	suggest_offer(&s, str_of(word, 64));
	assert_null(s.best.p);
	s = suggest_begin(str_of(word, 64));
	suggest_offer(&s, str_of(word, 65));
	assert_null(s.best.p);
	suggest_offer(&s, str_of(word, 63));
	assert_int_equal(s.best.n, 63);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nearest),
		cmocka_unit_test(long_words_are_nobodys_slip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
