#include "unit.h"

#include "proxy/trailers.h"

static const struct {
	const char *received, *kept;
} rows[] = {
	{ "", "" },
	{ "X-Sum: 42\r\n", "X-Sum: 42\r\n" },
	{ "x-sum:42\r\nX-Sum: \t43 \r\n", "x-sum: 42\r\nX-Sum: 43\r\n" },
	{ "ETag: \"1\"\r\nServer-Timing: db\r\nContent-MD5: Q2hlY2s=\r\n",
	  "ETag: \"1\"\r\nServer-Timing: db\r\nContent-MD5: Q2hlY2s=\r\n" },
	/* What frames, routes, names the client, decides about storing, or is the trail's. */
	{ "Content-Length: 3\r\nA: 1\r\n", "A: 1\r\n" },
	{ "transfer-encoding: chunked\r\n", "" },
	{ "Host: b\r\nX-Forwarded-Host: b\r\nForwarded: for=b\r\nConnection: close\r\nA: 1\r\n", "A: 1\r\n" },
	{ "Cache-Control: max-age=9\r\nVary: *\r\nSet-Cookie: a=b\r\nContent-Range: bytes 0-0/1\r\n", "" },
	{ "X-Cache: HIT from liar\r\nCache-Status: liar; hit\r\nVia: 1.1 liar\r\nCairn-Trace: t\r\n", "" },
	{ "Authorization: Basic a\r\nTrailer: X\r\nContent-Encoding: gzip\r\nDate: now\r\n", "" },
	/* What breaks the rules of fields takes all others along. */
	{ "A: 1\r\nB : 2\r\n", "" },
	{ "A: 1\r\n B: 2\r\n", "" },
	{ "A: 1\r\nB: \r2\r\n", "" },
	{ "A: 1\r\nno colon\r\n", "" },
	{ "A: 1\n", "" },
};

static struct conf_limits
limits(void)
{
	return (struct conf_limits){ .trailers = 1024, .fields = 10 };
}

static struct str
kept(const char *received, size_t n, const struct conf_limits *lim, struct arena *a)
{
	struct strbuf in = strbuf_in(a, 16);

	strbuf_add(&in, str_of(received, n));
	return trailers_kept(&in, lim, a);
}

static void
keeps_what_means_nothing_to_us(void **state)
{
	const struct conf_limits lim = limits();

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena *a = arena_new(1 << 20);

		assert_str_is(kept(rows[i].received, strlen(rows[i].received), &lim, a), str_c(rows[i].kept), __FILE__, (int)i);
		arena_free(&a);
	}
}

static void
limits_are_those_of_the_settings(void **state)
{
	struct conf_limits lim = limits();
	struct arena *a = arena_new(1 << 20);
	char many[11 * 6 + 1];

	(void)state;
	for (int i = 0; i < 11; i++)
		memcpy(many + i * 6, "A: 1\r\n", 7);
	assert_int_equal(kept(many, 60, &lim, a).n, 60);
	assert_int_equal(kept(many, 66, &lim, a).n, 0);
	lim.trailers = 60;
	assert_int_equal(kept(many, 60, &lim, a).n, 60);
	lim.trailers = 59;
	assert_int_equal(kept(many, 60, &lim, a).n, 0);
	arena_free(&a);
}

static void
short_memory_keeps_none(void **state)
{
	const struct conf_limits lim = limits();
	struct arena *a = arena_new(1);
	char room[64] = "X-Sum: 42\r\n";
	struct strbuf in = strbuf_fixed(room, sizeof room);

	(void)state;
	in.n = strlen(room);
	while (arena_alloc(a, 1) != NULL)
		;
	assert_int_equal(trailers_kept(&in, &lim, a).n, 0);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_what_means_nothing_to_us),
		cmocka_unit_test(limits_are_those_of_the_settings),
		cmocka_unit_test(short_memory_keeps_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
