/* The subcommands: rows of tbl/commands.def, and how one is run. */
#ifndef CAIRN_CLI_COMMANDS_H
#define CAIRN_CLI_COMMANDS_H

#include "base/str.h"

/* What a command ends with. */
enum exit_status {
	EXIT_FINE = 0,
	EXIT_FAILED = 1, /* it could not do what it was asked for */
	EXIT_WRONG = 2,  /* it was asked wrongly: bad options, a bad configuration, input that cannot be read */
	EXIT_NOT_FETCHED = 3, /* what it was asked for could not be fetched */
};

struct command {
	struct str name;
	struct str arguments;
	struct str summary;
	struct str more;
	int (*run)(int argc, char **argv); /* argv[0]: the name. Returns the exit status */
};

#define COMMAND(name, arguments, summary, more) int cli_##name(int argc, char **argv);
#include "tbl/commands.def"
#undef COMMAND

/* All of them, `count` in number. */
const struct command *commands_all(unsigned *count);

/* NULL where there is none of that name. */
const struct command *commands_find(struct str name);

/* Runs what the program's own arguments ask for. */
int commands_run(int argc, char **argv);

#endif
