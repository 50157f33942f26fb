#include "base/must.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void
must_fail(const char *file, int line, const char *func, const char *what)
{
	fprintf(stderr, "cairn: bug: %s:%d: %s: %s\n", file, line, func, what);
	abort();
}
