/* Reasons and errors by number. Rows in tbl/reasons.def and tbl/errors.def. Pure. */
#ifndef CAIRN_TRAIL_REASON_H
#define CAIRN_TRAIL_REASON_H

#include "base/str.h"

enum reason {
	REASON_NONE = 0,
#define REASON(id, token, sentence) REASON_##id,
#include "tbl/reasons.def"
#undef REASON
	REASON_COUNT
};

enum proxy_error {
#define ERROR(id, token, status) PROXY_ERROR_##id,
#include "tbl/errors.def"
#undef ERROR
	PROXY_ERROR_COUNT
};

/* Empty for REASON_NONE. */
struct str reason_token(enum reason r);
struct str reason_sentence(enum reason r);

struct str proxy_error_token(enum proxy_error e);
int proxy_error_status(enum proxy_error e);

/* The registered name of a TLS alert; STR_NONE: it has none. */
struct str tls_alert_name(unsigned alert);

#endif
