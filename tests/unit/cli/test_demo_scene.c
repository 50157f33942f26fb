#include "unit.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/demo_scene.h"

static struct head
head_of(const char *text, struct arena *a)
{
	static const struct head_limits limits = { 4096, 4096, 100 };
	struct head_scan scan = { 0 };
	enum fault fault;
	struct head h;
	size_t used;

	head_init(&h, a);
	assert_int_equal(head_parse_response(&h, str_c(text), &limits, &scan, &used, &fault), HEAD_OK);
	return h;
}

/* What a scene counts as wrong is what makes the demo fail. */
static void
fields(void **state)
{
	static const struct {
		enum hdr id;
		const char *pattern;
		unsigned wrong;
	} rows[] = {
		{ HDR_X_CACHE, "HIT from a, MISS from b", 0 }, /* two lines are one value */
		{ HDR_X_CACHE, "HIT from a", 1 },
		{ HDR_X_CACHE, "*MISS from b", 0 },
		{ HDR_X_CACHE, NULL, 1 },
		{ HDR_X_CACHE_MISS_FROM, NULL, 0 },
		{ HDR_X_CACHE_MISS_FROM, "b", 1 },
		{ HDR_X_CACHE_MISS_FROM, "*", 1 }, /* it must be there */
	};
	struct demo_stage s = { .arena = arena_new(1 << 16) };
	struct head h = head_of("HTTP/1.1 200 OK\r\nX-Cache: HIT from a\r\nX-Cache: MISS from b\r\n\r\n", s.arena);
	unsigned wrong[sizeof rows / sizeof rows[0]];
	int out = dup(STDOUT_FILENO);

	(void)state;
	assert_non_null(freopen("/dev/null", "w", stdout));
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		s.wrong = 0;
		demo_scene_field(&s, &h, rows[i].id, rows[i].pattern);
		wrong[i] = s.wrong;
	}
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	close(out);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (wrong[i] != rows[i].wrong)
			fail_msg("row %zu: %u", i, wrong[i]);
	arena_free(&s.arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
