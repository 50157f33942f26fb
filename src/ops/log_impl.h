/* The formats of the access log, and what they share. A line's end is log_line's. */
#ifndef CAIRN_OPS_LOG_IMPL_H
#define CAIRN_OPS_LOG_IMPL_H

#include "base/strbuf.h"
#include "proxy/record.h"

void log_json(struct strbuf *out, const struct record *r);
void log_combined(struct strbuf *out, const struct record *r);
void log_squid(struct strbuf *out, const struct record *r);

/* Is what was asked for told as scheme://host and target? Where there is no host, or the target is not a path (CONNECT,
 * OPTIONS *, what was not understood), the target stands alone. */
static inline bool
log_has_origin(const struct record *r)
{
	return r->host.n > 0 && r->target.n > 0 && r->target.p[0] == '/';
}

/* Each byte that is not visible ASCII, or is one of `special`, as `mark` and two hexadecimal digits. */
void log_escape(struct strbuf *out, struct str s, struct str special, struct str mark);

/* Its address, or "-". */
void log_client(struct strbuf *out, const struct record *r);

/* The user's name; "-" where nobody wanted to know it. */
struct str log_user(const struct record *r);

/* Three digits, "000" where no status was sent. */
void log_status(struct strbuf *out, const struct record *r);

#endif
