#include "cli/capture.h"

static void
what_is_not_known(void **state)
{
	static const struct {
		const char *line, *out;
	} rows[] = {
		{ "chekc", "cairn: there is no command \"chekc\"; did you mean \"check\"?\n" },
		{ "zzzzzz", "cairn: there is no command \"zzzzzz\": see cairn help\n" },
		{ "help zzzzzz", "cairn help: there is no command \"zzzzzz\"\n" },
		{ "check --lisen", "cairn check: there is no option \"--lisen\"; did you mean \"--listen\"?\n" },
		{ "check --lisen=:80",
		  "cairn check: there is no option \"--lisen=:80\"; did you mean \"--listen\"?\n" },
		{ "check -x", "cairn check: there is no option \"-x\": see cairn help check\n" },
		{ "help --origin http://a", "cairn help: there is no option \"--origin\": see cairn help help\n" },
		{ "check --name", "cairn check: \"--name\" wants a value\n" },
		{ "check -c", "cairn check: \"-c\" wants a value\n" },
		{ "serve cairn.yaml",
		  "cairn serve: \"cairn.yaml\" is no option, and nothing else is taken; did you mean "
		  "\"-c cairn.yaml\"?\n" },
		{ "serve -f squid.conf", "cairn serve: there is no option \"-f\"; did you mean \"-c\"?\n" },
		{ "demo --keep now",
		  "cairn demo: \"now\" is no option, and nothing else is taken: see cairn help demo\n" },
		{ "check --name a --name b", "cairn: --name is given twice\n" },
	};
	static struct capture c;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		capture(&c, rows[i].line);
		assert_int_equal(c.status, EXIT_WRONG);
		assert_string_equal(c.out, rows[i].out);
	}
}

static void
help(void **state)
{
	static const struct {
		const char *line, *has;
		int status;
	} rows[] = {
		{ "--version", "cairn " CAIRN_VERSION "\n", EXIT_FINE },
		{ "-V", "cairn " CAIRN_VERSION "\n", EXIT_FINE },
		{ "", "Usage: cairn COMMAND", EXIT_WRONG },
		{ "--help", "Usage: cairn COMMAND", EXIT_FINE },
		{ "help", "Usage: cairn COMMAND", EXIT_FINE },
		{ "help check", "Usage: cairn check", EXIT_FINE },
		{ "help check", "\n  -c, --config FILE   The configuration.", EXIT_FINE },
		{ "check -h", "Usage: cairn check", EXIT_FINE },
		{ "check --help", "Usage: cairn check", EXIT_FINE },
	};
	static struct capture c;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		capture(&c, rows[i].line);
		if (c.status != rows[i].status || strstr(c.out, rows[i].has) == NULL)
			fail_msg("cairn %s: %d\n%s", rows[i].line, c.status, c.out);
	}
}

/* Each command explains itself, in lines that fit a terminal. */
static void
every_command_has_help(void **state)
{
	unsigned count;
	const struct command *commands = commands_all(&count);
	static struct capture c;
	char line[64];

	(void)state;
	for (unsigned i = 0; i < count; i++) {
		snprintf(line, sizeof line, "help %.*s", STR_FMT(commands[i].name));
		capture(&c, line);
		assert_int_equal(c.status, EXIT_FINE);
		for (char *l = strtok(c.out, "\n"); l != NULL; l = strtok(NULL, "\n"))
			assert_in_range(strlen(l), 0, 80);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_known),
		cmocka_unit_test(help),
		cmocka_unit_test(every_command_has_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
