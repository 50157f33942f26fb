#include "cli/demo_show.h"

#include <stdarg.h>
#include <stdio.h>

#include "cli/text.h"

#define INDENT 2
#define LEFT   21 /* where the right of the two columns begins */
#define NOTE   23 /* and what is said of a value in it */

enum colour {
	COLOUR_NONE,
	COLOUR_BOLD,
	COLOUR_FAINT,
	COLOUR_RED,
	COLOUR_GREEN,
	COLOUR_YELLOW,
	COLOUR_CYAN,
};

static bool colours;
static int indent = INDENT; /* of names */

static void
put(FILE *out, enum colour colour, struct str s)
{
	static const char *const codes[] = { "", "1", "2", "1;31", "32", "33", "36" };

	if (colours && colour != COLOUR_NONE)
		fprintf(out, "\x1b[%sm%.*s\x1b[0m", codes[colour], STR_FMT(s));
	else
		fprintf(out, "%.*s", STR_FMT(s));
}

/* ---- the words of a trail ---- */

static const struct {
	struct str prefix;
	enum colour colour;
} coloured[] = {
	{ STR_INIT("HIT"), COLOUR_GREEN },   { STR_INIT("hit"), COLOUR_GREEN },    { STR_INIT("MISS"), COLOUR_YELLOW },
	{ STR_INIT("fwd="), COLOUR_YELLOW }, { STR_INIT("detail="), COLOUR_BOLD }, { STR_INIT("NONE"), COLOUR_FAINT },
};

static enum colour
colour_of(struct str word)
{
	for (size_t i = 0; i < sizeof coloured / sizeof coloured[0]; i++)
		if (str_starts(word, coloured[i].prefix))
			return coloured[i].colour;
	return COLOUR_NONE;
}

static void
put_word(FILE *out, struct str word)
{
	bool parted = str_ends(word, STR(";")) || str_ends(word, STR(","));
	struct str bare = str_head(word, word.n - parted);

	put(out, colour_of(word), bare);
	fputs(parted ? (char[]){ word.p[bare.n], '\0' } : "", out);
}

/* ---- lines ---- */

void
demo_show_begin(void)
{
	colours = text_has_colours(stdout);
}

void
demo_show_part(const char *title)
{
	static const char line[] = "------------------------------------------------------------------------------";
	int left = TEXT_WIDTH - 4 - (int)strlen(title);

	printf("\n%.2s ", line);
	put(stdout, COLOUR_BOLD, str_c(title));
	printf(" %.*s\n\n", left, line);
}

void
demo_show_title(const char *title)
{
	indent = INDENT;
	putchar('\n');
	put(stdout, COLOUR_BOLD, str_c(title));
	putchar('\n');
}

void
demo_show_text(struct str text)
{
	printf("%*s", INDENT, "");
	text_wrap(stdout, INDENT, INDENT, text, NULL);
}

void
demo_show_space(void)
{
	putchar('\n');
}

/* "  name          ", at the right column then. */
static void
left_column(enum colour colour, struct str name)
{
	printf("%*s", indent, "");
	put(stdout, colour, name);
	printf("%*s", LEFT - indent - (int)name.n, "");
}

void
demo_show_named(struct str name, struct str sentence)
{
	indent = INDENT;
	putchar('\n');
	left_column(COLOUR_BOLD, name);
	text_wrap(stdout, LEFT, LEFT, sentence, NULL);
	indent = 2 * INDENT;
}

void
demo_show_words(struct str name, struct str words)
{
	left_column(COLOUR_CYAN, name);
	text_wrap(stdout, LEFT, LEFT, words, NULL);
}

void
demo_show_value(struct str name, struct str value)
{
	ptrdiff_t comma;

	left_column(COLOUR_CYAN, name);
	while (value.n > TEXT_WIDTH - LEFT && (comma = str_find(value, STR(", "))) > 0) {
		text_wrap(stdout, LEFT, LEFT, str_head(value, (size_t)comma + 1), put_word);
		printf("%*s", LEFT, "");
		value = str_skip(value, (size_t)comma + 2);
	}
	text_wrap(stdout, LEFT, LEFT, value, put_word);
}

void
demo_show_note(const char *text)
{
	printf("%*s", NOTE, "");
	text_wrap(stdout, NOTE, NOTE, str_c(text), NULL);
}

void
demo_show_command(struct str command, const char *does)
{
	printf("%*s", INDENT, "");
	put(stdout, COLOUR_BOLD, command);
	printf("\n%*s", 3 * INDENT, "");
	text_wrap(stdout, 3 * INDENT, 3 * INDENT, str_c(does), NULL);
}

void
demo_show_wrong(const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	left_column(COLOUR_RED, STR("NOT AS EXPECTED"));
	text_wrap(stdout, LEFT, LEFT, str_c(text), NULL);
}
