/* What does a key cost? Counted, not timed, so that it comes out the same on any machine:
 *
 *     valgrind --tool=callgrind --callgrind-out-file=/dev/null "--toggle-collect=make_once*" bench_key plain 1000
 *
 * and "Collected" divided by 1000 is the instructions a key. The other case is "rules": parameters that are ignored, the
 * rest sorted, and a field that joins.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/must.h"
#include "cache/key.h"

static const struct str ignore[] = { STR_INIT("utm_*"), STR_INIT("fbclid") };
static const struct str fields[] = { STR_INIT("x-device") };

static const struct bench_case {
	const char *name;
	struct str target;
	struct key_rules rules;
} cases[] = {
	{ .name = "plain", .target = STR_INIT("/img/2024/11/logo.png?size=large") },
	{
	    .name = "rules",
	    .target = STR_INIT("/news?size=large&utm_source=mail&page=2&lang=de&fbclid=0123456789"),
	    .rules = { ignore, 2, fields, 1, .sort_query = true },
	},
};

/* Scheme, host and port are remembered from one request to the next, as a worker does. */
__attribute__((noinline)) static void
make_once(const struct bench_case *c, const struct hash_secret *secret, const struct head *request, struct arena *a)
{
	struct key_parts parts = { STR("http"), STR("www.example.org"), 8080, c->target,
				   STR("http://www.example.org:8080") };
	struct strbuf text = strbuf_in(a, 512);

	MUST(key_write(secret, &parts, &c->rules, request, &text).text.p != NULL);
}

int
main(int argc, char **argv)
{
	struct hash_secret secret = { "the same in each run" };
	struct arena *kept = arena_new(1 << 16), *a = arena_new(1 << 16);
	const struct bench_case *c = NULL;
	struct head request;

	for (size_t i = 0; argc == 3 && i < sizeof cases / sizeof *cases; i++)
		if (str_eq(str_c(argv[1]), str_c(cases[i].name)))
			c = &cases[i];
	if (c == NULL || kept == NULL || a == NULL) {
		fprintf(stderr, "usage: bench_key CASE ROUNDS\n");
		return 2;
	}
	head_init(&request, kept);
	head_add(&request, STR("X-Device"), STR("phone"));
	for (long i = 0; i < atol(argv[2]); i++) {
		make_once(c, &secret, &request, a);
		arena_reset(a);
	}
	arena_free(&a);
	arena_free(&kept);
	return 0;
}
