#include "cli/text.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/wrap.h"

static void
put_words(FILE *out, struct str line, text_word_fn *put)
{
	struct str word;

	for (bool first = true; line.n > 0; first = false) {
		str_cut(&line, ' ', &word);
		fputs(first ? "" : " ", out);
		put(out, word);
	}
}

void
text_wrap(FILE *out, size_t at, size_t indent, struct str text, text_word_fn *put)
{
	while (text.n > 0) {
		struct str line = wrap_line(&text, at < TEXT_WIDTH ? TEXT_WIDTH - at : 0);

		if (put == NULL)
			fprintf(out, "%.*s", STR_FMT(line));
		else
			put_words(out, line, put);
		if (text.n > 0)
			fprintf(out, "\n%*s", (int)indent, "");
		at = indent;
	}
	fputc('\n', out);
}

bool
text_has_colours(FILE *out)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fileno(out)) && (no == NULL || *no == '\0') && (term == NULL || strcmp(term, "dumb") != 0);
}

static unsigned
width_of(FILE *out)
{
	struct winsize size;

	if (ioctl(fileno(out), TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return TEXT_WIDTH;
	return size.ws_col < TEXT_WIDEST ? size.ws_col : TEXT_WIDEST;
}

/* By the environment's locale, which is not set for the program. */
static bool
shows_utf8(void)
{
	locale_t l = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	bool utf8 = l != (locale_t)0 && strcmp(nl_langinfo_l(CODESET, l), "UTF-8") == 0;

	if (l != (locale_t)0)
		freelocale(l);
	return utf8;
}

struct show_look
text_look(FILE *out)
{
	bool terminal = isatty(fileno(out)), utf8 = shows_utf8();

	return (struct show_look){
		.width = terminal ? width_of(out) : TEXT_WIDTH,
		.colours = text_has_colours(out),
		.drawn = terminal && utf8,
		.ascii = terminal && !utf8,
	};
}
