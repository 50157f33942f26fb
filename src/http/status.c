#include "http/status.h"

enum { UNDERSTOOD = 1, HEURISTIC = 2, NOBODY = 4 };

struct row {
	struct str reason;
	unsigned flags;
};

static const struct row rows[600] = {
#define STATUS(code, reason, flags, source) [code] = { STR_INIT(reason), flags },
#include "tbl/statuses.def"
#undef STATUS
};

static const struct row *
row(int status)
{
	static const struct row none = { STR_INIT(""), 0 };

	return status >= 0 && status < 600 && rows[status].reason.p != NULL ? &rows[status] : &none;
}

struct str
status_reason(int status)
{
	return row(status)->reason;
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
