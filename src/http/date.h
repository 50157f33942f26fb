/* HTTP dates (RFC 9110 5.6.7). Pure; fuzzed. */
#ifndef CAIRN_HTTP_DATE_H
#define CAIRN_HTTP_DATE_H

#include "base/str.h"

/* Seconds since 1970 from any of the three forms, weekday and case of names ignored; a date beyond what a second can be
 * clamps. False on anything else: another zone than GMT, a two-digit year in an IMF-fixdate, several lines. */
bool date_parse(struct str s, int64_t *seconds);

#define DATE_SIZE 29

/* IMF-fixdate, not terminated. `seconds` is clamped to the years 0 to 9999. */
void date_format(int64_t seconds, char out[DATE_SIZE]);

#endif
