/* Heads for tests, written as text: "Name: value" lines, each but the last ended by a line feed. */
#ifndef CAIRN_TESTS_UNIT_HTTP_HEADS_H
#define CAIRN_TESTS_UNIT_HTTP_HEADS_H

#include "unit.h"

#include "http/head.h"

/* Borrows from `text`; the table is in `a`. */
static inline struct head
head_of(const char *text, struct arena *a)
{
	struct str rest = str_c(text), line, name;
	bool more = rest.n > 0;
	struct head h;

	head_init(&h, a);
	h.minor = 1;
	while (more) {
		more = str_cut(&rest, '\n', &line);
		assert_true(str_cut(&line, ':', &name));
		assert_true(head_add(&h, name, str_trim(line)));
	}
	return h;
}

#endif
