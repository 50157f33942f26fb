#include "unit.h"

#include "../http/heads.h"
#include "proxy/credentials.h"

static void
what_is_said_of_who_sends_it(void **state)
{
	static const struct {
		const char *lines;
		const char *user, *password; /* NULL: bad; user "": none */
	} rows[] = {
		{ "A: b", "", NULL },
		{ "Authorization: Basic YTpi", "", NULL }, /* that is for the origin */
		{ "Proxy-Authorization: Basic YTpi", "a", "b" },
		{ "Proxy-Authorization: basic  YTpi", "a", "b" },
		{ "Proxy-Authorization: Basic YTo=", "a", "" },
		{ "Proxy-Authorization: Basic YTpiOmM=", "a", "b:c" },
		{ "Proxy-Authorization: Basic asO8OsO8", "j\xc3\xbc", "\xc3\xbc" },
		{ "Proxy-Authorization: Basic Onh5", NULL, NULL },     /* no name */
		{ "Proxy-Authorization: Basic YWJj", NULL, NULL },     /* no colon */
		{ "Proxy-Authorization: Basic YTpiAA==", NULL, NULL }, /* a NUL */
		{ "Proxy-Authorization: Basic YTpi\nProxy-Authorization: Basic YTpi", NULL, NULL },
		{ "Proxy-Authorization: Basic YTp", NULL, NULL },
		{ "Proxy-Authorization: Basic YT=i", NULL, NULL },
		{ "Proxy-Authorization: Basic Y===", NULL, NULL },
		{ "Proxy-Authorization: Basic YT pi", NULL, NULL },
		{ "Proxy-Authorization: Basic YTpi----", NULL, NULL }, /* what OpenSSL takes for the end of PEM */
		{ "Proxy-Authorization: Basic YTpiYzo-", NULL, NULL },
		{ "Proxy-Authorization: Basic", NULL, NULL },
		{ "Proxy-Authorization: Basic ", NULL, NULL },
		{ "Proxy-Authorization: Bearer YTpi", NULL, NULL },
		{ "Proxy-Authorization:", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		enum credentials_read want = rows[i].user == NULL    ? CREDENTIALS_BAD
					     : *rows[i].user == '\0' ? CREDENTIALS_NONE
								     : CREDENTIALS_FINE;
		struct arena *a = arena_new(1 << 16);
		struct head h = head_of(rows[i].lines, a);
		struct credentials c;

		memset(&c, 'x', sizeof c); /* what was there before is nobody's password */
		if (credentials_read(&h, &c) != want)
			fail_msg("%s: not %d", rows[i].lines, want);
		if (want == CREDENTIALS_FINE) {
			assert_true(str_eq(c.user, str_c(rows[i].user)));
			assert_true(str_eq(c.password, str_c(rows[i].password)));
		}
		arena_free(&a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_is_said_of_who_sends_it) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
