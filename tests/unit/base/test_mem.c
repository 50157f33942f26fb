#include "unit.h"

#include "base/mem.h"

static void
a_room_is_used_before_malloc(void **state)
{
	_Alignas(8) char bytes[32];
	struct mem_room r;
	struct str a, b, c;

	(void)state;
	mem_room_init(&r, bytes, sizeof bytes);
	a = mem_room_str(&r, STR("group"));
	b = mem_room_str(&r, STR("127.0.0.1:8080"));
	c = mem_room_str(&r, STR("what is beyond that"));
	assert_str(a, "group");
	assert_str(b, "127.0.0.1:8080");
	assert_str(c, "what is beyond that");
	assert_null(mem_room_str(&r, STR("")).p);
	if (r.end > bytes) { /* not emulated */
		assert_ptr_equal(a.p, bytes);
		assert_ptr_equal(b.p, bytes + 8);
		assert_ptr_equal(r.at, bytes + 24);
	}
	assert_non_null(r.beyond);
	mem_room_fini(&r);
	assert_null(r.beyond);
}

static void
what_is_not_wanted_goes_back(void **state)
{
	_Alignas(8) char bytes[64];
	struct mem_room r;
	char *p, *large;

	(void)state;
	mem_room_init(&r, bytes, sizeof bytes);
	p = mem_room_get(&r, 50);
	mem_room_trim(&r, p, 3);
	if (r.end > bytes)
		assert_ptr_equal(mem_room_get(&r, 56), bytes + 8);
	large = mem_room_get(&r, 100);
	memset(large, 'x', 100);
	mem_room_trim(&r, large, 10);
	if (r.end > bytes)
		assert_ptr_equal(r.at, bytes + 64);
	assert_null(mem_room_get(&r, SIZE_MAX - 3));
	mem_room_fini(&r);
}

static void
spares_are_taken_and_bounded(void **state)
{
	struct mem_spares s = { .most = 1 };
	void *a = malloc(64), *b = malloc(64), *one;

	(void)state;
	assert_null(mem_spare(&s));
	mem_give_back(&s, a);
	mem_give_back(&s, b);
	assert_in_range(s.count, 0, 1);
	one = mem_spare(&s);
	assert_null(mem_spare(&s));
	free(one);
	mem_free_spares(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_room_is_used_before_malloc),
		cmocka_unit_test(what_is_not_wanted_goes_back),
		cmocka_unit_test(spares_are_taken_and_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
