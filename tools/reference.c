/* Writes what is generated under docs/: the pages of docs/reference/ and the man page, from the rows of src/tbl/.
 *
 *     reference DOCS            writes them
 *     reference --check DOCS    says which are out of date, and fails where one is
 *
 * To add a page: a function that prints it, and a row in `pages`.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/must.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "explain/x_cache.h"
#include "ops/settings_rows.h"
#include "ops/settings_value.h"
#include "proxy/steps.h"
#include "trail/reason.h"

#define GENERATED "<!-- Generated from src/tbl/ by tools/reference.c: do not edit, run make docs. -->\n\n"

static const char *docs; /* the directory */

_Noreturn static void
give_up(const char *path)
{
	fprintf(stderr, "%s: %s\n", path, strerror(errno));
	exit(1);
}

/* ---- Markdown ---- */

/* Text in a cell of a table. */
static void
cell(FILE *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '<')
			fputs("&lt;", out);
		else
			fprintf(out, "%s%c", strchr("|*_", s.p[i]) != NULL ? "\\" : "", s.p[i]);
	}
}

static void
code(FILE *out, struct str s)
{
	if (s.n > 0)
		fprintf(out, "`%.*s`", STR_FMT(s));
}

/* ---- settings.md ---- */

static void
setting_type(FILE *out, const struct setting *row)
{
	const char *before = "";
	struct str word;
	int value;

	if (row->type < SETTING_ENUM_mode) {
		cell(out, settings_value_type(row->type));
		return;
	}
	for (unsigned i = 0; settings_rows_choice(row->type, &i, &word, &value); before = ", ") {
		fputs(before, out);
		code(out, word);
	}
}

static void
setting_bounds(FILE *out, const struct setting *row)
{
	if (row->min.n == 0)
		return;
	code(out, row->min);
	fputs(" to ", out);
	code(out, row->max);
}

static void
setting_row(FILE *out, const struct setting *row)
{
	fprintf(out, "| `%.*s` | ", STR_FMT(row->name));
	setting_type(out, row);
	fputs(" | ", out);
	code(out, row->def);
	fputs(" | ", out);
	setting_bounds(out, row);
	fprintf(out, " | %s | ", row->when == SETTING_RELOAD ? "reload" : "restart");
	cell(out, row->doc);
	fputs(" |\n", out);
}

static void
settings_page(FILE *out)
{
	fputs(
	    GENERATED
	    "# Settings\n\n"
	    "A configuration is one YAML file: `cairn check -c cairn.yaml` says whether it is fine, `cairn serve -c "
	    "cairn.yaml` runs it, and `examples/` holds files to begin with. Every setting can be left out unless its "
	    "text "
	    "says otherwise. Options of the command line override the file ([commands](commands.md)).\n\n"
	    "- Sizes are bytes, or a number and K, M, G or T: powers of 1024.\n"
	    "- Durations are a number and ms, s, m, h or d. Where the default is `unset`, that can be written too.\n"
	    "- Lists are written `[a, b]`, or a line each behind a dash. A default of several words is a list.\n"
	    "- Text that YAML would take apart, such as `:8080` or `*`, goes in quotes.\n"
	    "- *Change* says when another value takes effect: at a reload (SIGHUP, or `POST /v1/reload` on the admin "
	    "port), or at the next start. What is [] in a place is each item of a list; NAME is a name of your own.\n",
	    out);
	for (unsigned s = 0; s < SECTION_COUNT; s++) {
		const struct settings_section *section = settings_rows(s);

		fprintf(out, "\n## %.*s\n\n%.*s\n\n", STR_FMT(section->place), STR_FMT(section->doc));
		fputs("| setting | type | default | bounds | change | what it does |\n|---|---|---|---|---|---|\n",
		      out);
		for (unsigned i = 0; i < section->count; i++)
			setting_row(out, &section->rows[i]);
	}
}

/* ---- x-cache.md ---- */

static void
x_cache_page(FILE *out)
{
	static char text[1 << 16];
	struct strbuf b = strbuf_fixed(text, sizeof text);

	fputs(GENERATED "# X-Cache and X-Cache-Lookup\n\n"
			"What one hop's own words can mean together; `cairn explain --table` says the same. Squid stands for "
			"versions up to 5: later ones write Cache-Status instead.\n\n",
	      out);
	x_cache_markdown(&b);
	MUST(!b.over);
	fprintf(out, "%.*s", STR_FMT(strbuf_str(&b)));
}

/* ---- reasons.md ---- */

static void
reasons(FILE *out)
{
	fputs("| reason | what it says |\n|---|---|\n", out);
	for (enum reason r = REASON_NONE + 1; r < REASON_COUNT; r++) {
		fputs("| ", out);
		code(out, reason_token(r));
		fputs(" | ", out);
		cell(out, reason_sentence(r));
		fputs(" |\n", out);
	}
}

/* A line of a word, what it means, and where that is written. */
static void
explained(FILE *out, struct str word, struct str sentence, struct str source)
{
	if (word.n == 0 || str_eq(word, STR("none")))
		return; /* nothing to explain */
	fputs("| ", out);
	code(out, word);
	fputs(" | ", out);
	cell(out, sentence);
	fprintf(out, " | %.*s |\n", STR_FMT(source));
}

static void
unstorables(FILE *out)
{
	fputs("| word | why | source |\n|---|---|---|\n", out);
#define UNSTORABLE(id, word, sentence, source) explained(out, STR(word), STR(sentence), STR(source));
#include "tbl/unstorable.def"
#undef UNSTORABLE
}

static void
faults(FILE *out)
{
	fputs("| word | what is wrong | source |\n|---|---|---|\n", out);
#define FAULT(id, status, word, sentence, source) explained(out, STR(word), STR(sentence), STR(source));
#include "tbl/faults.def"
#undef FAULT
}

static void
errors(FILE *out)
{
	fputs("| error | status |\n|---|---|\n", out);
	for (enum proxy_error e = PROXY_ERROR_NONE + 1; e < PROXY_ERROR_COUNT; e++) {
		fputs("| ", out);
		code(out, proxy_error_token(e));
		fprintf(out, " | %d |\n", proxy_error_status(e));
	}
}

static void
reasons_page(FILE *out)
{
	fputs(GENERATED
	      "# Reasons\n\n"
	      "Why a request was answered as it was: `detail` in Cache-Status, `reason` in the log, a label of "
	      "metrics, and the sentence that people are told.\n\n",
	      out);
	reasons(out);
	fputs("\n## Why a response is not stored\n\n`unstorable` in the log.\n\n", out);
	unstorables(out);
	fputs("\n## What makes a message malformed\n\n`fault` in the log.\n\n", out);
	faults(out);
	fputs("\n## What went wrong\n\n"
	      "Where the node made its answer up: `error` in Proxy-Status (RFC 9209) and in the log, and the status "
	      "that the "
	      "client gets.\n\n",
	      out);
	errors(out);
}

/* ---- metrics.md ---- */

static void
metric(FILE *out, struct str name, const char *kind, struct str labels, struct str help)
{
	fputs("| ", out);
	code(out, name);
	fprintf(out, " | %s | ", kind);
	cell(out, labels);
	fputs(" | ", out);
	cell(out, help);
	fputs(" |\n", out);
}

static void
metrics_page(FILE *out)
{
	fputs(GENERATED
	      "# Metrics\n\n"
	      "What `/metrics` on the admin port tells, in Prometheus' text format. Histograms are in seconds.\n\n"
	      "| metric | kind | labels | what it says |\n|---|---|---|---|\n",
	      out);
#define COUNTER(id, name, help)             metric(out, STR(name), "counter", STR(""), STR(help));
#define HISTOGRAM(id, name, help)           metric(out, STR(name), "histogram", STR("le"), STR(help));
#define READ(type, name, help, value)       metric(out, STR(name), #type, STR(""), STR(help));
#define READ_MS(type, name, help, value)    metric(out, STR(name), #type, STR(""), STR(help));
#define MEMBER(type, name, help, value)     metric(out, STR(name), #type, STR("upstream, member"), STR(help));
#define FAMILY(type, name, labels, help, f) metric(out, STR(name), #type, STR(labels), STR(help));
#include "tbl/metrics.def"
}

/* ---- admin.md ---- */

static void
admin_page(FILE *out)
{
	fputs(GENERATED
	      "# The admin port\n\n"
	      "GET means HEAD as well. Parameters stand in the query; in a URL that is given as one, `&` is written "
	      "`%26` and `%` is written `%25`. `header=Name:%20value` gives the request that is spoken of a field; it "
	      "may be repeated. Who asks names the node by an address, as localhost, by the node's own name, or by one "
	      "of `admin.names`; any other Host is refused, and so is a POST with an Origin, which comes from a web "
	      "page.\n\n"
	      "| method | path | parameters | what it does |\n|---|---|---|---|\n",
	      out);
#define PATH(fn, method, path, parameters, doc)      \
	fputs("| " #method " | `" path "` | ", out); \
	cell(out, STR(parameters));                  \
	fputs(" | ", out);                           \
	cell(out, STR(doc));                         \
	fputs(" |\n", out);
#include "tbl/admin_paths.def"
#undef PATH
}

/* ---- log-fields.md ---- */

static void
log_fields_page(FILE *out)
{
	fputs(GENERATED
	      "# Fields of the access log\n\n"
	      "A line of the JSON format (`format: json`), in this order. A field that has nothing to say is left "
	      "out.\n\n"
	      "| field | value | what it says |\n|---|---|---|\n",
	      out);
#define LOG_FIELD(name, type, unit, value, doc)    \
	fputs("| `" #name "` | " unit " | ", out); \
	cell(out, STR(doc));                       \
	fputs(" |\n", out);
#include "tbl/log_fields.def"
#undef LOG_FIELD
}

/* ---- steps.md ---- */

static void
step_row(FILE *out, unsigned step, const char *what, unsigned successors)
{
	static const char *const names[] = {
#define STEP(id, name, what, to) #name,
#include "tbl/steps.def"
#undef STEP
		"end",
	};
	const char *before = "";

	fprintf(out, "| %s | %s | ", names[step], what);
	for (unsigned next = 0; next <= STEP_END; next++)
		if (successors & 1u << next) {
			fprintf(out, "%s%s", before, names[next]);
			before = ", ";
		}
	fputs(" |\n", out);
}

static void
steps_page(FILE *out)
{
	fputs(GENERATED
	      "# Steps of a request\n\n"
	      "What each step is about, and which may follow it; the driver refuses any other. The story is told in "
	      "[architecture](../architecture.md) and in `src/proxy/req.c`.\n\n"
	      "| step | what it is about | then |\n|---|---|---|\n",
	      out);
#define TO(id)                   (1u << STEP_##id)
#define STEP(id, name, what, to) step_row(out, STEP_##id, what, to);
#include "tbl/steps.def"
#undef STEP
#undef TO
}

/* ---- commands.md ---- */

static void
option_words(FILE *out, const struct option_row *o)
{
	if (o->letter != '\0')
		fprintf(out, "-%c, ", o->letter);
	fprintf(out, "--%s%s%s", o->name, o->value[0] == '\0' ? "" : " ", o->value);
}

static void
command_page(FILE *out, const struct command *c)
{
	const struct option_row *o;

	fprintf(out, "\n## cairn %.*s\n\n    cairn %.*s %.*s\n\n%.*s\n", STR_FMT(c->name), STR_FMT(c->name),
		STR_FMT(c->arguments), STR_FMT(c->summary));
	if (c->more.n > 0)
		fprintf(out, "\n%.*s\n", STR_FMT(c->more));
	fputs("\n| option | what it does |\n|---|---|\n", out);
	for (unsigned i = 0; (o = options_next(c->name, &i)) != NULL;) {
		fputs("| `", out);
		option_words(out, o);
		fputs("` | ", out);
		cell(out, str_c(o->doc));
		fputs(" |\n", out);
	}
}

static void
commands_page(FILE *out)
{
	unsigned count;
	const struct command *commands = commands_all(&count);

	fputs(GENERATED
	      "# Commands\n\n"
	      "`cairn help COMMAND` says the same. A command exits 0 where all went well, 1 where it could not do "
	      "what it was asked for, and 2 where it was asked wrongly: by its options, or by a configuration.\n",
	      out);
	for (unsigned i = 0; i < count; i++)
		command_page(out, &commands[i]);
}

/* ---- the man page, from docs/man/cairn.1.in ---- */

/* Text that roff reads as itself. */
static void
roff(FILE *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (i == 0 && (s.p[i] == '.' || s.p[i] == '\''))
			fputs("\\&", out);
		fputs(s.p[i] == '-' ? "\\-" : s.p[i] == '\\' ? "\\e" : (char[]){ s.p[i], '\0' }, out);
	}
}

static void
roff_option(FILE *out, const struct option_row *o)
{
	fputs(".TP\n.B ", out);
	if (o->letter != '\0')
		fprintf(out, "\\-%c\\fR, \\fB", o->letter);
	fputs("\\-\\-", out);
	roff(out, str_c(o->name));
	fprintf(out, "%s%s\n", o->value[0] == '\0' ? "" : " \\fI", o->value);
	roff(out, str_c(o->doc));
	fputc('\n', out);
}

static void
roff_command(FILE *out, const struct command *c)
{
	const struct option_row *o;

	fprintf(out, ".SS cairn %.*s %.*s\n", STR_FMT(c->name), STR_FMT(c->arguments));
	roff(out, c->summary);
	fputc('\n', out);
	if (c->more.n > 0) {
		roff(out, c->more);
		fputc('\n', out);
	}
	for (unsigned i = 0; (o = options_next(c->name, &i)) != NULL;)
		roff_option(out, o);
}

static void
roff_commands(FILE *out)
{
	unsigned count;
	const struct command *commands = commands_all(&count);

	for (unsigned i = 0; i < count; i++)
		roff_command(out, &commands[i]);
}

static void
man_page(FILE *out)
{
	char path[4096], line[4096];
	FILE *in;

	snprintf(path, sizeof path, "%s/man/cairn.1.in", docs);
	in = fopen(path, "r");
	if (in == NULL)
		give_up(path);
	while (fgets(line, sizeof line, in) != NULL) {
		if (strcmp(line, "@COMMANDS@\n") == 0)
			roff_commands(out);
		else
			fputs(line, out);
	}
	fclose(in);
}

/* ---- all of them ---- */

static const struct {
	const char *path;
	void (*print)(FILE *out);
} pages[] = {
	{ "reference/settings.md", settings_page },     { "reference/reasons.md", reasons_page },
	{ "reference/metrics.md", metrics_page },       { "reference/commands.md", commands_page },
	{ "reference/log-fields.md", log_fields_page }, { "reference/admin.md", admin_page },
	{ "reference/steps.md", steps_page },           { "reference/x-cache.md", x_cache_page },
	{ "man/cairn.1", man_page },
};

/* The page as it should be, malloc'ed. */
static struct str
printed(void (*print)(FILE *out))
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		give_up("memory");
	print(out);
	if (fclose(out) != 0)
		give_up("memory");
	return str_of(text, size);
}

static void
write_page(const char *path, struct str text)
{
	FILE *out = fopen(path, "w");

	if (out == NULL || fwrite(text.p, 1, text.n, out) != text.n || fclose(out) != 0)
		give_up(path);
}

/* Does the file hold just this text? */
static bool
is_current(const char *path, struct str text)
{
	FILE *in = fopen(path, "r");
	char *old = malloc(text.n + 1);
	bool same;

	if (old == NULL)
		give_up("memory");
	same = in != NULL && fread(old, 1, text.n + 1, in) == text.n && memcmp(old, text.p, text.n) == 0;
	if (in != NULL)
		fclose(in);
	free(old);
	return same;
}

int
main(int argc, char **argv)
{
	bool check = argc == 3 && strcmp(argv[1], "--check") == 0;
	int outdated = 0;

	if (argc != 2 && !check) {
		fprintf(stderr, "usage: %s [--check] DOCS\n", argv[0]);
		return 2;
	}
	docs = argv[argc - 1];
	for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
		struct str text = printed(pages[i].print);
		char path[4096];

		snprintf(path, sizeof path, "%s/%s", docs, pages[i].path);
		if (!check) {
			write_page(path, text);
		} else if (!is_current(path, text)) {
			fprintf(stderr, "%s is out of date: run make docs (ninja -C build docs)\n", path);
			outdated++;
		}
		free((char *)text.p);
	}
	return outdated > 0;
}
