#include "ops/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/counter.h"
#include "ops/log_line.h"

#define RETRY_NS NS_PER_S
#define MODE     0640

/* ---- opening ---- */

static bool
is_stdout(const struct log_file *f)
{
	return strcmp(f->path, "-") == 0;
}

/* O_NONBLOCK: so that neither opening a FIFO nor writing to it waits for its reader. */
static int
open_path(const char *path)
{
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, MODE);
}

static enum log_file_kind
kind_of(const struct log_file *f)
{
	struct stat st;

	if (!is_stdout(f) || fstat(f->fd, &st) != 0 || S_ISREG(st.st_mode))
		return LOG_FILE_OWN;
	return S_ISSOCK(st.st_mode) ? LOG_FILE_SOCKET : LOG_FILE_STREAM;
}

/* Takes over `fd`, which may be the sad outcome of opening it. */
static int
begin(struct log_file *f, struct str path, int format, int fd)
{
	int err = fd < 0 ? -errno : 0;

	*f = (struct log_file){ .format = format, .fd = fd };
	f->path = strndup(path.p, path.n);
	f->lines = malloc(LOG_FILE_BUFFER);
	if (err == 0 && (f->path == NULL || f->lines == NULL))
		err = -ENOMEM;
	if (err == 0)
		f->kind = kind_of(f);
	else
		log_file_close(f);
	return err;
}

int
log_file_open(struct log_file *f, struct str path, int format)
{
	char name[PATH_MAX];

	if (path.n >= sizeof name)
		return -ENAMETOOLONG;
	snprintf(name, sizeof name, "%.*s", STR_FMT(path));
	return begin(f, path, format,
		     str_eq(path, STR("-")) ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0) : open_path(name));
}

int
log_file_share(struct log_file *f, const struct log_file *from, int format)
{
	return begin(f, str_c(from->path), format, fcntl(from->fd, F_DUPFD_CLOEXEC, 0));
}

/* Once more, in place of what cannot be written: a FIFO has a reader again, a file system is back. */
static void
reopen(struct log_file *f)
{
	int fd = is_stdout(f) ? -1 : open_path(f->path);

	if (fd < 0)
		return;
	if (dup3(fd, f->fd, O_CLOEXEC) < 0)
		f->error = -errno;
	close(fd);
}

/* ---- writing ---- */

/* How many bytes, or -errno. */
static ssize_t
write_some(const struct log_file *f, const char *p, size_t n)
{
	struct pollfd room = { .fd = f->fd, .events = POLLOUT };
	ssize_t done;

	if (f->kind == LOG_FILE_STREAM) {
		if (poll(&room, 1, 0) == 0)
			return -EAGAIN;
		n = n < PIPE_BUF ? n : PIPE_BUF; /* a pipe that says that it has room has it for so much */
	}
	done = f->kind == LOG_FILE_SOCKET ? send(f->fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL) : write(f->fd, p, n);
	return done < 0 ? -errno : done;
}

static uint64_t
count_lines(const char *p, const char *end)
{
	uint64_t n = 0;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		p++;
		n++;
	}
	return n;
}

static void
written(struct log_file *f, size_t n)
{
	const char *p = f->lines + f->from;
	bool all = f->from + n == f->to;
	uint64_t lines = all ? f->count : count_lines(p, p + n);

	counter_add(COUNTER_LOG_WRITTEN, lines);
	f->count -= lines;
	f->from = all ? 0 : f->from + n;
	f->to = all ? 0 : f->to;
	if (f->error != 0)
		fprintf(stderr, "cairn: log %s can be written again\n", f->path);
	f->error = 0;
}

/* No more goes out for now. */
static void
stopped(struct log_file *f, int err, int64_t mono_ns)
{
	if (err == -EAGAIN)
		return;
	if (f->error == 0)
		fprintf(stderr, "cairn: log %s: %s; records are lost until it can be written again\n", f->path,
			strerror(-err));
	f->error = err;
	f->retry_ns = mono_ns + RETRY_NS;
}

void
log_file_flush(struct log_file *f, int64_t mono_ns)
{
	if (f->from == f->to || (f->error != 0 && mono_ns < f->retry_ns))
		return;
	if (f->error != 0)
		reopen(f);
	while (f->from < f->to) {
		ssize_t n = write_some(f, f->lines + f->from, f->to - f->from);

		if (n > 0)
			written(f, (size_t)n);
		else if (n != -EINTR)
			return stopped(f, (int)n, mono_ns);
	}
}

static bool
put_line(struct log_file *f, const struct record *r)
{
	struct strbuf out = strbuf_fixed(f->lines + f->to, LOG_FILE_BUFFER - f->to);

	log_line(&out, f->format, r);
	if (out.over)
		return false;
	f->to += out.n;
	f->count += out.n > 0;
	return true;
}

/* Makes room for another line: what waits goes out, or at least to the front. */
static bool
make_room(struct log_file *f, int64_t mono_ns)
{
	log_file_flush(f, mono_ns);
	if (f->from == 0 && f->to > 0)
		return false;
	memmove(f->lines, f->lines + f->from, f->to - f->from);
	f->to -= f->from;
	f->from = 0;
	return true;
}

void
log_file_add(struct log_file *f, const struct record *r, int64_t mono_ns)
{
	if (!put_line(f, r) && !(make_room(f, mono_ns) && put_line(f, r)))
		counter_add(COUNTER_LOG_DROPPED, 1);
}

bool
log_file_waits(const struct log_file *f)
{
	return f->from < f->to && f->error == 0;
}

/* ---- the end ---- */

void
log_file_inherit(struct log_file *f, struct log_file *old)
{
	char *lines = f->lines;

	if (strcmp(f->path, old->path) != 0 || f->from < f->to)
		return;
	f->lines = old->lines;
	f->from = old->from;
	f->to = old->to;
	f->count = old->count;
	old->lines = lines;
	old->from = old->to = 0;
	old->count = 0;
}

void
log_file_close(struct log_file *f)
{
	if (f->from < f->to)
		counter_add(COUNTER_LOG_DROPPED, f->count);
	if (f->fd >= 0)
		close(f->fd);
	free(f->path);
	free(f->lines);
	*f = (struct log_file){ .fd = -1 };
}
