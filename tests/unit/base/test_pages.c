#include "unit.h"

#include <string.h>
#include <sys/mman.h>

#include "base/pages.h"

#define PAGE ((size_t)4096)
#define HUGE ((size_t)2 * 1024 * 1024)

/* How many pages of it the system has given. */
static size_t
resident(void *p, size_t n)
{
	static unsigned char in[4 * 512];
	size_t count = 0;

	assert_true(n / PAGE <= sizeof in);
	assert_int_equal(mincore(p, n, in), 0);
	for (size_t i = 0; i < n / PAGE; i++)
		count += in[i] & 1;
	return count;
}

static void
pages_come_one_by_one(void **state)
{
	size_t n = 2 * HUGE + 3 * PAGE;
	char *p = pages_new(n);

	(void)state;
	assert_non_null(p);
	assert_int_equal((uintptr_t)p % HUGE, 0);
	assert_int_equal(resident(p, n), 0);
	p[PAGE + 7] = 'x';
	p[n - 1] = 'y';
	assert_int_equal(resident(p, n), 2);
	pages_free(p, n);
}

static void
all_are_taken_at_once(void **state)
{
	size_t n = 2 * HUGE + 3 * PAGE;
	char *p = pages_new(n);

	(void)state;
	assert_non_null(p);
	assert_true(pages_take(p, n));
	assert_int_equal(resident(p, n), n / PAGE);
	assert_int_equal(p[n - 1], 0);
	pages_free(p, n);
}

static void
what_is_dropped_is_gone(void **state)
{
	size_t n = 8 * PAGE;
	char *p = pages_new(n);

	(void)state;
	assert_non_null(p);
	memset(p, 'x', n);
	pages_drop(p + PAGE, 2 * PAGE);
	assert_int_equal(resident(p, n), 6);
	assert_int_equal(p[0], 'x');
	assert_int_equal(p[PAGE], 0);
	pages_free(p, n);
}

/* As where the system has not enough: a page is missing. */
static void
what_cannot_be_taken_is_told(void **state)
{
	size_t n = 8 * PAGE;
	char *p = pages_new(n);

	(void)state;
	assert_non_null(p);
	assert_int_equal(munmap(p + 4 * PAGE, PAGE), 0);
	assert_false(pages_take(p, n));
	pages_free(p, 4 * PAGE);
	pages_free(p + 5 * PAGE, 3 * PAGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_come_one_by_one),
		cmocka_unit_test(all_are_taken_at_once),
		cmocka_unit_test(what_is_dropped_is_gone),
		cmocka_unit_test(what_cannot_be_taken_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
