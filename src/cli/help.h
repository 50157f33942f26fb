/* Help, from the rows of tbl/commands.def and tbl/options.def. */
#ifndef CAIRN_CLI_HELP_H
#define CAIRN_CLI_HELP_H

#include <stdio.h>

#include "cli/commands.h"

/* What the program is, and its commands. */
void help_overview(FILE *out);

/* One command, with its options. */
void help_command(const struct command *c, FILE *out);

#endif
