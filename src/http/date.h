/* HTTP dates (RFC 9110 5.6.7), read and written. Pure; fuzzed.
 *
 * Read strictly: a sender that cannot write a date is better taken as having sent none, which is how two caches in a row
 * come to agree on what is fresh. Only the case of names is forgiven, and a weekday that does not go with its date.
 */
#ifndef CAIRN_HTTP_DATE_H
#define CAIRN_HTTP_DATE_H

#include "http/head.h"

/* Seconds since 1970 from any of the three forms. False, and *seconds untouched, on anything else: another zone than
 * GMT, a two-digit year in an IMF-fixdate, a day that its month does not have, several dates.
 * A two-digit year of 00 to 69 is in this century, 70 to 99 in the last: RFC 9110 5.6.7 draws the line fifty years ahead of
 * today, and a pure function does not know what day it is.
 * A leap second counts as the second before it. */
bool date_parse(struct str s, int64_t *seconds);

/* The date in a field that may hold one only. False where it is absent, malformed, or has several lines. */
bool date_of_field(const struct head *h, enum hdr id, int64_t *seconds);

#define DATE_SIZE 29

/* IMF-fixdate, not terminated. `seconds` is clamped to the years 0 to 9999. */
void date_format(int64_t seconds, char out[DATE_SIZE]);

#endif
