/* A record as a line of the access log, in one of the formats. On the log's own thread.
 *
 * Pure. A line always ends in LF and holds no other, whatever bytes the record's texts are made of.
 */
#ifndef CAIRN_OPS_LOG_LINE_H
#define CAIRN_OPS_LOG_LINE_H

#include "base/strbuf.h"
#include "proxy/record.h"

/* `format`: CONF_format_... Writes nothing where the format has no word for such a record: JSON alone has one for a
 * refresh in the background, which answered nobody. */
void log_line(struct strbuf *out, int format, const struct record *r);

#endif
