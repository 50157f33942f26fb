#include "http/status.h"

#include "base/dec.h"

enum { UNDERSTOOD = 1, HEURISTIC = 2, NOBODY = 4 };

struct row {
	struct str line; /* "HTTP/1.1 200 OK", and CRLF */
	struct str reason;
	unsigned flags;
};

static const struct row rows[600] = {
#define STATUS(code, reason, flags, source) [code] = { STR_INIT("HTTP/1.1 " #code " " reason "\r\n"), STR_INIT(reason), flags },
#include "tbl/statuses.def"
#undef STATUS
};

static const struct row *
row(int status)
{
	static const struct row none = { STR_INIT(""), STR_INIT(""), 0 };

	return status >= 0 && status < 600 && rows[status].reason.p != NULL ? &rows[status] : &none;
}

struct str
status_reason(int status)
{
	return row(status)->reason;
}

struct str
status_line(int status, char odd[STATUS_LINE_ODD])
{
	struct str line = row(status)->line;
	char *end;

	if (line.n > 0)
		return line;
	end = dec_put(str_put(odd, STR("HTTP/1.1 ")), (uint64_t)status);
	return str_of(odd, (size_t)(str_put(end, STR(" \r\n")) - odd));
}

bool
status_understood(int status)
{
	return row(status)->flags & UNDERSTOOD;
}

bool
status_heuristic(int status)
{
	return row(status)->flags & HEURISTIC;
}

bool
status_bodiless(int status)
{
	return (status >= 100 && status < 200) || row(status)->flags & NOBODY;
}
