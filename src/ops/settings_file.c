#include "ops/settings_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

/* NULL, with errno; EISDIR for all that is no file. */
static FILE *
open_regular(struct str name)
{
	char path[PATH_MAX];
	struct stat is;
	int fd;

	if (name.n >= sizeof path) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	*str_put(path, name) = '\0';
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	if (fstat(fd, &is) == 0 && S_ISREG(is.st_mode))
		return fdopen(fd, "r");
	close(fd);
	errno = EISDIR;
	return NULL;
}

FILE *
settings_file_open(struct settings_reader *rd, struct settings_place at, struct str name)
{
	FILE *f = open_regular(name);

	if (f == NULL)
		settings_report_error(rd->report, at, "cannot be read: %s",
				      errno == EISDIR ? "it is no file" : strerror(errno));
	return f;
}
