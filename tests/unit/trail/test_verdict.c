#include "unit.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trail/verdict.h"

/* verdict_check ends the process where an invariant is broken, so it is asked in a child. */
static bool
passes(struct verdict v)
{
	int status = 0;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		signal(SIGABRT, SIG_DFL); /* cmocka catches it */
		close(STDERR_FILENO);
		verdict_check(&v);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void
lawful_verdicts_pass(void **state)
{
	(void)state;
	assert_true(passes((struct verdict){ .lookup = LOOKUP_HIT, .hit = true, .hits = 1 }));
	assert_true(passes((struct verdict){ .lookup = LOOKUP_HIT, .fwd = FWD_STALE }));
	assert_true(passes((struct verdict){ .lookup = LOOKUP_MISS, .fwd = FWD_URI_MISS }));
	assert_true(passes((struct verdict){ .lookup = LOOKUP_NONE, .made_up = true }));
	assert_true(passes((struct verdict){ .lookup = LOOKUP_HIT, .made_up = true }));
}

static void
a_hit_without_a_lookup_that_hit_does_not(void **state)
{
	(void)state;
	assert_false(passes((struct verdict){ .lookup = LOOKUP_MISS, .hit = true, .hits = 1 }));
	assert_false(passes((struct verdict){ .lookup = LOOKUP_NONE, .hit = true, .hits = 1 }));
}

static void
exactly_one_of_hit_fwd_made_up(void **state)
{
	(void)state;
	assert_false(passes((struct verdict){ .lookup = LOOKUP_HIT }));
	assert_false(passes((struct verdict){ .lookup = LOOKUP_HIT, .hit = true, .hits = 1, .fwd = FWD_STALE }));
	assert_false(passes((struct verdict){ .lookup = LOOKUP_HIT, .hit = true, .hits = 1, .made_up = true }));
	assert_false(passes((struct verdict){ .lookup = LOOKUP_MISS, .fwd = FWD_MISS, .made_up = true }));
}

static void
hits_are_counted_exactly_on_a_hit(void **state)
{
	(void)state;
	assert_false(passes((struct verdict){ .lookup = LOOKUP_HIT, .hit = true, .hits = 0 }));
	assert_false(passes((struct verdict){ .lookup = LOOKUP_HIT, .fwd = FWD_STALE, .hits = 3 }));
}

static void
words(void **state)
{
	static const char *const fwd[] = { "",     "bypass", "method",  "uri-miss", "vary-miss",
					   "miss", "stale",  "request", "partial" };

	(void)state;
	for (int f = FWD_NONE; f <= FWD_PARTIAL; f++)
		assert_true(str_eq(fwd_token((enum fwd)f), str_c(fwd[f])));
	assert_str(lookup_word(LOOKUP_NONE), "NONE");
	assert_str(lookup_word(LOOKUP_MISS), "MISS");
	assert_str(lookup_word(LOOKUP_HIT), "HIT");
}

static void
an_absent_key(void **state)
{
	(void)state;
	assert_int_equal(fwd_for_absent(false), FWD_URI_MISS);
	assert_int_equal(fwd_for_absent(true), FWD_VARY_MISS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lawful_verdicts_pass),
		cmocka_unit_test(a_hit_without_a_lookup_that_hit_does_not),
		cmocka_unit_test(exactly_one_of_hit_fwd_made_up),
		cmocka_unit_test(hits_are_counted_exactly_on_a_hit),
		cmocka_unit_test(words),
		cmocka_unit_test(an_absent_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
