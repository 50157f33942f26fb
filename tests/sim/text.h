/* Messages as text, written and read without the program's own parsers. */
#ifndef CAIRN_TESTS_SIM_TEXT_H
#define CAIRN_TESTS_SIM_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_MAX 8192

struct text {
	size_t n;
	char p[TEXT_MAX];
};

__attribute__((format(printf, 2, 3))) void text_add(struct text *t, const char *format, ...);

/* "Name: <IMF-fixdate>" */
void text_date(struct text *t, const char *name, int64_t seconds);

/* The value of the first line of that name in a head, copied to `out`; false where there is none. */
bool text_field(const char *head, const char *name, char *out, size_t size);

/* The number behind `prefix` in the line; -1 where there is none. */
int64_t text_number(const char *head, const char *name, const char *prefix);

int64_t text_date_field(const char *head, const char *name); /* seconds; -1 */

#endif
