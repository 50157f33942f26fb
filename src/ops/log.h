/* The access log: records become lines on a thread of its own, so that a full disk or a slow reader costs records,
 * which are counted, and never requests.
 *
 * thread: log_record on any worker, each with a queue of its own; the rest on the main thread.
 */
#ifndef CAIRN_OPS_LOG_H
#define CAIRN_OPS_LOG_H

#include "proxy/conf.h"
#include "proxy/record.h"

struct log;

/* Opens what the configuration names and starts the writer. NULL with *why, good until the next call. `workers`: how
 * many will write. */
struct log *log_new(const struct conf *conf, unsigned workers, const char **why);

/* What is queued is written, within a second where it can be; then the thread ends. No worker writes any more. */
void log_free(struct log **l);

/* From a worker: copies what the lines need into that worker's queue, or counts the record as dropped. */
void log_record(struct log *l, unsigned worker, const struct record *r);

/* After the files were moved away: opens them anew. */
void log_reopen(struct log *l);

/* Other files or formats from here on. A file that is open already is not opened again. Where one cannot be opened, all
 * stays as it was: false, with *why. */
bool log_reconf(struct log *l, const struct conf *conf, const char **why);

#endif
