/* What every unit test includes: cmocka, and a comparison for str. */
#ifndef CAIRN_TESTS_UNIT_H
#define CAIRN_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/str.h"

#define assert_str(s, lit) assert_str_is((s), STR(lit), __FILE__, __LINE__)

static inline void
assert_str_is(struct str got, struct str want, const char *file, int line)
{
	if (str_eq(got, want))
		return;
	print_error("got \"%.*s\", want \"%.*s\"\n", STR_FMT(got), STR_FMT(want));
	_fail(file, line);
}

#endif
