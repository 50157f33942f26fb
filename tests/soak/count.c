#include "count.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

uint64_t counts[COUNT_MAX];

void
count_row(const char *group, const char *text, uint64_t n)
{
	static const char *last = "";

	printf("%-18s %12" PRIu64 "  %s\n", strcmp(last, group) == 0 ? "" : group, n, text);
	last = group;
}

void
count_tell(void)
{
	static const char *const rows[][2] = {
#define COUNT_TEXT(name, group, text) { group, text },
		COUNTS(COUNT_TEXT)
#undef COUNT_TEXT
	};

	for (unsigned i = 0; i < COUNT_MAX; i++)
		count_row(rows[i][0], rows[i][1], counts[i]);
}
