/* One access log: a file, a pipe or standard output, with the lines that wait for it. Never blocks: who reads slowly,
 * or a disk that is full, costs lines, which are counted (COUNTER_LOG_DROPPED), and no line is ever torn in two.
 *
 * thread: log_file_open, _share and _reopen on the main thread, before the file is handed over; the rest on the log's.
 * The descriptor's number stays the same for as long as the file is open, so the main thread may share it at any time.
 */
#ifndef CAIRN_OPS_LOG_FILE_H
#define CAIRN_OPS_LOG_FILE_H

#include "proxy/record.h"

enum log_file_kind {
	LOG_FILE_OWN,    /* opened by us, without blocking */
	LOG_FILE_STREAM, /* standard output: others have it too, so it may not be made not to block */
	LOG_FILE_SOCKET, /* the same, a socket */
};

struct log_file {
	char *path; /* "-": standard output */
	int format; /* CONF_format_... */
	int fd;
	enum log_file_kind kind;
	char *lines; /* LOG_FILE_BUFFER bytes; what waits lies between `from` and `to` */
	size_t from, to;
	uint64_t count;   /* how many lines wait */
	int error;        /* why it cannot be written now: -errno; 0: it can */
	int64_t retry_ns; /* with an error: when to try again */
};

#define LOG_FILE_BUFFER ((size_t)256 * 1024)

/* 0 or -errno. A FIFO without a reader cannot be opened. */
int log_file_open(struct log_file *f, struct str path, int format);

/* The same open file once more, perhaps in another format. */
int log_file_share(struct log_file *f, const struct log_file *from, int format);

/* Adds a record's line, or drops it. */
void log_file_add(struct log_file *f, const struct record *r, int64_t mono_ns);

/* Writes what goes out at once. Where that fails, it tries to open the file anew from time to time. */
void log_file_flush(struct log_file *f, int64_t mono_ns);

/* Is it worth waiting until it can take more? */
bool log_file_waits(const struct log_file *f);

/* `old` is closed for good: what still waits in it goes to `f` where that is the same path. */
void log_file_inherit(struct log_file *f, struct log_file *old);

/* What still waits is dropped. */
void log_file_close(struct log_file *f);

#endif
