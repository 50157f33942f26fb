#include "unit.h"

#include "cli/options.h"

static char *argv[2 * SETTINGS_FLAG_MAX + 8];

/* `line`: the arguments, with spaces between; returns how many. */
static int
split(const char *line)
{
	static char text[4096];
	int argc = 0;

	snprintf(text, sizeof text, "check %s", line);
	for (char *word = strtok(text, " "); word != NULL; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	return argc;
}

static int
parse(const char *line, struct settings_flags *flags)
{
	*flags = (struct settings_flags){ .file = NULL };
	return options_settings(split(line), argv, flags);
}

static void
every_option(void **state)
{
	struct settings_flags f;

	(void)state;
	assert_int_equal(
	    parse("-c a.yaml --listen :1 --listen=:2 --origin http://a --origin http://b --parent http://c "
		  "--name n --admin :3 --memory 1G --workers 2 --log - --state /x",
		  &f),
	    24);
	assert_string_equal(f.file, "a.yaml");
	assert_int_equal(f.listen.count, 2);
	assert_string_equal(f.listen.items[0], ":1");
	assert_string_equal(f.listen.items[1], ":2");
	assert_int_equal(f.origin.count, 2);
	assert_string_equal(f.origin.items[1], "http://b");
	assert_int_equal(f.parent.count, 1);
	assert_string_equal(f.name, "n");
	assert_string_equal(f.admin, ":3");
	assert_string_equal(f.memory, "1G");
	assert_string_equal(f.workers, "2");
	assert_string_equal(f.log, "-");
	assert_string_equal(f.state, "/x");
}

static void
operands(void **state)
{
	struct settings_flags f;

	(void)state;
	assert_int_equal(parse("a.yaml --name n -- --b", &f), 4);
	assert_string_equal(argv[4], "a.yaml");
	assert_string_equal(argv[5], "--b");
	assert_string_equal(f.name, "n");
}

static void
too_many(void **state)
{
	char line[12 * SETTINGS_FLAG_MAX + 16] = "";
	struct settings_flags f;

	(void)state;
	for (int i = 0; i < SETTINGS_FLAG_MAX; i++)
		strcat(line, "--listen :1 ");
	assert_int_equal(parse(line, &f), 2 * SETTINGS_FLAG_MAX + 1);
	assert_int_equal(f.listen.count, SETTINGS_FLAG_MAX);
	strcat(line, "--listen :1");
	assert_int_equal(options_exit(parse(line, &f)), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_option),
		cmocka_unit_test(operands),
		cmocka_unit_test(too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
