/* What the readers and the writer of dates share. Private to http/. Pure. */
#ifndef CAIRN_HTTP_DATE_IMPL_H
#define CAIRN_HTTP_DATE_IMPL_H

#include "base/str.h"

#define DAY        86400
#define EPOCH_DAYS 719468 /* from 0000-03-01 to 1970-01-01 */
#define ERA_DAYS   146097 /* of 400 years, after which the calendar repeats */

/* Broken down, in UTC. */
struct civil {
	unsigned year;
	unsigned month; /* 1 to 12 */
	unsigned day;   /* 1 to 31 */
	unsigned hour, minute, second;
};

/* date_civil.c: is there such a moment? A month is one of the twelve. */
bool civil_exists(const struct civil *c);

/* Since 1970, of one that exists. */
int64_t civil_seconds(const struct civil *c);

/* The inverse, for the date alone: `days` since 0000-03-01, or down to January of that year. */
void civil_of_days(int64_t days, struct civil *c);

/* Whole names. */
extern const struct str date_weekdays[7];

/* Three letters each. */
extern const char date_months[36 + 1];

/* date_odd.c: any of the three forms, spelled as it may be; nothing is said of whether there is such a date. */
bool date_take_odd(struct str s, struct civil *c);

/* Takes exactly `n` digits off the front. */
bool date_digits(struct str *s, size_t n, unsigned *out);

/* Takes these letters off the front, in any case. */
bool date_literal(struct str *s, struct str want);

#endif
