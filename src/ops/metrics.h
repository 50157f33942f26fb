/* What a node counts and measures, in Prometheus' text format 0.0.4. The rows are in tbl/metrics.def.
 *
 * thread: the main one; it takes no lock that a worker waits for.
 */
#ifndef CAIRN_OPS_METRICS_H
#define CAIRN_OPS_METRICS_H

#include "base/strbuf.h"
#include "proxy/node.h"

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

void metrics_write(struct strbuf *out, struct node *n, int64_t mono_ns);

#endif
