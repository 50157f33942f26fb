/* cairn explain: reads anybody's trail, from text with headers, a browser's HAR, or a URL. */
#include <stdio.h>

#include "base/must.h"
#include "cli/explain_impl.h"
#include "cli/options.h"
#include "explain/visit.h"

#define ARENA_MAX ((size_t)64 << 20) /* for one response and its story */

/* ---- options ---- */

static bool
take_list(struct explain_list *list, const char *name, const char *value)
{
	if (list->count == EXPLAIN_LIST_MAX) {
		fprintf(stderr, "cairn explain: %s is given more than %d times\n", name, EXPLAIN_LIST_MAX);
		return false;
	}
	list->items[list->count++] = value;
	return true;
}

static bool
take_repeat(struct explain *e, const char *value)
{
	uint64_t n;

	if (!str_u64(str_c(value), &n) || n == 0 || n > VISIT_REPEAT_MAX) {
		fprintf(stderr, "cairn explain: --repeat wants a number from 1 to %d\n", VISIT_REPEAT_MAX);
		return false;
	}
	e->repeat = (unsigned)n;
	return true;
}

static bool
take_option(void *arg, enum option_id id, const char *value)
{
	struct explain *e = arg;

	switch (id) {
	case OPTION_JSON:
		e->form = EXPLAIN_JSON;
		return true;
	case OPTION_MARKDOWN:
		e->form = EXPLAIN_MARKDOWN;
		return true;
	case OPTION_HTML:
		e->html = value;
		return true;
	case OPTION_TABLE:
		e->table = true;
		return true;
	case OPTION_REPEAT:
		return take_repeat(e, value);
	case OPTION_ASK:
		e->ask = true;
		return true;
	case OPTION_TOKEN:
		e->token = value;
		return true;
	case OPTION_HEADER:
		return take_list(&e->fields, "-H", value);
	case OPTION_RESOLVE:
		return take_list(&e->resolve, "--resolve", value);
	case OPTION_PROXY:
		e->proxy = value;
		return true;
	default:
		MUST_NOT_REACH();
	}
}

/* ---- one response ---- */

void
explain_complain(struct explain *e, int status, struct str where, struct str what)
{
	explain_out_flush(e->out);
	fprintf(stderr, "cairn explain: %s: %.*s%s%.*s\n", e->name, STR_FMT(where), where.n > 0 ? ": " : "",
		STR_FMT(what));
	e->status = status > e->status ? status : e->status;
}

/* A redirect is not what was asked for. */
static bool
is_on_the_way(const struct exchange *x)
{
	return x->response.status / 100 == 3 && head_has(&x->response, HDR_LOCATION);
}

void
explain_tell(struct explain *e, const struct exchange *x)
{
	struct story story;

	if (!story_tell(x, e->arena, &story))
		explain_complain(e, EXIT_WRONG, x->from, STR("there is more in it than can be told"));
	if (e->page != NULL)
		explain_page_add(e, &story);
	if (e->page != NULL && e->form == EXPLAIN_TEXT)
		return; /* the page is in its place */
	if (x->of_page)
		e->deaf = !explain_out_entry(e->out, &story, e->arena);
	else if (e->repeat > 1 && x->from.n > 0 && !is_on_the_way(x))
		e->deaf = !explain_out_again(e->out, &story, e->arena);
	else
		e->deaf = !explain_out_story(e->out, &story, e->arena);
}

/* ---- the command ---- */

static bool
is_url(const char *operand)
{
	return strstr(operand, "://") != NULL;
}

static void
explain_all(struct explain *e, int count, char **operands)
{
	for (int i = 0; i < count && !e->deaf; i++) {
		if (!is_url(operands[i]))
			explain_read(e, operands[i]);
		else
			explain_visit(e, operands[i]);
	}
}

static int
run(struct explain *e, int count, char **operands)
{
	e->arena = arena_new(ARENA_MAX);
	e->out = e->arena == NULL ? NULL : explain_out_begin(e->form);
	if (e->out == NULL) {
		fprintf(stderr, "cairn explain: no memory\n");
		return EXIT_FAILED;
	}
	if (!explain_page_begin(e, count, operands))
		e->status = EXIT_FAILED;
	else
		explain_all(e, count, operands);
	if (!explain_page_end(e))
		e->status = EXIT_FAILED;
	if (!explain_out_end(&e->out) && e->status == EXIT_FINE)
		e->status = EXIT_FAILED;
	return e->status;
}

int
cli_explain(int argc, char **argv)
{
	struct explain e = { .form = EXPLAIN_TEXT };
	int first = options_parse(argc, argv, take_option, &e), status;

	if (first < 0)
		return options_exit(first);
	if (e.table) {
		first = options_end(first, argc, argv);
		return first < 0 ? options_exit(first) : explain_out_table(e.form) ? EXIT_FINE : EXIT_FAILED;
	}
	if (first == argc) {
		fprintf(stderr,
			"cairn explain: what? Give a URL, a file, or - for standard input: see cairn help explain\n");
		return EXIT_WRONG;
	}
	status = run(&e, argc - first, argv + first);
	arena_free(&e.arena);
	return status;
}
