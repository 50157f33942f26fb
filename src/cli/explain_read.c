/* Files and standard input, in pieces. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "cli/explain_impl.h"
#include "explain/input.h"

#define PIECE ((size_t)1 << 18)

static void
on_exchange(void *arg, const struct exchange *x)
{
	struct explain *e = arg;

	if (e->deaf)
		return;
	explain_tell(e, x);
	arena_reset(e->arena);
}

static void
on_trouble(void *arg, struct str where, struct str what)
{
	explain_complain(arg, EXIT_WRONG, where, what);
}

static void
feed_all(struct explain *e, int fd, struct input *in)
{
	static char piece[PIECE];
	ssize_t n;

	while (!e->deaf && (n = read(fd, piece, sizeof piece)) != 0) {
		if (n > 0)
			input_feed(in, str_of(piece, (size_t)n));
		else if (errno != EINTR) {
			on_trouble(e, STR(""), str_c(strerror(errno)));
			return;
		}
	}
	if (!e->deaf)
		input_end(in);
}

void
explain_read(struct explain *e, const char *path)
{
	const struct input_sink sink = { e, on_exchange, on_trouble };
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct input *in = NULL;

	e->name = standard ? "standard input" : path;
	if (fd < 0)
		on_trouble(e, STR(""), str_c(strerror(errno)));
	else if ((in = input_new(&sink)) == NULL)
		on_trouble(e, STR(""), STR("no memory"));
	else
		feed_all(e, fd, in);
	input_free(&in);
	if (fd > STDIN_FILENO)
		close(fd);
}
