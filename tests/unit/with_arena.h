/* An arena for tests, under the name by which they call it: WITH_ARENA(arena, 1 << 20) makes `setup` and `teardown` of
 * it, for each test or for a group of them. */
#ifndef CAIRN_TESTS_WITH_ARENA_H
#define CAIRN_TESTS_WITH_ARENA_H

#include "unit.h"

#include "base/arena.h"

#define WITH_ARENA(name, cap)             \
	static struct arena *name;        \
                                          \
	static int setup(void **state)    \
	{                                 \
		(void)state;              \
		name = arena_new(cap);    \
		return name == NULL;      \
	}                                 \
                                          \
	static int teardown(void **state) \
	{                                 \
		(void)state;              \
		arena_free(&name);        \
		return 0;                 \
	}                                 \
	_Static_assert(1, "a semicolon")

#endif
