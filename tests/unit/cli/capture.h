/* Runs a command as the program would, and keeps what it writes. */
#ifndef CAIRN_TESTS_CAPTURE_H
#define CAIRN_TESTS_CAPTURE_H

#include "unit.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/commands.h"

#define ARGS_MAX 16

struct capture {
	char out[1 << 16]; /* standard output, then standard error */
	int status;
};

/* `line`: the arguments, with spaces between; no argument holds one. */
static inline int
run_line(const char *line)
{
	static char text[1024], program[] = "cairn";
	char *argv[ARGS_MAX + 2] = { program };
	int argc = 1;

	snprintf(text, sizeof text, "%s", line);
	for (char *word = strtok(text, " "); word != NULL && argc <= ARGS_MAX; word = strtok(NULL, " "))
		argv[argc++] = word;
	return commands_run(argc, argv);
}

static inline void
read_back(FILE *f, char *to, size_t size)
{
	rewind(f);
	to[fread(to, 1, size - 1, f)] = '\0';
	fclose(f);
}

static inline void
capture(struct capture *c, const char *line)
{
	FILE *out = tmpfile(), *err = tmpfile();
	int old_out = dup(STDOUT_FILENO), old_err = dup(STDERR_FILENO);

	assert_true(out != NULL && err != NULL && old_out >= 0 && old_err >= 0);
	fflush(NULL);
	dup2(fileno(out), STDOUT_FILENO);
	dup2(fileno(err), STDERR_FILENO);
	c->status = run_line(line);
	fflush(NULL);
	dup2(old_out, STDOUT_FILENO);
	dup2(old_err, STDERR_FILENO);
	close(old_out);
	close(old_err);
	read_back(out, c->out, sizeof c->out);
	read_back(err, c->out + strlen(c->out), sizeof c->out - strlen(c->out));
}

#endif
