#include "cli/commands.h"

#include <stdio.h>

#include "base/suggest.h"
#include "cli/help.h"

static const struct command commands[] = {
#define COMMAND(name, arguments, summary, more) \
	{ STR_INIT(#name), STR_INIT(arguments), STR_INIT(summary), STR_INIT(more), cli_##name },
#include "tbl/commands.def"
#undef COMMAND
};

#define COMMANDS (sizeof commands / sizeof commands[0])

const struct command *
commands_all(unsigned *count)
{
	*count = COMMANDS;
	return commands;
}

const struct command *
commands_find(struct str name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (str_eq(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static int
unknown(const char *name)
{
	struct suggest near = suggest_begin(str_c(name));

	for (size_t i = 0; i < COMMANDS; i++)
		suggest_offer(&near, commands[i].name);
	fprintf(stderr, "cairn: there is no command \"%s\"", name);
	if (near.best.p != NULL)
		fprintf(stderr, "; did you mean \"%.*s\"?\n", STR_FMT(near.best));
	else
		fprintf(stderr, ": see cairn help\n");
	return EXIT_WRONG;
}

int
commands_run(int argc, char **argv)
{
	struct str name = argc > 1 ? str_c(argv[1]) : STR("");
	const struct command *c = commands_find(name);

	if (c != NULL)
		return c->run(argc - 1, argv + 1);
	if (str_eq(name, STR("--version")) || str_eq(name, STR("-V"))) {
		printf("cairn %s\n", CAIRN_VERSION);
		return EXIT_FINE;
	}
	if (str_eq(name, STR("--help")) || str_eq(name, STR("-h"))) {
		help_overview(stdout);
		return EXIT_FINE;
	}
	if (name.n > 0)
		return unknown(argv[1]);
	help_overview(stderr);
	return EXIT_WRONG;
}
