#include "ops/settings_foreign.h"

#include "ops/settings_report.h"

static const struct foreign {
	struct str word, whose, page;
} rows[] = {
#define FOREIGN(word, whose, page) { STR_INIT(word), STR_INIT(whose), STR_INIT(page) },
#include "tbl/foreign.def"
#undef FOREIGN
};

/* The first line that says something, and its number. Squid and nginx comment with #, Varnish with // as well. */
static struct str
first_line(struct str text, unsigned *number)
{
	struct str line;

	for (*number = 1; text.n > 0; ++*number) {
		str_cut(&text, '\n', &line);
		line = str_trim(line);
		if (line.n > 0 && line.p[0] != '#' && !str_starts(line, STR("//")))
			return line;
	}
	return STR("");
}

/* The words behind a setting's name are its value: a name alone, or one before a colon, is YAML's. */
static struct str
first_word(struct str line)
{
	size_t n = 0;

	while (n < line.n && line.p[n] != ' ' && line.p[n] != '\t')
		n++;
	return n < line.n ? str_head(line, n) : STR("");
}

bool
settings_foreign(struct str text, struct settings_report *r)
{
	struct settings_node at = { .column = 1 };
	struct str word = first_word(first_line(text, &at.line));

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (!str_eq(word, rows[i].word))
			continue;
		settings_report_error(
		    r, (struct settings_place){ &at, NULL },
		    "is written for %.*s; a configuration here is YAML, and docs/%.*s says what stands in it "
		    "for what is written there",
		    STR_FMT(rows[i].whose), STR_FMT(rows[i].page));
		return true;
	}
	return false;
}
