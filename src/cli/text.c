#include "cli/text.h"

#include <stdlib.h>
#include <unistd.h>

static void
put_plain(FILE *out, struct str word)
{
	fprintf(out, "%.*s", STR_FMT(word));
}

void
text_wrap(FILE *out, size_t at, size_t indent, struct str text, text_word_fn *put)
{
	size_t begun = at;
	struct str word;

	while (text.n > 0) {
		bool first = at == begun;

		str_cut(&text, ' ', &word);
		if (!first && at + 1 + word.n > TEXT_WIDTH) {
			fprintf(out, "\n%*s", (int)indent, "");
			at = begun = indent;
			first = true;
		}
		fputs(first ? "" : " ", out);
		(put == NULL ? put_plain : put)(out, word);
		at += word.n + !first;
	}
	fputc('\n', out);
}

bool
text_has_colours(FILE *out)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fileno(out)) && (no == NULL || *no == '\0') && (term == NULL || strcmp(term, "dumb") != 0);
}
