#include "cli/options.h"

#include <getopt.h>

#include "base/must.h"
#include "base/suggest.h"
#include "cli/help.h"

#define WRONG    (-1)
#define ANSWERED (-2)

static const struct option_row rows[] = {
#define OPTION(commands, id, letter, name, value, doc) [OPTION_##id] = { commands, letter, name, value, doc },
#include "tbl/options.def"
#undef OPTION
};

static bool
is_of(const struct option_row *row, struct str command)
{
	struct str rest = str_c(row->commands), one;

	if (str_eq(rest, STR("*")))
		return true;
	while (rest.n > 0) {
		str_cut(&rest, ' ', &one);
		if (str_eq(one, command))
			return true;
	}
	return false;
}

const struct option_row *
options_next(struct str command, unsigned *i)
{
	while (*i < OPTION_COUNT) {
		const struct option_row *row = &rows[(*i)++];

		if (is_of(row, command))
			return row;
	}
	return NULL;
}

/* ---- through getopt_long ---- */

/* The command's rows in getopt's terms. A long option without a letter is told by a number beyond all letters. */
struct table {
	struct option longs[OPTION_COUNT + 1];
	char shorts[2 * OPTION_COUNT + 2];
};

#define BEYOND_LETTERS 0x100

static void
fill(struct table *t, struct str command)
{
	const struct option_row *row;
	unsigned count = 0, n = 0;

	t->shorts[n++] = ':'; /* says a missing value apart from an unknown option */
	for (unsigned i = 0; (row = options_next(command, &i)) != NULL;) {
		bool has_value = row->value[0] != '\0';
		int id = BEYOND_LETTERS + (int)(row - rows);

		t->longs[count++] = (struct option){ row->name, has_value ? required_argument : no_argument, NULL, id };
		if (row->letter != '\0')
			t->shorts[n++] = row->letter;
		if (row->letter != '\0' && has_value)
			t->shorts[n++] = ':';
	}
	t->longs[count] = (struct option){ NULL, 0, NULL, 0 };
	t->shorts[n] = '\0';
}

static const struct option_row *
by_letter(struct str command, int letter)
{
	const struct option_row *row;

	for (unsigned i = 0; (row = options_next(command, &i)) != NULL;)
		if (row->letter == letter)
			return row;
	return NULL;
}

static int
unknown(struct str command, const char *text)
{
	struct str name = str_c(text), cut;
	const struct option_row *row;
	struct suggest near;

	while (name.n > 0 && name.p[0] == '-')
		name = str_skip(name, 1);
	str_cut(&name, '=', &cut);
	near = suggest_begin(cut);
	for (unsigned i = 0; (row = options_next(command, &i)) != NULL;)
		suggest_offer(&near, str_c(row->name));
	fprintf(stderr, "cairn %.*s: there is no option \"%s\"", STR_FMT(command), text);
	if (str_is(str_c(text), "-f") && by_letter(command, 'c') != NULL) /* as Squid and Varnish have it */
		fprintf(stderr, "; did you mean \"-c\"?\n");
	else if (near.best.p != NULL)
		fprintf(stderr, "; did you mean \"--%.*s\"?\n", STR_FMT(near.best));
	else
		fprintf(stderr, ": see cairn help %.*s\n", STR_FMT(command));
	return WRONG;
}

static int
answer_help(struct str command)
{
	const struct command *c = commands_find(command);

	MUST(c != NULL);
	help_command(c, stdout);
	return ANSWERED;
}

/* One option that getopt has told of: 0 to go on. */
static int
dispatch(struct str command, int told, char **argv, option_fn *take, void *arg)
{
	const struct option_row *row;

	if (told == ':') {
		fprintf(stderr, "cairn %.*s: \"%s\" wants a value\n", STR_FMT(command), argv[optind - 1]);
		return WRONG;
	}
	row = told >= BEYOND_LETTERS ? &rows[told - BEYOND_LETTERS] : by_letter(command, told);
	if (told == '?' || row == NULL)
		return unknown(command, argv[optind - 1]);
	if (row == &rows[OPTION_HELP])
		return answer_help(command);
	return take(arg, (enum option_id)(row - rows), row->value[0] == '\0' ? NULL : optarg) ? 0 : WRONG;
}

int
options_parse(int argc, char **argv, option_fn *take, void *arg)
{
	struct str command = str_c(argv[0]);
	struct table t;
	int told, result = 0;

	fill(&t, command);
	opterr = 0;
	optind = 0; /* glibc: begin anew */
	while (result == 0 && (told = getopt_long(argc, argv, t.shorts, t.longs, NULL)) >= 0)
		result = dispatch(command, told, argv, take, arg);
	return result == 0 ? optind : result;
}

int
options_end(int first, int argc, char **argv)
{
	if (first < 0 || first == argc)
		return first;
	fprintf(stderr, "cairn %s: \"%s\" is no option, and nothing else is taken", argv[0], argv[first]);
	if (by_letter(str_c(argv[0]), 'c') != NULL)
		fprintf(stderr, "; did you mean \"-c %s\"?\n", argv[first]);
	else
		fprintf(stderr, ": see cairn help %s\n", argv[0]);
	return WRONG;
}

int
options_exit(int result)
{
	return result == ANSWERED ? EXIT_FINE : EXIT_WRONG;
}

/* ---- what serve takes ---- */

static bool
repeat(struct settings_flag_list *list, enum option_id id, const char *value)
{
	if (list->count == SETTINGS_FLAG_MAX) {
		fprintf(stderr, "cairn: --%s is given more than %d times\n", rows[id].name, SETTINGS_FLAG_MAX);
		return false;
	}
	list->items[list->count++] = value;
	return true;
}

static bool
once(const char **where, enum option_id id, const char *value)
{
	if (*where != NULL) {
		fprintf(stderr, "cairn: --%s is given twice\n", rows[id].name);
		return false;
	}
	*where = value;
	return true;
}

static bool
take_setting(void *arg, enum option_id id, const char *value)
{
	struct settings_flags *f = arg;

	switch (id) {
	case OPTION_CONFIG:
		return once(&f->file, id, value);
	case OPTION_LISTEN:
		return repeat(&f->listen, id, value);
	case OPTION_ORIGIN:
		return repeat(&f->origin, id, value);
	case OPTION_PARENT:
		return repeat(&f->parent, id, value);
	case OPTION_NAME:
		return once(&f->name, id, value);
	case OPTION_ADMIN:
		return once(&f->admin, id, value);
	case OPTION_MEMORY:
		return once(&f->memory, id, value);
	case OPTION_WORKERS:
		return once(&f->workers, id, value);
	case OPTION_LOG:
		return once(&f->log, id, value);
	case OPTION_STATE:
		return once(&f->state, id, value);
	default:
		MUST_NOT_REACH();
	}
}

int
options_settings(int argc, char **argv, struct settings_flags *flags)
{
	return options_parse(argc, argv, take_setting, flags);
}
