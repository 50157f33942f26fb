/* The status table. Pure; rows in tbl/statuses.def. */
#ifndef CAIRN_HTTP_STATUS_H
#define CAIRN_HTTP_STATUS_H

#include "base/str.h"

/* The standard reason phrase, empty for a code that is not in the table. */
struct str status_reason(int status);

#define STATUS_LINE_ODD 32 /* the line of a code that is not in the table */

/* The start line of an HTTP/1.1 response, CRLF included; that of a code which is not in the table is put into `odd`. */
struct str status_line(int status, char odd[STATUS_LINE_ODD]);

/* Are the caching requirements of this code understood? (RFC 9111 3, 5.2.2.3) */
bool status_understood(int status);

/* May a response with it be given a heuristic lifetime? (RFC 9110 15.1) */
bool status_heuristic(int status);

/* Never has content, whatever its framing fields say: 1xx, 204, 304 (RFC 9112 6.3). */
bool status_bodiless(int status);

#endif
