#include "trail/reason.h"

static const struct {
	struct str token;
	struct str sentence;
} reasons[REASON_COUNT] = {
	[REASON_NONE] = { STR_INIT(""), STR_INIT("") },
#define REASON(id, token, sentence) [REASON_##id] = { STR_INIT(token), STR_INIT(sentence) },
#include "tbl/reasons.def"
#undef REASON
};

static const struct {
	struct str token;
	int status;
} errors[PROXY_ERROR_COUNT] = {
#define ERROR(id, token, status) [PROXY_ERROR_##id] = { STR_INIT(token), status },
#include "tbl/errors.def"
#undef ERROR
};

struct str
reason_token(enum reason r)
{
	return reasons[r].token;
}

struct str
reason_sentence(enum reason r)
{
	return reasons[r].sentence;
}

struct str
proxy_error_token(enum proxy_error e)
{
	return errors[e].token;
}

int
proxy_error_status(enum proxy_error e)
{
	return errors[e].status;
}

struct str
tls_alert_name(unsigned alert)
{
	static const struct str names[] = {
#define ALERT(number, name) [number] = STR_INIT(name),
#include "tbl/tls_alerts.def"
#undef ALERT
	};

	return alert < sizeof names / sizeof names[0] ? names[alert] : STR_NONE;
}
