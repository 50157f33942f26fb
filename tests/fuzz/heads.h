/* Heads for fuzzers: an input's lines are fields, "name:value". Lines that no parsed head can hold are left out. */
#ifndef CAIRN_TESTS_FUZZ_HEADS_H
#define CAIRN_TESTS_FUZZ_HEADS_H

#include "fuzz.h"
#include "http/head.h"

/* May a field's value have these bytes (RFC 9110 5.5)? */
static inline bool
fuzz_is_value(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' ? s.p[i] != '\t' : s.p[i] == 0x7f)
			return false;
	return true;
}

/* Adds one line for each of `text`, under `name`. */
static inline void
fuzz_add_values(struct head *h, struct str name, struct str text)
{
	struct str line;
	bool more = true;

	while (more) {
		more = str_cut(&text, '\n', &line);
		if (fuzz_is_value(line))
			MUST(head_add(h, name, str_trim(line)));
	}
}

static inline void
fuzz_add_fields(struct head *h, struct str text)
{
	struct str line, name;
	bool more = true;

	while (more) {
		more = str_cut(&text, '\n', &line);
		if (str_cut(&line, ':', &name) && name.n > 0 && name.n <= UINT16_MAX && fuzz_is_value(line))
			MUST(head_add(h, name, str_trim(line)));
	}
}

#endif
