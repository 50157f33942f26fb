/* Dates and times of ISO 8601, as other programs' files have them. Pure; fuzzed. */
#ifndef CAIRN_HTTP_DATE_ISO_H
#define CAIRN_HTTP_DATE_ISO_H

#include "base/str.h"

/* Milliseconds since 1970 from an ISO 8601 date and time as RFC 3339 5.6 has it, "2024-05-01T12:00:00.123+02:00". More
 * lenient than that: seconds, the zone (then UTC) and the zone's colon may be missing, a space may be for the T. */
bool date_parse_iso(struct str s, int64_t *milliseconds);

#endif
