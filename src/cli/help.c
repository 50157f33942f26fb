#include "cli/help.h"

#include "cli/options.h"
#include "cli/text.h"

#define LEFT 22 /* where the right of two columns begins */

/* "  left          right, as many lines as it takes" */
static void
two_columns(FILE *out, struct str left, struct str right)
{
	fprintf(out, "  %-*.*s", LEFT - 2, STR_FMT(left));
	if (left.n + 3 > LEFT)
		fprintf(out, "\n%*s", LEFT, "");
	text_wrap(out, LEFT, LEFT, right, NULL);
}

void
help_overview(FILE *out)
{
	unsigned count;
	const struct command *commands = commands_all(&count);

	text_wrap(out, 0, 0,
		  STR("Cairn is an HTTP cache that leaves a trail: each response says which node did what, and why."),
		  NULL);
	fputs("\nUsage: cairn COMMAND [options]\n\n", out);
	for (unsigned i = 0; i < count; i++)
		two_columns(out, commands[i].name, commands[i].summary);
	fputs("\ncairn help COMMAND tells more. cairn --version says which version this is.\n", out);
}

static void
option_line(FILE *out, const struct option_row *o)
{
	char text[64];
	int n = o->letter == '\0' ? 0 : snprintf(text, sizeof text, "-%c, ", o->letter);

	n += snprintf(text + n, sizeof text - (size_t)n, "--%s%s%s", o->name, o->value[0] == '\0' ? "" : " ", o->value);
	two_columns(out, str_of(text, (size_t)n), str_c(o->doc));
}

void
help_command(const struct command *c, FILE *out)
{
	const struct option_row *o;

	fprintf(out, "Usage: cairn %.*s %.*s\n\n", STR_FMT(c->name), STR_FMT(c->arguments));
	text_wrap(out, 0, 0, c->summary, NULL);
	if (c->more.n > 0) {
		fputc('\n', out);
		text_wrap(out, 0, 0, c->more, NULL);
	}
	fputs("\nOptions:\n", out);
	for (unsigned i = 0; (o = options_next(c->name, &i)) != NULL;)
		option_line(out, o);
}

int
cli_help(int argc, char **argv)
{
	int first = options_parse(argc, argv, NULL, NULL);
	const struct command *c;

	if (first < 0)
		return options_exit(first);
	if (first == argc) {
		help_overview(stdout);
		return EXIT_FINE;
	}
	c = commands_find(str_c(argv[first]));
	if (c == NULL) {
		fprintf(stderr, "cairn help: there is no command \"%s\"\n", argv[first]);
		return EXIT_WRONG;
	}
	help_command(c, stdout);
	return EXIT_FINE;
}
