#include "unit.h"

#include "base/arena.h"
#include "base/strbuf.h"

static int order[4];
static int calls;

static void
note(void *arg)
{
	order[calls++] = (int)(intptr_t)arg;
}

static void
grows_to_its_cap(void **state)
{
	struct arena *a = arena_new(64 * 1024);

	(void)state;
	assert_non_null(arena_alloc(a, 1000));
	assert_non_null(arena_alloc(a, 30 * 1024));
	assert_false(arena_failed(a));
	assert_null(arena_alloc(a, 60 * 1024));
	assert_true(arena_failed(a));
	arena_reset(a);
	assert_false(arena_failed(a));
	assert_non_null(arena_alloc(a, 100));
	assert_true(arena_size(a) <= 8 * 1024);
	assert_int_equal(arena_cap(a), 64 * 1024);
	arena_free(&a);
	assert_null(a);
}

static void
cleanups_run_in_reverse(void **state)
{
	struct arena *a = arena_new(64 * 1024);
	struct arena_mark m;

	(void)state;
	calls = 0;
	arena_cleanup(a, note, (void *)1);
	m = arena_mark(a);
	arena_cleanup(a, note, (void *)2);
	arena_alloc(a, 20 * 1024);
	arena_cleanup(a, note, (void *)3);
	arena_rollback(a, m);
	assert_int_equal(calls, 2);
	arena_free(&a);
	assert_int_equal(calls, 3);
	assert_int_equal(order[0], 3);
	assert_int_equal(order[1], 2);
	assert_int_equal(order[2], 1);
}

static void
strbufs_grow_and_overflow(void **state)
{
	struct arena *a = arena_new(64 * 1024);
	struct strbuf b = strbuf_in(a, 4);
	char small[4];

	(void)state;
	strbuf_lit(&b, "hits=");
	strbuf_i64(&b, -42);
	strbuf_printf(&b, " %s", "text");
	assert_str(strbuf_str(&b), "hits=-42 text");
	b = strbuf_fixed(small, sizeof small);
	strbuf_lit(&b, "abc");
	assert_false(b.over);
	strbuf_lit(&b, "de");
	assert_true(b.over);
	assert_str(strbuf_str(&b), "abc");
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows_to_its_cap),
		cmocka_unit_test(cleanups_run_in_reverse),
		cmocka_unit_test(strbufs_grow_and_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
