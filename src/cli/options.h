/* The command line of a subcommand, by the rows of tbl/options.def.
 *
 * thread: the main one, before any other. Order of use: options_parse, or options_settings where the command takes what
 * serve takes; where it is negative, the command ends with options_exit of it.
 */
#ifndef CAIRN_CLI_OPTIONS_H
#define CAIRN_CLI_OPTIONS_H

#include "ops/settings.h"

enum option_id {
#define OPTION(commands, id, letter, name, value, doc) OPTION_##id,
#include "tbl/options.def"
#undef OPTION
	OPTION_COUNT
};

struct option_row {
	const char *commands; /* with spaces between; "*": all */
	char letter;          /* '\0': none */
	const char *name;
	const char *value; /* what its value is called; "": it takes none */
	const char *doc;
};

/* Walks the options of a command: starts at *i = 0; NULL at the end. */
const struct option_row *options_next(struct str command, unsigned *i);

/* Takes an option; false where it makes no sense, having said why. `value` is borrowed from argv; NULL where it has
 * none. */
typedef bool option_fn(void *arg, enum option_id id, const char *value);

/* argv[0] is the command. Returns the index of the first operand; a negative number where the command is to end:
 * something is wrong, and has been said, or --help was given, and has been answered. `take` may be NULL where the
 * command has no options but --help. */
int options_parse(int argc, char **argv, option_fn *take, void *arg);

/* The exit status that such a negative number stands for. */
int options_exit(int result);

/* For a command that takes options alone: says what stands behind them, if anything. As options_parse; negative where
 * there was something. */
int options_end(int first, int argc, char **argv);

/* options_parse for a command that takes the options of serve. Fills *flags, which starts empty. */
int options_settings(int argc, char **argv, struct settings_flags *flags);

#endif
